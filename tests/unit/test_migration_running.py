"""Migrations on a copy with a local interpreter: real Alembic, real packages, real files."""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from tui.core.errors import Cancelled, NotFoundError, PrecheckError, UsageError
from tui.core.models import ContainerRef, Deployment, MigrationsRef
from tui.services.migrations.running import Event, Job, MigrationFailedError, Ran, run

from .migration_packages import add_step, make_runnable

FIRST = """
op.create_table("tools", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Text))
"""
INDEXES = """
op.create_table("roles", sa.Column("id", sa.Integer), sa.Column("n", sa.Text))
op.create_index("ix_roles_n", "roles", ["n"])
op.create_index("ix_tools_n", "tools", ["n"])
"""
BATCH = """
with op.batch_alter_table("tools", recreate="always") as batch:
    batch.add_column(sa.Column("size", sa.Integer))
"""
REFUSED = """
op.create_table("before", sa.Column("id", sa.Integer))
with op.batch_alter_table("tools", recreate="always") as batch:
    batch.alter_column("n", nullable=False)
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return tmp_path / "site"


@pytest.fixture
def versions(site: Path) -> Path:
    """A package of four revisions in a row."""
    versions = make_runnable(site, "shipped")
    add_step(versions, "aa01", (), FIRST, 'op.drop_table("tools")')
    add_step(
        versions, "bb02", ("aa01",), INDEXES, 'op.drop_table("roles"); op.drop_index("ix_tools_n")'
    )
    add_step(versions, "cc03", ("bb02",), BATCH, 'op.drop_column("tools", "size")')
    add_step(versions, "dd04", ("cc03",), 'op.execute("UPDATE tools SET size = 1")')
    return versions


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy that stands at the first revision and has rows, one of them with nothing in `n`."""
    (tmp_path / "copy").mkdir(mode=0o700)
    path = tmp_path / "copy" / "mcp.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);"
            "INSERT INTO alembic_version VALUES ('aa01');"
            "CREATE TABLE tools (id INTEGER PRIMARY KEY, n TEXT);"
            "INSERT INTO tools VALUES (1, 'weather'), (2, NULL), (3, 'time');"
            "PRAGMA journal_mode=WAL;"
        )
    return path


def deployment(copy: Path, package: str = "shipped", python: str = sys.executable) -> Deployment:
    folder = copy.parent.parent
    return Deployment(
        name="forge",
        database=folder / "live" / "mcp.db",
        backup_dir=folder,
        migrations=MigrationsRef(python=python, package=package),
    )


def go(copy: Path, action: str = "upgrade", target: str = "head", **more: Any) -> Ran:
    place = deployment(copy, more.pop("package", "shipped"))
    job = {key: more.pop(key) for key in ("bootstrap", "leftovers") if key in more}
    return run(place, Job(action=action, target=target, **job), copy, **more)  # type: ignore[arg-type]


def failure(
    copy: Path, action: str = "upgrade", target: str = "head", **more: Any
) -> MigrationFailedError:
    with pytest.raises(MigrationFailedError) as caught:
        go(copy, action, target, **more)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
    return caught.value


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def tables(path: Path) -> set[str]:
    return {str(row[0]) for row in ask(path, "SELECT name FROM sqlite_master WHERE type='table'")}


