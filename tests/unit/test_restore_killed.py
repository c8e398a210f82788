"""SIGKILL at every step of backup and restore, on a running process gateway.

Whatever the moment: afterwards the database is the old one or the new one, whole; the gateway
runs again; nothing half-made is left. `status` reports it meanwhile and changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Site
from tui.core.errors import McpdbError
from tui.operations.activity import read_activity, unfinished
from tui.operations.backup import BackupCreate
from tui.operations.catalogue import read_catalogue
from tui.operations.launch import follow, launch, launch_resume
from tui.operations.restore import Restore
from tui.operations.status import read_status

STEPS = ("stage", "compare", "release", "stop", "prove", "swap", "start", "readback")
RESTORE_PLACES = [
    ("kill-after", "begun:"),
    *(("kill-after", f"step_started:{step}") for step in STEPS),
    *(("kill-before", f"step_finished:{step}") for step in STEPS),
    *(("kill-after", f"step_finished:{step}") for step in STEPS),
    ("kill-tick", "stage"),
    ("kill-tick", "compare"),
    ("kill-before", "ended:"),
]
BACKUP_PLACES = [
    ("kill-after", "begun:"),
    *(("kill-after", f"step_started:{step}") for step in ("copy", "verify", "publish")),
    *(("kill-before", f"step_finished:{step}") for step in ("copy", "verify", "publish")),
    *(("kill-after", f"step_finished:{step}") for step in ("copy", "verify", "publish")),
    ("kill-tick", "copy"),
    ("kill-tick", "verify"),
    ("kill-before", "ended:"),
]
SWAPPED = {
    "step_finished:swap",
    "step_started:start",
    "step_finished:start",
    "step_started:readback",
    "step_finished:readback",
    "ended:",
}
"""Where the new file stands at the live path: from here a restore is finished, not undone."""


def run_killed(site: Site, operation: BackupCreate | Restore) -> None:
    """Launch and wait until the operation's process is gone."""
    try:
        journal_id = launch(operation, operation.plan().fingerprint)
    except McpdbError:
        return  # killed before it could answer
    *_, last = follow(site.deployment, journal_id)
    assert last.state == "cut"


def fingerprint(folder: Path) -> dict[str, tuple[int, str]]:
    """Inode and content of everything that an operation may have left."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_ino,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted((folder / "data").rglob("*"))
        if path.is_file() and not path.name.startswith("mcp.db")
    }


@pytest.mark.parametrize(("fault", "place"), RESTORE_PLACES)
def test_a_restore_killed_anywhere_ends_old_or_new_and_whole(
    fault: str,
    place: str,
    site: Site,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    site.add_tool("written-after-the-backup")
    with monkeypatch.context():
        faulty_runner(fault, place)
        run_killed(site, Restore(site.deployment, "latest"))
    monkeypatch.undo()

    before = fingerprint(site.folder)
    status = read_status(site.deployment)
    assert [entry.operation for entry in status.unfinished] == ["restore"]
    assert status.needs[0].text == "A restore was cut short."
    assert fingerprint(site.folder) == before, "looking changed something"

    ((_id, code),) = launch_resume(site.deployment)
    assert site.integrity() == "ok"
    assert site.running()
    site.wait_healthy()
    new = place in SWAPPED
    assert code == (0 if new else 1)
    assert ("written-after-the-backup" in site.tools()) is not new
    assert site.left_overs() == []
    assert unfinished(site.deployment) == ()
    kinds = [b.kind for b in read_catalogue(site.deployment).backups]
    assert kinds.count("safety") == (1 if new else 0)
    assert launch_resume(site.deployment) == []


@pytest.mark.parametrize(("fault", "place"), BACKUP_PLACES)
def test_a_backup_killed_anywhere_leaves_a_whole_one_or_nothing(
    fault: str,
    place: str,
    site: Site,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faulty_runner(fault, place)
    run_killed(site, BackupCreate(site.deployment))
    monkeypatch.undo()
    assert [entry.operation for entry in read_status(site.deployment).unfinished] == ["backup"]

    # Not `resume`: the next mutating command pays the debt before it does its own work.
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    assert unfinished(site.deployment) == ()
    assert site.left_overs() == []
    assert site.healthy()
    published = place in (
        "step_started:publish",
        "step_finished:publish",
        "ended:",
    )
    backups = read_catalogue(site.deployment).backups
    assert len(backups) == (2 if published else 1)
    assert {backup.verdict.value for backup in backups} == {"ok"}


RECOVERY_PLACES = [
    (place, f"{kind}:{action}", when)
    for place, actions in (
        ("step_finished:stop", ("discard", "start-again")),
        ("step_finished:swap", ("start", "readback")),
    )
    for action in actions
    for kind, when in (
        ("recovery_started", "kill-after"),
        ("recovery_finished", "kill-before"),
        ("recovery_finished", "kill-after"),
    )
]


@pytest.mark.parametrize(("place", "second", "when"), RECOVERY_PLACES)
def test_a_recovery_killed_as_well_is_carried_through_by_the_next(
    place: str,
    second: str,
    when: str,
    site: Site,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    site.add_tool("written-after-the-backup")
    faulty_runner("kill-after", place)
    run_killed(site, Restore(site.deployment, "latest"))
    faulty_runner(when, second)
    with pytest.raises(McpdbError):
        launch_resume(site.deployment)
    (still_open,) = (e for e in read_activity(site.deployment) if e.exit_code is None)
    *_, last = follow(site.deployment, still_open.id)
    assert last.state == "cut"
    monkeypatch.undo()

    launch_resume(site.deployment)
    site.wait_healthy()
    assert site.integrity() == "ok"
    new = place == "step_finished:swap"
    assert ("written-after-the-backup" in site.tools()) is not new
    assert site.left_overs() == []
    assert unfinished(site.deployment) == ()
