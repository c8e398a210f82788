"""NEEDS YOU from what is known, recomputed whenever a part of it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tui.app.baseline import CONFIGURATION, baseline
from tui.app.listing.drills import NEVER, last_drill
from tui.app.listing.tables import difference, since_title
from tui.app.seen import Seen
from tui.app.troubles import is_locked
from tui.core.models import Need, Status, TableInfo
from tui.core.operation import Verdict
from tui.wording import quantities

_DIRECTIONS = {
    "finish": "it will be finished",
    "undo": "it will be undone",
    "nothing": "nothing is left to do",
}
DRILL_WANTED = timedelta(days=35)
"""Without a drill for so long, a month and some slack, somebody is told."""


def direction_words(direction: str) -> str:
    """Which way a cut operation goes on."""
    return _DIRECTIONS.get(direction, "it will be finished or undone")


def with_needs(seen: Seen, now: datetime) -> Seen:
    """Return `seen` with what wants a person, as soon as enough is known to say so."""
    facts, state, health, catalogue = seen.database, seen.gateway, seen.health, seen.catalogue
    if facts is None or catalogue is None or seen.activity is None:
        return seen
    if state is None or health is None:
        return seen
    # Loaded already by the threads that read those parts.
    from tui.operations.catalogue import with_fits
    from tui.operations.status import last_check, needs_of

    cut = tuple(entry for entry in seen.activity if entry.state == "cut")
    needs = needs_of(
        facts=facts, state=state, health=health, catalogue=catalogue, unfinished=cut, now=now
    )
    integrity, integrity_at = last_check(catalogue, seen.activity)
    if seen.timeline is not None:
        catalogue = with_fits(catalogue, seen.timeline)
    needs = tuple(_with_outlook(need, seen) for need in needs)
    return replace(
        seen,
        needs=_in_order(
            needs,
            _state(seen),
            _migrations(seen),
            _lost_rows(seen, now),
            _drills(seen, now),
            _pending(seen),
        ),
        looked_at_needs=True,
        catalogue=catalogue,
        integrity=integrity,
        integrity_at=integrity_at,
    )


def status_of(seen: Seen) -> Status | None:
    """What is known as the answer of `status`; None while a part is not known."""
    deployment, facts, catalogue = seen.deployment, seen.database, seen.catalogue
    state, health = seen.gateway, seen.health
    if deployment is None or facts is None or catalogue is None:
        return None
    if state is None or health is None:
        return None
    return Status(
        deployment=deployment,
        gateway=state,
        health=health,
        database=facts,
        head=seen.head,
        lock=seen.lock,
        running=seen.running,
        unfinished=tuple(entry for entry in seen.activity or () if entry.state == "cut"),
        last_backup=catalogue.newest_verified,
        backups=len(catalogue.backups),
        integrity=seen.integrity,
        integrity_at=seen.integrity_at,
        needs=seen.needs,
        state_problem=seen.state_problem,
    )


def _with_outlook(need: Need, seen: Seen) -> Need:
    """A cut operation says in which direction it is left; a bad file has a page of its own."""
    facts = seen.database
    if facts is not None and facts.problem and need.key == "2" and need.verdict is Verdict.FAIL:
        verdict = Verdict.WARN if is_locked(facts) else Verdict.FAIL
        return replace(need, verdict=verdict, key="1", action="what to do")
    cut = next((entry for entry in seen.activity or () if entry.state == "cut"), None)
    recovery = seen.outlooks.get(cut.id) if cut else None
    if need.key != "Enter" or recovery is None:
        return need
    text = f"{need.text.removesuffix('.')}: {direction_words(recovery.direction)}."
    return replace(need, text=text)


def _state(seen: Seen) -> tuple[Need, ...]:
    if not seen.state_problem:
        return ()
    return (Need(verdict=Verdict.UNKNOWN, text=seen.state_problem, key="4", action="Activity"),)


def _migrations(seen: Seen) -> tuple[Need, ...]:
    timeline = seen.timeline
    if timeline is None or not timeline.unknown:
        return ()
    text = f"This image does not know revision {timeline.unknown[0]}."
    return (Need(verdict=Verdict.FAIL, text=text, key="3", action="Migrations"),)


def _pending(seen: Seen) -> tuple[Need, ...]:
    """`2 migrations are pending: the gateway runs them at its next start`, and the like."""
    # Loaded already by the threads that read the timeline.
    from tui.operations.status import pending_needs

    starts = seen.deployment is not None and seen.deployment.migrates_at_start
    return pending_needs(seen.timeline, migrates_at_start=starts)


def _drills(seen: Seen, now: datetime) -> tuple[Need, ...]:
    """`Last drill 45d ago.`; a drill that failed is told until one goes well."""
    backups = seen.catalogue.backups if seen.catalogue else ()
    drill = last_drill(backups)
    action = "a there: drill"
    if drill is not None and not drill.ok:
        text = f"The last drill failed: {drill.result}"
        return (Need(verdict=Verdict.FAIL, text=text, key="2", action=action),)
    if drill is not None:
        ago = now - drill.at
        text = f"Last drill {quantities.age(ago.total_seconds())} ago."
    else:
        # A new place is not scolded: there must have been time for a drill.
        ago = max((now - b.taken for b in backups if b.verdict is Verdict.OK), default=timedelta())
        text = NEVER
    if ago <= DRILL_WANTED:
        return ()
    return (Need(verdict=Verdict.WARN, text=text, key="2", action=action),)


def _in_order(*groups: Sequence[Need]) -> tuple[Need, ...]:
    """Worst first; among equals as they come."""
    found = [need for group in groups for need in group]
    return tuple(sorted(found, key=lambda need: need.verdict is not Verdict.FAIL))


def _lost_rows(seen: Seen, now: datetime) -> tuple[Need, ...]:
    """`3 gateways, 38 tools fewer than in the backup of 02:00`."""
    if baseline(seen) is None:
        return ()
    lost = [
        f"{quantities.count(-change)} {_noun(table.name, -change)}"
        for name in CONFIGURATION
        for table in seen.tables or ()
        if table.name == name and (change := _lost(seen, table)) < 0
    ]
    if not lost:
        return ()
    since = since_title(seen, now).removeprefix("since ")
    text = f"{', '.join(lost)} fewer than in the backup of {since}"
    return (Need(verdict=Verdict.WARN, text=text, key="c", action="compare"),)


def _lost(seen: Seen, table: TableInfo) -> int:
    """How many rows fewer there are than there should be, as a negative number."""
    if seen.looked is not None and table.rows is not None:
        return min(0, table.rows - seen.looked.get(table.name, 0))
    return min(0, difference(seen, table) or 0)


def _noun(table: str, count: int) -> str:
    words = table.replace("_", " ").replace("a2a", "A2A")
    return words.removesuffix("s") if count == 1 else words
