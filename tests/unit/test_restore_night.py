"""Restores in the bad night: what other people and earlier faults have left in the way."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Site
from tests.faults import Held, wait_for, without_code
from tui.core.errors import McpdbError
from tui.core.operation import Progress, Verdict
from tui.demo import control
from tui.demo import deployment as demo
from tui.operations.activity import unfinished
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.execution.journaled import merged
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.restore import Restore
from tui.operations.restoring import going_back
from tui.operations.undo import Undo
from tui.services import journal
from tui.services.journal import next_id
from tui.services.live.helper_process import HelperGoneError
from tui.services.live.swapping import SwapHelper
from tui.services.manifests import read_manifest

LATER = "written-after-the-backup"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, dict[Path, bytes]]]:
    """One site for all, with a backup; and its database and backup as they were made."""
    folder = demo.create_small(tmp_path_factory.mktemp("night") / "site")
    site = Site(folder)
    site.deployment = without_code(site.deployment)
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    made = [site.database, *site.deployment.backup_dir.iterdir()]
    yield site, {path: path.read_bytes() for path in made}
    demo.stop(folder)


@pytest.fixture
def ready(shared: tuple[Site, dict[Path, bytes]]) -> Site:
    """A running site with a backup, and something written since; each test begins anew."""
    site, made = shared
    demo.stop(site.folder)
    for name in (control.BREAK_START, control.BREAK_STOP):
        (site.folder / name).unlink(missing_ok=True)
    for left in ("", "-wal", "-shm", "-journal"):
        site.database.with_name(site.database.name + left).unlink(missing_ok=True)
    shutil.rmtree(site.deployment.state_dir, ignore_errors=True)
    for path, content in made.items():
        path.write_bytes(content)
    site.start()
    site.add_tool(LATER)
    return site


def safety(site: Site) -> Path:
    return site.deployment.state_dir / "safety"


def backup_of(site: Site) -> Path:
    return next(p for p in site.deployment.backup_dir.iterdir() if p.suffix == ".db")


def rows(path: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM tools")}


def leave_a_wal(database: Path) -> None:
    """What a killed gateway leaves: commits that stand in the WAL alone."""
    code = (
        "import os, signal, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA journal_mode=WAL'); c.execute('PRAGMA wal_autocheckpoint=0')\n"
        "c.execute('DELETE FROM tool_metrics'); c.execute('CREATE TABLE ghost (x)')\n"
        "for n in range(300): c.execute('INSERT INTO ghost VALUES (randomblob(4000))')\n"
        "c.execute('DROP TABLE tools')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(database)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert database.with_name(database.name + "-wal").stat().st_size > 0


def half_commit(database: Path, table: str = "tool_metrics") -> None:
    """What a killed writer of a rollback-journal file leaves: a hot journal."""
    code = (
        "import os, signal, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA journal_mode=DELETE'); c.execute('PRAGMA cache_size=1')\n"
        "c.execute('BEGIN'); c.execute('CREATE TABLE ghost (x)')\n"
        "for n in range(300): c.execute('INSERT INTO ghost VALUES (randomblob(4000))')\n"
        "c.execute('DELETE FROM tools')\n"
        "for n in range(300): c.execute('INSERT INTO ghost VALUES (randomblob(4000))')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(database)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert database.with_name(database.name + "-journal").stat().st_size > 0


# --- what stands beside the live path -----------------------------------------------------


@pytest.mark.parametrize("left", ["-wal", "-journal"])
def test_what_a_removed_live_file_left_beside_it_is_not_replayed_into_the_backup(
    left: str, ready: Site
) -> None:
    """Somebody moved the broken file away, and not its WAL."""
    wanted = rows(backup_of(ready))
    assert demo.stop(ready.folder) == 0
    {"-wal": leave_a_wal, "-journal": half_commit}[left](ready.database)
    ready.database.unlink()
    beside = ready.database.with_name(ready.database.name + left)
    content = beside.read_bytes()
    last = ready.do(Restore(ready.deployment, "latest", start=True))
    assert last.exit_code == 0, last.sentence
    ready.wait_healthy()
    assert ready.integrity() == "ok"
    assert ready.tools() == wanted
    kept = [path for path in safety(ready).iterdir() if path.name.endswith(left)]
    assert [path.read_bytes() for path in kept] == [content], "what was left is lost"


# --- the way back -------------------------------------------------------------------------


def rolled_back(ready: Site, *, through: bool = False) -> Restore:
    demo.break_next_start(ready.folder, "exit")
    return Restore(ready.deployment, "latest", write_through=through)


def set_mode(site: Site, mode: str) -> None:
    assert demo.stop(site.folder) == 0
    with closing(sqlite3.connect(site.database)) as connection:
        assert connection.execute(f"PRAGMA journal_mode={mode}").fetchone() == (mode,)


def test_a_gateway_that_comes_back_by_itself_on_the_way_back_ends_on_the_old_file(
    ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(ready.deployment, "after:recovery_finished:stop-new")
    held.begin(rolled_back(ready))
    demo.start(ready.folder)
    ready.wait_healthy()
    assert LATER not in ready.tools()
    last = held.end()
    assert last.exit_code == 4, last.sentence
    ready.wait_healthy()
    assert LATER in ready.tools()


@pytest.mark.parametrize("through", [False, True])
def test_a_file_that_somebody_put_there_is_not_overwritten_by_a_way_back(
    through: bool,
    ready: Site,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The operation died, and somebody helped himself before anybody resumed."""
    with monkeypatch.context():
        faulty_runner("kill-before", "step_finished:start")
        operation = Restore(ready.deployment, "latest", write_through=through)
        *_, last = follow(ready.deployment, launch(operation, operation.plan().fingerprint))
        assert last.state == "cut"
    monkeypatch.undo()
    assert demo.stop(ready.folder) == 0
    other = ready.folder / "by-hand.db"
    with (
        closing(sqlite3.connect(backup_of(ready))) as source,
        closing(sqlite3.connect(other)) as target,
    ):
        source.backup(target)
    other.rename(ready.database)
    ready.start()
    ready.add_tool("by-hand")
    inode = ready.database.stat().st_ino
    ((_id, code),) = launch_resume(ready.deployment)
    assert code == 14
    assert ready.database.stat().st_ino == inode
    assert ready.running(), "nobody stopped it"
    assert "by-hand" in ready.tools()


