"""A backup while others write: consistent, verified, or nothing at all."""

from __future__ import annotations

import grp
import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults import Held, fill, needs_root, print_of, small_disk
from tests.programs import running, two_tables
from tui.core.errors import BusyError, ExitCode, McpdbError, NotFoundError, PrecheckError
from tui.core.models import ActivityEntry, Backup, Deployment
from tui.core.operation import Verdict
from tui.operations.activity import unfinished
from tui.operations.backing_up.publishing import new_name
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.execution.launch import cancel, follow, launch
from tui.operations.reads import holding
from tui.operations.verify import BackupVerify
from tui.services import journal
from tui.services.sqlite import copying
from tui.services.sqlite.connections import connect
from tui.services.sqlite.inspection import inspect


def place(folder: Path, mode: str = "wal", megabytes: int = 0) -> Deployment:
    folder.mkdir(exist_ok=True)
    database = two_tables(folder / "mcp.db", mode=mode, megabytes=megabytes)
    return Deployment(name="bare", database=database, backup_dir=folder / "backups")


def back_up(deployment: Deployment, **more: Any) -> ActivityEntry:
    operation = BackupCreate(deployment, **more)
    *_, last = follow(deployment, launch(operation, operation.plan().fingerprint))
    return last


def facts_of(deployment: Deployment, entry: ActivityEntry) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for record in journal.read(journal.path_of(deployment.state_dir, entry.id)):
        found |= record.get("facts", {})
    return found