def stand(path: Path, *revisions: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM alembic_version")
        connection.executemany("INSERT INTO alembic_version VALUES (?)", [(r,) for r in revisions])
        connection.commit()


# --- up, down, stamp ---------------------------------------------------------------------


def test_an_upgrade_runs_each_revision_and_says_what_it_did(versions: Path, copy: Path) -> None:
    heard: list[Event] = []
    ran = go(copy, on_event=heard.append)
    assert [(r.revision, r.direction, r.ok) for r in ran.runs] == [
        ("bb02", "up", True),
        ("cc03", "up", True),
        ("dd04", "up", True),
    ]
    assert [r.did for r in ran.runs] == [
        ("+ table roles (1 index)", "+ ix_tools_n"),
        ("+ tools.size", "rebuilt tools, 3 rows"),
        ("3 rows changed in tools",),
    ]
    assert [r.message for r in ran.runs] == ["Does bb02", "Does cc03", "Does dd04"]
    assert (ran.before, ran.after, ran.heads) == (("aa01",), ("dd04",), ("dd04",))
    assert (ran.image, ran.release, ran.user) == (sys.executable, "2.0.0", None)
    assert 0 < sum(r.seconds for r in ran.runs) < ran.seconds
    assert [(e.kind, e.revision, e.number, e.total) for e in heard] == [
        (kind, revision, number, 3)
        for number, revision in enumerate(("bb02", "cc03", "dd04"), 1)
        for kind in ("revision", "done")
    ]
    assert ask(copy, "SELECT id, n, size FROM tools") == [
        (1, "weather", 1),
        (2, None, 1),
        (3, "time", 1),
    ]


def test_events_come_while_it_runs(versions: Path, copy: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    add_step(
        versions,
        "ee05",
        ("dd04",),
        f"import time, pathlib\ngate = pathlib.Path({str(gate)!r})\n"
        "while not gate.exists():\n    time.sleep(0.01)",
    )

    def heard(event: Event) -> None:
        if (event.kind, event.revision) == ("revision", "ee05"):
            gate.touch()

    assert go(copy, on_event=heard, deadline=60).after == ("ee05",)


def test_the_copy_comes_back_as_one_file_of_ours(versions: Path, copy: Path) -> None:
    go(copy, bootstrap=True)
    assert [path.name for path in copy.parent.iterdir()] == ["mcp.db"]
    assert ask(copy, "PRAGMA journal_mode") == [("delete",)]
    assert (copy.stat().st_mode & 0o777, copy.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_an_upgrade_to_the_beginning_of_a_revision_stops_there(versions: Path, copy: Path) -> None:
    ran = go(copy, target="cc")
    assert [r.revision for r in ran.runs] == ["bb02", "cc03"]
    assert ran.after == ("cc03",)


def test_nothing_to_do_is_no_failure(versions: Path, copy: Path) -> None:
    stand(copy, "dd04")
    ran = go(copy)
    assert (ran.runs, ran.before, ran.after) == ((), ("dd04",), ("dd04",))


def test_a_merge_is_reached_over_both_branches(versions: Path, copy: Path) -> None:
    add_step(versions, "ll05", ("dd04",))
    add_step(versions, "rr05", ("dd04",))
    add_step(versions, "mm06", ("ll05", "rr05"))
    ran = go(copy)
    assert {r.revision for r in ran.runs[3:5]} == {"ll05", "rr05"}
    assert (ran.runs[-1].revision, ran.runs[-1].did, ran.after) == ("mm06", (), ("mm06",))


@pytest.mark.parametrize(
    ("target", "gone", "after"),
    [
        ("-1", ["dd04"], ("cc03",)),
        ("bb02", ["dd04", "cc03"], ("bb02",)),
        ("base", ["dd04", "cc03", "bb02", "aa01"], ()),
    ],
)
def test_a_downgrade_takes_back_what_was_done(
    versions: Path, copy: Path, target: str, gone: list[str], after: tuple[str, ...]
) -> None:
    go(copy)
    ran = go(copy, "downgrade", target)
    assert [(r.revision, r.direction) for r in ran.runs] == [(name, "down") for name in gone]
    assert ran.after == after
    if target == "bb02":
        assert ran.runs[1].did == ("- tools.size",)


@pytest.mark.parametrize("before", [("aa01",), ("dd04",), ("0nce",), ("aa01", "bb02")])
def test_a_stamp_says_that_revision_and_runs_nothing(
    versions: Path, copy: Path, before: tuple[str, ...]
) -> None:
    stand(copy, *before)
    known = tables(copy)
    ran = go(copy, "stamp", "cc03")
    assert (ran.before, ran.after) == (tuple(sorted(before)), ("cc03",))
    (only,) = ran.runs
    assert (only.revision, only.direction) == ("cc03", "stamp")
    assert only.did == (f"alembic_version: {', '.join(before) or 'nothing'} -> cc03",)
    assert tables(copy) == known


# --- what a start does -------------------------------------------------------------------


def test_a_bootstrap_follows_the_migrations_as_at_a_start(versions: Path, copy: Path) -> None:
    heard: list[str] = []
    ran = go(copy, bootstrap=True, on_event=lambda event: heard.append(event.kind))
    assert heard[-2:] == ["bootstrap", "bootstrapped"]
    assert ran.bootstrap_seconds > 0
    assert ask(copy, "SELECT count(*) FROM started") == [(1,)]


def test_a_bootstrap_makes_the_database_where_none_is(versions: Path, tmp_path: Path) -> None:
    path = tmp_path / "new" / "mcp.db"
    ran = go(path, "bootstrap")
    assert (ran.runs, ran.before, ran.after) == ((), (), ("dd04",))
    assert tables(path) >= {"tools", "roles", "started"}
    with pytest.raises(PrecheckError, match="a bootstrap makes a new file"):
        go(path, "bootstrap")


@pytest.mark.parametrize(
    ("last", "why"),
    [
        ("raise SystemExit(3)", "ended with 3"),
        ("raise ValueError('no admin')", "ValueError: no admin"),
    ],
)
def test_a_bootstrap_that_fails_is_a_failure(site: Path, copy: Path, last: str, why: str) -> None:
    versions = make_runnable(site, "shipped", last=last)
    add_step(versions, "aa01", ())
    error = failure(copy, bootstrap=True)
    assert why in str(error) and "bootstrap" in str(error)
    assert error.ran is not None and error.ran.after == ("aa01",)


# --- what fails --------------------------------------------------------------------------


def test_a_revision_that_raises_is_named_with_its_statement(versions: Path, copy: Path) -> None:
    add_step(versions, "ee05", ("dd04",), REFUSED)
    error = failure(copy)
    assert str(error) == (
        "Revision ee05 failed: IntegrityError: NOT NULL constraint failed: _alembic_tmp_tools.n."
    )
    assert error.ran is not None
    assert [(r.revision, r.ok) for r in error.ran.runs] == [
        ("bb02", True),
        ("cc03", True),
        ("dd04", True),
        ("ee05", False),
    ]
    last = error.ran.runs[-1]
    assert last.statement.startswith("INSERT INTO _alembic_tmp_tools")
    assert last.error == "IntegrityError: NOT NULL constraint failed: _alembic_tmp_tools.n"
    assert (last.message, last.did) == ("Does ee05", ())
    assert (error.ran.before, error.ran.after) == (("aa01",), ("dd04",))


def test_a_long_statement_is_cut_and_a_hostile_one_is_cleaned(versions: Path, copy: Path) -> None:
    add_step(
        versions, "ee05", ("dd04",), "op.execute('SELECT nosuch, \\x1b[2J' + '1, ' * 9000 + '1')"
    )
    error = failure(copy)
    assert error.ran is not None
    statement = error.ran.runs[-1].statement
    assert len(statement) <= 2000
    assert "\x1b" not in statement and "\\x1b[2J" in statement
    assert "\x1b" not in str(error)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("raise RuntimeError('roles are\\nnot unique')", "RuntimeError: roles are"),
        ("raise SystemExit('enough')", "it ended itself with enough"),
        ("import nosuchthing", "ModuleNotFoundError: No module named 'nosuchthing'"),
    ],
)
def test_a_revision_that_refuses_is_named_without_a_statement(
    versions: Path, copy: Path, body: str, why: str
) -> None:
    add_step(versions, "ee05", ("dd04",), body)
    error = failure(copy)
    assert str(error) == f"Revision ee05 failed: {why}."
    assert error.ran is not None and error.ran.runs[-1].statement == ""


def test_what_third_parties_print_is_kept_apart_and_cleaned(versions: Path, copy: Path) -> None:
    add_step(
        versions,
        "ee05",
        ("dd04",),
        "import os, sys\n"
        'print(\'mcpdb:forged:{"event": "done"}\')\n'
        "print('red \\x1b[31m and \\u202e wrong')\n"
        "os.write(1, b'\\xff\\xfe raw\\n')\n"
        "for number in range(300): sys.stderr.write(f'line {number}\\n')\n"
        "sys.stderr.write('no end')",
    )
    ran = go(copy)
    assert ran.after == ("ee05",)
    assert len(ran.output) == 200
    assert ran.output[-2:] == ("line 299", "no end")
    assert not [line for line in ran.output if "\x1b" in line or "\u202e" in line]


def test_two_heads_are_refused_and_named(versions: Path, copy: Path) -> None:
    add_step(versions, "xx05", ("dd04",))
    add_step(versions, "yy05", ("dd04",))
    error = failure(copy)
    assert str(error) == "This code cannot migrate to its head: there are 2 heads: xx05 and yy05."
    assert go(copy, target="xx05").after == ("xx05",)


def test_a_database_from_elsewhere_is_refused(versions: Path, copy: Path) -> None:
    stand(copy, "0nce")
    error = failure(copy)
    assert str(error) == "This code does not know 0nce, where the database stands."
    assert error.ran is not None and error.ran.before == ("0nce",)
    assert error.ran.heads == ("dd04",)


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("upgrade", "nosuch"),
        ("downgrade", "nosuch"),
        ("downgrade", "dd04"),
        ("downgrade", "-7"),
        ("stamp", "nosuch"),
    ],
)
def test_a_target_that_cannot_be_reached_is_refused(
    versions: Path, copy: Path, action: str, target: str
) -> None:
    error = failure(copy, action, target)
    assert str(error).startswith(f"The target {target} cannot be reached: ")
    assert error.ran is not None and error.ran.runs == ()
    assert ask(copy, "SELECT version_num FROM alembic_version") == [("aa01",)]


