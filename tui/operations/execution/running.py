"""Runs an operation: the journal before and after each step, and recovery by the journal alone."""

from __future__ import annotations

import sqlite3
import time
import traceback
from collections.abc import Callable
from typing import Any

from tui.core.errors import Cancelled, DockerError, ExitCode, McpdbError
from tui.core.operation import Facts, Operation, Progress, Record, StepFinished, StepStarted
from tui.operations.cataloguing import suspicion
from tui.services.journal import Journal
from tui.wording.clean import one_line

TICKS_PER_SECOND = 5
MAX_ROUNDS = 6
"""How often recovery may change its mind before it is a bug."""


class Run:
    """One run of one operation, from its first record to its last."""

    def __init__(
        self,
        operation: Operation,
        journal: Journal,
        records: list[Record],
        *,
        cancelled: Callable[[], bool],
        lock: int,
    ) -> None:
        self._operation = operation
        self._journal = journal
        self._records = records
        self._lock = lock
        self._cancelled = cancelled
        self._step = ""
        self._ticked = 0.0

    def execute(self) -> ExitCode:
        """Run the steps, then whatever recovery asks for; the journal knows the outcome.

        Every exception is journaled before anything is undone, a bug as well: whatever
        happened, the journal decides what is done about it.
        """
        progress = self._progress(self._cancelled)
        try:
            result = self._drive(progress)
        except Exception as error:  # noqa: BLE001
            self._failed(error)
            return self.settle()
        facts = dict(result)
        code = ExitCode(int(facts.pop("ends_with", ExitCode.DONE)))
        outcome = {
            "outcome": str(facts.pop("outcome", "done")),
            "sentence": str(facts.get("sentence", "")),
        }
        self._append("ended", exit=int(code), result=facts, **outcome)
        return code

    def settle(self) -> ExitCode:
        """Do what the journal says must still be done; safe to repeat after any cut."""
        for _round in range(MAX_ROUNDS):
            recovery = self._operation.recover(self._records)
            for action in recovery.actions:
                self._step = f"recovery:{action.action}"
                self._append(
                    "recovery_started",
                    action=action.action,
                    title=action.title,
                    direction=recovery.direction,
                    sentence=recovery.sentence,
                )
                try:
                    facts = action.run(self._progress(lambda: False))
                except DockerError as error:
                    return self._suspend(action.action, error)
                except Exception as error:  # noqa: BLE001
                    suspicion.notice(self._operation.deployment, error)
                    self._append("recovery_failed", action=action.action, **_told(error))
                    break
                self._append("recovery_finished", action=action.action, facts=dict(facts))
            else:
                self._append(
                    "ended",
                    exit=int(recovery.exit_code),
                    outcome=recovery.outcome,
                    sentence=recovery.sentence,
                    result={**self._result(), **recovery.facts},
                )
                return recovery.exit_code
        self._append(
            "suspended",
            exit=int(ExitCode.ROLLBACK_FAILED),
            outcome="not undone",
            sentence="Recovery did not come to an end; nothing was deleted. `resume` tries again.",
        )
        return ExitCode.ROLLBACK_FAILED

    def _drive(self, progress: Progress) -> Facts:
        steps = self._operation.steps(progress)
        while True:
            try:
                step = next(steps)
            except StopIteration as finished:
                result: Facts = finished.value
                return result
            match step:
                case StepStarted():
                    self._step = step.step
                    self._append(
                        "step_started",
                        step=step.step,
                        title=step.title,
                        cancellable=step.cancellable,
                        facts=dict(step.facts),
                    )
                case StepFinished():
                    self._append("step_finished", step=step.step, facts=dict(step.facts))

    def _suspend(self, action: str, error: DockerError) -> ExitCode:
        """Docker is gone: what is owed stays in the journal, `resume` pays it."""
        self._append("recovery_failed", action=action, **_told(error))
        self._append(
            "suspended",
            exit=int(ExitCode.DOCKER),
            outcome="gateway down",
            sentence=f"{error} When Docker answers again: mcpdb-tui resume",
        )
        return ExitCode.DOCKER

    def _failed(self, error: Exception) -> None:
        suspicion.notice(self._operation.deployment, error)
        self._append("failed", step=self._step, **_told(error))

    def _result(self) -> dict[str, Any]:
        """What the recovery's actions found out, for whoever reads the end."""
        facts: dict[str, Any] = {}
        for record in self._records:
            if record["kind"] == "recovery_finished":
                facts.update(record.get("facts") or {})
        return facts

    def _append(self, kind: str, **fields: Any) -> None:  # noqa: ANN401
        self._records.append(self._journal.append(kind, **fields))

    def _progress(self, cancelled: Callable[[], bool]) -> Progress:
        return Progress(self._tick, cancelled, operation_id=self._journal.id, lock=self._lock)

    def _tick(self, done: int, total: int, unit: str) -> None:
        now = time.monotonic()
        if done >= total > 0 or now - self._ticked >= 1 / TICKS_PER_SECOND:
            self._ticked = now
            self._journal.tick(self._step, done, total, unit)


def _told(error: Exception) -> dict[str, Any]:
    """An exception as a journal keeps it: our own as they are, a bug with its trace."""
    if isinstance(error, McpdbError):
        return {
            "error": str(error),
            "exit": int(error.exit_code),
            "cancelled": isinstance(error, Cancelled),
            **({"facts": dict(error.facts)} if error.facts else {}),
        }
    if isinstance(error, OSError | sqlite3.Error):
        return {"error": one_line(str(error)), "exit": int(ExitCode.FAILED), "cancelled": False}
    trace = "".join(traceback.format_exception(error, limit=-8))
    return {
        "error": f"A fault in mcpdb-tui itself: {one_line(repr(error))[:200]}",
        "exit": int(ExitCode.FAILED),
        "cancelled": False,
        "trace": trace[-4_000:],
    }
