"""What a migration that was cut, failed or cancelled still owes, by its journal alone.

It is a restore's recovery: undone before the swap, finished after it, and the exchange the other
way round where the gateway does not work with the new file. What it adds is the scratch folder
and whatever may still be working in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tui.core.errors import ExitCode
from tui.core.models import Deployment
from tui.core.operation import Facts, Record, Recovery, RecoveryAction
from tui.operations.execution.journaled import gave_up, merged, recovered, started, told_by_failure
from tui.operations.migrating.rehearsing import discard, place_of
from tui.operations.migrating.result import of_result, sentence
from tui.operations.migrating.spare import put_name_back, spare_of
from tui.operations.restoring import restore_recovery
from tui.services import files
from tui.wording.clean import one_line

NOTHING = "Nothing was changed."


def decide(deployment: Deployment, records: Sequence[Record], *, start: bool) -> Recovery:
    """Decide what is left to do; see the module.

    Args:
        deployment: Whose database.
        records: The journal so far.
        start: Start the gateway in the end even if it had been stopped before.
    """
    recovery = restore_recovery.decide(deployment, records, start=start)
    facts = merged(records)
    recovery = replace(recovery, actions=_with_sweep(deployment, records, facts, recovery))
    if recovery.direction != "finish":
        words = _as_it_is(deployment, records, facts, recovery.sentence)
        told = {**recovery.facts, **_of_failure(records, facts)}
        return replace(recovery, sentence=words, facts=told)
    done = recovery.exit_code is ExitCode.DONE and recovered(records, "readback")
    words = sentence(facts) if done and "applied" in facts else recovery.sentence
    return replace(recovery, sentence=words, facts={**recovery.facts, **of_result(facts)})


def _as_it_is(
    deployment: Deployment, records: Sequence[Record], facts: Facts, sentence: str
) -> str:
    """The sentence; it does not say that nothing changed where another file stands there."""
    live = files.identity(deployment.database)
    if started(records, "swap") or live is None or not facts.get("live_inode"):
        return sentence
    if live.inode == facts["live_inode"]:
        return sentence
    keep = Path(str(facts.get("keep") or ""))
    place = Path(str(facts.get("staged") or ""))
    spare = files.identity(spare_of(place)) if facts.get("staged") else None
    kept = (spare is not None and spare.links == 1) or files.identity(keep) is not None
    told = (
        f"Another file was found at {one_line(deployment.database.name)} and is left there; the "
        "database that stood there "
    )
    told += f"is kept as {one_line(keep.name)}." if kept else "has another name now."
    if NOTHING in sentence:
        return sentence.replace(NOTHING, told)
    return f"{sentence} {told}"


def _of_failure(records: Sequence[Record], facts: Facts) -> Facts:
    """What a page says of one that failed: the report, and the revision with its statement."""
    told = told_by_failure(records)
    if "rehearsal" in facts:
        told.setdefault("rehearsal", facts["rehearsal"])
    return told


def _with_sweep(
    deployment: Deployment, records: Sequence[Record], facts: Facts, recovery: Recovery
) -> Sequence[RecoveryAction]:
    """Add the removal of the scratch folder, before the gateway is started with its space."""
    if not facts.get("scratch") or recovered(records, "sweep") or gave_up(records, "sweep"):
        return recovery.actions
    sweep = RecoveryAction(
        "sweep",
        "remove the copy, and what still works on it",
        lambda p: _sweep(deployment, p.operation_id, facts),
    )
    actions = list(recovery.actions)
    names = [action.action for action in actions]
    if "discard" in names:
        actions.insert(names.index("discard"), sweep)
    elif facts.get("way") != "overwrite":
        actions.insert(0, sweep)
    elif recovery.exit_code is not ExitCode.ROLLBACK_FAILED:
        # Until it is settled what stands in the live file, it is compared with the copy.
        actions.append(sweep)
    return actions


def _sweep(deployment: Deployment, operation_id: str, facts: Facts) -> Facts:
    if facts.get("keep"):
        spare = spare_of(place_of(deployment, operation_id))
        put_name_back(deployment.database, spare, Path(str(facts["keep"])))
    discard(deployment, operation_id)
    return {}