def agree(path: Path) -> int:
    """The number both tables have; a copy between two commits would show two."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        (one,) = connection.execute("SELECT n FROM one").fetchone()
        (two,) = connection.execute("SELECT n FROM two").fetchone()
    assert one == two
    return int(one)


def left_overs(deployment: Deployment) -> list[str]:
    return [p.name for p in deployment.database.parent.rglob("*partial*")]


def test_under_a_writer_that_never_rests_every_backup_is_one_moment(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data", megabytes=48)
    with running("writer", deployment.database) as program:
        moments = []
        for _ in range(3):
            entry = back_up(deployment)
            assert entry.exit_code == 0
            assert facts_of(deployment, entry)["restarts"] == 0
            moments.append(agree(Path(str(entry.result["path"]))))
        told = program.end()
    assert told["errors"] == 0
    assert told["commits"] > moments[-1] > moments[0] > 0
    assert moments == sorted(moments)
    assert len({b.path.name for b in read_catalogue(deployment).backups}) == 3
    assert left_overs(deployment) == []


def test_fifty_copies_under_a_writer_are_fifty_moments_and_cost_it_nothing(tmp_path: Path) -> None:
    path = two_tables(tmp_path / "mcp.db", megabytes=1)
    moments = []
    with running("writer", path) as program:
        for number in range(50):
            target = tmp_path / f"copy{number}"
            with closing(connect(path, "mode=ro")) as source:
                copied = copying.copy(source, target, lambda _d, _t: None, hold=0.0)
            assert (copied.journal_mode, copied.restarts) == ("wal", 0)
            assert inspect(target, lambda _d, _t: None, lambda: None).rows["one"] == 1
            moments.append(agree(target))
            target.unlink()
        told = program.end()
    assert told["errors"] == 0
    assert moments == sorted(moments)
    assert len(set(moments)) > 40, "nothing was written meanwhile"
    assert told["commits"] >= moments[-1]


def test_in_rollback_mode_too_every_copy_is_one_moment_and_no_write_fails(tmp_path: Path) -> None:
    path = two_tables(tmp_path / "mcp.db", mode="delete", megabytes=2)
    moments = []
    with running("calm", path) as program:
        for number in range(10):
            target = tmp_path / f"copy{number}"
            with closing(connect(path, "mode=ro", timeout=10.0)) as source:
                copied = copying.copy(source, target, lambda _d, _t: None, hold=holding.HOLD)
            assert (copied.journal_mode, copied.restarts) == ("delete", 0)
            moments.append(agree(target))
        told = program.end()
    assert told["errors"] == 0
    assert moments == sorted(moments)
    assert moments[-1] > moments[0]


def test_a_rollback_gateway_is_held_up_for_a_bounded_time_only(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data", "delete", megabytes=8)
    with running("calm", deployment.database) as program:
        entry = back_up(deployment)
        told = program.end()
    assert entry.exit_code == 0
    assert told["errors"] == 0
    assert told["commits"] > agree(Path(str(entry.result["path"]))) > 0
    assert holding.HOLD < holding.BUSY_TIMEOUT, "a writer gives up after its busy timeout"


def test_a_copy_that_begins_again_for_ever_gives_up_and_names_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = two_tables(tmp_path / "mcp.db", mode="delete", megabytes=24)
    monkeypatch.setattr(copying, "PATIENCE", 1.0)
    with running("writer", path) as program, closing(connect(path, "mode=ro")) as source:
        # No time to hold the writer up: small steps, and the writer commits between them.
        with pytest.raises(BusyError) as raised:
            copying.copy(source, tmp_path / "copy", lambda _d, _t: None, hold=0.0)
        assert not source.in_transaction
        told = program.end()
    assert raised.value.exit_code == 11
    assert told["errors"] == 0


def test_small_steps_count_every_new_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = two_tables(tmp_path / "mcp.db", mode="delete", megabytes=24)
    monkeypatch.setattr(copying, "MAX_RESTARTS", 3)
    writer = sqlite3.connect(path, isolation_level=None)

    def commit(done: int, total: int) -> None:
        if done < total:
            writer.execute("UPDATE one SET n = n + 1")

    with (
        closing(writer),
        closing(connect(path, "mode=ro")) as source,
        pytest.raises(BusyError, match="A cold backup works"),
    ):
        copying.copy(source, tmp_path / "copy", commit, hold=0.0)


def test_small_steps_reach_the_end_when_the_writer_rests(tmp_path: Path) -> None:
    path = two_tables(tmp_path / "mcp.db", mode="delete", megabytes=24)
    writer = sqlite3.connect(path, isolation_level=None)
    commits = []

    def commit_twice(done: int, total: int) -> None:
        if done < total and len(commits) < 2:
            writer.execute("UPDATE one SET n = n + 1")
            writer.execute("UPDATE two SET n = n + 1")
            commits.append(1)

    with closing(writer), closing(connect(path, "mode=ro")) as source:
        copied = copying.copy(source, tmp_path / "copy", commit_twice, hold=0.0)
    assert (copied.journal_mode, copied.restarts) == ("delete", 2)
    assert agree(tmp_path / "copy") == 2


def test_a_lock_that_is_never_given_back_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = two_tables(tmp_path / "mcp.db", mode="delete", megabytes=24)
    monkeypatch.setattr(copying, "PATIENCE", 0.5)
    writer = sqlite3.connect(path, isolation_level=None)

    def lock_for_good(done: int, total: int) -> None:
        if 0 < done < total and not writer.in_transaction:
            writer.execute("BEGIN EXCLUSIVE")

    with closing(writer), closing(connect(path, "mode=ro")) as source:
        with pytest.raises(BusyError):
            copying.copy(source, tmp_path / "copy", lock_for_good, hold=0.0)
        assert writer.in_transaction, "the fault was not met"


def test_the_manifest_is_true_for_the_file(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data", megabytes=1)
    before = datetime.now(UTC)
    entry = back_up(deployment, label="before 1.0.8", note="by hand", trigger="hand")
    (backup,) = read_catalogue(deployment).backups
    manifest = backup.manifest
    assert manifest is not None
    report = inspect(backup.path, lambda _d, _t: None, lambda: None)
    for name in ("size", "page_size", "pages", "sha256", "revision", "rows"):
        assert getattr(manifest, name) == getattr(report, name), name
    assert report.journal_mode == "delete", "reading it would make sidecars"
    assert (manifest.journal_mode, manifest.kind, manifest.method) == ("wal", "hot", "backup-api")
    assert (manifest.check, manifest.check_result) == ("quick_check", "ok")
    assert manifest.rows["bulk"] == 1
    assert (manifest.name, manifest.parent) == (backup.path.name, entry.id)
    assert (manifest.label, manifest.note) == ("before 1.0.8", "by hand")
    taken = datetime.fromisoformat(manifest.taken)
    assert before <= taken <= datetime.fromisoformat(manifest.verified) <= datetime.now(UTC)
    offset = f"{datetime.now().astimezone():%z}"
    assert manifest.utc_offset == f"{offset[:3]}:{offset[3:]}"
    for path in (backup.path, backup.path.with_name(backup.path.name + ".json")):
        assert path.stat().st_mode & 0o777 == 0o600
    assert deployment.backup_dir.stat().st_mode & 0o777 == 0o700


@needs_root
def test_a_disk_that_fills_up_in_the_middle_leaves_the_live_file_and_no_partial(
    tmp_path: Path, hold: Callable[..., Held]
) -> None:
    deployment = place(tmp_path / "data", megabytes=40)
    with small_disk(tmp_path / "disk", "64m") as disk:
        deployment = replace(deployment, backup_dir=disk / "backups")
        held = hold(deployment, "tick:copy")
        held.begin(BackupCreate(deployment))
        fill(disk)
        last = held.end()
        assert (last.exit_code, last.outcome) == (12, "failed")
        assert "space" in last.sentence.lower()
        assert list((disk / "backups").iterdir()) == []
    assert agree(deployment.database) == 0
    assert unfinished(deployment) == ()


@needs_root
def test_too_little_space_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data", megabytes=8)
    with small_disk(tmp_path / "disk", "4m") as disk:
        deployment = replace(deployment, backup_dir=disk / "backups")
        plan = BackupCreate(deployment).plan()
        assert plan.forbidden is not None
        assert plan.forbidden.name == "space"
        with pytest.raises(PrecheckError, match=r"needs .* free") as raised:
            launch(BackupCreate(deployment))
        assert raised.value.exit_code == 12
        assert list(disk.iterdir()) == []


def test_a_cancel_in_the_middle_of_a_large_copy_leaves_nothing(
    tmp_path: Path, hold: Callable[..., Held]
) -> None:
    deployment = place(tmp_path / "data", megabytes=48)
    held = hold(deployment, "tick:copy")
    held.begin(BackupCreate(deployment))
    assert left_overs(deployment), "nothing was being copied"
    assert held.entry().cancellable
    cancel(deployment, held.id)
    last = held.end()
    assert (last.exit_code, last.outcome) == (1, "cancelled")
    assert list(deployment.backup_dir.iterdir()) == []
    assert agree(deployment.database) == 0
    with pytest.raises(NotFoundError):
        cancel(deployment, held.id)


def test_a_damaged_source_is_found_and_nothing_is_published(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data", "delete", megabytes=0)
    with closing(sqlite3.connect(deployment.database)) as connection, connection:
        connection.execute("CREATE TABLE many (id INTEGER PRIMARY KEY, t TEXT)")
        rows = [("y" * 300,)] * 500
        connection.executemany("INSERT INTO many (t) VALUES (?)", rows)
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'many'"
        ).fetchone()
    # A page behind the table's root: the schema stays readable, looking says nothing.
    with deployment.database.open("r+b") as stream:
        stream.seek((page + 4) * 4096)
        stream.write(os.urandom(4096))
    entry = back_up(deployment)
    assert entry.exit_code == 3
    assert "damaged" in entry.sentence
    assert list(deployment.backup_dir.iterdir()) == []


def test_what_is_no_database_is_refused_before_the_folder_is_made(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data")
    deployment.database.write_bytes(os.urandom(4096))
    with pytest.raises(McpdbError) as raised:
        launch(BackupCreate(deployment))
    assert raised.value.exit_code == 3
    deployment.database.unlink()
    with pytest.raises(McpdbError) as raised:
        launch(BackupCreate(deployment))
    assert raised.value.exit_code == 10
    assert not deployment.database.exists(), "looking made a database"
    assert not deployment.backup_dir.exists()


def test_strangers_in_the_backup_folder_are_listed_and_never_touched(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data")
    assert back_up(deployment).exit_code == 0
    (mine,) = read_catalogue(deployment).backups
    folder = deployment.backup_dir
    outside = two_tables(tmp_path / "outside.db", mode="delete")
    (folder / "mcp_backup_20260101_000000.db").symlink_to(outside)
    (folder / "mcp_hotbackup_20260101_000000.db").symlink_to("/etc/passwd")
    os.mkfifo(folder / "mcp_backup_20260102_000000.db")
    os.link(outside, folder / "mcp_backup_20260103_000000.db")
    os.link(deployment.database, folder / "mcp_backup_20260104_000000.db")
    (folder / "mcp_backup_20260105_000000.db").mkdir()
    (folder / "x\x1b[31m\n.db").write_bytes(b"\xff" * 200)
    (folder / os.fsdecode(b"mcp_backup_\xff.db")).write_bytes(b"")
    (folder / "notes.txt").write_text("mine")
    (folder / "mcp_backup_20260106_000000.db").write_bytes(mine.path.read_bytes())
    os.mkfifo(folder / "mcp_backup_20260106_000000.db.json")
    (folder / "mcp_backup_latest.db").symlink_to(mine.path.name)
    before = print_of(folder)

    catalogue = read_catalogue(deployment)
    assert print_of(folder) == before
    found = {b.path.name: b for b in catalogue.backups}
    assert "mcp_backup_20260101_000000.db" in catalogue.strangers
    assert "mcp_backup_20260102_000000.db" in catalogue.strangers
    assert "mcp_backup_20260104_000000.db" not in found, "the live file is no backup"
    assert "mcp_backup_20260105_000000.db" in catalogue.strangers
    assert "notes.txt" in catalogue.strangers
    assert found["mcp_backup_20260103_000000.db"].problem == "2 names point to this file"
    assert found["mcp_backup_20260106_000000.db"].verdict is not Verdict.FAIL
    assert found["mcp_backup_latest.db"].link_to == mine.path.name
    assert find_backup(deployment, "mcp_backup_latest.db").path == mine.path
    assert find_backup(deployment, "latest").path == mine.path

    assert back_up(deployment).exit_code == 0
    after = print_of(folder)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 2}, "newer mcpdb-tui"),
        ({"format": None}, "newer mcpdb-tui"),
        ({"sha256": 5}, "wrong kind"),
        ({"verified": 5}, "wrong kind"),
        ({"taken": "0001-01-01T00:00:00+23:59"}, "time that is none"),
        ({"taken": "yesterday"}, "time that is none"),
        ({"rows": {"one": "many"}}, "wrong kind"),
        ({"size": 1}, "FAIL size"),
        ({"check_result": "FAIL sha256: expected"}, "FAIL sha256"),
    ],
)
def test_a_manifest_that_is_not_understood_or_bad_is_told_and_never_latest(
    tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    deployment = place(tmp_path / "data")
    assert back_up(deployment).exit_code == 0
    (good,) = read_catalogue(deployment).backups
    path = good.path.with_name(good.path.name + ".json")
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}))
    (bad,) = read_catalogue(deployment).backups
    assert says in bad.problem
    assert bad.verdict is not Verdict.OK
    with pytest.raises(NotFoundError):
        find_backup(deployment, "latest")


@pytest.mark.parametrize(
    "content",
    [b"", b"[" * 200_000, b"\xff", b"null", b"{}", b"x" * 2**21],
    ids=["empty", "too deep", "not text", "null", "no fields", "too large"],
)
def test_a_manifest_of_rubbish_is_told_and_does_not_end_the_listing(
    tmp_path: Path, content: bytes
) -> None:
    deployment = place(tmp_path / "data")
    assert back_up(deployment).exit_code == 0
    (good,) = read_catalogue(deployment).backups
    good.path.with_name(good.path.name + ".json").write_bytes(content)
    (bad,) = read_catalogue(deployment).backups
    assert bad.verdict is Verdict.FAIL
    assert good.path.name in bad.problem


def stamped(deployment: Deployment, change: dict[str, Any]) -> Backup:
    """The newest backup, with another time in its manifest."""
    newest = read_catalogue(deployment).backups[0]
    path = newest.path.with_name(newest.path.name + ".json")
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}))
    return newest


def test_a_clock_that_was_set_back_does_not_change_the_order(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data")
    assert back_up(deployment).exit_code == 0
    future = stamped(
        deployment, {"taken": "2031-01-01T00:00:00+00:00", "sequence": 1_924_992_000_000}
    )
    assert read_catalogue(deployment).backups[0].future_dated
    assert back_up(deployment).exit_code == 0
    catalogue = read_catalogue(deployment)
    assert catalogue.newest_verified is not None
    assert catalogue.newest_verified.path != future.path

    newest = catalogue.newest_verified
    assert newest.sequence > 1_924_992_000_000
    stamped(deployment, {"taken": "2026-01-01T00:00:00+00:00"})
    assert back_up(deployment).exit_code == 0
    # The clock goes wrong by a year: what was made last is still the newest.
    last = find_backup(deployment, "latest")
    path = last.path.with_name(last.path.name + ".json")
    path.write_text(
        json.dumps({**json.loads(path.read_bytes()), "taken": "2001-01-01T00:00:00+00:00"})
    )
    assert find_backup(deployment, "latest").path == last.path


def test_a_name_of_the_same_second_waits_for_the_next(tmp_path: Path) -> None:
    moment = datetime(2026, 8, 11, 3, 14, 22)
    first = new_name("mcp_hotbackup", tmp_path, moment)
    assert first == "mcp_hotbackup_20260811_031422.db"
    (tmp_path / first).touch()
    (tmp_path / "mcp_hotbackup_20260811_031423.db.json").touch()
    assert new_name("mcp_hotbackup", tmp_path, moment) == "mcp_hotbackup_20260811_031424.db"
    taken = new_name("mcp_hotbackup", tmp_path)
    (tmp_path / taken).symlink_to("nowhere")
    began = time.monotonic()
    assert new_name("mcp_hotbackup", tmp_path) != taken
    assert time.monotonic() - began < 3


def test_a_name_that_somebody_took_meanwhile_is_not_overwritten(
    tmp_path: Path, hold: Callable[..., Held]
) -> None:
    deployment = place(tmp_path / "data")
    held = hold(deployment, "after:step_started:publish")
    held.begin(BackupCreate(deployment))
    final = Path(facts_of(deployment, held.entry())["final"])
    final.write_text("somebody else's")
    last = held.end()
    assert last.exit_code == ExitCode.FAILED
    assert "made by somebody else" in last.sentence
    assert final.read_text() == "somebody else's"
    assert [p.name for p in deployment.backup_dir.iterdir()] == [final.name]


@needs_root
def test_a_folder_that_may_not_be_written_is_refused_with_its_owner(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data")
    with small_disk(tmp_path / "disk", "4m") as disk:
        (disk / "backups").mkdir()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        deployment = replace(deployment, backup_dir=disk / "backups")
        entry = back_up(deployment)
        assert entry.exit_code == 12
        assert str(disk / "backups") in entry.sentence
        assert "Read-only file system" in entry.sentence


def test_a_wal_that_a_forgotten_reader_keeps_large_is_told_with_who_it_is(tmp_path: Path) -> None:
    deployment = place(tmp_path / "data", megabytes=1)
    with running("reader", deployment.database) as program:
        with closing(sqlite3.connect(deployment.database)) as writer, writer:
            for _ in range(66):
                writer.execute("INSERT INTO bulk VALUES (zeroblob(1048576))")
        plan = BackupCreate(deployment).plan()
        program.end()
    check = next(check for check in plan.checks if check.name == "wal")
    assert check.verdict is Verdict.WARN
    assert f"pid {program.pid}" in check.text
    assert plan.facts["bytes"] > 66 * 1024 * 1024
    assert plan.forbidden is None


@needs_root
def test_a_group_may_read_state_and_backups_and_write_neither(tmp_path: Path) -> None:
    group = grp.getgrgid(2).gr_name
    (tmp_path / "second").mkdir(mode=0o700)
    deployment = replace(
        place(tmp_path / "data"), group=group, second_dir=tmp_path / "second", compress=True
    )
    assert back_up(deployment).exit_code == 0
    state, folder = deployment.state_dir, deployment.backup_dir
    for path in (state, state / "journal", folder):
        assert (path.stat().st_gid, path.stat().st_mode & 0o7777) == (2, 0o750), path
    shared = [state / "lock", *(state / "journal").glob("*.jsonl"), *folder.iterdir()]
    shared += (tmp_path / "second").iterdir()
    assert len(shared) >= 6
    for path in shared:
        assert (path.stat().st_gid, path.stat().st_mode & 0o7777) == (2, 0o640), path
    # A manifest that is written again stays readable.
    verified = BackupVerify(deployment, "latest")
    *_, last = follow(deployment, launch(verified, verified.plan().fingerprint))
    assert last.exit_code == 0, last.sentence
    (manifest,) = folder.glob("*.json")
    assert (manifest.stat().st_gid, manifest.stat().st_mode & 0o7777) == (2, 0o640)


def test_a_group_that_does_not_exist_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    deployment = replace(place(tmp_path / "data"), group="no such group")
    with pytest.raises(PrecheckError, match="There is no group no such group") as raised:
        launch(BackupCreate(deployment))
    assert raised.value.exit_code == 12
    assert not deployment.backup_dir.exists()
