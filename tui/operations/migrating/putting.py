"""The steps that put a new database in place, and what is left to do when they were cut.

The order is a restore's: all that can fail is done aside while the gateway still serves; then
release, stop, prove, swap, start, readback. So is the recovery, by the same journal's facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, McpdbError, PrecheckError
from tui.core.models import DatabaseFacts, Deployment
from tui.core.operation import (
    Facts,
    Progress,
    Record,
    Recovery,
    RecoveryAction,
    StepFinished,
    Steps,
    StepStarted,
)
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.execution.journaled import gave_up, merged, recovered, started
from tui.operations.finding.gateways import gateway_of
from tui.operations.migrating.building import build, check
from tui.operations.migrating.new_file import BUILD, CHECK, staged_of
from tui.operations.migrating.rehearsing import discard, scratch_of
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring.ownership import (
    before,
    exchange_of,
    prove,
    require_down,
    stop,
    wait_released,
)
from tui.operations.restoring.restore_recovery import decide
from tui.operations.restoring.restored import read_back, start_again
from tui.operations.restoring.staging import put_where_nothing_is
from tui.operations.restoring.way import Way
from tui.services.live.swapping import SwapHelper
from tui.wording.clean import one_line
from tui.wording.quantities import plural

OWNERSHIP_DEADLINE = 30.0
"""Seconds to wait for others to let go of the live file."""

RELEASE_DEADLINE = 10.0
"""Seconds within which viewers have closed their connections."""


def steps(deployment: Deployment, operation: str, progress: Progress, *, start: bool) -> Steps:
    """Build, check, release, stop, prove, swap, start, read back.

    Args:
        deployment: Whose database.
        operation: `bootstrap`, where none may stand there, or `reset`, where one must.
        progress: Told how far it is.
        start: Start the gateway in the end even if it had been stopped before.
    """
    gateway = gateway_of(deployment)
    live = LiveDatabase(deployment).facts()
    staged = staged_of(deployment, progress.operation_id)
    known: dict[str, Any] = {
        "staged": str(staged),
        "scratch": str(scratch_of(deployment, progress.operation_id)),
        "way": "swap",
        "before": list(live.revisions),
        "made": not live.exists,
    }
    yield StepStarted("build", BUILD, facts=known)
    built = build(deployment, progress.operation_id, progress)
    yield StepFinished("build", built)

    progress.checkpoint()
    yield StepStarted("check", CHECK)
    expected = check(deployment, built, staged, progress)
    yield StepFinished("check", expected)

    progress.checkpoint()
    yield StepStarted("release", "every open screen lets go of the database")
    wait_released(deployment, gateway, progress, RELEASE_DEADLINE)
    yield StepFinished("release")

    progress.checkpoint()
    with SwapHelper(progress.lock) as helper:
        was = before(gateway)
        yield StepStarted("stop", "stop the gateway", facts=was)
        stopped = stop(gateway)
        yield StepFinished("stop", stopped)

        progress.checkpoint()
        _require_same(deployment, live, operation)
        way = Way("swap", safety_dir(deployment))
        exchange, facts = exchange_of(deployment, staged, way, expected, OWNERSHIP_DEADLINE)
        yield StepStarted("prove", "prove that nobody else has the file", facts=facts)
        mode = prove(helper, exchange, gateway, progress)
        yield StepFinished("prove", {"journal_mode": mode})

        progress.checkpoint()
        yield StepStarted("swap", "put the new file in its place", cancellable=False)
        require_down(gateway)
        set_aside: list[str] = []
        if exchange.keep is not None:
            helper.swap()
        else:
            set_aside = put_where_nothing_is(staged, deployment.database, Path(facts["aside"]))
        yield StepFinished("swap", {"swapped": True, "set_aside": set_aside})
    known = {**known, **was, **built, **expected, **facts}
    known |= {"journal_mode": mode, "set_aside": set_aside}

    yield StepStarted("start", "start the gateway, wait for healthy", cancellable=False)
    begun = start_again(deployment, known, progress, even_if_stopped=start)
    yield StepFinished("start", begun)

    yield StepStarted("readback", "read back", cancellable=False)
    result = read_back(
        deployment,
        known,
        clean_stop=stopped.get("clean"),
        operation_id=progress.operation_id,
        trigger=operation,
    )
    with suppress(McpdbError):
        suspicion.clear(deployment)
    yield StepFinished("readback")
    result = {**result, **begun, **_about(known)}
    return {"sentence": _sentence(operation, known, result), **result}


def _require_same(deployment: Deployment, live: DatabaseFacts, operation: str) -> None:
    """Refuse if something came or went while the new file was made.

    Raises:
        BusyError: It did.
        PrecheckError: A reset's database is gone.
    """
    now = LiveDatabase(deployment).facts()
    if operation == "bootstrap" and now.size:
        raise BusyError("A database appeared meanwhile; nothing was changed.")
    if (now.exists, now.inode) != (live.exists, live.inode):
        raise PrecheckError("Another file stands there now; nothing was changed.")


def _about(known: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of it beside what every exchange of files tells."""
    return {
        "before": known["before"],
        "after": str(known["revision"]).split(),
        "image": known.get("image", ""),
        "seconds_bootstrap": known.get("seconds_bootstrap", 0.0),
        "made": known["made"],
        "set_aside": known.get("set_aside", []),
    }


def _sentence(operation: str, known: dict[str, Any], found: dict[str, Any]) -> str:
    tables = plural(int(known["tables"]), "table")
    text = f"A new database is in place: {tables}, revision {one_line(str(known['revision']))}."
    if operation == "reset":
        text += f" The old one is kept as {found.get('safety', '')}; `undo` takes it back."
    if not found.get("gateway_up"):
        text += " The gateway stays stopped; it is not proven by a start."
    return text


# --- when it was cut ----------------------------------------------------------------------


def recover(deployment: Deployment, records: Sequence[Record], *, start: bool) -> Recovery:
    """Decide from the journal alone, as for a restore; the scratch folder goes in any case."""
    found = decide(deployment, records, start=start)
    facts = merged(records)
    actions = list(found.actions)
    if (
        started(records, "build")
        and not recovered(records, "scratch")
        and not gave_up(records, "scratch")
    ):
        actions.insert(
            0,
            RecoveryAction(
                "scratch",
                "remove what was made aside",
                lambda p: _discard(deployment, p.operation_id),
            ),
        )
    extra: Facts = {}
    if found.direction == "finish" and "revision" in facts and "tables" in facts:
        extra = _about(facts)
    return replace(found, actions=actions, facts={**extra, **found.facts})


def _discard(deployment: Deployment, operation_id: str) -> Facts:
    discard(deployment, operation_id)
    return {}
