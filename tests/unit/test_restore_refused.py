"""Every reason not to restore is found before anything stops: the gateway never notices."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Site
from tests.faults import Held, as_nobody, fill, needs_root, small_disk
from tests.programs import running, two_tables
from tui.core.errors import McpdbError
from tui.core.operation import Verdict
from tui.demo import deployment as demo
from tui.operations.activity import read_activity, unfinished
from tui.operations.backup import BackupCreate
from tui.operations.execution.launch import launch
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.restore import Restore
from tui.services import files


@pytest.fixture(scope="module")
def quiet() -> Iterator[Site]:
    """One gateway for all: none of these tests may as much as touch it."""
    folder = Path(tempfile.mkdtemp(prefix="mcpdb-refused-"))
    site = Site(demo.create_small(folder / "site"))
    site.start()
    yield site
    demo.stop(site.folder)
    shutil.rmtree(folder)


@pytest.fixture
def backup(quiet: Site, give_backup: Callable[[Site], Path]) -> Iterator[Path]:
    """A good backup, to be spoilt."""
    yield give_backup(quiet)
    quiet.deployment.backup_dir.chmod(0o700)


def stands(site: Site) -> tuple[object, ...]:
    """What must be the same afterwards: process, inode, and what the gateway serves."""
    state = state_of(gateway_of(site.deployment))
    found = files.identity(site.database)
    assert found is not None
    return state.identity, state.since, found.key, found.mode, found.uid, site.tools()


@contextmanager
def untouched(site: Site) -> Iterator[None]:
    before = stands(site)
    yield
    assert stands(site) == before
    assert site.healthy()
    assert site.left_overs() == []
    assert unfinished(site.deployment) == ()
    safety = site.deployment.state_dir / "safety"
    assert not safety.is_dir() or list(safety.iterdir()) == []


def refused(site: Site, operation: Restore, code: int, says: str) -> None:
    """Refused by the plan and, when asked for all the same, by the operation's process."""
    plan = operation.plan()
    assert plan.forbidden is not None
    assert plan.forbidden.exit_code == code
    assert says in plan.forbidden.text
    with pytest.raises(McpdbError) as raised:
        launch(operation, plan.fingerprint)
    assert raised.value.exit_code == code
    assert says in str(raised.value)
    newest = read_activity(site.deployment)[0]
    assert (newest.operation, newest.exit_code, newest.outcome) == ("restore", code, "refused")


def failed(site: Site, operation: Restore, code: int, says: str) -> None:
    """The plan could not know; found while staging."""
    last = site.do(operation)
    assert (last.exit_code, says in last.sentence) == (code, True), last.sentence
    assert "stop" not in {step.step for step in last.steps if step.state != "pending"}


def manifest_with(path: Path, **change: Any) -> None:
    manifest = path.with_name(path.name + ".json")
    manifest.write_text(json.dumps({**json.loads(manifest.read_bytes()), **change}))


def test_a_flipped_byte(quiet: Site, backup: Path) -> None:
    with backup.open("r+b") as stream:
        stream.seek(-20, os.SEEK_END)
        byte = stream.read(1)
        stream.seek(-20, os.SEEK_END)
        stream.write(bytes([byte[0] ^ 1]))
    with untouched(quiet):
        failed(quiet, Restore(quiet.deployment, str(backup)), 3, "FAIL sha256")


def test_a_truncated_file(quiet: Site, backup: Path) -> None:
    os.truncate(backup, backup.stat().st_size - 4096)
    with untouched(quiet):
        refused(quiet, Restore(quiet.deployment, str(backup)), 3, "FAIL size")


def test_something_appended(quiet: Site, backup: Path) -> None:
    backup.with_name(backup.name + ".json").unlink()
    with backup.open("ab") as stream:
        stream.write(b"x")
    with untouched(quiet):
        refused(quiet, Restore(quiet.deployment, str(backup)), 3, "something was appended")


def test_a_damaged_page_and_no_manifest_to_tell(quiet: Site, backup: Path) -> None:
    backup.with_name(backup.name + ".json").unlink()
    with closing(sqlite3.connect(f"file:{backup}?immutable=1", uri=True)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'tool_metrics'"
        ).fetchone()
    with backup.open("r+b") as stream:
        stream.seek((page - 1) * 4096)
        stream.write(os.urandom(4096))
    with untouched(quiet):
        failed(quiet, Restore(quiet.deployment, str(backup)), 3, "is damaged")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sha256": "0" * 64}, "FAIL sha256"),
        ({"revision": "ffffffffffff"}, "FAIL revision"),
        ({"rows": {"gateways": 12_345}}, "FAIL rows"),
        ({"pages": 1}, "FAIL pages"),
    ],
)
def test_a_manifest_of_another_file(
    quiet: Site, backup: Path, change: dict[str, Any], says: str
) -> None:
    # The revision alone must not already be refused as one the gateway does not know.
    manifest_with(backup, **change)
    operation = Restore(quiet.deployment, str(backup))
    with untouched(quiet):
        if operation.plan().forbidden is None:
            failed(quiet, operation, 3, says)
        else:
            assert "revision" in change
            refused(quiet, operation, 12, "ffffffffffff")


