"""Restores over every kind of live file, the way back, and undoing them."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import Held, needs_root, print_of, wait_for, without_code
from tests.programs import running
from tui.core.errors import McpdbError, NotFoundError
from tui.core.operation import Verdict
from tui.demo import deployment as demo
from tui.operations.activity import unfinished
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.control import GatewayRestart, GatewayStart, GatewayStop
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.restore import Restore
from tui.operations.undo import Undo
from tui.operations.verify import BackupVerify
from tui.services.manifests import read_manifest

LATER = "written-after-the-backup"


@pytest.fixture
def ready(site: Site, give_backup: Callable[[Site], Path]) -> Site:
    """A site with a backup, and something written since."""
    site.deployment = without_code(site.deployment)
    give_backup(site)
    site.add_tool(LATER)
    return site


def safety(site: Site) -> Path:
    return site.deployment.state_dir / "safety"


def stop(site: Site) -> None:
    assert demo.stop(site.folder) == 0


def rows(path: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM tools")}


def wal(path: Path) -> bool:
    return path.read_bytes()[18:20] == b"\x02\x02"


# --- the way back -----------------------------------------------------------------------


def test_a_gateway_that_cannot_become_healthy_gets_its_old_database_back(ready: Site) -> None:
    inode = ready.database.stat().st_ino
    demo.break_next_start(ready.folder, "exit")
    last = ready.do(Restore(ready.deployment, "latest"))
    assert (last.exit_code, last.outcome) == (4, "rolled back")
    assert "The old database is back and whole" in last.sentence
    ready.wait_healthy()
    assert LATER in ready.tools()
    assert ready.database.stat().st_ino == inode
    assert ready.integrity() == "ok"
    (rejected,) = safety(ready).glob("*.db")
    assert rejected.name == last.result["rejected"]
    assert LATER not in rows(rejected)
    assert ready.left_overs() == []
    with pytest.raises(NotFoundError, match="Nothing to undo"):
        Undo(ready.deployment).plan()


def test_a_gateway_that_runs_and_stays_unhealthy_is_rolled_back_in_its_old_mode(
    make_site: Callable[..., Site],
    hold: Callable[..., Held],
    give_backup: Callable[[Site], Path],
) -> None:
    site = make_site(running=False)
    marker = site.folder / "mcpdb.toml"
    marker.write_text(marker.read_text().replace("health_timeout = 15.0", "health_timeout = 1.5"))
    site = Site(site.folder)
    site.start()
    give_backup(site)
    site.add_tool(LATER)
    demo.break_next_start(site.folder, "unhealthy")
    held = hold(site.deployment, "after:recovery_finished:swap-back")
    held.begin(Restore(site.deployment, "latest"))
    # Before the gateway is up again, for it would set its own mode.
    assert not site.running()
    assert wal(site.database)
    last = held.end()
    assert last.exit_code == 4
    assert "not healthy" in last.sentence
    site.wait_healthy()
    assert LATER in site.tools()


BACK_PLACES = [
    ("recovery_finished:stop-new", "kill-before"),
    ("recovery_finished:swap-back", "kill-before"),
    ("recovery_finished:start-old", "kill-before"),
]


@pytest.mark.parametrize(("place", "when"), BACK_PLACES)
def test_a_way_back_that_is_killed_is_gone_to_its_end_by_the_next(
    place: str,
    when: str,
    ready: Site,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    demo.break_next_start(ready.folder, "exit")
    with monkeypatch.context():
        faulty_runner(when, place)
        operation = Restore(ready.deployment, "latest")
        *_, last = follow(ready.deployment, launch(operation, operation.plan().fingerprint))
        assert last.state == "cut"
    monkeypatch.undo()
    assert ready.database.exists()
    ((_id, code),) = launch_resume(ready.deployment)
    assert code == 4
    ready.wait_healthy()
    assert LATER in ready.tools()
    assert ready.integrity() == "ok"
    assert len(list(safety(ready).glob("*.db"))) == 1
    assert ready.left_overs() == []
    assert launch_resume(ready.deployment) == []


def test_a_way_back_that_is_barred_says_three_lines_that_work(
    ready: Site, hold: Callable[..., Held]
) -> None:
    demo.break_next_start(ready.folder, "exit")
    held = hold(
        ready.deployment,
        "after:recovery_started:swap-back",
        "tui.operations.restoring.restore_recovery.BACK_DEADLINE=1.0",
    )
    held.begin(Restore(ready.deployment, "latest"))
    with running("reader", ready.database) as program:
        last = held.end()
        assert (last.exit_code, last.outcome) == (5, "not undone")
        assert "Nothing was deleted; both databases are whole" in last.sentence
        program.end()
    lines = last.result["by_hand"]
    assert len(lines) == 3
    # The restored database is used meanwhile, and leaves a WAL behind when it is stopped.
    ready.start()
    ready.add_tool("in the wal of the wrong file")
    for line in lines:
        subprocess.run(["sh", "-c", line], check=True, stdout=subprocess.DEVNULL)
    ready.wait_healthy()
    assert LATER in ready.tools()
    assert ready.integrity() == "ok"
    assert rows(ready.database.with_name("mcp.db.rejected"))


def test_a_gateway_that_was_not_healthy_before_is_left_on_the_restored_file(
    make_site: Callable[..., Site], give_backup: Callable[[Site], Path]
) -> None:
    site = make_site(running=False)
    marker = site.folder / "mcpdb.toml"
    marker.write_text(marker.read_text().replace("health_timeout = 15.0", "health_timeout = 1.0"))
    site = Site(site.folder)
    give_backup(site)
    with closing(sqlite3.connect(site.database)) as connection, connection:
        connection.execute("DELETE FROM tools")
    demo.break_next_start(site.folder, "unhealthy", times=2)
    demo.start(site.folder)
    wait_for(lambda: state_of(gateway_of(site.deployment)).is_up, "it runs")
    assert not site.healthy()
    last = site.do(Restore(site.deployment, "latest"))
    assert (last.exit_code, last.outcome) == (14, "left unhealthy")
    assert "`undo` takes it back" in last.sentence
    (kept,) = safety(site).glob("*.db")
    assert last.result["safety"] == kept.name
    assert rows(kept) == set()
    assert read_manifest(kept) is not None
    demo.stop(site.folder)
    site.start()
    assert site.tools()
    assert site.do(Undo(site.deployment)).exit_code == 0
    assert site.tools() == set()


# --- what stands at the live path, and who runs -----------------------------------------


def test_a_stopped_gateway_stays_stopped_and_that_is_said(ready: Site) -> None:
    stop(ready)
    last = ready.do(Restore(ready.deployment, "latest"))
    assert last.exit_code == 0
    assert last.result["proven_by_start"] is False
    assert not ready.running()
    assert LATER not in rows(ready.database)
    assert LATER in rows(safety(ready) / str(last.result["safety"]))

    again = ready.do(Restore(ready.deployment, str(safety(ready) / last.result["safety"]), True))
    assert again.exit_code == 0
    assert again.result["proven_by_start"] is True
    assert ready.healthy()
    assert LATER in ready.tools()


def test_a_missing_live_file_is_put_there(ready: Site) -> None:
    stop(ready)
    for path in ready.database.parent.glob("mcp.db*"):
        path.unlink()
    last = ready.do(Restore(ready.deployment, "latest", start=True))
    assert last.exit_code == 0
    ready.wait_healthy()
    assert ready.integrity() == "ok"
    assert last.result["safety"] == ""
    assert list(safety(ready).iterdir()) == []
    assert ready.left_overs() == []
    assert ready.database.stat().st_nlink == 1


def test_a_damaged_live_file_is_kept_as_found_with_its_sidecars(ready: Site) -> None:
    stop(ready)
    noise = os.urandom(20_000)
    ready.database.write_bytes(noise)
    sidecar = ready.database.with_name("mcp.db-wal")
    found = sidecar.read_bytes()
    assert found, "a stop leaves commits in the WAL"
    last = ready.do(Restore(ready.deployment, "latest", start=True))
    assert last.exit_code == 0
    ready.wait_healthy()
    assert LATER not in ready.tools()
    assert ready.integrity() == "ok"
    kept = safety(ready) / str(last.result["safety"])
    assert kept.read_bytes() == noise
    assert kept.with_name(kept.name + "-wal").read_bytes() == found
    assert last.result["safety_ok"] is False
    assert find_backup(ready.deployment, kept.name).verdict is Verdict.FAIL
    before = print_of(safety(ready))
    with pytest.raises(McpdbError) as raised:
        launch(Undo(ready.deployment))
    assert raised.value.exit_code == 3
    assert print_of(safety(ready)) == before


def test_an_undone_restore_brings_the_sidecars_of_a_damaged_file_back(
    ready: Site, hold: Callable[..., Held]
) -> None:
    stop(ready)
    ready.database.write_bytes(os.urandom(20_000))
    # Not the -shm: it is an index, made anew by whoever looks.
    names = ("mcp.db", "mcp.db-wal")
    before = {name: (ready.database.parent / name).read_bytes() for name in names}
    held = hold(ready.deployment, "after:step_started:swap")
    held.begin(Restore(ready.deployment, "latest"))
    # The exchange is cut after the sidecars went and before the new file came.
    os.kill(held.entry().pid, signal.SIGKILL)
    wait_for(lambda: unfinished(ready.deployment), "it is cut")
    keep = _keep_of(ready, held.id)
    os.link(ready.database, keep)
    for suffix in ("-wal", "-shm"):
        (ready.database.parent / f"mcp.db{suffix}").rename(keep.with_name(keep.name + suffix))
    ((_id, code),) = launch_resume(ready.deployment)
    assert code == 1
    assert {name: (ready.database.parent / name).read_bytes() for name in names} == before
    assert ready.database.with_name("mcp.db-shm").exists()
    assert list(safety(ready).iterdir()) == []


def _keep_of(site: Site, journal_id: str) -> Path:
    from tui.operations.execution.journaled import merged
    from tui.services import journal

    return Path(
        merged(journal.read(journal.path_of(site.deployment.state_dir, journal_id)))["keep"]
    )


def test_every_commit_of_a_killed_gateway_is_in_the_safety_copy(ready: Site) -> None:
    names = [f"late-{number}" for number in range(20)]
    for name in names:
        ready.add_tool(name)
    os.kill(int(state_of(gateway_of(ready.deployment)).identity), signal.SIGKILL)
    wait_for(lambda: not ready.running(), "it is dead")
    assert (ready.database.parent / "mcp.db-wal").stat().st_size > 0
    last = ready.do(Restore(ready.deployment, "latest", start=True))
    assert last.exit_code == 0
    kept = safety(ready) / str(last.result["safety"])
    assert {*names, LATER} <= rows(kept)
    ready.wait_healthy()
    assert ready.integrity() == "ok"
    assert not {*names, LATER} & ready.tools()


@needs_root
def test_owner_and_mode_are_those_of_the_old_file(ready: Site) -> None:
    os.chown(ready.database, 12_345, 23_456)
    ready.database.chmod(0o640)
    assert ready.do(Restore(ready.deployment, "latest")).exit_code == 0
    found = ready.database.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (12_345, 23_456, 0o640)
    owners = {path.stat().st_uid for path in ready.database.parent.glob("mcp.db*")}
    assert owners == {12_345}


def test_the_live_path_is_never_absent_nor_half_written(ready: Site) -> None:
    with running("watcher", ready.database) as program:
        assert ready.do(Restore(ready.deployment, "latest")).exit_code == 0
        assert ready.do(Undo(ready.deployment)).exit_code == 0
        told = program.end()
    assert told["looks"] > 500
    assert (told["absent"], told["odd"]) == (0, 0)
    assert told["inodes"] == 3, "old, restored, and its copy put back"


def test_an_older_revision_is_restored_and_named_in_the_plan(
    make_site: Callable[..., Site],
) -> None:
    old = make_site(running=False, revision="current")
    assert old.do(BackupCreate(old.deployment)).exit_code == 0
    (backup,) = read_catalogue(old.deployment).backups
    site = make_site()
    operation = Restore(site.deployment, str(backup.path))
    plan = operation.plan()
    assert plan.forbidden is None
    assert plan.facts["migrations"] == 2
    last = site.do(operation)
    assert last.exit_code == 0
    assert last.result["revision"] == backup.revision
    site.wait_healthy()


def test_a_backup_named_by_its_link_is_the_file_it_points_to(ready: Site) -> None:
    folder = ready.deployment.backup_dir
    (backup,) = read_catalogue(ready.deployment).backups
    (folder / "mcp_backup_latest.db").symlink_to(backup.path.name)
    last = ready.do(Restore(ready.deployment, "mcp_backup_latest.db"))
    assert last.exit_code == 0
    assert last.result["backup"] == backup.id
    assert LATER not in ready.tools()


# --- undo, verify, control --------------------------------------------------------------


def test_undo_and_the_undo_of_the_undo(ready: Site) -> None:
    with pytest.raises(NotFoundError, match="Nothing to undo"):
        Undo(ready.deployment).plan()
    assert ready.do(Restore(ready.deployment, "latest")).exit_code == 0
    assert LATER not in ready.tools()
    first = Undo(ready.deployment).plan().facts["from"]
    undone = ready.do(Undo(ready.deployment))
    assert (undone.exit_code, undone.result["backup"]) == (0, first["id"])
    assert LATER in ready.tools()
    assert wal(ready.database)
    again = ready.do(Undo(ready.deployment))
    assert again.exit_code == 0
    assert LATER not in ready.tools()
    assert ready.integrity() == "ok"
    kinds = [b.kind for b in read_catalogue(ready.deployment).backups]
    assert kinds.count("safety") == 3
    (safety(ready) / str(again.result["safety"])).unlink()
    with pytest.raises(NotFoundError, match="is gone"):
        Undo(ready.deployment).plan()


def test_a_restore_of_a_neighbour_is_not_undone_here(ready: Site) -> None:
    stop(ready)
    assert ready.do(Restore(ready.deployment, "latest")).exit_code == 0
    assert Undo(ready.deployment).plan().forbidden is None
    neighbour = replace(ready.deployment, database=ready.database.with_name("other.db"))
    with pytest.raises(NotFoundError, match="Nothing to undo"):
        Undo(neighbour).source()


def test_verify_writes_down_what_it_finds(make_site: Callable[..., Site]) -> None:
    site = make_site(running=False)
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    (backup,) = read_catalogue(site.deployment).backups
    assert site.do(BackupVerify(site.deployment, backup.id, full=True)).exit_code == 0
    manifest = read_manifest(backup.path)
    assert manifest is not None
    assert (manifest.check, manifest.check_result) == ("integrity_check", "ok")
    assert manifest.verified > backup.manifest.verified  # type: ignore[union-attr]

    whole = backup.path.read_bytes()
    # In the middle of a page's free space: SQLite itself finds nothing wrong.
    backup.path.write_bytes(whole[:-100] + bytes(byte ^ 255 for byte in whole[-100:]))
    last = site.do(BackupVerify(site.deployment, backup.id))
    assert last.exit_code == 3
    (damaged,) = read_catalogue(site.deployment).backups
    assert damaged.verdict is Verdict.FAIL
    advice = "Do not restore this one; there is no other verified backup."
    assert last.sentence == f"{damaged.problem} {advice}"
    with pytest.raises(NotFoundError, match="no verified backup"):
        find_backup(site.deployment, "latest")
    backup.path.write_bytes(whole)
    assert site.do(BackupVerify(site.deployment, backup.id)).exit_code == 0
    assert find_backup(site.deployment, "latest").id == backup.id


@pytest.mark.parametrize("place", ["step_started:stop", "step_started:start"])
def test_a_restart_killed_anywhere_ends_with_a_running_gateway(
    place: str, site: Site, faulty_runner: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context():
        faulty_runner("kill-after", place)
        operation = GatewayRestart(site.deployment)
        *_, last = follow(site.deployment, launch(operation, operation.plan().fingerprint))
        assert last.state == "cut"
    monkeypatch.undo()
    ((_id, code),) = launch_resume(site.deployment)
    assert code == 0
    assert site.healthy()


def test_stop_and_start_count_the_downtime(site: Site) -> None:
    assert site.do(GatewayStop(site.deployment)).exit_code == 0
    assert not site.running()
    assert site.do(GatewayStart(site.deployment)).exit_code == 0
    last = site.do(GatewayRestart(site.deployment))
    assert last.exit_code == 0
    assert last.down_since is None
    assert last.down_seconds is not None
    assert 0 < last.down_seconds <= (last.seconds or 0)
    demo.break_next_start(site.folder, "exit")
    unhealthy = site.do(GatewayRestart(site.deployment))
    assert unhealthy.exit_code == 14
    assert unfinished(site.deployment) == ()


def test_a_debt_that_docker_could_not_pay_is_paid_by_the_next_resume(site: Site) -> None:
    operation = GatewayRestart(site.deployment)
    records = [
        {"kind": "begun"},
        {"kind": "step_started", "step": "stop", "facts": {"was_running": True}},
        {"kind": "resumed"},
        {"kind": "recovery_started", "action": "start"},
        {"kind": "recovery_failed", "action": "start", "exit": 13, "error": "no answer"},
        {"kind": "suspended"},
    ]
    assert operation.recover(records).actions == ()
    again = operation.recover([*records, {"kind": "resumed"}])
    assert [action.action for action in again.actions] == ["start"]


def test_resume_with_nothing_to_do_does_nothing(ready: Site) -> None:
    before = print_of(ready.deployment.state_dir)
    assert launch_resume(ready.deployment) == []
    assert print_of(ready.deployment.state_dir) == before
