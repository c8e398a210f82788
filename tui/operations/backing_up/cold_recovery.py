"""What a cold backup that was cut, failed or cancelled still owes: its files and the gateway.

The files come first, for that is a matter of a rename; then the gateway gets back the state it
had, whatever became of the backup (I6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tui.core.errors import DockerError, ExitCode
from tui.core.models import Deployment
from tui.core.operation import Facts, Progress, Record, Recovery, RecoveryAction
from tui.operations.backing_up.backup_recovery import FileWork, file_work
from tui.operations.execution.journaled import (
    Failure,
    failure,
    finished,
    merged,
    recovered,
    recovery_failure,
    started,
)
from tui.operations.finding.gateways import (
    START_PATIENCE,
    require_gateway,
    start_with_patience,
    wait_healthy,
)


def start_gateway(
    deployment: Deployment,
    progress: Progress,
    *,
    healthy: bool,
    patience: float | None = None,
) -> Facts:
    """Start it, and wait until it is healthy if it was so before.

    Raises:
        DockerError: The engine does not answer, for `patience` (`START_PATIENCE`) seconds.
        McpdbError: It does not start, or does not become healthy.
    """
    gateway = require_gateway(deployment)

    def note(done: int, total: int) -> None:
        progress.note(done, total, "seconds")

    start_with_patience(gateway, note, START_PATIENCE if patience is None else patience)
    if not healthy:
        return {"gateway_up": True, "proven_by_start": False}
    found = wait_healthy(gateway, note)
    return {"gateway_up": True, "proven_by_start": True, "health": found.text}


def decide(deployment: Deployment, records: Sequence[Record]) -> Recovery:
    """Decide what is left to do; see the module.

    Args:
        deployment: Whose.
        records: The journal so far.
    """
    facts = merged(records)
    work = file_work(deployment, records)
    actions = [*work.actions, *_for_gateway(deployment, records, facts, kept=work.kept)]
    stuck = _gave_up(records, "start") or _gave_up(records, "settle")
    if work.kept:
        return _kept(work, actions, facts, stuck)
    cause = failure(records)
    code = cause.exit_code if cause else ExitCode.FAILED
    outcome = cause.outcome if cause else "cut short, undone"
    words = work.sentence
    if stuck is not None:
        code, outcome = ExitCode.UNHEALTHY, "gateway not back"
        words = f"{words} {stuck.sentence}"
    return Recovery("undo", words, actions, code, outcome)


def _kept(
    work: FileWork,
    actions: list[RecoveryAction],
    facts: dict[str, Any],
    stuck: Failure | None,
) -> Recovery:
    """There is a backup; the exit code tells what is not as it should be."""
    why = stuck.sentence if stuck is not None else str(facts.get("unhealthy") or "")
    if why:
        return Recovery(
            "finish",
            f"{work.sentence} {why}",
            actions,
            ExitCode.UNHEALTHY,
            "gateway not healthy",
            work.facts,
        )
    code, outcome = ExitCode.DONE, "done"
    if work.partly:
        code, outcome = ExitCode.PARTLY, "partly done"
    return Recovery("finish", work.sentence, actions, code, outcome, work.facts)


def _for_gateway(
    deployment: Deployment, records: Sequence[Record], facts: dict[str, Any], *, kept: bool
) -> list[RecoveryAction]:
    """Let a stop end that was under way, then start again what ran before."""
    if not started(records, "stop") or not facts.get("was_running"):
        return []
    if finished(records, "start") and not facts.get("debt"):
        return []
    # An engine that has just been waited for is not waited for again in the same run.
    waited = bool(facts.get("debt")) and not any(r["kind"] == "resumed" for r in records)
    found = []
    if not finished(records, "stop"):
        # The engine may still be stopping it: a start now would be answered "already running".
        found.append(RecoveryAction("settle", "let the stop end", lambda _p: _settle(deployment)))
    found.append(
        RecoveryAction(
            "start",
            "start the gateway again",
            lambda p: _start_owed(
                deployment, facts, p, kept=kept, patience=0.0 if waited else None
            ),
        )
    )
    return [
        action
        for action in found
        if not recovered(records, action.action) and not _gave_up(records, action.action)
    ]


def _start_owed(
    deployment: Deployment,
    facts: dict[str, Any],
    progress: Progress,
    *,
    kept: bool,
    patience: float | None,
) -> Facts:
    """Start what ran before; where Docker is gone, the sentence tells what became of the backup."""
    try:
        return start_gateway(
            deployment, progress, healthy=bool(facts.get("was_healthy")), patience=patience
        )
    except DockerError as error:
        made = "is made and verified" if kept else "was not made"
        raise DockerError(
            f"The backup {made}; the gateway is stopped and could not be started again: {error}"
        ) from error


def _settle(deployment: Deployment) -> Facts:
    require_gateway(deployment).stop()
    return {}


def _gave_up(records: Sequence[Record], action: str) -> Failure | None:
    """The failure of an action in the present attempt; another attempt tries it again."""
    begin = max((i for i, r in enumerate(records) if r["kind"] == "resumed"), default=0)
    return recovery_failure(records[begin:], action)
