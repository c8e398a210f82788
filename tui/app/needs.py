"""NEEDS YOU from what is known, recomputed whenever a part of it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tui.app.baseline import counted
from tui.app.seen import Seen
from tui.app.troubles import is_locked
from tui.core.models import Need, Status
from tui.core.operation import Verdict

_DIRECTIONS = {
    "finish": "it will be finished",
    "undo": "it will be undone",
    "nothing": "nothing is left to do",
}


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
    from tui.operations.cataloguing.catalogue import with_fits
    from tui.operations.cataloguing.proven import newest_drill
    from tui.operations.needs import needs_of
    from tui.operations.status import last_check

    tables = seen.tables
    integrity, integrity_at = last_check(catalogue, seen.activity) if facts.exists else ("", None)
    needs = needs_of(
        facts=facts,
        state=state,
        health=health,
        catalogue=catalogue,
        unfinished=tuple(entry for entry in seen.activity if entry.state == "cut"),
        drill=newest_drill(catalogue, seen.activity),
        missed=seen.missed,
        guide=seen.guide,
        tables=None if tables is None else [t.name for t in tables if t.kind != "view"],
        rows=counted(seen),
        looked=seen.looked,
        timeline=seen.timeline,
        migrates_at_start=seen.deployment is not None and seen.deployment.migrates_at_start,
        state_problem=seen.state_problem,
        doctor=seen.doctor or (),
        integrity=integrity,
        now=now,
    )
    if seen.timeline is not None:
        catalogue = with_fits(catalogue, seen.timeline)
    return replace(
        seen,
        needs=tuple(_with_outlook(need, seen) for need in needs),
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
    from tui.operations.needs import RESTORE

    facts = seen.database
    if facts is not None and facts.problem and need.action == RESTORE:
        verdict = Verdict.WARN if is_locked(facts) else Verdict.FAIL
        return replace(need, verdict=verdict, key="1", action="what to do")
    cut = next((entry for entry in seen.activity or () if entry.state == "cut"), None)
    recovery = seen.outlooks.get(cut.id) if cut else None
    if need.key != "Enter" or recovery is None:
        return need
    text = f"{need.text.removesuffix('.')}: {direction_words(recovery.direction)}."
    return replace(need, text=text)