@pytest.mark.parametrize("through", [False, True])
def test_what_was_written_to_the_restored_database_is_kept_when_it_is_taken_back(
    through: bool,
    ready: Site,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Hours between a cut and `resume`: what was written meanwhile is somebody's."""
    with monkeypatch.context():
        faulty_runner("kill-after", "step_started:start")
        operation = Restore(ready.deployment, "latest", write_through=through)
        *_, last = follow(ready.deployment, launch(operation, operation.plan().fingerprint))
        assert last.state == "cut"
    monkeypatch.undo()
    ready.start()
    ready.add_tool("used-meanwhile")
    assert demo.stop(ready.folder) == 0
    demo.break_next_start(ready.folder, "exit")
    ((_id, code),) = launch_resume(ready.deployment)
    assert code == 4
    ready.wait_healthy()
    assert LATER in ready.tools()
    (rejected,) = safety(ready).glob("*.rejected.db")
    assert "used-meanwhile" in rows(rejected)
    manifest = read_manifest(rejected)
    assert manifest is not None
    assert (manifest.source, manifest.kind) == (ready.database.name, "safety")
    assert ready.left_overs() == []
    assert manifest.sequence == max(b.sequence for b in read_catalogue(ready.deployment).backups)


def test_an_evicted_gateway_s_wal_is_not_replayed_into_the_new_file(
    ready: Site, hold: Callable[..., Held]
) -> None:
    """It was started on the old file and had to be killed: its WAL lies under the live name."""
    assert demo.stop(ready.folder) == 0
    held = hold(ready.deployment, "before:step_finished:swap")
    held.begin(Restore(ready.deployment, "latest"))
    keep = next(safety(ready).iterdir())
    new = ready.database.with_name("new")
    ready.database.rename(new)
    os.link(keep, ready.database)
    ready.start()
    ready.add_tool("on-the-old-file")
    ready.database.unlink()
    new.rename(ready.database)
    pid = state_of(gateway_of(ready.deployment)).identity
    (ready.folder / control.BREAK_STOP).touch()
    try:
        last = held.end()
    finally:
        (ready.folder / control.BREAK_STOP).unlink()
    assert last.exit_code == 0, last.sentence
    ready.wait_healthy()
    assert state_of(gateway_of(ready.deployment)).identity != pid
    assert LATER not in ready.tools()
    assert "on-the-old-file" not in ready.tools()
    assert ready.integrity() == "ok"
    (kept,) = safety(ready).glob("*.db")
    assert {LATER, "on-the-old-file"} <= rows(kept)


# --- the rest -----------------------------------------------------------------------------


def test_a_busy_gateway_is_no_reason_to_take_a_restore_back(
    ready: Site, hold: Callable[..., Held]
) -> None:
    """A writer of a rollback-journal file locks readers out for as long as it likes."""
    set_mode(ready, "delete")
    held = hold(
        ready.deployment,
        "after:step_finished:swap",
        "tui.operations.restoring.restored.PATIENCE=0.5",
        "tui.services.sqlite.connections.BUSY_TIMEOUT=0.2",
    )
    held.begin(Restore(ready.deployment, "latest"))
    with closing(sqlite3.connect(ready.database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        connection.execute("BEGIN EXCLUSIVE")
        last = held.end()
    assert last.exit_code == 15, last.sentence
    assert "locked" in last.sentence
    ready.start()
    assert LATER not in ready.tools()


def test_a_restore_that_resume_finished_ends_the_suspicion_of_the_old_file(
    ready: Site, faulty_runner: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert demo.stop(ready.folder) == 0
    suspicion.mark(ready.deployment, "I/O error in mcp.db: disk I/O error.")
    with monkeypatch.context():
        faulty_runner("kill-before", "step_finished:swap")
        operation = Restore(ready.deployment, "latest")
        *_, last = follow(ready.deployment, launch(operation, operation.plan().fingerprint))
        assert last.state == "cut"
    monkeypatch.undo()
    ((_id, code),) = launch_resume(ready.deployment)
    assert code == 0
    assert suspicion.why_suspect(ready.deployment) == ""


def test_undo_finds_a_restore_behind_many_other_operations(ready: Site) -> None:
    assert demo.stop(ready.folder) == 0
    assert ready.do(Restore(ready.deployment, "latest")).exit_code == 0
    told = Undo(ready.deployment).source()
    for _number in range(510):
        _sequence, journal_id = next_id(ready.deployment.state_dir, "backup", "sched")
        path = ready.deployment.state_dir / "journal" / f"{journal_id}.jsonl"
        path.write_text(
            '{"kind": "begun", "format": 1, "at": "2026-01-01T00:00:00+00:00", '
            '"operation": "backup"}\n'
        )
    try:
        assert Undo(ready.deployment).source().path == told.path
    finally:
        for path in (ready.deployment.state_dir / "journal").glob("*-backup-sched.jsonl"):
            path.unlink()


def test_a_copy_with_a_journal_beside_it_is_refused(ready: Site, tmp_path: Path) -> None:
    copy = tmp_path / "copied.db"
    copy.write_bytes(backup_of(ready).read_bytes())
    copy.with_name("copied.db-journal").write_bytes(b"half a transaction")
    forbidden = Restore(ready.deployment, str(copy)).plan().forbidden
    assert forbidden is not None
    assert forbidden.exit_code == 3
    assert "-journal" in forbidden.text


def test_a_damaged_original_is_labelled_with_whose_it_was(ready: Site) -> None:
    assert demo.stop(ready.folder) == 0
    ready.database.write_bytes(b"not a database" * 1000)
    assert ready.do(Restore(ready.deployment, "latest")).exit_code == 0
    (kept,) = safety(ready).glob("*.db")
    manifest = read_manifest(kept)
    assert manifest is not None
    assert manifest.source == ready.database.name
    assert manifest.check_result != "ok"
    (listed,) = [b for b in read_catalogue(ready.deployment).backups if b.path == kept]
    assert listed.verdict is Verdict.FAIL
    neighbour = replace(ready.deployment, database=ready.database.with_name("other.db"))
    (seen,) = [b for b in read_catalogue(neighbour).backups if b.path == kept]
    assert seen.neighbour


@pytest.mark.parametrize("through", [False, True])
@pytest.mark.parametrize("done", [False, True])
def test_a_helper_that_is_killed_on_the_way_back_is_not_the_end_of_it(
    done: bool, through: bool, ready: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its work or behind it: what stands there is looked at, and done if it is not."""
    last = ready.do(Restore(ready.deployment, "latest", write_through=through))
    assert last.exit_code == 0
    records = journal.read(journal.path_of(ready.deployment.state_dir, last.id))
    whole, first = SwapHelper.swap, iter([True])

    def swap(self: SwapHelper, *words: Any) -> None:
        dies = next(first, False)
        if dies and not done:
            os.kill(self.pid, signal.SIGKILL)
        whole(self, *words)
        if dies:
            raise HelperGoneError("killed")

    monkeypatch.setattr(SwapHelper, "swap", swap)
    progress = Progress(lambda *_: None, lambda: False, operation_id="", lock=-1)
    going_back.swap_back(ready.deployment, merged(records), progress, 5.0)
    monkeypatch.undo()
    assert LATER in rows(ready.database)
    assert ready.left_overs() == []
    ready.start()
    assert LATER in ready.tools()


def test_the_wal_of_an_emptied_live_file_goes_aside_with_it(ready: Site) -> None:
    wanted = rows(backup_of(ready))
    assert demo.stop(ready.folder) == 0
    leave_a_wal(ready.database)
    ready.database.write_bytes(b"")
    last = ready.do(Restore(ready.deployment, "latest", start=True))
    assert last.exit_code == 0, last.sentence
    ready.wait_healthy()
    assert ready.tools() == wanted
    assert ready.integrity() == "ok"
    assert list(safety(ready).glob("*.db-wal"))


def test_a_writing_that_is_cut_and_cut_again_while_it_is_finished(
    ready: Site, faulty_runner: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context():
        faulty_runner("kill-after", "step_started:swap")
        operation = Restore(ready.deployment, "latest", write_through=True)
        *_, last = follow(ready.deployment, launch(operation, operation.plan().fingerprint))
        assert last.state == "cut"
    monkeypatch.undo()
    for place in ("recovery_started:write-again", "recovery_finished:write-again"):
        with monkeypatch.context():
            faulty_runner("kill-before" if "finished" in place else "kill-after", place)
            with suppress(McpdbError):
                launch_resume(ready.deployment)
        monkeypatch.undo()
        wait_for(lambda: unfinished(ready.deployment), "it is seen to be cut")
    ((_id, code),) = launch_resume(ready.deployment)
    assert code == 0
    ready.wait_healthy()
    assert LATER not in ready.tools()
    assert ready.integrity() == "ok"
    assert ready.left_overs() == []
