"""What a restore that was cut, failed or cancelled still owes, decided from its journal alone.

Before the swap everything is undone. After it, it is finished; if the gateway then does not
become healthy (or the file is not what was promised) the exchange is done the other way round,
provided that the old state was sound, and that the gateway has not worked with the new file between
a cut and `resume`: what it committed would go with that file. A live file that was being written
into is finished if the writing was cut, and undone if it failed: SQLite itself makes it old or new
in between. Every action may be repeated after any cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import Deployment
from tui.core.operation import Facts, Record, Recovery, RecoveryAction
from tui.operations.cataloguing import suspicion
from tui.operations.execution.journaled import (
    Failure,
    failure,
    finished,
    gave_up,
    merged,
    pending,
    recovery_failure,
    started,
)
from tui.operations.restoring import going_back, overwriting
from tui.operations.restoring.called import called_in, operation_in
from tui.operations.restoring.endings import (
    go_back,
    leave,
    left_alone,
    not_undone,
    stay,
)
from tui.operations.restoring.restored import read_back, start_again
from tui.operations.restoring.served import LOOK, has_served, look
from tui.services import files

BACK_DEADLINE = 30.0
"""Seconds to wait for others to let go of the file that is taken back."""


def decide(
    deployment: Deployment, records: Sequence[Record], *, start: bool, back: bool = True
) -> Recovery:
    """Decide what is left to do; see the module.

    Args:
        deployment: Whose database.
        records: The journal so far.
        start: Start the gateway in the end even if it had been stopped before.
        back: Put the old file back if the gateway does not work with the new one. Not where both
            were proved to have the same rows: nothing is gained, and what was committed is lost.
    """
    facts = merged(records)
    went_back = _has_begun(records, "swap-back")
    if not went_back:
        if facts.get(overwriting.FOREIGN):
            return left_alone(deployment, records, facts)
        if _is_half_written(records, facts):
            if _writing_failed(records) is not None:
                return _undo_before(deployment, records, facts, write_back=True)
            return _finish(deployment, records, facts, start=start, write_again=True)
        if not _is_swapped(deployment, facts, records):
            return _undo_before(deployment, records, facts)
    cause = _failed_afterwards(records)
    if cause is None:
        return _finish(deployment, records, facts, start=start)
    if not went_back and _stays(records, back=back):
        return stay(deployment, records, facts, cause, same_rows=not back)
    if _may_go_back(facts):
        first = () if went_back else look(deployment, records, bars=True)
        return go_back(deployment, records, facts, cause, lambda: BACK_DEADLINE, first)
    return leave(deployment, records, facts, cause)


def _has_begun(records: Sequence[Record], action: str) -> bool:
    return any(r["kind"] == "recovery_started" and r["action"] == action for r in records)


def _stays(records: Sequence[Record], *, back: bool) -> bool:
    """Whether the new file stays although something failed; a way back that had begun goes on."""
    if _has_begun(records, "stop-new"):
        return recovery_failure(records, LOOK) is not None
    return not back or has_served(records)


def _is_half_written(records: Sequence[Record], facts: Facts) -> bool:
    """Whether the live file was being written into, and what became of it is not known yet."""
    return (
        facts.get("way") == "overwrite"
        and started(records, "swap")
        and facts.get("overwritten") is None
    )


def _writing_failed(records: Sequence[Record]) -> Failure | None:
    return failure(records) or recovery_failure(records, "write-again")


def _is_swapped(deployment: Deployment, facts: Facts, records: Sequence[Record]) -> bool:
    if facts.get("way") == "overwrite":
        return facts.get("overwritten") is True
    if finished(records, "swap"):
        return True
    if not started(records, "swap"):
        return False
    found = files.identity(deployment.database)
    staged = (facts.get("staged_device"), facts.get("staged_inode"))
    return found is not None and found.key == staged


def _failed_afterwards(records: Sequence[Record]) -> Failure | None:
    """A failure behind the swap. An engine that is gone is none: its debt is paid later."""
    cause = failure(records)
    candidates = [
        cause if cause is not None and cause.step in ("start", "readback") else None,
        recovery_failure(records, "start"),
        recovery_failure(records, "readback"),
    ]
    return next((c for c in candidates if c and c.exit_code is not ExitCode.DOCKER), None)


def _may_go_back(facts: Facts) -> bool:
    """Only where the old state was sound: healthy before, the old file kept and readable."""
    return bool(
        facts.get("was_running")
        and facts.get("was_healthy")
        and facts.get("keep")
        and not facts.get("damaged")
    )


def _own(facts: dict[str, Any]) -> RecoveryAction:
    """Ask again if the file turned out to be neither old nor new."""
    return RecoveryAction(
        "own", "see whose content stands there", lambda _p: overwriting.require_own(facts)
    )


# --- before the swap: everything is undone -----------------------------------------------


def _undo_before(
    deployment: Deployment,
    records: Sequence[Record],
    facts: dict[str, Any],
    *,
    write_back: bool = False,
) -> Recovery:
    cause = _writing_failed(records) if write_back else failure(records)
    stuck = gave_up(records, "write-back")
    if cause is not None and stuck is not None:
        return not_undone(deployment, facts, cause, stuck)
    actions: list[RecoveryAction] = []
    stop_begun = started(records, "stop") and bool(facts.get("was_running"))
    if stop_begun and not finished(records, "stop"):
        # The engine may still be stopping it: a start now would be answered "already running".
        actions.append(
            RecoveryAction("settle", "let the stop end", lambda _p: going_back.stop(deployment))
        )
    if write_back:
        actions.append(
            RecoveryAction(
                "write-back",
                "write the old database back, if it is not there",
                lambda p: overwriting.write_back(deployment, facts, p, BACK_DEADLINE),
            )
        )
    actions += _tidying(deployment, records, facts, write_back=write_back)
    if stop_begun:
        actions.append(
            RecoveryAction(
                "start-again",
                "start the gateway again",
                lambda p: going_back.start(
                    deployment, p, facts, healthy=bool(facts.get("was_healthy"))
                ),
            )
        )
    if write_back:
        actions.append(_own(facts))
    code = cause.exit_code if cause else ExitCode.FAILED
    work = called_in(records).work
    words = cause.sentence if cause else f"The {work} was cut short before the swap."
    outcome = cause.outcome if cause else "cut short, undone"
    if "nothing was changed" not in words.lower():
        words = f"{words} Nothing was changed."
    not_started = gave_up(records, "start-again")
    if not_started:
        code, outcome = ExitCode.UNHEALTHY, "gateway not back"
        command = going_back.start_command(deployment)
        words = f"{words} {not_started.sentence} Start it with: {command}"
    return Recovery("undo", words, pending(records, actions), code, outcome)


def _tidying(
    deployment: Deployment, records: Sequence[Record], facts: dict[str, Any], *, write_back: bool
) -> list[RecoveryAction]:
    """Remove what was made, and put the journal mode back.

    A file that was written back has its mode; and its safety copy, from which that was done,
    goes only with the next attempt that finds the old content there.
    """
    if write_back:
        return [
            RecoveryAction("discard", "remove the staged copy", lambda _p: going_back.tidy(facts))
        ]
    actions = [
        RecoveryAction(
            "discard", "remove the staged copy", lambda _p: going_back.discard(deployment, facts)
        )
    ]
    if facts.get("journal_mode") == "wal" and finished(records, "prove"):
        actions.append(
            RecoveryAction(
                "mode",
                "put the journal mode back",
                lambda p: going_back.put_mode_back(deployment, p),
            )
        )
    return actions


# --- after the swap: finish ---------------------------------------------------------------


def _finish(
    deployment: Deployment,
    records: Sequence[Record],
    facts: dict[str, Any],
    *,
    start: bool,
    write_again: bool = False,
) -> Recovery:
    cause = failure(records)
    again = (
        RecoveryAction(
            "write-again",
            f"finish writing the {called_in(records).source} into the live file",
            lambda p: overwriting.write_again(deployment, facts, p, BACK_DEADLINE),
        ),
    )
    actions = (
        *(again if write_again else ()),
        RecoveryAction("tidy", "remove the name of the copy", lambda _p: going_back.tidy(facts)),
        RecoveryAction(
            "start",
            "start the gateway, wait for healthy",
            lambda p: start_again(deployment, facts, p, even_if_stopped=start),
        ),
        *((_own(facts),) if write_again else ()),
        RecoveryAction(
            "readback",
            "read back; check and list the safety copy",
            lambda p: _read_back(deployment, facts, p.operation_id, operation_in(records)),
        ),
    )
    name = called_in(records)
    words = f"The {name.file} is in place; what is left is finished."
    if write_again:
        words = f"The {name.work} was cut while it wrote into the live file; it is finished."
    if cause is not None:
        words = f"{cause.sentence} {words}"
    # Before anything is started: was it up by itself?
    first = () if write_again else look(deployment, records)
    left = (*first, *pending(records, actions))
    return Recovery("finish", words, left, ExitCode.DONE, "done")


def _read_back(
    deployment: Deployment, facts: dict[str, Any], operation_id: str, trigger: str
) -> Facts:
    found = read_back(
        deployment,
        facts,
        clean_stop=facts.get("clean"),
        operation_id=operation_id,
        trigger=trigger,
    )
    # Another file stands there now than the one that the disk failed under.
    with suppress(McpdbError):
        suspicion.clear(deployment)
    return found
