"""VACUUM, ANALYZE and REINDEX of a stopped gateway's database: in a new file that takes its place.

Why not in place: in place, VACUUM writes a temporary copy, a journal of the same size and all pages
of the live file again, and a verified copy would have to be made before (I8). Here the held file
is read once and the small one written once (`VACUUM INTO`; `ANALYZE` and `REINDEX` on a copy of
the bytes), checked, and swapped in by one rename. That is the faster way, needs the least space
(one more file, nothing in a temporary folder), and until the rename the live file is not touched:
its inode is the safety copy. So what is proved once for restores and upgrades holds here too, the
recovery included (`restoring.restore_recovery`), but for its way back: see `recovering`.

What is kept: rows, schema, page size, encoding, auto_vacuum, user_version, application_id,
revision and journal mode (WAL), compared before the swap; owner and mode. VACUUM may
give new row numbers (rowid) to a table without INTEGER PRIMARY KEY; in place it does so where the
table has no index, `VACUUM INTO` does not (SQLite 3.40, measured). Nobody promises that: where a
view, trigger or virtual table speaks of row numbers they are compared, and a difference ends it
unchanged.

ANALYZE comes behind VACUUM where both are done: its tables then lie in the new file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from tui.core.errors import BusyError, DamagedError, McpdbError, PrecheckError
from tui.core.models import DatabaseFacts, Deployment
from tui.core.operation import Facts, Progress, StepFinished, Steps, StepStarted
from tui.operations.cataloguing import suspicion
from tui.operations.finding.gateways import gateway_of
from tui.operations.maintaining.rebuilt_file import Work, check, known, make
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
from tui.operations.restoring.restored import known_heads, read_back, start_again
from tui.operations.restoring.staging import probe_link
from tui.operations.restoring.way import Way, choose
from tui.services import files, manifests
from tui.services.live.swapping import Exchange, SwapHelper

Step: TypeAlias = Literal["vacuum", "duplicate", "analyze", "reindex"]

OWNERSHIP_DEADLINE = 30.0
"""Seconds to wait for others to let go of the live file."""

AS_FOUND = "kept as found: from before its indexes were made anew"
"""What the manifest of such a safety copy says."""

RELEASE_DEADLINE = 10.0
"""Seconds within which viewers have closed their connections."""

TITLES: Mapping[str, str] = {
    "release": "every open screen lets go of the database",
    "stop": "stop the gateway",
    "prove": "take in the wal, prove that nobody else has the file",
    "vacuum": "VACUUM: write a new file without the unused pages",
    "duplicate": "copy the stopped file",
    "analyze": "ANALYZE: count what the query planner goes by",
    "reindex": "REINDEX: make every index anew from its table",
    "check": "check the new file: pages, foreign keys, rows and schema as before",
    "swap": "keep the old file, put the new one in its place",
    "overwrite": "write the new file into the live one",
    "start": "start the gateway, wait until its JSON says healthy",
    "readback": "read back, check the safety copy",
}


def steps_of(works: Sequence[Work]) -> tuple[Step, ...]:
    """What is done to the new file, in its order."""
    found: list[Step] = ["vacuum" if "vacuum" in works else "duplicate"]
    found += [step for step in ("analyze", "reindex") if step in works]
    return tuple(found)


def rebuild(
    deployment: Deployment,
    works: Sequence[Work],
    progress: Progress,
    *,
    trigger: str,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Steps:
    """Release, stop, prove, make, check, swap, start, read back.

    Args:
        deployment: Whose.
        works: What is done to the new file.
        progress: Of the operation.
        trigger: The operation's name, for the safety copy's manifest.
        settings: What the file is to be set to from now on; see `rebuilt_file.check`.

    Returns:
        What reading back told, and `before` and `after` (`maintenance.Figures`).

    Raises:
        McpdbError: Nothing was changed, or the new file stays although something failed behind it.
    """
    gateway = gateway_of(deployment)
    live, way = _prepared(deployment)
    staged = files.partial(deployment.database.parent, progress.operation_id)

    # The gateway's code is asked before anybody is down: it may take seconds.
    known_before = {"staged": str(staged), "way": way.kind, "heads": known_heads(deployment)}
    yield StepStarted("release", TITLES["release"], facts=known_before)
    _probe(deployment, live, way, staged)
    wait_released(deployment, gateway, progress, RELEASE_DEADLINE)
    yield StepFinished("release")

    progress.checkpoint()
    with SwapHelper(progress.lock) as helper:
        was = before(gateway)
        yield StepStarted("stop", TITLES["stop"], facts=was)
        stopped = stop(gateway)
        yield StepFinished("stop", stopped)

        progress.checkpoint()
        exchange, facts = _exchange(deployment, staged, way, settings, live)
        yield StepStarted("prove", TITLES["prove"], facts=facts)
        mode = prove(helper, exchange, gateway, progress)
        yield StepFinished("prove", {"journal_mode": mode})

        held = known(deployment.database, progress)
        for step in steps_of(works):
            progress.checkpoint()
            yield StepStarted(step, TITLES[step])
            with _noticing(deployment):
                make(step, deployment.database, staged, progress, settings)
            yield StepFinished(step)

        progress.checkpoint()
        yield StepStarted("check", TITLES["check"])
        expected = check(
            deployment,
            held,
            staged,
            way,
            mode,
            progress,
            full="reindex" in works,
            settings=settings,
        )
        yield StepFinished("check", expected)

        progress.checkpoint()
        if exchange.way == "overwrite":
            yield from overwriting.steps(
                deployment,
                helper,
                exchange,
                gateway,
                progress,
                title=TITLES["overwrite"],
                mode=mode,
                clean_stop=stopped.get("clean"),
                trigger=trigger,
            )
        else:
            # It may have taken long: somebody may have come by since it was proved.
            still_alone(helper, exchange, gateway, progress)
            yield StepStarted("swap", TITLES["swap"], cancellable=False)
            require_down(gateway)
            helper.swap()
            yield StepFinished("swap", {"swapped": True})
    told = {**known_before, **was, **facts, **stopped, **expected, "journal_mode": mode}

    yield StepStarted("start", TITLES["start"], cancellable=False)
    started = start_again(deployment, told, progress, even_if_stopped=False)
    yield StepFinished("start", started)

    yield StepStarted("readback", TITLES["readback"], cancellable=False)
    result = finished(deployment, told, progress.operation_id, trigger)
    yield StepFinished("readback")
    return {**of_result(told), **result, **started}


def finished(
    deployment: Deployment, told: dict[str, Any], operation_id: str, trigger: str
) -> Facts:
    """Read back, list the safety copy.

    Raises:
        VerificationError: What stands there is not what was put there.
    """
    result = dict(
        read_back(
            deployment,
            told,
            clean_stop=told.get("clean"),
            operation_id=operation_id,
            trigger=trigger,
        )
    )
    # `undo` takes back what changed rows; that is still what came before this.
    result.pop("undo_until", None)
    if told.get("check") == "integrity_check":
        with suppress(McpdbError):
            suspicion.clear(deployment)
        if result.get("safety_id"):
            # Its quick check is good all the same: it leaves indexes out.
            with suppress(McpdbError):
                manifests.amend(Path(str(told["keep"])), deployment.group, note=AS_FOUND)
    return result


def of_result(told: Mapping[str, Any]) -> dict[str, Any]:
    """What of the facts belongs into the result of a file that stays in place."""
    keys = (
        "before",
        "after",
        "revisions",
        "check",
        "integrity",
        "foreign_keys",
        "checked_at",
        "way",
    )
    return {key: told[key] for key in keys if key in told}


@contextmanager
def _noticing(deployment: Deployment) -> Iterator[None]:
    """A file that SQLite cannot read to its end is damaged: remember it."""
    try:
        yield
    except DamagedError as error:
        suspicion.mark(deployment, str(error))
        raise


def needed_space(live: DatabaseFacts, way: Way) -> int:
    """Bytes that are written beside the database: the new file, and the WAL that is taken in.

    Args:
        live: What is made anew.
        way: Written into the live file, it has a journal of all its pages, and a copy before.
    """
    whole = live.size + live.wal_size
    return whole + live.wal_size if way.kind == "swap" else 3 * whole


def _prepared(deployment: Deployment) -> tuple[DatabaseFacts, Way]:
    """Decided again: what was planned is compared by the plan's fingerprint (I10)."""
    live = LiveDatabase(deployment).facts()
    if not live.exists or live.problem:
        raise PrecheckError(live.problem or "There is no live database.")
    way = choose(deployment, None, live)
    way.require()
    return live, way


