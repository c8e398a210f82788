"""What the gateway has committed to a new file is never taken back by a recovery itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Site
from tests.faults import wait_for
from tests.injection.arena import Arena
from tests.injection.fault import Fault
from tests.injection.inject import inject
from tui.core.models import ActivityEntry, Deployment
from tui.core.operation import Operation
from tui.demo import deployment as demo
from tui.operations.activity import read_activity
from tui.operations.execution.launch import launch_resume
from tui.operations.restore import Restore
from tui.operations.restoring import restore_recovery
from tui.operations.vacuum import Vacuum
from tui.wording.outcomes import outcome_of

CUT = Fault("kill", "after:step_finished:swap")


def served_since(site: Site, operation: Operation) -> ActivityEntry:
    """Cut behind the swap; the gateway comes up by itself, ill, and commits; then `resume`."""
    outcome = inject(site, operation, CUT, resume=False)
    assert outcome.cut
    demo.break_next_start(site.folder, "unhealthy")
    demo.start(site.folder)
    wait_for(site.running, "the gateway is up")
    with closing(sqlite3.connect(site.database, timeout=20)) as live, live:
        live.execute("CREATE TABLE committed_since (word TEXT)")
        live.execute("INSERT INTO committed_since VALUES ('here')")
    ((_id, code),) = launch_resume(site.deployment)
    (entry, *_) = read_activity(site.deployment)
    assert (code, entry.outcome) == (14, "not taken back"), entry.sentence
    with closing(sqlite3.connect(site.database, timeout=20)) as live:
        assert live.execute("SELECT word FROM committed_since").fetchall() == [("here",)]
        assert live.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert launch_resume(site.deployment) == []
    assert site.left_overs() == []
    told = outcome_of(entry)
    assert (told.word, told.meaning) == ("NOT TAKEN BACK", entry.sentence)
    return entry


def test_a_vacuum_that_was_cut_keeps_what_was_committed_since_the_swap(
    arena: Callable[..., Arena],
) -> None:
    site = arena().site
    entry = served_since(site, Vacuum(site.deployment))
    assert "the same rows as before" in entry.sentence
    assert "undo" not in entry.sentence
    kept = Path(str(entry.result["safety_path"]))
    assert kept.name in entry.sentence
    assert entry.result["safety_ok"] is True


def test_a_restore_that_was_cut_keeps_what_was_committed_since_the_swap(
    arena: Callable[..., Arena],
) -> None:
    site = arena().site
    entry = served_since(site, Restore(site.deployment, "latest"))
    assert "`undo` takes it back" in entry.sentence


def journaled(deployment: Deployment, *more: dict[str, Any]) -> list[dict[str, Any]]:
    """A restore whose gateway did not become healthy."""
    facts = {"was_running": True, "was_healthy": True, "keep": str(deployment.database) + ".kept"}
    return [
        {"kind": "begun", "operation": "restore"},
        {"kind": "step_started", "step": "stop", "facts": facts},
        {"kind": "step_finished", "step": "swap", "facts": {"swapped": True}},
        {"kind": "step_started", "step": "start"},
        {"kind": "failed", "step": "start", "error": "Not healthy.", "exit": 14},
        *more,
    ]


STOPPING = {"kind": "recovery_started", "action": "stop-new"}
NO_ENGINE = {"kind": "recovery_failed", "action": "stop-new", "error": "No engine.", "exit": 13}
RESUMED = {"kind": "resumed"}
UP = {"kind": "recovery_failed", "action": "look", "error": "It runs.", "exit": 11}


@pytest.mark.parametrize(
    ("more", "first"),
    [
        ((), "stop-new"),
        ((RESUMED,), "look"),
        ((STOPPING, NO_ENGINE, RESUMED), "look"),
        (
            (STOPPING, RESUMED, {"kind": "recovery_finished", "action": "look", "facts": {}}),
            "stop-new",
        ),
        ((STOPPING, {"kind": "recovery_started", "action": "swap-back"}, RESUMED), "stop-new"),
        ((STOPPING, NO_ENGINE, RESUMED, UP), "tidy"),
        ((STOPPING, NO_ENGINE, RESUMED, UP, RESUMED), "tidy"),
    ],
)
def test_a_way_back_that_goes_on_later_looks_first_who_works_with_the_new_file(
    more: tuple[dict[str, Any], ...], first: str, tmp_path: Path
) -> None:
    deployment = Deployment(name="x", database=tmp_path / "mcp.db", backup_dir=tmp_path)
    found = restore_recovery.decide(deployment, journaled(deployment, *more), start=False)
    assert found.actions[0].action == first
    assert (found.outcome == "not taken back") is (first == "tidy")


def test_a_gateway_that_was_healthy_on_the_new_file_before_the_cut_keeps_it(
    tmp_path: Path,
) -> None:
    deployment = Deployment(name="x", database=tmp_path / "mcp.db", backup_dir=tmp_path)
    records = journaled(deployment)[:-1]
    up = {"kind": "step_finished", "step": "start", "facts": {"gateway_up": True}}
    lost = {"kind": "recovery_failed", "action": "readback", "error": "Another.", "exit": 3}
    at_once = restore_recovery.decide(deployment, [*records, up, lost], start=False)
    later = restore_recovery.decide(deployment, [*records, up, RESUMED, lost], start=False)
    assert (at_once.outcome, later.outcome) == ("rolled back", "not taken back")
