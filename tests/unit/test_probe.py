from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from tui.core.errors import McpdbError, NotFoundError
from tui.services.containers.engine import ONE_OFF_LABEL
from tui.services.migrations import cache, local
from tui.services.migrations.beside.revisions import describe, newest_first
from tui.services.migrations.containers import candidates
from tui.services.migrations.graph import MigrationGraph, graph_from, upto
from tui.services.migrations.one_off import MAKER_LABEL, recipe
from tui.services.migrations.output import Output
from tui.services.migrations.probe import (
    NoPackageError,
    decode,
    read_local,
    recall_local,
)
from tui.services.migrations.program import migrate_program, revisions_program

from .migration_packages import INI, add_revision, make_package

LICENCE = (
    "Location: ./mcpgateway/alembic/versions/x.py\n"
    "Copyright contributors to the MCP-CONTEXT-FORGE project\n"
    "SPDX-License-Identifier: Apache-2.0\n\n"
)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages that our own interpreter sees, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return tmp_path / "site"


def read(package: str = "shipped", timeout: float = 30.0) -> MigrationGraph:
    return read_local(sys.executable, package, timeout=timeout)


def names(graph: MigrationGraph) -> list[str]:
    return [item.revision for item in graph.revisions]


# --- what is read ------------------------------------------------------------------------


def test_a_chain_is_read_newest_first(site: Path) -> None:
    make_package(site, "shipped", {"a": (), "b": ("a",), "c": ("b",)})
    graph = read()
    assert names(graph) == ["c", "b", "a"]
    assert (graph.heads, graph.bases) == (("c",), ("a",))
    assert [item.down for item in graph.revisions] == [("b",), ("a",), ()]
    assert graph.ini == str(site / "shipped" / "alembic.ini")
    assert graph.read_from == sys.executable
    assert "def downgrade" in graph.revisions[0].source
    assert graph.revisions[0].downgrade == "no-op"


def test_branches_stay_together_and_a_merge_stands_above_both(site: Path) -> None:
    edges = {"a": (), "l": ("a",), "r1": ("a",), "r2": ("r1",), "m": ("l", "r2"), "z": ("m",)}
    make_package(site, "shipped", edges)
    graph = read()
    assert names(graph) == ["z", "m", "l", "r2", "r1", "a"]
    assert graph.revisions[1].is_merge


def test_several_heads_are_all_told(site: Path) -> None:
    make_package(site, "shipped", {"a": (), "y": ("a",), "x": ("a",)})
    graph = read()
    assert graph.heads == ("x", "y")
    assert names(graph) == ["x", "y", "a"]


def test_a_dependency_comes_before_what_depends_on_it(site: Path) -> None:
    versions = make_package(site, "shipped", {"a": (), "other": ()})
    add_revision(versions, "b", ("a",), "Needs the other", depends="other")
    graph = read()
    assert graph.revisions[0].down == ("a", "other")
    assert upto(graph.revisions, ["b"]) == {"a", "other", "b"}


def test_the_package_says_its_version(site: Path) -> None:
    make_package(site, "shipped", {"a": ()}, init="__version__ = '1.0.7'\n")
    assert read().version == "1.0.7"


def test_a_script_folder_is_taken_relative_to_the_ini(site: Path) -> None:
    ini = INI.replace("%(here)s/", "")
    make_package(site, "shipped", {"a": ()}, ini=ini)
    assert names(read()) == ["a"]


def test_a_package_without_revisions_is_an_empty_graph(site: Path) -> None:
    make_package(site, "shipped", {})
    graph = read()
    assert (graph.revisions, graph.heads) == ((), ())


def test_dates_and_text_of_the_docstring_are_kept(site: Path) -> None:
    versions = make_package(site, "shipped", {})
    add_revision(
        versions,
        "abc",
        (),
        LICENCE
        + "add_columns_to_tools\n\nRevision ID: abc\nRevises:\n"
        + "    Create Date: 2026-06-12 10:18\n\nThe columns were forgotten.",
    )
    (item,) = read().revisions
    assert item.message == "add columns to tools"
    assert item.created == "2026-06-12 10:18"
    assert item.doc == "The columns were forgotten."