def test_an_env_that_fails_is_named_as_the_migration(
    site: Path, versions: Path, copy: Path
) -> None:
    (site / "shipped" / "alembic" / "env.py").write_text("raise ValueError('no key')\n")
    assert str(failure(copy)) == "The migration failed: ValueError: no key."


def test_a_file_that_is_no_python_is_named(versions: Path, copy: Path) -> None:
    (versions / "bad_one.py").write_text("def upgrade(:\n")
    assert str(failure(copy)).startswith("The migration failed: bad_one.py: SyntaxError: ")


def test_an_env_that_runs_nothing_is_no_success(site: Path, versions: Path, copy: Path) -> None:
    (site / "shipped" / "alembic" / "env.py").write_text("")
    assert "ran no migrations" in str(failure(copy))


def test_a_missing_copy_is_never_made_by_an_upgrade(versions: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(PrecheckError, match="There is no copy"):
        go(tmp_path / "copy" / "mcp.db")
    assert list((tmp_path / "copy").iterdir()) == []


def test_without_the_gateways_code_it_says_what_to_name(copy: Path) -> None:
    with pytest.raises(NotFoundError, match="--python"):
        run(deployment(copy, python=""), Job(action="upgrade"), copy)
    with pytest.raises(NotFoundError, match="has no package nosuch"):
        go(copy, package="nosuch")
    with pytest.raises(UsageError, match="another image cannot be tried"):
        run(deployment(copy), Job(action="upgrade"), copy, image="gateway:2")


def test_without_docker_an_interpreter_that_is_named_does_it(
    versions: Path, copy: Path, tmp_path: Path
) -> None:
    from dataclasses import replace

    ref = ContainerRef(container="gone", docker_host=f"unix://{tmp_path}/no.sock")
    ran = run(replace(deployment(copy), gateway=ref), Job(action="upgrade"), copy)
    assert (ran.after, ran.image) == (("dd04",), sys.executable)


# --- leftovers ---------------------------------------------------------------------------


def test_leftovers_are_dropped_or_take_their_tables_name(versions: Path, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        connection.executescript(
            "CREATE TABLE _alembic_tmp_roles (id INTEGER);"
            "ALTER TABLE tools RENAME TO _alembic_tmp_tools;"
        )
    left = (("_alembic_tmp_roles", "drop"), ("_alembic_tmp_tools", "rename"))
    assert go(copy, leftovers=left).after == ("dd04",)
    assert ask(copy, "SELECT count(*) FROM tools") == [(3,)]
    assert not [name for name in tables(copy) if name.startswith("_alembic_tmp_")]


@pytest.mark.parametrize(
    "left", [("tools", "drop"), ("_alembic_tmp_tools", "eat"), ("_alembic_tmp_nosuch", "drop")]
)
def test_only_leftovers_are_put_right(versions: Path, copy: Path, left: tuple[str, str]) -> None:
    from tui.core.errors import McpdbError

    known = tables(copy)
    with pytest.raises(McpdbError):
        go(copy, leftovers=(left,))
    assert tables(copy) == known


# --- ends --------------------------------------------------------------------------------


def hang(versions: Path, pid_file: Path) -> None:
    add_step(
        versions,
        "ee05",
        ("dd04",),
        f"import os, pathlib, threading\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))\n"
        f"threading.Event().wait()",
    )


def wait_gone(pid: int) -> None:
    try:
        psutil.Process(pid).wait(timeout=20)
    except psutil.NoSuchProcess:
        return


def test_a_revision_that_hangs_is_ended_at_the_deadline_and_named(
    versions: Path, copy: Path
) -> None:
    add_step(
        versions,
        "ee05",
        ("dd04",),
        "op.execute('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
        " SELECT count(*) FROM c')",
    )
    error = failure(copy, deadline=2)
    assert "revision ee05 did not end in time" in str(error)
    assert error.ran is not None
    assert error.ran.runs[-1].statement.startswith("WITH RECURSIVE")
    assert error.ran.runs[-1].seconds > 0


def test_a_checkpoint_that_raises_ends_it_at_once(
    versions: Path, copy: Path, tmp_path: Path
) -> None:
    hang(versions, tmp_path / "pid")
    calls: list[float] = []

    def checkpoint() -> None:
        calls.append(time.monotonic())
        if (tmp_path / "pid").exists():
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        go(copy, checkpoint=checkpoint)
    wait_gone(int((tmp_path / "pid").read_text()))
    assert max(b - a for a, b in itertools.pairwise(calls)) < 0.5


def test_it_dies_with_the_process_that_runs_it(
    versions: Path, copy: Path, tmp_path: Path, site: Path
) -> None:
    hang(versions, tmp_path / "pid")
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.unit.test_migration_running import go\n"
        "go(Path(sys.argv[1]))"
    )
    runner = subprocess.Popen(
        [sys.executable, "-c", program, str(copy)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *sys.path])},
    )
    until = time.monotonic() + 60
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < until and runner.poll() is None
        time.sleep(0.05)
    pid = int((tmp_path / "pid").read_text())
    assert psutil.pid_exists(pid)
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    wait_gone(pid)
    assert not psutil.pid_exists(pid)


