"""Migrating a live database: the order is the contract.

What is rehearsed is thrown away, for the gateway goes on writing meanwhile (I9). The gateway is
stopped; a helper process proves that nobody else has the file and holds it from then on; the held
file is copied, the copy migrated and checked; only then does it take the live file's name, in one
rename. Until that moment the live file is not touched, and afterwards the old one is the safety
copy, with the same inode.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, McpdbError, PrecheckError
from tui.core.operation import Facts, Progress, StepFinished, Steps, StepStarted
from tui.operations.cataloguing import suspicion
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.migrating import plan as words
from tui.operations.migrating.code import find_code
from tui.operations.migrating.copying import Prepared, check, copy_held, migrate_copy, prepare
from tui.operations.migrating.rehearsing import discard, scratch_of
from tui.operations.migrating.result import of_result, sentence, told
from tui.operations.migrating.route import find_route
from tui.operations.migrating.situation import find_rehearsal
from tui.operations.migrating.trying import rehearse_now
from tui.operations.migrating.wanted import Wanted
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring import overwriting
from tui.operations.restoring.ownership import (
    before,
    exchange_of,
    prove,
    require_down,
    still_alone,
    stop,
    wait_released,
)
from tui.operations.restoring.restored import read_back, start_again
from tui.operations.restoring.way import choose
from tui.services.live.swapping import Exchange, SwapHelper
from tui.services.sqlite.connections import translating
from tui.services.sqlite.leftovers import leftovers

OWNERSHIP_DEADLINE = 30.0
"""Seconds to wait for others to let go of the live file."""

RELEASE_DEADLINE = 10.0
"""Seconds within which viewers have closed their connections."""


def migrate(wanted: Wanted, progress: Progress) -> Steps:
    """Rehearse, release, stop, prove, copy, migrate, check, swap, start, read back."""
    deployment = wanted.deployment
    gateway = gateway_of(deployment)
    job = _prepared(wanted)

    if job.rehearsal is None:
        scratch = {"scratch": str(scratch_of(deployment, progress.operation_id))}
        yield StepStarted("rehearse", words.REHEARSE, facts=scratch)
        yield StepFinished("rehearse", rehearse_now(job, progress))
    rehearsal = job.rehearsal.id if job.rehearsal is not None else progress.operation_id

    progress.checkpoint()
    yield StepStarted("release", words.RELEASE)
    staged = prepare(job, progress)
    wait_released(deployment, gateway, progress, RELEASE_DEADLINE)
    yield StepFinished("release")

    progress.checkpoint()
    with SwapHelper(progress.lock) as helper:
        was = {**before(gateway), **job.switching(), "rehearsal": rehearsal}
        yield StepStarted("stop", words.STOP, facts=was)
        stopped = stop(gateway)
        yield StepFinished("stop", stopped)

        progress.checkpoint()
        exchange, facts = _exchange(job, staged)
        yield StepStarted("prove", "prove that nobody else has the file", facts=facts)
        mode = prove(helper, exchange, gateway, progress)
        yield StepFinished("prove", {"journal_mode": mode})

        progress.checkpoint()
        yield StepStarted("copy", words.COPY)
        held = copy_held(job, staged, progress)
        yield StepFinished("copy", held.as_json())

        progress.checkpoint()
        yield StepStarted("migrate", words.MIGRATE[wanted.action])
        ran = migrate_copy(job, staged, progress)
        did = told(job, ran, held)
        yield StepFinished("migrate", did)

        progress.checkpoint()
        yield StepStarted("check", words.CHECK)
        expected = check(job, staged, held, mode, progress)
        yield StepFinished("check", expected)

        progress.checkpoint()
        if exchange.way == "overwrite":
            yield from overwriting.steps(
                deployment,
                helper,
                exchange,
                gateway,
                progress,
                title=words.OVERWRITE,
                mode=mode,
                clean_stop=stopped.get("clean"),
                trigger=wanted.action,
            )
        else:
            # A migration takes long: somebody may have come by since it was proved.
            still_alone(helper, exchange, gateway, progress)
            yield StepStarted("swap", words.SWAP, cancellable=False)
            require_down(gateway)
            helper.swap()
            yield StepFinished("swap", {"swapped": True})
    known = {**was, **facts, **stopped, **did, **expected, "journal_mode": mode}

    yield StepStarted("start", words.START, cancellable=False)
    started = start_again(deployment, known, progress, even_if_stopped=wanted.start)
    yield StepFinished("start", started)

    yield StepStarted("readback", words.READBACK, cancellable=False)
    result = finished(wanted, known, progress)
    yield StepFinished("readback")
    facts = {**of_result(known), **result, **started}
    # What could not be read back says so itself.
    return {**facts, "sentence": result.get("sentence") or sentence(facts)}


def finished(wanted: Wanted, known: dict[str, Any], progress: Progress) -> Facts:
    """Read back, list the safety copy, remove what is left of the work.

    Raises:
        VerificationError: What stands there is not what was put there.
    """
    deployment = wanted.deployment
    result = read_back(
        deployment,
        known,
        clean_stop=known.get("clean"),
        operation_id=progress.operation_id,
        trigger=wanted.action,
    )
    with suppress(McpdbError):
        discard(deployment, progress.operation_id)
    # Only now: had the gateway not become healthy, the old file would stand there again.
    with suppress(McpdbError):
        suspicion.clear(deployment)
    return result


def _prepared(wanted: Wanted) -> Prepared:
    """Decided again: what was planned is compared by the plan's fingerprint (I10)."""
    deployment = wanted.deployment
    state = state_of(gateway_of(deployment))
    live = LiveDatabase(deployment).facts()
    if not live.exists or live.problem:
        raise PrecheckError(live.problem or "There is no live database; `bootstrap` makes one.")
    code = find_code(wanted, state, live.revisions)
    if code.problem:
        raise PrecheckError(code.problem)
    route = find_route(code.timeline, wanted.action, wanted.target)
    with LiveDatabase(deployment).opened() as opened, translating(live.path):
        left = leftovers(opened.connection)
    if left and (not wanted.leftovers or not all(how for _name, how in left)):
        raise PrecheckError("Something is left from a migration that was cut; see the plan.")
    if not (route.arrived and (code.switches or left)):
        route.require()
    way = choose(deployment, None, live)
    way.require()
    return Prepared(
        wanted=wanted,
        code=code,
        route=route,
        way=way,
        live=live,
        left=left if wanted.leftovers else (),
        rehearsal=find_rehearsal(wanted, code, route, left, live),
    )


def _exchange(job: Prepared, staged: Path) -> tuple[Exchange, dict[str, Any]]:
    """Which file takes whose place.

    Raises:
        McpdbError: There is no live file any more, or it cannot be read.
    """
    mode = {"then_mode": job.live.journal_mode}
    exchange, facts = exchange_of(job.wanted.deployment, staged, job.way, mode, OWNERSHIP_DEADLINE)
    if exchange.keep is None:
        raise BusyError("The live database is gone. Nothing was changed.")
    if exchange.damaged:
        raise PrecheckError("The live database cannot be read any more. Nothing was changed.")
    scratch = str(staged.parent.parent)
    return exchange, {**facts, "staged": str(staged), "scratch": scratch, "way": job.way.kind}
