"""What maintenance that was cut, failed or cancelled still owes, by its journal alone.

Where the file is made anew it is a restore's recovery: undone before the swap, finished after it.
The old file is never put back: the new one was proved to have its rows, and may have more. Beside a
running gateway SQLite itself takes back what was not committed; what is left is a copy that has no
name yet. A routine's backup stands for itself: what was verified when it was cut is published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tui.core.errors import ExitCode
from tui.core.models import Deployment
from tui.core.operation import Facts, Record, Recovery, RecoveryAction
from tui.operations.backing_up.backup_recovery import file_work
from tui.operations.execution.journaled import (
    failure,
    finished,
    merged,
    recovered,
    recovery_failure,
    started,
)
from tui.operations.maintaining import online
from tui.operations.maintaining.rebuilding import of_result
from tui.operations.restoring import restore_recovery

Words = Callable[[Mapping[str, Any]], str]


def nothing_left(records: Sequence[Record], cut: str) -> Recovery:
    """Of what only reads nothing is left."""
    cause = failure(records)
    return Recovery(
        "nothing",
        cause.sentence if cause else cut,
        (),
        cause.exit_code if cause else ExitCode.FAILED,
        cause.outcome if cause else "cut short",
    )


def rebuilt(deployment: Deployment, records: Sequence[Record], words: Words) -> Recovery:
    """Decide for a file that is made anew.

    Args:
        deployment: Whose.
        records: The journal so far.
        words: The result's sentence, from the facts, where it is finished.
    """
    found = restore_recovery.decide(deployment, records, start=False, back=False)
    if found.direction != "finish":
        return found
    facts = merged(records)
    done = found.exit_code is ExitCode.DONE and recovered(records, "readback")
    sentence = words(facts) if done else found.sentence
    return replace(found, sentence=sentence, facts={**of_result(facts), **found.facts})


def beside(records: Sequence[Record], name: str) -> Recovery:
    """Decide for what was written beside a running gateway.

    Args:
        records: The journal so far.
        name: What it is called, e.g. `VACUUM`.
    """
    facts, cause = merged(records), failure(records)
    words = cause.sentence if cause else f"{name} was cut short."
    if "nothing was changed" not in words.lower():
        words = f"{words} The rows are as they were: SQLite takes back what it had not finished."
    actions: tuple[RecoveryAction, ...] = ()
    told: dict[str, Any] = {}
    if keep := facts.get("keep"):
        target = Path(str(keep))
        if finished(records, "keep"):
            told = online.kept(target)
        elif not recovered(records, "discard") and not recovery_failure(records, "discard"):
            actions = (
                RecoveryAction(
                    "discard", "remove the unfinished copy", lambda _p: _discard(target)
                ),
            )
    return Recovery(
        "undo",
        words,
        actions,
        cause.exit_code if cause else ExitCode.FAILED,
        cause.outcome if cause else "cut short, undone",
        told,
    )


def routine(deployment: Deployment, records: Sequence[Record], words: Words) -> Recovery:
    """Decide for the weekly run: first its backup, then what was being done to the live file."""
    work = file_work(deployment, records)
    if work.actions or not work.kept:
        cause = failure(records)
        if started(records, "copy") or cause is not None:
            return _of_backup(work, records)
        return nothing_left(records, "The routine was cut short before it began.")
    if started(records, "release"):
        found = rebuilt(deployment, records, words)
    elif finished(records, "size"):
        found = Recovery("finish", words(merged(records)), (), ExitCode.DONE, "done")
    else:
        found = beside(records, "The routine")
    told = {"backup_made": work.facts, **found.facts}
    if found.direction == "finish":
        return replace(found, facts=told)
    return replace(found, sentence=f"{found.sentence} {work.sentence}", facts=told)


def _of_backup(work: Any, records: Sequence[Record]) -> Recovery:  # noqa: ANN401
    cause = failure(records)
    code = cause.exit_code if cause else ExitCode.FAILED
    outcome = cause.outcome if cause else "cut short, undone"
    sentence = work.sentence
    if work.kept:
        sentence = f"{sentence} The rest of the routine was not done."
    return Recovery("undo", sentence, work.actions, code, outcome)


def _discard(target: Path) -> Facts:
    online.discard_unfinished(target)
    return {}