def test_a_manifest_of_the_future(quiet: Site, backup: Path) -> None:
    manifest_with(backup, format=2)
    with untouched(quiet):
        refused(quiet, Restore(quiet.deployment, str(backup)), 3, "newer mcpdb-tui (format 2)")


def test_a_wal_beside_it(quiet: Site, backup: Path) -> None:
    backup.with_name(backup.name + "-wal").write_bytes(b"x")
    with untouched(quiet):
        refused(quiet, Restore(quiet.deployment, str(backup)), 3, "has a -wal beside it")


def test_a_revision_that_the_gateway_does_not_know(quiet: Site, backup: Path) -> None:
    backup.with_name(backup.name + ".json").unlink()
    with closing(sqlite3.connect(backup)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'abcdef012345'")
    with untouched(quiet):
        refused(quiet, Restore(quiet.deployment, str(backup)), 12, "abcdef012345")


def test_the_live_file_itself(quiet: Site) -> None:
    with untouched(quiet), pytest.raises(McpdbError, match="live database itself") as raised:
        launch(Restore(quiet.deployment, str(quiet.database)))
    assert raised.value.exit_code == 3


@pytest.mark.parametrize(
    ("word", "code"),
    [("nothing", 10), ("../nowhere/mcp.db", 10), ("/etc/shadow", 3), ("/dev/zero", 3), ("/etc", 3)],
)
def test_what_is_no_backup(quiet: Site, word: str, code: int) -> None:
    with untouched(quiet), pytest.raises(McpdbError) as raised:
        operation = Restore(quiet.deployment, word)
        plan = operation.plan()
        launch(operation, plan.fingerprint)
    assert raised.value.exit_code == code


def test_a_pipe_named_as_a_backup_does_not_hang(quiet: Site, tmp_path: Path) -> None:
    pipe = tmp_path / "mcp_backup_1.db"
    os.mkfifo(pipe)
    with untouched(quiet), pytest.raises(McpdbError, match="not a plain file") as raised:
        launch(Restore(quiet.deployment, str(pipe)))
    assert raised.value.exit_code == 3


def test_somebody_who_has_the_file_open_is_named(quiet: Site, backup: Path) -> None:
    with running("reader", quiet.database) as program, untouched(quiet):
        operation = Restore(quiet.deployment, str(backup))
        refused(quiet, operation, 11, f"(pid {program.pid}")
        program.end()


def test_a_folder_called_as_we_are_makes_nobody_ours(
    quiet: Site, backup: Path, tmp_path: Path
) -> None:
    # A forgotten shell beside a link whose path has the product's name in it.
    folder = tmp_path / "mcpdb-tui"
    folder.mkdir()
    (folder / "mcp.db").symlink_to(quiet.database)
    with running("reader", folder / "mcp.db") as program, untouched(quiet):
        refused(quiet, Restore(quiet.deployment, str(backup)), 11, f"(pid {program.pid}")
        program.end()


def test_who_comes_between_plan_and_stop_is_waited_for_and_named(
    quiet: Site, backup: Path, hold: Callable[..., Held]
) -> None:
    limit = "tui.operations.restore.RELEASE_DEADLINE=1.0"
    held = hold(quiet.deployment, "after:step_finished:compare", limit)
    with untouched(quiet):
        held.begin(Restore(quiet.deployment, str(backup)))
        with running("reader", quiet.database) as program:
            last = held.end()
            assert last.exit_code == 11
            assert f"(pid {program.pid}" in last.sentence
            assert "nothing was changed" in last.sentence.lower()
            program.end()


def test_a_backup_that_was_replaced_since_the_plan(quiet: Site, backup: Path) -> None:
    operation = Restore(quiet.deployment, str(backup))
    fingerprint = operation.plan().fingerprint
    copy = backup.with_name("copy")
    copy.write_bytes(backup.read_bytes())
    copy.rename(backup)
    with untouched(quiet), pytest.raises(McpdbError, match="Something moved") as raised:
        launch(operation, fingerprint)
    assert raised.value.exit_code == 11


def test_a_live_file_that_was_replaced_since_the_plan(quiet: Site, tmp_path: Path) -> None:
    bare = replace(
        quiet.deployment,
        database=two_tables(tmp_path / "mcp.db", mode="delete"),
        backup_dir=tmp_path / "backups",
        gateway=None,
    )
    operation = Restore(bare, str(two_tables(tmp_path / "mcp_backup_1.db", mode="delete")))
    fingerprint = operation.plan().fingerprint
    two_tables(tmp_path / "other.db", mode="delete").rename(bare.database)
    inode = bare.database.stat().st_ino
    with pytest.raises(McpdbError, match="Something moved") as raised:
        launch(operation, fingerprint)
    assert raised.value.exit_code == 11
    assert bare.database.stat().st_ino == inode


def test_latest_that_means_another_one_since_the_plan(quiet: Site, backup: Path) -> None:
    operation = Restore(quiet.deployment, "latest")
    fingerprint = operation.plan().fingerprint
    assert quiet.do(BackupCreate(quiet.deployment)).exit_code == 0
    with untouched(quiet), pytest.raises(McpdbError, match="Something moved"):
        launch(operation, fingerprint)
    assert backup.exists()


def test_a_migration_of_the_live_file_since_the_plan(quiet: Site, backup: Path) -> None:
    operation = Restore(quiet.deployment, str(backup))
    fingerprint = operation.plan().fingerprint
    with closing(sqlite3.connect(quiet.database, timeout=5)) as connection, connection:
        (old,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.execute("UPDATE alembic_version SET version_num = '94c0fb6e71d5'")
    try:
        with untouched(quiet), pytest.raises(McpdbError, match="Something moved"):
            launch(operation, fingerprint)
    finally:
        with closing(sqlite3.connect(quiet.database, timeout=5)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (old,))


def test_read_only_mode(quiet: Site, backup: Path) -> None:
    watching = replace(quiet.deployment, read_only=True)
    with untouched(quiet):
        refused(quiet, Restore(watching, str(backup)), 12, "--read-only")


@needs_root
def test_another_user_is_told_before_anything_stops(quiet: Site, backup: Path) -> None:
    for folder in (quiet.folder, quiet.folder.parent, quiet.database.parent):
        folder.chmod(0o755)
    quiet.deployment.backup_dir.chmod(0o755)
    for path in quiet.deployment.backup_dir.iterdir():
        path.chmod(0o644)
    # What it loads late it may not read as another user: the interpreter lies in root's home.
    Restore(quiet.deployment, str(backup)).plan()
    with untouched(quiet):
        plan = as_nobody(Restore(quiet.deployment, str(backup)).plan)
        checks = {check.name: check for check in plan.checks}
        assert checks["rights"].verdict is Verdict.FAIL
        assert "belongs to root, you are nobody" in checks["rights"].text
        assert checks["holders"].verdict is Verdict.UNKNOWN


@needs_root
def test_a_data_folder_without_space(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "24m") as disk:
        site = Site(demo.create_small(disk / "site"))
        try:
            site.start()
            assert site.do(BackupCreate(site.deployment)).exit_code == 0
            filler = fill(disk, leave=200_000)
            with untouched(site):
                refused(site, Restore(site.deployment, "latest"), 12, " free")
            filler.unlink()
        finally:
            demo.stop(site.folder)


@needs_root
def test_a_data_folder_that_fills_up_while_staging(
    tmp_path: Path, hold: Callable[..., Held]
) -> None:
    with small_disk(tmp_path / "disk", "32m") as disk:
        site = Site(demo.create_small(disk / "site"))
        try:
            site.start()
            assert site.do(BackupCreate(site.deployment)).exit_code == 0
            held = hold(site.deployment, "before:step_finished:stage")
            with untouched(site):
                operation = Restore(site.deployment, "latest")
                held.begin(operation)
                filler = fill(disk)
                last = held.end()
                filler.unlink()
                assert last.exit_code == 12, last.sentence
        finally:
            demo.stop(site.folder)


@needs_root
def test_a_data_folder_that_is_mounted_read_only(tmp_path: Path) -> None:
    outside = two_tables(tmp_path / "mcp_backup_1.db", mode="delete")
    with small_disk(tmp_path / "disk", "16m") as disk:
        database = two_tables(disk / "mcp.db", mode="delete")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        site = replace(
            demo.describe(demo.create_small(tmp_path / "site")),
            database=database,
            backup_dir=tmp_path,
            gateway=None,
        )
        with pytest.raises(McpdbError, match=r"[Rr]ead-only") as raised:
            launch(Restore(site, str(outside)))
        assert raised.value.exit_code == 12
