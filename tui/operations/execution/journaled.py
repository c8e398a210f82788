"""Reading an operation's own journal while it recovers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tui.core.errors import ExitCode
from tui.core.operation import Record, RecoveryAction


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an operation did not go through to its end."""

    exit_code: ExitCode
    sentence: str
    outcome: str
    step: str


def merged(records: Sequence[Record]) -> dict[str, Any]:
    """All facts of an operation's steps and recoveries; later ones win."""
    facts: dict[str, Any] = {}
    for record in records:
        if record["kind"] in ("step_started", "step_finished", "recovery_finished"):
            facts.update(record.get("facts") or {})
    return facts


def told_by_failure(records: Sequence[Record]) -> dict[str, Any]:
    """What the error that ended the steps told beside its text."""
    found = next((record for record in records if record["kind"] == "failed"), {})
    return dict(found.get("facts") or {})


def started(records: Sequence[Record], step: str) -> bool:
    """Whether a step had begun."""
    return any(r["kind"] == "step_started" and r["step"] == step for r in records)


def finished(records: Sequence[Record], step: str) -> bool:
    """Whether a step's effect is known to be on disk."""
    return any(r["kind"] == "step_finished" and r["step"] == step for r in records)


def recovered(records: Sequence[Record], action: str) -> bool:
    """Whether a recovery action was carried out."""
    return any(r["kind"] == "recovery_finished" and r["action"] == action for r in records)


def recovery_failure(records: Sequence[Record], action: str) -> Failure | None:
    """The last failure of a recovery action."""
    for record in reversed(records):
        if record["kind"] == "recovery_failed" and record["action"] == action:
            return _failure(record, action)
    return None


def gave_up(records: Sequence[Record], action: str) -> Failure | None:
    """The failure of an action in the present attempt; another attempt tries it again."""
    begin = max((i for i, r in enumerate(records) if r["kind"] == "resumed"), default=0)
    return recovery_failure(records[begin:], action)


def pending(
    records: Sequence[Record], actions: Sequence[RecoveryAction]
) -> tuple[RecoveryAction, ...]:
    """The actions that have neither been carried out nor failed in this attempt."""
    return tuple(
        action
        for action in actions
        if not recovered(records, action.action) and not gave_up(records, action.action)
    )


def failure(records: Sequence[Record]) -> Failure | None:
    """The failure or cancel that ended the steps; None when they were cut, not ended."""
    for record in records:
        if record["kind"] == "failed":
            return _failure(record, str(record.get("step", "")))
    return None


def _ended(text: str) -> str:
    """A sentence that another may follow: other programs' messages have no full stop."""
    return text if not text or text[-1] in ".!?" else f"{text}."


def _failure(record: Record, step: str) -> Failure:
    code = int(record.get("exit", ExitCode.FAILED))
    known = ExitCode(code) if code in set(ExitCode) else ExitCode.FAILED
    return Failure(
        exit_code=known,
        sentence=_ended(str(record.get("error", ""))),
        outcome="cancelled" if record.get("cancelled") else "failed",
        step=step,
    )