def test_a_listener_that_raises_ends_it_too(versions: Path, copy: Path) -> None:
    def heard(event: Event) -> None:
        raise Cancelled(event.revision)

    with pytest.raises(Cancelled, match="bb02"):
        go(copy, on_event=heard)


# --- settings ----------------------------------------------------------------------------


def test_a_gateway_of_this_host_is_migrated_with_its_own_settings(
    site: Path, copy: Path, tmp_path: Path
) -> None:
    from dataclasses import replace

    from tui.core.models import ProcessRef

    (tmp_path / "gateway").mkdir()
    (tmp_path / "gateway" / ".env").write_text(
        "AUTH_ENCRYPTION_SECRET='own secret'\nDATABASE_URL=sqlite:////srv/live.db\nREDIS_URL=redis://x\n"
    )
    versions = make_runnable(site, "shipped")
    add_step(
        versions,
        "aa01",
        (),
        "import os\n"
        "assert os.environ['AUTH_ENCRYPTION_SECRET'] == 'own secret'\n"
        "assert 'REDIS_URL' not in os.environ\n"
        f"assert os.environ['DATABASE_URL'] == 'sqlite:///{copy}'\n"
        f"assert os.getcwd() == '{copy.parent}'",
    )
    stand(copy)
    ref = ProcessRef(
        folder=str(tmp_path / "gateway"), start=("true",), stop=("true",), running=("false",)
    )
    ran = run(replace(deployment(copy), gateway=ref), Job(action="upgrade"), copy)
    assert ran.after == ("aa01",)


def test_the_live_database_is_not_within_reach(
    versions: Path, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = tmp_path / "live" / "mcp.db"
    live.parent.mkdir()
    live.write_bytes(copy.read_bytes())
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{live}")
    before = live.read_bytes(), live.stat().st_mtime_ns
    go(copy, bootstrap=True)
    assert (live.read_bytes(), live.stat().st_mtime_ns) == before
    assert [path.name for path in live.parent.iterdir()] == ["mcp.db"]


@pytest.mark.parametrize("odd", ["50%25 off", "what?"])
def test_a_path_that_an_address_would_say_otherwise_is_refused_before_anything_runs(
    tmp_path: Path, odd: str
) -> None:
    copy = tmp_path / odd / "copy" / "mcp.db"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"as it was")
    with pytest.raises(PrecheckError, match=r"Rename the folder or file\. Nothing was changed\."):
        go(copy)
    assert copy.read_bytes() == b"as it was"
