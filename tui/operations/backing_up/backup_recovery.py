"""What a backup that was cut, failed or cancelled still owes as far as files go.

A copy that was verified and had a name chosen is published: what it cost has been paid. Anything
less is removed. The second copy is never made again here: it may be long, and whatever change
comes next must not wait for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui.core.models import Deployment, Manifest
from tui.core.operation import Facts, Record, RecoveryAction
from tui.operations.backing_up import inside_container, second_location
from tui.operations.backing_up.making import without_second
from tui.operations.backing_up.publishing import publish, summary
from tui.operations.execution.journaled import (
    failure,
    finished,
    merged,
    recovered,
    recovery_failure,
)
from tui.services import files, manifests
from tui.services.sqlite import copying
from tui.wording.clean import one_line


@dataclass(frozen=True, slots=True)
class FileWork:
    """What is left to do with the files of a backup."""

    kept: bool
    """Whether there is a backup in the end."""
    sentence: str
    actions: tuple[RecoveryAction, ...] = ()
    partly: bool = False
    """Whether its second copy is missing."""
    facts: dict[str, Any] = field(default_factory=dict)
    """The result, where the steps could not give it any more."""


def file_work(deployment: Deployment, records: Sequence[Record]) -> FileWork:
    """Decide what becomes of the files.

    Args:
        deployment: Whose.
        records: The journal so far.
    """
    facts = merged(records)
    if finished(records, "publish") or recovered(records, "publish"):
        return _published(deployment, records, facts)
    if _may_be_published(records, facts):
        return _to_publish(deployment, facts, packs=_was_to_be_packed(deployment, records))
    cause = failure(records)
    words = cause.sentence if cause else "A backup was cut short; nothing was kept."
    action = RecoveryAction(
        "discard", "remove the unfinished copy", lambda _p: _discard(deployment, facts)
    )
    undone = "partial" not in facts or recovered(records, "discard")
    gave_up = recovery_failure(records, "discard")
    if gave_up is not None:
        words = f"{words} {gave_up.sentence}"
    return FileWork(False, words, () if undone or gave_up else (action,))


def _may_be_published(records: Sequence[Record], facts: dict[str, Any]) -> bool:
    """Verified, named, and not ended by a failure of the file or by a cancel."""
    if "final" not in facts or "manifest" not in facts or recovery_failure(records, "publish"):
        return False
    cause = failure(records)
    return cause is None or (cause.outcome != "cancelled" and cause.step in ("publish", "start"))


def _was_to_be_packed(deployment: Deployment, records: Sequence[Record]) -> bool:
    params = records[0].get("params") or {} if records else {}
    wished = params.get("compress")
    return deployment.compress if wished is None else bool(wished)


def _to_publish(deployment: Deployment, facts: dict[str, Any], *, packs: bool) -> FileWork:
    final, values = Path(facts["final"]), dict(facts["manifest"])
    ready, other = Path(facts["partial"]), facts.get("packed")
    if values.get("compression"):
        ready, other = Path(facts["packed"]), facts["partial"]

    def act(_progress: object) -> Facts:
        found = publish(ready, final, values, deployment.group)
        if other:
            copying.discard(Path(other))
        return found

    words = f"A backup was cut before it had its name {one_line(final.name)}; it is whole."
    if packs and not values.get("compression"):
        words += " It is not compressed: there was no time for that."
    missing = _missing(deployment)
    return FileWork(
        True,
        f"{words} {missing}".strip(),
        (RecoveryAction("publish", "give it its name and manifest", act),),
        partly=bool(missing),
    )


def _missing(deployment: Deployment) -> str:
    if deployment.second_dir is None:
        return ""
    return str(without_second(deployment.second_dir, "cut short")["sentence"])


def _published(
    deployment: Deployment, records: Sequence[Record], facts: dict[str, Any]
) -> FileWork:
    final = Path(facts["final"])
    result = summary(final, Manifest(**{**facts["manifest"], "name": final.name}))
    words = f"The backup {one_line(final.name)} is made and verified."
    if deployment.second_dir is None:
        return FileWork(True, words, facts=result)
    if finished(records, "second"):
        words = str(facts.get("sentence") or words)
        return FileWork(True, words, partly=bool(facts.get("second_problem")), facts=result)
    if "second_partial" not in facts or recovery_failure(records, "second"):
        return FileWork(True, _missing(deployment), partly=True, facts=result)
    place = second_location.Place(Path(facts["second_partial"]), Path(facts["second_final"]))
    # It gets its name only after it was read back: whatever has the name is whole.
    named = files.identity(place.final) is not None
    group = deployment.group

    def note(_progress: object) -> Facts:
        return second_location.record(final, place, group)

    def discard(_progress: object) -> Facts:
        second_location.discard_there(place)
        return {}

    if named:
        action = RecoveryAction("second", "note where its copy is", note)
    else:
        words = _missing(deployment)
        action = RecoveryAction("second", "remove the unfinished copy", discard)
    pending = () if recovered(records, "second") else (action,)
    return FileWork(True, words, pending, partly=not named, facts=result)


def _discard(deployment: Deployment, facts: dict[str, Any]) -> Facts:
    """Remove the copies, and the manifest if that was all that got its name."""
    if facts.get("inside"):
        inside_container.discard(deployment, str(facts["inside"]))
    for key in ("partial", "packed"):
        if facts.get(key):
            copying.discard(Path(facts[key]))
    final = facts.get("final")
    if final and files.identity(Path(final)) is None:
        files.remove(manifests.path_for(Path(final)))
    return {}