@pytest.mark.parametrize(
    ("doc", "message", "rest"),
    [
        (LICENCE + "Add a table", "Add a table", ""),
        (LICENCE + "Revision ID: abc\nRevises:\n", "fix the thing", ""),
        ("", "fix the thing", ""),
        ("empty message\n\nRevision ID: abc", "fix the thing", ""),
        ("abc_add_the_table", "add the table", ""),
        ("Add x_y to tools.", "Add x_y to tools", ""),
        ("Add a table. It holds\nmuch.", "Add a table", "It holds much."),
        ("Add tools.execute to roles", "Add tools.execute to roles", ""),
        ("Add a table\nfor tools\n\nWhy.", "Add a table for tools", "Why."),
        ("Copyrighted names are dropped", "Copyrighted names are dropped", ""),
        ("Copyright 2025\nAuthors: A, B\nReal words", "Real words", ""),
        ("---------\nReal words", "Real words", ""),
    ],
)
def test_the_message_is_the_first_real_sentence(doc: str, message: str, rest: str) -> None:
    assert describe(doc, "abc", "abc_fix_the_thing.py") == (message, rest)


def test_a_revision_that_says_nothing_at_all_says_so() -> None:
    assert describe("", "abc", "abc.py") == ("no message", "")


def test_the_order_does_not_depend_on_the_order_of_the_files() -> None:
    edges = {"m": ["l", "r"], "l": ["a"], "r": ["a"], "a": [], "h": ["a"]}
    backwards = dict(reversed(edges.items()))
    assert newest_first(edges) == newest_first(backwards) == ["h", "m", "l", "r", "a"]


# --- what stands in the way --------------------------------------------------------------


def test_whatever_imports_print_does_not_touch_the_answer(site: Path) -> None:
    noise = (
        "import atexit, os, sys\n"
        "print('{\"revisions\": []}')\nos.system('echo from a child')\n"
        "os.write(1, b'no newline at the end')\n"
        "atexit.register(lambda: os.write(1, b'and at the end'))\n"
        "sys.stderr.write('x' * 300_000)\n"
    )
    make_package(site, "shipped", {"a": ()}, init=noise)
    assert names(read()) == ["a"]


def test_a_thread_that_never_ends_does_not_hold_the_answer(site: Path) -> None:
    init = "import threading\nthreading.Thread(target=threading.Event().wait).start()\n"
    make_package(site, "shipped", {"a": ()}, init=init)
    assert names(read()) == ["a"]


def test_a_process_that_a_package_leaves_running_is_ended_and_holds_nothing(site: Path) -> None:
    init = "import os, subprocess\n__version__ = str(subprocess.Popen(['sleep', '600']).pid)\n"
    make_package(site, "shipped", {"a": ()}, init=init)
    graph = read(timeout=20.0)
    assert graph.seconds < 15
    wait_gone(int(graph.version))


