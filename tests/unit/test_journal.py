"""The journal survives what a crash, a full disk and a wrong clock do to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults import ROOT, fill, needs_root, small_disk, wait_for
from tests.programs import two_tables
from tui.core.errors import ExitCode, PrecheckError
from tui.core.models import Deployment
from tui.operations.activity import read_activity, running_entry, unfinished
from tui.operations.backup import BackupCreate
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.execution.recovery import finish_all
from tui.operations.verify import BackupVerify
from tui.services import journal, processes
from tui.services.journal import Journal


def deployment_at(folder: Path) -> Deployment:
    """A file without a gateway: all that a journal needs."""
    folder.mkdir(parents=True, exist_ok=True)
    return Deployment(
        name="bare",
        database=two_tables(folder / "mcp.db"),
        backup_dir=folder / "backups",
    )


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return deployment_at(tmp_path / "data")


def begun(state: Path, name: str, **fields: object) -> Path:
    """A journal that has begun and not ended, as a killed process leaves it."""
    writer = Journal.create(state, name)
    writer.append("begun", **{"format": 1, "operation": "backup", "pid": 0, **fields})
    os.close(writer._descriptor)
    return writer.path


def cut_backup(deployment: Deployment, name: str = "000001-20260101T000000Z-backup") -> Path:
    return begun(deployment.state_dir, name, deployment=deployment.as_json(), params={}, started=0)


def backup(deployment: Deployment) -> ExitCode | int | None:
    operation = BackupCreate(deployment)
    *_, last = follow(deployment, launch(operation, operation.plan().fingerprint))
    return last.exit_code


@pytest.mark.parametrize(
    "torn",
    [b'{"kind": "step_started", "st', b'{"kind": "x"}', b"\x00\x00\x00garbage behind a hole"],
    ids=["half a line", "no end of line", "blocks in another order"],
)
def test_a_torn_last_line_is_dropped_and_written_over(deployment: Deployment, torn: bytes) -> None:
    path = cut_backup(deployment)
    whole = path.read_bytes().rstrip(b"\0")
    with path.open("r+b") as stream:
        stream.seek(len(whole))
        stream.write(torn)
    assert [r["kind"] for r in journal.read(path)] == ["begun"]

    writer = Journal.reopen(path)
    writer.append("resumed", pid=1)
    assert [r["kind"] for r in journal.read(path)] == ["begun", "resumed"]
    rest = path.read_bytes().split(b"\n", 2)[2]
    assert rest.strip(b"\0") == b"", "the torn line is still there"
    assert len(path.read_bytes()) == journal.RESERVE, "its blocks were given back"
    writer.close(ended=True)


def test_what_is_allocated_and_not_written_reads_as_nothing(deployment: Deployment) -> None:
    path = cut_backup(deployment)
    assert path.stat().st_size == journal.RESERVE
    assert path.stat().st_blocks * 512 >= journal.RESERVE
    assert [r["kind"] for r in journal.read(path)] == ["begun"]
    assert not journal.is_over(path)


def test_a_garbage_line_ends_what_is_read(deployment: Deployment) -> None:
    path = cut_backup(deployment)
    whole = path.read_bytes().rstrip(b"\0")
    path.write_bytes(whole + b"\xff\xfe not json\n" + b'{"kind": "failed"}\n')
    assert [r["kind"] for r in journal.read(path)] == ["begun"]


def test_a_line_damaged_later_does_not_make_an_ended_operation_unfinished(
    deployment: Deployment,
) -> None:
    assert backup(deployment) == 0
    (path,) = journal.paths(deployment.state_dir)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = b"#" * (len(lines[1]) - 1) + b"\n"
    path.write_bytes(b"".join(lines))
    assert backup(deployment) == 0
    assert unfinished(deployment) == ()
    assert b'"resumed"' not in path.read_bytes()


def test_a_journal_that_never_began_is_removed_by_the_next_change(deployment: Deployment) -> None:
    empty = Journal.create(deployment.state_dir, "000001-20260101T000000Z-restore")
    assert unfinished(deployment) == ()
    assert backup(deployment) == 0
    assert not empty.path.exists()


@pytest.mark.parametrize(
    "content",
    [b"\xffgarbage\n" + b'{"kind": "step_started"}\n', b'{"kind": "step_started", "step": "x"}\n'],
    ids=["garbage", "no beginning"],
)
def test_a_journal_without_a_readable_beginning_is_kept_aside_and_blocks_nothing(
    deployment: Deployment, content: bytes
) -> None:
    path = journal.path_of(deployment.state_dir, "000001-20260101T000000Z-restore")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert read_activity(deployment) == ()
    assert backup(deployment) == 0
    assert not path.exists()
    assert path.with_suffix(".damaged").read_bytes() == content


def test_an_unknown_format_forbids_changing_and_not_looking(deployment: Deployment) -> None:
    path = begun(
        deployment.state_dir,
        "000007-20260101T000000Z-backup",
        format=99,
        title="something newer",
        deployment=deployment.as_json(),
    )
    content = path.read_bytes()
    for _ in range(2):
        with pytest.raises(PrecheckError, match=r"newer mcpdb-tui \(format 99\)") as raised:
            launch(BackupCreate(deployment))
        assert raised.value.exit_code == 12
    assert path.read_bytes() == content
    assert [e.title for e in read_activity(deployment)][-1] == "something newer"
    assert not deployment.backup_dir.exists()


def test_an_ended_operation_of_a_newer_format_forbids_changing_too(deployment: Deployment) -> None:
    path = begun(deployment.state_dir, "000007-20260101T000000Z-backup", format=99)
    writer = Journal.reopen(path)
    writer.append("ended", exit=0)
    writer.close(ended=True)
    for _ in range(2):
        with pytest.raises(PrecheckError, match="changing is off"):
            launch(BackupCreate(deployment))


@pytest.mark.parametrize(
    "fields",
    [{}, {"deployment": {"name": "x"}}, {"operation": "teleport", "deployment": None}],
    ids=["no deployment", "half a deployment", "unknown operation"],
)
def test_a_cut_operation_that_is_not_understood_forbids_changing_with_a_sentence(
    deployment: Deployment, fields: dict[str, object]
) -> None:
    if "deployment" in fields and fields["deployment"] is None:
        fields = {**fields, "deployment": deployment.as_json()}
    begun(deployment.state_dir, "000001-20260101T000000Z-backup", **fields)
    with pytest.raises(PrecheckError, match="is not understood") as raised:
        finish_all(deployment, -1, lambda _id: None)
    assert "\n" not in str(raised.value)


def test_journals_are_in_order_of_their_numbers_whatever_the_clock_did(
    deployment: Deployment,
) -> None:
    names = ["000001-20310101T000000Z-backup", "000002-19700101T000000Z-restore"]
    for name in reversed(names):
        cut_backup(deployment, name)
    assert [path.stem for path in journal.paths(deployment.state_dir)] == names
    number, name = journal.next_id(deployment.state_dir, "backup", "K7m2 qd/../x")
    assert number == 3
    assert name.startswith("000003-")
    assert name.endswith("-backup-k7m2-qd-x")


def test_many_refusals_do_not_hide_the_operation_that_runs(deployment: Deployment) -> None:
    pid, started, boot = processes.me()
    begun(
        deployment.state_dir,
        "000001-20260101T000000Z-restore",
        pid=pid,
        started=started,
        boot=boot,
    )
    for number in range(12):
        journal.record_refusal(
            deployment.state_dir,
            {"operation": "backup", "title": f"refused {number}"},
            {"exit": 11, "outcome": "refused", "sentence": "busy"},
        )
        # Another process each time: its number is part of the name.
        newest = journal.paths(deployment.state_dir)[-1]
        newest.rename(newest.with_name(newest.name.replace(str(pid), str(pid + number))))
    running = running_entry(deployment)
    assert running is not None
    assert running.id.startswith("000001-")


def test_a_process_is_known_again_after_the_clock_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    pid, started, boot = processes.me()
    # psutil tells a start from the present time; whoever looks after a jump gets another one.
    monkeypatch.setattr("psutil._pslinux.BOOT_TIME", 12_345.0, raising=False)
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: 12_345.0, raising=False)
    assert processes.is_alive(pid, started, boot)
    assert not processes.is_alive(pid, started + 1, boot), "another process with this number"
    assert not processes.is_alive(pid, started, "another boot")
    assert not processes.is_alive(0, 0, boot)


def test_a_process_that_ended_and_was_not_collected_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    started, boot = processes.start_time(child.pid), processes.boot_id()
    assert started > 0
    wait_for(lambda: not processes.is_alive(child.pid, started, boot), "the child ends")
    assert Path(f"/proc/{child.pid}").exists(), "it is a zombie"
    child.wait()
    assert not processes.is_alive(child.pid, started, boot)


def test_half_made_files_are_swept_only_when_their_owner_is_dead(
    deployment: Deployment, tmp_path: Path
) -> None:
    assert backup(deployment) == 0
    mine = journal.paths(deployment.state_dir)[0].stem
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    folder = deployment.backup_dir
    dead = [
        folder / f".{mine}.partial",
        folder / f".{mine}.partial-wal",
        folder / f".x.db.json.{gone.pid}.partial",
        folder / f".probe-{gone.pid}.partial",
        *(
            deployment.state_dir / name / f".x.json.{gone.pid}.partial"
            for name in ("journal", "safety", "rehearsals")
        ),
    ]
    for path in dead:
        path.parent.mkdir(exist_ok=True)
    other = [
        # Of another database with the same backup folder and a lock of its own.
        folder / ".000009-20260101T000000Z-backup.partial",
        folder / f".probe-{os.getpid()}.partial",
        folder / ".something.partial",
        folder / "my.partial.db.txt",
    ]
    for path in (*dead, *other):
        path.write_bytes(b"x")
    target = tmp_path / "elsewhere"
    target.write_bytes(b"x")
    link = folder / f".{mine}.partial-shm"
    link.symlink_to(target)
    assert backup(deployment) == 0
    assert [path for path in dead if path.exists()] == []
    assert [path for path in other if not path.exists()] == []
    assert target.exists()


@needs_root
def test_a_journal_begins_and_ends_with_0_bytes_free_from_its_reserve(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "12m") as disk:
        deployment = deployment_at(disk / "data")
        assert backup(deployment) == 0
        assert (deployment.state_dir / "reserve").stat().st_size == journal.RESERVE
        fill(disk)
        assert os.statvfs(disk).f_bavail == 0

        (name,) = (b for b in deployment.backup_dir.glob("*.db"))
        operation = BackupVerify(deployment, name.name)
        *_, last = follow(deployment, launch(operation, operation.plan().fingerprint))
        # Its manifest could not be written anew; that is said, and the old one stands.
        assert (last.exit_code, last.state) == (12, "failed")
        assert "No space left" in last.sentence
        assert json.loads(name.with_suffix(".db.json").read_bytes())["check_result"] == "ok"
        records = journal.read(journal.path_of(deployment.state_dir, last.id))
        assert [r["kind"] for r in records] == ["begun", "step_started", "failed", "ended"]
        assert unfinished(deployment) == ()


@needs_root
def test_without_a_reserve_a_full_disk_refuses_cleanly(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "12m") as disk:
        deployment = deployment_at(disk / "data")
        assert backup(deployment) == 0
        (deployment.state_dir / "reserve").unlink()
        fill(disk)
        before = sorted(deployment.state_dir.rglob("*"))
        (name,) = (b for b in deployment.backup_dir.glob("*.db"))
        with pytest.raises(PrecheckError, match="No space for the journal") as raised:
            launch(BackupVerify(deployment, name.name))
        assert raised.value.exit_code == 12
        assert [p for p in sorted(deployment.state_dir.rglob("*")) if p not in before] == []
        assert launch_resume(deployment) == []


@needs_root
def test_a_reserve_that_was_cut_while_it_was_made_is_completed(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        state = disk / "state"
        (state / "journal").mkdir(parents=True)
        (state / "reserve").touch(0o600)
        writer = Journal.create(state, "000001-20260101T000000Z-backup")
        assert writer.path.stat().st_blocks * 512 >= journal.RESERVE
        (state / "reserve").touch(0o600)
        fill(disk)
        with pytest.raises(PrecheckError, match="No space for the journal"):
            Journal.create(state, "000002-20260101T000000Z-backup")
        assert [path.stem[:6] for path in journal.paths(state)] == ["000001"]


def test_a_refusal_is_recorded_whole_or_not_at_all(deployment: Deployment) -> None:
    deployment.state_dir.mkdir()
    begun_fields = {"operation": "backup", "title": "backup", "command": "x" * 100_000}
    journal.record_refusal(deployment.state_dir, begun_fields, {"exit": 11, "sentence": "busy"})
    (path,) = journal.paths(deployment.state_dir)
    assert journal.is_over(path)
    assert not list(path.parent.glob(".*"))
    journal.record_refusal(Path("/proc/1/nowhere"), begun_fields, {"exit": 11})
    journal.record_refusal(deployment.database / "x", begun_fields, {"exit": 11})


def test_times_are_in_utc_and_every_line_is_json(deployment: Deployment) -> None:
    assert backup(deployment) == 0
    (path,) = journal.paths(deployment.state_dir)
    for line in path.read_text().splitlines():
        moment = datetime.fromisoformat(json.loads(line)["at"])
        assert moment.utcoffset() == UTC.utcoffset(None)
    # The process trims its journal after the end was written, and then it ends.
    wait_for(lambda: path.stat().st_size < 64 * 1024, "an ended one gives its space back")
    assert ROOT.is_dir()
