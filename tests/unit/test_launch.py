"""Starting an operation's process, and what is told of it while it runs and afterwards."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.faults import Held, wait_for
from tests.programs import two_tables
from tui.core.errors import McpdbError, NotFoundError, UsageError
from tui.core.models import Deployment
from tui.core.operation import Record
from tui.operations.activity import read_activity, read_entry, unfinished, wants_release
from tui.operations.backup import BackupCreate
from tui.operations.execution import launch as launching
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.execution.registry import build
from tui.services import journal, processes


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    (tmp_path / "data").mkdir()
    return Deployment(
        name="bare",
        database=two_tables(tmp_path / "data" / "mcp.db"),
        backup_dir=tmp_path / "backups",
    )


@pytest.mark.parametrize(
    "runner",
    ["pass", "import os; os.kill(os.getpid(), 9)", "print('no json')", "print('{}'); exit(3)"],
    ids=["ends", "is killed", "talks", "says nothing"],
)
def test_a_process_that_dies_before_it_begins_is_one_sentence(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, runner: str
) -> None:
    monkeypatch.setattr(launching, "runner_command", lambda: [sys.executable, "-c", runner])
    with pytest.raises(McpdbError, match="ended before it began; nothing was changed"):
        launch(BackupCreate(deployment))
    assert not deployment.state_dir.exists()
    assert launch_resume(deployment) == [], "nothing is open, so nothing is started"


def test_an_operation_is_told_from_its_beginning_to_its_end(
    deployment: Deployment, hold: Callable[..., Held]
) -> None:
    held = hold(deployment, "after:step_started:verify")
    held.begin(BackupCreate(deployment))
    entry = held.entry()
    assert (entry.state, entry.operation, entry.cancellable) == ("running", "backup", True)
    assert [(s.step, s.state) for s in entry.steps] == [
        ("copy", "done"),
        ("verify", "running"),
        ("publish", "pending"),
    ]
    assert entry.pid != os.getpid()
    assert os.getsid(entry.pid) == entry.pid, "it has a session of its own"
    assert unfinished(deployment) == ()
    assert not wants_release(deployment)
    last = held.end()
    assert (last.state, last.exit_code, last.outcome) == ("done", 0, "done")
    assert {s.state for s in last.steps} == {"done"}
    assert last.seconds is not None
    assert [(e.id, e.number) for e in read_activity(deployment)] == [(held.id, 1)]


def test_an_operation_that_ends_while_it_is_looked_at_is_not_told_as_cut(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its journal was read before its last line, its process looked for after its end."""
    journal_id = launch(BackupCreate(deployment))
    *_, ended = follow(deployment, journal_id)
    assert ended.state == "done"
    whole = journal.read
    looks: list[Path] = []

    def read(path: Path) -> Sequence[Record]:
        looks.append(path)
        return whole(path)[:-1] if len(looks) == 1 else whole(path)

    monkeypatch.setattr(journal, "read", read)
    monkeypatch.setattr(processes, "is_alive", lambda *_told: False)
    assert read_entry(deployment, journal_id) == ended
    assert len(looks) == 2


def test_a_killed_operation_is_told_as_cut_and_the_next_change_tidies_up(
    deployment: Deployment, hold: Callable[..., Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold(deployment, "after:step_started:verify")
    held.begin(BackupCreate(deployment))
    os.kill(held.entry().pid, signal.SIGKILL)
    wait_for(lambda: unfinished(deployment), "it is seen to be cut")
    (cut,) = unfinished(deployment)
    assert (cut.state, cut.exit_code, cut.cancellable) == ("cut", None, False)
    assert {s.step: s.state for s in cut.steps}["verify"] == "cut"
    monkeypatch.undo()
    told: list[str] = []
    following = launch(BackupCreate(deployment), recovering=told.append)
    assert told == [held.id]
    *_, last = follow(deployment, following)
    assert last.exit_code == 0
    first = read_entry(deployment, held.id)
    assert (first.state, first.exit_code, first.outcome) == ("failed", 1, "cut short, undone")
    assert len(list(deployment.backup_dir.glob("*.db"))) == 1


def test_runners_that_outlive_a_call_are_collected_by_the_next(deployment: Deployment) -> None:
    for _ in range(3):
        *_, last = follow(deployment, launch(BackupCreate(deployment)))
        assert last.exit_code == 0
    ended = list(launching._working)
    assert ended, "none outlived its call"
    wait_for(lambda: all(p.poll() is not None for p in ended), "they end")
    list(launching._start(deployment, {"operation": "resume", "params": {}}, None))
    assert not [p for p in launching._working if p in ended], "zombies pile up"


def test_an_operation_that_nobody_knows_is_refused(deployment: Deployment) -> None:
    with pytest.raises(UsageError):
        build("teleport", deployment, {})
    with pytest.raises(UsageError):
        build("backup", deployment, {"colour": "green"})
    with pytest.raises(NotFoundError):
        read_entry(deployment, "000001-20260101T000000Z-backup")


def test_a_journal_cut_after_every_record_is_understood(deployment: Deployment) -> None:
    """`recover` decides from any beginning of a journal, and never raises."""
    *_, last = follow(deployment, launch(BackupCreate(deployment)))
    records = journal.read(journal.path_of(deployment.state_dir, last.id))
    operation = BackupCreate(deployment)
    for length in range(1, len(records)):
        recovery = operation.recover(records[:length])
        assert recovery.direction in ("undo", "finish")
        assert recovery.sentence