def wait_gone(pid: int) -> None:
    """Wait until a process is gone; fails when it stays."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:  # dead, and nobody here takes its code
            process.wait(timeout=10)


def test_a_package_that_hangs_is_ended_and_said_so(site: Path) -> None:
    make_package(site, "shipped", {"a": ()}, init="import threading\nthreading.Event().wait()\n")
    with pytest.raises(McpdbError, match=r"did not answer within 1 s; it was ended\.$"):
        read(timeout=1.0)


def test_an_interpreter_that_ignores_its_deadline_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text(
        f"#!/bin/sh\ntrap '' ALRM\nsleep 600 &\necho $! > {tmp_path}/child\nwait\nwait\n"
    )
    script.chmod(0o755)
    with pytest.raises(McpdbError, match="did not answer within 1 s"):
        local.run([str(script)], 1.0)
    wait_gone(int((tmp_path / "child").read_text()))


def test_a_broken_revision_is_named_in_one_sentence(site: Path) -> None:
    versions = make_package(site, "shipped", {"a": ()})
    (versions / "bad_one.py").write_text("def upgrade(:\n")
    with pytest.raises(McpdbError) as caught:
        read()
    text = str(caught.value)
    assert "cannot be read: bad_one.py: SyntaxError" in text
    assert "Traceback" not in text
    assert "\n" not in text


def test_a_revision_that_raises_when_imported_is_named(site: Path) -> None:
    versions = make_package(site, "shipped", {"a": ()})
    (versions / "raises.py").write_text("raise RuntimeError('\x1b[31mno\\nway')\n")
    with pytest.raises(McpdbError, match=r"raises\.py: RuntimeError: \\x1b\[31mno\.$"):
        read()


def test_a_revision_that_exits_is_an_error_and_no_empty_graph(site: Path) -> None:
    versions = make_package(site, "shipped", {"a": ()})
    (versions / "exits.py").write_text("raise SystemExit(0)\n")
    with pytest.raises(McpdbError, match=r"gave no answer \(exit code 0\)"):
        read()


def test_a_revision_whose_parent_is_missing_is_an_error(site: Path) -> None:
    make_package(site, "shipped", {"b": ("lost",)})
    with pytest.raises(McpdbError, match=r"a revision follows .lost., which is not there\.$"):
        read()


def test_a_key_that_a_revision_misses_is_not_taken_for_a_missing_parent(site: Path) -> None:
    versions = make_package(site, "shipped", {"a": ()})
    (versions / "needy.py").write_text("import os\nos.environ['NOT_SET_ANYWHERE']\n")
    with pytest.raises(McpdbError, match=r"needy\.py: KeyError: 'NOT_SET_ANYWHERE'\.$"):
        read()


def test_a_missing_import_in_the_package_is_not_taken_for_a_missing_package(site: Path) -> None:
    make_package(site, "shipped", {"a": ()}, init="import not_installed_here\n")
    with pytest.raises(McpdbError, match="not_installed_here") as caught:
        read()
    assert not isinstance(caught.value, NoPackageError)


def test_an_interpreter_without_the_package_says_so(site: Path) -> None:
    with pytest.raises(NoPackageError, match=r"has no package nowhere\.$"):
        read("nowhere")


def test_a_package_without_migrations_says_so(site: Path) -> None:
    with pytest.raises(McpdbError, match=r"the package json holds no alembic\.ini"):
        read("json")


def test_an_interpreter_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="--python"):
        read_local(str(tmp_path / "python"), "shipped")


def test_a_program_that_is_no_interpreter_gives_one_sentence(site: Path) -> None:
    with pytest.raises(McpdbError, match=r"gave no answer \(exit code 1\)"):
        read_local("/bin/false", "shipped")


def test_code_beside_the_gateway_gets_no_settings_of_ours(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_ENCRYPTION_SECRET", "do not pass me on")
    monkeypatch.setenv("DATABASE_URL", "sqlite:////live/mcp.db")
    init = "import os\n__version__ = os.environ['DATABASE_URL'] + ' '.join(os.listdir('.'))\n"
    init += "assert 'AUTH_ENCRYPTION_SECRET' not in os.environ\n"
    make_package(site, "shipped", {"a": ()}, init=init)
    assert read().version == "sqlite:///:memory:"


def test_reading_leaves_no_compiled_files_beside_the_code(site: Path) -> None:
    make_package(site, "shipped", {"a": ()})
    read()
    assert not list(site.rglob("__pycache__"))


def test_the_program_compiles_for_the_oldest_interpreter_it_may_meet() -> None:
    import ast

    for program in (revisions_program(), migrate_program()):
        ast.parse(program, feature_version=(3, 9))
        assert len(program) < 100_000  # one argument of a command line
        assert "import tui" not in program and "from tui" not in program


# --- the answer --------------------------------------------------------------------------


def test_an_answer_without_our_marker_is_no_answer() -> None:
    with pytest.raises(McpdbError, match="gave no answer"):
        decode(Output(0, b'other:{"revisions": []}\n', b""), "mine:", "here", 1)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"revisions": "none"},
        {"revisions": [], "heads": ["x"], "bases": [], "version": "", "ini": "", "python": ""},
        {"revisions": [1], "heads": [], "bases": [], "version": "", "ini": "", "python": ""},
    ],
)
def test_an_answer_of_another_form_is_refused(answer: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r" (not|is) "):
        graph_from(answer, "here", 0.0)


@pytest.mark.parametrize("code", [126, 127])
def test_an_interpreter_the_engine_does_not_find_lets_the_next_one_be_tried(code: int) -> None:
    with pytest.raises(NoPackageError):
        decode(Output(code, b"", b"executable file not found"), "m", "here", 1)


# --- remembering -------------------------------------------------------------------------


def cached(site: Path) -> list[Path]:
    return list((site.parent / "cache" / "mcpdb-tui" / "revisions").iterdir())


def test_a_second_look_runs_nothing(site: Path) -> None:
    make_package(site, "shipped", {"a": ()})
    read()
    again = recall_local(sys.executable, "shipped")
    assert again is not None
    assert (names(again), again.seconds) == (["a"], 0.0)


def test_what_is_remembered_belongs_to_its_user_alone(site: Path) -> None:
    make_package(site, "shipped", {"a": ()})
    read()
    (file,) = cached(site)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_new_revision_makes_the_memory_stale(site: Path) -> None:
    versions = make_package(site, "shipped", {"a": ()})
    read()
    add_revision(versions, "b", ("a",), "Another")
    assert recall_local(sys.executable, "shipped") is None
    assert names(read()) == ["b", "a"]


def test_an_edited_revision_makes_the_memory_stale(site: Path) -> None:
    versions = make_package(site, "shipped", {"a": ()})
    read()
    path = add_revision(versions, "a", (), "Other words")
    os.utime(path, ns=(1, 1))
    assert read().revisions[0].message == "Other words"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"format": 99}', b'{"format": 1, "times": {}}']
)
def test_a_damaged_memory_is_ignored_and_replaced(site: Path, content: bytes) -> None:
    make_package(site, "shipped", {"a": ()})
    read()
    (file,) = cached(site)
    file.write_bytes(content)
    assert names(read()) == ["a"]
    assert json.loads(file.read_bytes())["format"] == 1


def test_a_folder_that_cannot_be_made_costs_only_the_memory(
    site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    make_package(site, "shipped", {"a": ()})
    assert names(read()) == ["a"]


def test_nothing_is_remembered_of_an_image_without_an_id() -> None:
    assert cache.image_key("", "mcpgateway") == ""
    assert cache.recall("") is None


# --- in containers -----------------------------------------------------------------------


def test_the_interpreter_the_process_runs_comes_first() -> None:
    found = candidates(
        [["/srv/venv/bin/python3.12", "/srv/venv/bin/mcpgateway", "--port", "4444"]],
        ["PATH=/usr/bin:/bin"],
    )
    assert found[0] == "/srv/venv/bin/python3.12"
    assert found[-2:] == ["python3", "python"]


def test_a_script_names_the_interpreter_beside_it() -> None:
    assert candidates([["/opt/gw/bin/gunicorn", "app"]], [])[0] == "/opt/gw/bin/python"


def test_a_bare_command_is_looked_up_where_the_image_looks() -> None:
    found = candidates([["mcpgateway"]], ["VIRTUAL_ENV=/v", "PATH=/w/bin:/usr/bin"])
    assert found == ["/v/bin/python", "/app/.venv/bin/python", "/w/bin/python", "python3", "python"]


IMAGE = {
    "Id": "sha256:1",
    "Config": {"User": "10001:10001", "Env": ["PATH=/app/.venv/bin"], "Labels": {"a": "b"}},
}
SERVICE = {
    "Config": {
        "User": "10001:10001",
        "Env": ["PATH=/app/.venv/bin", "SECRET=x"],
        "WorkingDir": "/app",
        "Labels": {"com.docker.compose.project": "forge"},
    },
    "HostConfig": {"GroupAdd": ["5"], "SecurityOpt": ["label=disable"]},
    "Mounts": [
        {"Type": "bind", "Source": "/srv/data", "Destination": "/app/data", "RW": True},
        {"Type": "bind", "Source": "/srv/logs", "Destination": "/app/logs", "RW": True},
        {"Type": "volume", "Name": "certs", "Destination": "/certs", "RW": True},
    ],
}


def options(service: object = SERVICE, image: object = IMAGE, **more: object) -> dict[str, object]:
    known: dict[str, object] = {"database_inside": "/app/data/mcp.db", "purpose": "probe", **more}
    made = recipe(service, IMAGE, image, **known)  # type: ignore[arg-type]
    return {**made.config, **made.host}


def test_a_one_off_container_has_the_services_settings_and_nothing_of_its_data() -> None:
    made = options()
    assert made["user"] == "10001:10001"
    assert made["environment"] == ["PATH=/app/.venv/bin", "SECRET=x"]
    assert made["binds"] == ["/srv/logs:/app/logs:ro", "certs:/certs:ro"]
    assert made["tmpfs"] == {"/app/data": "mode=1777"}
    assert made["network_mode"] == "none"
    assert made["restart_policy"] == {"Name": "no"}
    assert made["healthcheck"] == {"test": ["NONE"]}
    labels = made["labels"]
    assert isinstance(labels, dict) and json.loads(labels.pop(MAKER_LABEL))[1] == os.getpid()
    assert labels == {ONE_OFF_LABEL: "probe"}
    assert made["group_add"] == ["5"]


def test_labels_that_compose_baked_into_the_image_are_emptied() -> None:
    baked = {**IMAGE, "Config": {"Labels": {"com.docker.compose.project": "forge"}}}
    labels = options(image=baked)["labels"]
    assert isinstance(labels, dict) and labels["com.docker.compose.project"] == ""


def test_a_scratch_folder_stands_where_the_data_folder_is(tmp_path: Path) -> None:
    made = options(scratch=tmp_path)
    assert f"{tmp_path}:/app/data:rw" in made["binds"]  # type: ignore[operator]
    assert made["tmpfs"] == {}


@pytest.mark.parametrize(
    ("mount", "memory"),
    [
        ("/app/data/mcp.db", ["/app/data"]),
        ("/app/data", ["/app/data"]),
        ("/data", ["/data/deep", "/data"]),
    ],
)
def test_the_live_file_is_never_mounted(mount: str, memory: list[str]) -> None:
    service = {
        **SERVICE,
        "Mounts": [{"Type": "bind", "Source": "/srv/x", "Destination": mount, "RW": True}],
    }
    inside = "/data/deep/mcp.db" if mount == "/data" else "/app/data/mcp.db"
    made = options(service, database_inside=inside)
    assert made["binds"] == []
    assert list(made["tmpfs"]) == memory  # type: ignore[call-overload]


def test_another_image_keeps_its_own_user_and_path() -> None:
    other = {"Id": "sha256:2", "Config": {"User": "1001:0", "Env": ["PATH=/other/bin"]}}
    made = options(image=other)
    assert made["user"] == ""
    assert made["environment"] == ["SECRET=x"]


def test_a_container_that_is_gone_leaves_its_image_to_be_asked() -> None:
    made = options({}, database_inside="")
    assert (made["binds"], made["tmpfs"], made["user"]) == ([], {}, "")
