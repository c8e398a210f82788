"""The steps of maintenance as plans announce them, and how long each takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tui.core.operation import Plan, PlannedStep
from tui.operations.maintaining import online, planning
from tui.operations.maintaining.checking import QUICK
from tui.operations.maintaining.planning import Situation
from tui.operations.maintaining.rebuilding import TITLES, steps_of
from tui.operations.maintaining.rebuilt_file import Work
from tui.operations.restoring.times import WAL_RATE
from tui.wording.quantities import size

_RATES = {
    "vacuum": planning.VACUUM_RATE,
    "duplicate": planning.COPY_RATE,
    "analyze": planning.ANALYZE_RATE,
    "reindex": planning.ANALYZE_RATE,
    "check": planning.QUICK_RATE,
}


class _Planned(Protocol):
    def plan(self) -> Plan: ...


def again(operation: _Planned, plan: Plan) -> Plan | None:
    """The plan as it is now; None where it says the same.

    Args:
        operation: What is planned.
        plan: What is shown.
    """
    fresh = operation.plan()
    return None if fresh.as_json() == plan.as_json() else fresh


def _seconds(s: Situation, step: str, works: Sequence[Work]) -> float:
    if step == "prove":
        return 0.1 + s.near.live.wal_size / WAL_RATE
    if step == "check" and "reindex" in works:
        return s.about(step, planning.CHECK_RATE)
    return s.about(step, _RATES[step])


def work_seconds(s: Situation, works: Sequence[Work]) -> float:
    """What is done between the stop and the start."""
    return sum(_seconds(s, step, works) for step in ("prove", *steps_of(works), "check"))


def stopped_steps(s: Situation, works: Sequence[Work]) -> tuple[PlannedStep, ...]:
    """The steps of a file that is made anew while the gateway is down."""
    up, copied = s.near.running, s.near.way.kind == "overwrite"
    stop, start = (s.past.seconds(name, ()) for name in ("stop", "start"))
    wal = f" ({size(s.near.live.wal_size)})" if s.near.live.wal_size else ""
    stopping = TITLES["stop"] if up else f"{TITLES['stop']} (stopped already)"
    starting = TITLES["start"] if up else "the gateway stays stopped, as it was"
    done = [
        PlannedStep(step, TITLES[step], False, _seconds(s, step, works))
        for step in (*steps_of(works), "check")
    ]
    keep = PlannedStep("keep", "copy the old database aside and verify the copy", False)
    return (
        PlannedStep("release", TITLES["release"], up),
        PlannedStep("stop", stopping, False, stop if up else None),
        PlannedStep(
            "prove",
            f"take in the wal{wal}, prove that nobody else has the file",
            False,
            _seconds(s, "prove", works),
        ),
        *done,
        *((keep,) if copied else ()),
        PlannedStep("swap", TITLES["overwrite" if copied else "swap"], False, 0.1, False),
        PlannedStep("start", starting, False, start if up else None, False),
        PlannedStep("readback", TITLES["readback"], up, None, False),
    )


def beside_steps(s: Situation, locked: float, *, keeps: bool = True) -> tuple[PlannedStep, ...]:
    """The steps of a VACUUM beside the running gateway.

    Args:
        s: What was looked at.
        locked: How long it takes itself.
        keeps: Whether a safety copy is made before.
    """
    keep = PlannedStep("keep", online.KEEP, True, s.about("keep", planning.VACUUM_RATE))
    return (
        *((keep,) if keeps else ()),
        PlannedStep("vacuum-online", online.VACUUM, True, locked),
        PlannedStep("recheck", QUICK, True, s.about("recheck", planning.QUICK_RATE)),
    )
