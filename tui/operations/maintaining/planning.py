"""What the plans of maintenance look at: who runs, what space is needed, how long it took last.

Keys of a plan's `facts` (one that has no value is missing or None):

- `mode`: `stop` (the file is made anew while the gateway is down), `online` (in the live file,
  beside the running gateway) or `look` (nothing is written into the live file)
- `before`: `bytes`, `pages`, `free_pages` of the live database now
- `needs`: bytes that are needed beside it while it runs; `needs_in`: the folder
- `keeps`: bytes of the safety copy that stays, `keeps_days`: how long
- `last`: the newest run of the same operation: `at`, `seconds`, `down`, `outcome`, `sentence`,
  `before`, `after`, `id`
- `seconds`: about how long the whole takes; `locked`: how long writers wait, online
- `left_out`: what is not done and why, a sentence each
- `gateway_running`, `way`, `disturbs`
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import ActivityEntry, Deployment
from tui.core.operation import Check, Verdict
from tui.operations.activity import read_activity
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.retention import SAFETY_DAYS
from tui.operations.maintaining import online
from tui.operations.maintaining.rebuilding import needed_space
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring.checks import (
    containers_check,
    gateway_check,
    holders_check,
    rights_check,
)
from tui.operations.restoring.situation import Surroundings, look_near, seen_holders
from tui.operations.restoring.space import space_check
from tui.services import files
from tui.services.sqlite import maintenance
from tui.services.sqlite.connections import translating
from tui.wording.clean import one_line
from tui.wording.quantities import duration, narrow_size

Mode: TypeAlias = Literal["stop", "online", "look"]

VACUUM_RATE = 120 * 1024 * 1024
"""Bytes per second of a VACUUM into a new file: 1.25 GB in 6.6 s, and it is checked."""
ONLINE_RATE = 70 * 1024 * 1024
"""Bytes per second of a VACUUM in the file: 412 MB in 5.9 s."""
CHECK_RATE = 35 * 1024 * 1024
"""Bytes per second of `integrity_check`; 11 to 35 s for a gigabyte."""
QUICK_RATE = 400 * 1024 * 1024
"""Bytes per second of `quick_check`."""
ANALYZE_RATE = 200 * 1024 * 1024
"""Bytes per second of a whole ANALYZE."""
COPY_RATE = 300 * 1024 * 1024
"""Bytes per second of a copy of the bytes."""

SETTLE = 1.0
"""Seconds for somebody who merely takes a look at the live file."""

LOOKED_AT = 200
"""So many of the newest journals are read for what was done before."""

NAMES = ("maintain", "vacuum", "analyze", "reindex", "check")


@dataclass(frozen=True, slots=True)
class Past:
    """What our own journals say of earlier runs."""

    entries: tuple[ActivityEntry, ...]

    @classmethod
    def of(cls, deployment: Deployment) -> Past:
        """Read the newest of them."""
        return cls(read_activity(deployment, limit=LOOKED_AT))

    def seconds(self, step: str, operations: Collection[str] = NAMES) -> float | None:
        """How long a step took the last time it came to its end here."""
        for entry in self.entries:
            if operations and entry.operation not in operations:
                continue
            for line in entry.steps:
                if line.step == step and line.state == "done" and line.seconds is not None:
                    return line.seconds
        return None

    def last(self, operation: str) -> dict[str, Any] | None:
        """The newest run of an operation, whatever came of it; see the module."""
        for entry in self.entries:
            if entry.operation == operation and entry.state in ("done", "failed"):
                return {
                    "id": entry.id,
                    "at": entry.started.isoformat(),
                    "seconds": entry.seconds,
                    "down": entry.down_seconds,
                    "outcome": entry.outcome,
                    "sentence": entry.sentence,
                    "before": entry.result.get("before"),
                    "after": entry.result.get("after"),
                }
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything a maintenance plan rests on, from one look."""

    near: Surroundings
    past: Past
    figures: maintenance.Figures | None
    problem: str = ""
    """Why the live file cannot be read."""
    problem_code: ExitCode = ExitCode.PRECHECK

    @property
    def size(self) -> int:
        """Bytes of the file with its WAL."""
        return self.near.live.size + self.near.live.wal_size

    def about(self, step: str, rate: float) -> float:
        """Seconds of a step: as it took here, else from the size."""
        known = self.past.seconds(step)
        return known if known is not None else 0.1 + self.size / rate

    def basis(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """What must not have moved when the operation begins (I10)."""
        live, near = self.near.live, self.near
        return {
            "live": [str(live.path), live.inode],
            "gateway": [near.state.identity, near.state.image_id, near.running],
            **more,
        }


def look(deployment: Deployment) -> Situation:
    """Gather it; changes nothing."""
    near = _settled(look_near(deployment, start=False))
    figures, problem, code = None, near.live.problem, ExitCode.PRECHECK
    try:
        with LiveDatabase(deployment).opened() as opened, translating(deployment.database):
            figures = maintenance.figures(opened.connection)
    except McpdbError as error:
        problem, code = problem or str(error), error.exit_code
    return Situation(
        near=near,
        past=Past.of(deployment),
        figures=figures,
        problem=problem,
        problem_code=code,
    )


def _settled(near: Surroundings) -> Surroundings:
    """The same; who merely took a look is gone in a moment, and is no reason to refuse."""
    until = time.monotonic() + SETTLE
    while near.strangers and time.monotonic() < until:
        time.sleep(0.1)
        strangers, viewers, all_seen = seen_holders(near.deployment, near.state)
        near = replace(near, strangers=strangers, viewers=viewers, all_seen=all_seen)
    return near


def facts(s: Situation, operation: str, mode: Mode, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """The plan's facts, see the module."""
    return {
        "mode": mode,
        "before": s.figures.as_json() if s.figures else None,
        "last": s.past.last(operation),
        # A routine beside the gateway relies on its own backup.
        "keeps": s.size if mode == "stop" or (mode == "online" and operation == "vacuum") else 0,
        "keeps_days": SAFETY_DAYS,
        "gateway_running": s.near.running,
        **more,
    }


def downtime(s: Situation, seconds: float) -> float | None:
    """From the stop to healthy again; None where it was never stopped and started here.

    Args:
        s: What was looked at.
        seconds: What is done in between, with taking in the WAL.
    """
    if not s.near.running:
        return 0.0
    stop, start = (s.past.seconds(name, ()) for name in ("stop", "start"))
    return None if stop is None or start is None else stop + seconds + start


# --- checks -------------------------------------------------------------------------------


def reading_checks(s: Situation, *, looks_for_damage: bool = False) -> list[Check]:
    """What forbids looking at the live file.

    Args:
        s: What was looked at.
        looks_for_damage: A file that is no sound database is what it is there for.
    """
    deployment, live, found = s.near.deployment, s.near.live, list[Check]()
    if deployment.read_only:
        found.append(Check("read-only", Verdict.FAIL, "started with --read-only"))
    if not s.problem:
        wal = f" and {narrow_size(live.wal_size)} of wal" if live.wal_size else ""
        found.append(Check("live", Verdict.OK, f"{narrow_size(live.size)}{wal}"))
        return found
    sought = looks_for_damage and s.problem_code is ExitCode.VERIFICATION
    verdict = Verdict.WARN if sought else Verdict.FAIL
    found.append(Check("live", verdict, one_line(s.problem), s.problem_code))
    return found


def suspect_check(s: Situation, verb: str) -> list[Check]:
    """Refuse where the disk failed, or damage was found, and no check has passed since."""
    found = suspicion.check(s.near.deployment, verb)
    return [] if found is None else [found]


def stopped_checks(s: Situation) -> list[Check]:
    """What forbids making the file anew while the gateway is down."""
    near = s.near
    needed = needed_space(near.live, near.way)
    folder = near.live.path.parent
    if not files.is_folder(folder):
        return []  # what reads it has said so already
    found: list[Check | None] = [
        holders_check(near),
        containers_check(near),
        space_check(folder, needed, "A new file of the database", near.live),
        rights_check(near),
        _way(near),
        gateway_check(near, "the new file"),
    ]
    return [check for check in found if check is not None]


def _way(near: Surroundings) -> Check | None:
    if near.way.problem:
        return Check("way", Verdict.FAIL, near.way.problem)
    if near.way.kind == "swap":
        return None
    text = f"{near.way.why}: it is written into the live file, after a verified copy of the old one"
    return Check("way", Verdict.WARN, text)


def online_checks(s: Situation, *, vacuum: bool, keeps: bool, locked: float) -> list[Check]:
    """What forbids writing beside the running gateway.

    Args:
        s: What was looked at.
        vacuum: Whether every page is written.
        keeps: Whether a safety copy is made before.
        locked: About how many seconds writers wait.
    """
    near, live = s.near, s.near.live
    found = []
    problem = online.why_not(near.deployment, live.journal_mode)
    if problem:
        found.append(Check("online", Verdict.FAIL, problem))
    elif vacuum:
        text = (
            f"writers wait about {duration(locked)}; the gateway's own give up after its busy "
            "timeout (5 s unless DB_SQLITE_BUSY_TIMEOUT says otherwise)"
        )
        found.append(Check("online", Verdict.WARN, text))
    if vacuum:
        needed = online_space(s, keeps=keeps)
        found.append(space_check(live.path.parent, needed, "VACUUM beside the gateway", live))
    return found


def online_space(s: Situation, *, keeps: bool) -> int:
    """Bytes that VACUUM beside the gateway needs, the copy before it included."""
    live = s.near.live
    needed = online.needed_space(live.size, live.wal_size)
    return needed + (s.size if keeps else 0)


def joined(parts: Iterable[str] | Sequence[str]) -> str:
    """Sentences behind one another."""
    return " ".join(part for part in parts if part)