def _probe(deployment: Deployment, live: DatabaseFacts, way: Way, staged: Path) -> None:
    """Prove before anything stops that all that will be made has its place.

    Raises:
        PrecheckError: No space, no permission, or no hard links where they are needed.
    """
    folder = deployment.database.parent
    files.probe_writable(folder)
    for needed in (deployment.state_dir, way.keep_dir):
        files.make_private(needed)
        files.probe_writable(needed)
    files.require_space(folder, needed_space(live, way), "A new file of the database")
    if way.kind != "swap":
        return
    try:
        files.write_new(staged, ())
        probe_link(staged, way.keep_dir, otherwise="")
    finally:
        files.remove(staged)


def _exchange(
    deployment: Deployment,
    staged: Path,
    way: Way,
    settings: Mapping[str, str],
    live: DatabaseFacts,
) -> tuple[Exchange, dict[str, Any]]:
    mode = {"then_mode": settings.get("journal_mode", live.journal_mode)}
    exchange, facts = exchange_of(deployment, staged, way, mode, OWNERSHIP_DEADLINE)
    if exchange.keep is None:
        raise BusyError("The live database is gone. Nothing was changed.")
    if exchange.damaged:
        raise DamagedError("The live database cannot be read any more. Nothing was changed.")
    return exchange, facts
