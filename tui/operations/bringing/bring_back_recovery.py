"""What bringing rows back still owes when it was cut, failed or cancelled: by its journal alone.

Before the commit SQLite itself takes back what was written, and everything else is undone. After
it, it is finished; if the gateway then does not become healthy although it was before, the
verified safety copy is written back. Whether a cut commit happened is told by looking: the
journal has a row that was written, and what it is then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from tui.core.errors import BusyError, ExitCode, McpdbError
from tui.core.models import Deployment
from tui.core.operation import Facts, Progress, Record, Recovery, RecoveryAction
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
from tui.operations.finding.gateways import gateway_of, is_up
from tui.operations.restoring import going_back, overwriting
from tui.operations.restoring.kept import list_rejected
from tui.operations.restoring.restored import start_again
from tui.services import files
from tui.services.live.swapping import Exchange, SwapHelper
from tui.services.sqlite.bringing import is_there
from tui.services.sqlite.connections import look, sidecar

BACK_DEADLINE = 30.0
"""Seconds to wait for others to let go of the file that is written back."""

_HOT = bytes.fromhex("d9d505f920a163d7")
"""How a rollback journal begins that must be replayed.

Source: https://sqlite.org/fileformat2.html#the_rollback_journal
"""

ReadBack = Callable[[Deployment, Mapping[str, Any]], Facts]


def decide(deployment: Deployment, records: Sequence[Record], read_back: ReadBack) -> Recovery:
    """Decide what is left to do; see the module.

    Args:
        deployment: Whose database.
        records: The journal so far.
        read_back: The last step.
    """
    facts = merged(records)
    if not _is_committed(deployment, records, facts):
        return _undo(deployment, records, facts)
    cause = _failed_afterwards(records)
    if cause is None:
        return _finish(deployment, records, facts, read_back)
    if facts.get("was_running") and facts.get("was_healthy"):
        return _go_back(deployment, records, facts, cause)
    return _leave(cause)


# --- what happened ------------------------------------------------------------------------


def _is_committed(
    deployment: Deployment, records: Sequence[Record], facts: Mapping[str, Any]
) -> bool:
    if finished(records, "commit"):
        return True
    if not started(records, "commit"):
        return False
    # What was decided once holds: from then on the gateway may have written.
    for record in records:
        if record["kind"] == "recovery_started":
            return record["action"] in ("close", "stop-new", "write-back", "start-old")
    return _has_witness(deployment, facts)


def _has_witness(deployment: Deployment, facts: Mapping[str, Any]) -> bool:
    """Whether the row that was written is in the live file; nothing is written by looking."""
    witness = facts.get("witness")
    try:
        if not witness or (_journal_is_hot(deployment) and not is_up(deployment)):
            # The end of the journal is the commit.
            return False
        with look(deployment.database, gateway_up=lambda: is_up(deployment)) as opened:
            return is_there(opened.connection, witness)
    except (McpdbError, sqlite3.Error, KeyError, TypeError):
        return False


def _journal_is_hot(deployment: Deployment) -> bool:
    path = sidecar(deployment.database, "-journal")
    if files.identity(path) is None:
        return False
    # Not the database itself: no lock of ours lies on its journal (I5).
    with path.open("rb") as stream:
        return stream.read(len(_HOT)) == _HOT


def _failed_afterwards(records: Sequence[Record]) -> Failure | None:
    """A failure behind the commit. An engine that is gone is none: its debt is paid later."""
    cause = failure(records)
    candidates = [
        cause if cause is not None and cause.step in ("start", "readback") else None,
        recovery_failure(records, "start"),
        recovery_failure(records, "readback"),
    ]
    return next((c for c in candidates if c and c.exit_code is not ExitCode.DOCKER), None)


# --- before the commit --------------------------------------------------------------------


def _undo(deployment: Deployment, records: Sequence[Record], facts: dict[str, Any]) -> Recovery:
    actions: list[RecoveryAction] = []
    stop_begun = started(records, "stop") and bool(facts.get("was_running"))
    if stop_begun and not finished(records, "stop"):
        # The engine may still be stopping it: a start now would be answered "already running".
        actions.append(
            RecoveryAction("settle", "let the stop end", lambda _p: going_back.stop(deployment))
        )
    if started(records, "prove"):
        actions.append(
            RecoveryAction(
                "replay",
                "have SQLite take back what was half-written, put the journal mode back",
                lambda p: _take_back(deployment, facts, p),
            )
        )
    stuck = gave_up(records, "replay")
    if stuck is None:
        # Only now: as long as the file could not be had, its copy is not given away.
        # And before the start, which may need the space.
        actions.append(
            RecoveryAction("discard", "remove the safety copy", lambda _p: _discard(facts))
        )
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
    return _undone(deployment, records, pending(records, actions), stuck)


def _undone(
    deployment: Deployment,
    records: Sequence[Record],
    actions: Sequence[RecoveryAction],
    stuck: Failure | None,
) -> Recovery:
    cause = failure(records)
    code = cause.exit_code if cause else ExitCode.FAILED
    words = cause.sentence if cause else "Bringing rows back was cut short before the commit."
    outcome = cause.outcome if cause else "cut short, undone"
    if stuck is not None:
        words = f"{words} {stuck.sentence} The safety copy is kept."
    if "nothing was changed" not in words.lower():
        words = f"{words} Nothing was changed."
    not_started = gave_up(records, "start-again")
    if not_started:
        code, outcome = ExitCode.UNHEALTHY, "gateway not back"
        command = going_back.start_command(deployment)
        words = f"{words} {not_started.sentence} Start it with: {command}"
    return Recovery("undo", words, actions, code, outcome)


def _replay(deployment: Deployment, facts: Mapping[str, Any], progress: Progress) -> Facts:
    """Open the file once for writing, alone: a half-written transaction is rolled back by it.

    Whoever has it open by now did so himself, and the gateway sets its own mode at its start:
    nobody is waited for.
    """
    gateway = gateway_of(deployment)
    if gateway is not None and gateway.state().is_up:
        return {}
    live = deployment.database
    exchange = Exchange(
        live=live,
        incoming=live,
        keep=None,
        deadline=1.0,
        journal_mode=str(facts.get("journal_mode") or facts.get("mode_before") or ""),
    )
    with suppress(BusyError), SwapHelper(progress.lock) as helper:
        helper.prove(exchange, lambda left: progress.note(int(left), 0, "seconds"))
    return {}


def _take_back(deployment: Deployment, facts: Mapping[str, Any], progress: Progress) -> Facts:
    """The same before the commit; as long as the journal is there, nothing is taken back yet.

    Raises:
        McpdbError: Somebody has the file, so it could not be done.
    """
    found = _replay(deployment, facts, progress)
    if _journal_is_hot(deployment) and not is_up(deployment):
        raise McpdbError("What was half-written is taken back by whoever opens the file next.")
    return found


def _discard(facts: dict[str, Any]) -> Facts:
    overwriting.discard_copy(facts)
    return {}


# --- after the commit ---------------------------------------------------------------------


def _finish(
    deployment: Deployment,
    records: Sequence[Record],
    facts: dict[str, Any],
    read_back: ReadBack,
) -> Recovery:
    cause = failure(records)
    actions = (
        RecoveryAction(
            "close", "put the journal mode back", lambda p: _replay(deployment, facts, p)
        ),
        RecoveryAction(
            "start",
            "start the gateway, wait for healthy",
            lambda p: start_again(deployment, facts, p, even_if_stopped=False),
        ),
        RecoveryAction("readback", "read back", lambda _p: read_back(deployment, facts)),
    )
    words = "The rows are back; what is left is finished."
    if cause is not None:
        words = f"{cause.sentence} {words}"
    return Recovery("finish", words, pending(records, actions), ExitCode.DONE, "done")


def _go_back(
    deployment: Deployment, records: Sequence[Record], facts: dict[str, Any], cause: Failure
) -> Recovery:
    actions = (
        RecoveryAction("stop-new", "stop the gateway", lambda _p: going_back.stop(deployment)),
        RecoveryAction(
            "write-back",
            "write the database as it was into the live file",
            lambda p: overwriting.put_back(deployment, facts, p, BACK_DEADLINE),
        ),
        RecoveryAction(
            "start-old",
            "start the gateway on the database as it was",
            lambda p: going_back.start(deployment, p, facts, healthy=True),
        ),
        RecoveryAction(
            "list-rejected",
            "check and list what was set aside",
            lambda p: list_rejected(deployment, merged(records), p.operation_id),
        ),
    )
    stuck = gave_up(records, "write-back") or gave_up(records, "stop-new")
    if stuck is not None:
        return Recovery(
            "undo",
            f"{cause.sentence} The database as it was could not be written back: {stuck.sentence} "
            "Nothing was deleted; it is whole in the safety copy.",
            (),
            ExitCode.ROLLBACK_FAILED,
            "not undone",
            {"by_hand": going_back.by_hand(deployment, {**facts, "way": "overwrite"})},
        )
    not_started = gave_up(records, "start-old")
    if not_started is not None:
        return Recovery(
            "undo",
            f"{cause.sentence} The database is as it was and whole, but the gateway is not "
            f"healthy: {not_started.sentence}",
            (),
            ExitCode.UNHEALTHY,
            "rolled back, gateway not healthy",
        )
    return Recovery(
        "undo",
        f"{cause.sentence} The database is as it was before, and whole.",
        pending(records, actions),
        ExitCode.ROLLED_BACK,
        "rolled back",
    )


def _leave(cause: Failure) -> Recovery:
    """The gateway was not healthy before either: the rows stay, undo is offered."""
    return Recovery(
        "finish",
        f"{cause.sentence} The rows are back; there was no healthy state to go back to. `undo` "
        "takes them back.",
        (),
        ExitCode.UNHEALTHY,
        "left unhealthy",
    )
