"""How a restore's recovery ends where it cannot simply be undone or finished."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tui.core.errors import ExitCode
from tui.core.models import Deployment
from tui.core.operation import Record, Recovery, RecoveryAction
from tui.operations.execution.journaled import Failure, gave_up, merged, pending, recovered
from tui.operations.restoring import going_back
from tui.operations.restoring.called import called_in, operation_in
from tui.operations.restoring.kept import keep_safety, list_rejected
from tui.wording.clean import one_line

NOT_TAKEN_BACK = "not taken back"
"""The outcome where the new file stays for what was written to it since."""


def left_alone(
    deployment: Deployment, records: Sequence[Record], facts: dict[str, Any]
) -> Recovery:
    """Neither old nor new: whatever were written now, somebody's data would be lost."""
    actions = [RecoveryAction("tidy", "remove the staged copy", lambda _p: going_back.tidy(facts))]
    if facts.get("was_running") and not recovered(records, "start"):
        actions.append(
            RecoveryAction(
                "start-again",
                "start the gateway again",
                lambda p: going_back.start(
                    deployment, p, facts, healthy=bool(facts.get("was_healthy"))
                ),
            )
        )
    words = (
        f"The {called_in(records).work} did not finish writing into the live file, and somebody "
        "wrote to it since: "
        f"it is whole and was left as it stands. The old database is kept in {facts['keep']}."
    )
    return Recovery("finish", words, pending(records, actions), ExitCode.PARTLY, "left alone")


def go_back(
    deployment: Deployment,
    records: Sequence[Record],
    facts: dict[str, Any],
    cause: Failure,
    deadline: Callable[[], float],
    first: tuple[RecoveryAction, ...] = (),
) -> Recovery:
    """The restored database does not work, and the old one was sound: put that back.

    Args:
        deployment: Whose.
        records: The journal so far.
        facts: All facts of them.
        cause: What does not work.
        deadline: Seconds to wait for others to let go of the file that is taken back.
        first: What is done before.
    """
    actions = (
        RecoveryAction("stop-new", "stop the gateway", lambda _p: going_back.stop(deployment)),
        RecoveryAction(
            "swap-back",
            "put the old database back",
            lambda p: going_back.swap_back(deployment, facts, p, deadline()),
        ),
        RecoveryAction(
            "start-old",
            "start the gateway on the old database",
            lambda p: going_back.start(deployment, p, facts, healthy=True),
        ),
        RecoveryAction(
            "list-rejected",
            "check and list what was set aside",
            lambda p: list_rejected(deployment, merged(records), p.operation_id),
        ),
    )
    stuck = gave_up(records, "swap-back") or gave_up(records, "stop-new")
    if stuck is not None:
        return not_undone(deployment, facts, cause, stuck)
    not_started = gave_up(records, "start-old")
    if not_started is not None:
        return Recovery(
            "undo",
            f"{cause.sentence} The old database is back and whole, but the gateway is not "
            f"healthy: {not_started.sentence}",
            (),
            ExitCode.UNHEALTHY,
            "rolled back, gateway not healthy",
        )
    return Recovery(
        "undo",
        f"{cause.sentence} The old database is back and whole.",
        (*first, *pending(records, actions)),
        ExitCode.ROLLED_BACK,
        "rolled back",
    )


def not_undone(
    deployment: Deployment, facts: dict[str, Any], cause: Failure, stuck: Failure
) -> Recovery:
    """The way back is barred: nothing is deleted, three exact commands are told."""
    return Recovery(
        "undo",
        f"{cause.sentence} The old database could not be put back: {stuck.sentence} "
        "Nothing was deleted; both databases are whole.",
        (),
        ExitCode.ROLLBACK_FAILED,
        "not undone",
        {"by_hand": going_back.by_hand(deployment, facts)},
    )


def leave(
    deployment: Deployment, records: Sequence[Record], facts: dict[str, Any], cause: Failure
) -> Recovery:
    """The old state was not sound either: the verified restore stays, undo is offered."""
    actions = (_list_safety(deployment, records, facts),)
    kept = facts.get("keep") and not facts.get("damaged")
    undo = " `undo` takes it back." if kept else ""
    return Recovery(
        "finish",
        f"{cause.sentence} The {called_in(records).file} is in place and whole; there was no "
        f"sound state to go back to.{undo}",
        pending(records, actions),
        ExitCode.UNHEALTHY,
        "left unhealthy",
    )


def stay(
    deployment: Deployment,
    records: Sequence[Record],
    facts: dict[str, Any],
    cause: Failure,
    *,
    same_rows: bool,
) -> Recovery:
    """Nothing is taken back by itself: what was committed since would go with the new file.

    Args:
        deployment: Whose.
        records: The journal so far.
        facts: All facts of them.
        cause: What does not work.
        same_rows: The new file was proved to have the rows of the old one: an undo gains nothing.
    """
    actions = (
        RecoveryAction("tidy", "remove the name of the copy", lambda _p: going_back.tidy(facts)),
        _list_safety(deployment, records, facts),
    )
    kept = one_line(Path(str(facts.get("keep") or "")).name)
    if same_rows:
        words = "Nothing was taken back: the new file was put there with the same rows as before"
        words += f"; the old file is kept as {kept}, and what was written since is only in the new."
    else:
        words = "The gateway has run since the exchange, so nothing was taken back by itself: "
        words += f"what was written since would go with it. The old database is kept as {kept}."
        words += "" if facts.get("damaged") else " `undo` takes it back."
    return Recovery(
        "finish",
        f"{cause.sentence} {words}",
        pending(records, actions),
        ExitCode.UNHEALTHY,
        NOT_TAKEN_BACK,
    )


def _list_safety(
    deployment: Deployment, records: Sequence[Record], facts: dict[str, Any]
) -> RecoveryAction:
    return RecoveryAction(
        "list-safety",
        "check and list the safety copy",
        lambda p: keep_safety(
            deployment,
            facts,
            clean_stop=facts.get("clean"),
            operation_id=p.operation_id,
            trigger=operation_in(records),
        ),
    )
