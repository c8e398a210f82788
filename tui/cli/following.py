"""Following an operation that runs in a process of its own, and what signals mean meanwhile.

SIGINT and SIGTERM ask the operation to stop and then wait for its end, whatever that is; a
second one does not skip that. SIGHUP only ends the looking: the work goes on.
"""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

from tui.cli.console import Console
from tui.cli.report.progress import Narrator
from tui.core.errors import BusyError, McpdbError, NotFoundError
from tui.core.models import ActivityEntry, Deployment
from tui.operations.activity import read_entry
from tui.operations.execution.launch import cancel, launch_resume

POLL = 0.1
"""Seconds between two looks at a journal."""

RESUME_PATIENCE = 60.0
"""Seconds to wait for somebody else who is settling the same operation."""


class HungUp(BaseException):
    """The terminal is gone; no error, and nothing that an `except` on the way may keep."""


class Signals:
    """Takes the signals while an operation is followed; gives them back afterwards."""

    def __init__(self) -> None:
        self.received = 0
        """Number of the first signal that asked to stop; 0 while there is none."""
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        """Take SIGINT, SIGTERM and SIGHUP; one that is ignored (nohup, &) stays so."""
        for number, handler in (
            (signal.SIGINT, self._stop),
            (signal.SIGTERM, self._stop),
            (signal.SIGHUP, self._leave),
        ):
            before = signal.getsignal(number)
            if before is not signal.SIG_IGN:
                self._before[number] = before
                signal.signal(number, handler)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give them back."""
        for number, before in self._before.items():
            signal.signal(number, before)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self.received = self.received or number

    def _leave(self, _number: int, _frame: FrameType | None) -> None:
        raise HungUp


class Follower:
    """Looks at one operation's journal until it has ended."""

    def __init__(self, deployment: Deployment, console: Console, signals: Signals) -> None:
        self._deployment = deployment
        self._console = console
        self._signals = signals
        self._asked = False

    def recovering(self, journal_id: str) -> None:
        """Say which older operation is settled first."""
        with suppress(McpdbError):
            entry = read_entry(self._deployment, journal_id)
            subject = f" {entry.subject}" if entry.subject else ""
            self._console.say(
                f"! finishing or undoing the {entry.operation}{subject} of {entry.who} that was "
                f"cut short (op {entry.number})…"
            )

    def follow(self, journal_id: str) -> ActivityEntry:
        """Narrate until the end.

        An operation whose process is gone without an end is settled here, and its outcome
        reported as if nothing had happened.

        Raises:
            McpdbError: It could not be settled; what is owed stays in its journal.
        """
        narrator = Narrator(self._console)
        patience = time.monotonic() + RESUME_PATIENCE
        while True:
            entry = read_entry(self._deployment, journal_id)
            narrator.show(entry)
            if entry.state in ("done", "failed") or _is_suspended(entry):
                return entry
            if entry.state == "cut":
                self._resume(entry, patience)
                continue
            self._ask_to_stop(entry)
            time.sleep(POLL)

    def _resume(self, entry: ActivityEntry, patience: float) -> None:
        self._console.say(
            f"! the process of the {entry.operation} is gone; finishing or undoing what it left…"
        )
        try:
            launch_resume(self._deployment)
        except BusyError:
            # Somebody else may be settling it already; the journal will tell.
            if time.monotonic() >= patience:
                raise
            time.sleep(POLL)
        except McpdbError:
            # It wrote down why it had to give up: that is the outcome.
            if not _is_suspended(read_entry(self._deployment, entry.id)):
                raise

    def _ask_to_stop(self, entry: ActivityEntry) -> None:
        if not self._signals.received or self._asked:
            return
        self._asked = True
        if entry.cancellable:
            self._console.say("· asked to cancel; waiting for its end…")
        else:
            self._console.say("· too late to cancel: it finishes or undoes itself; waiting…")
        # It may have ended between the look and the wish.
        with suppress(NotFoundError):
            cancel(self._deployment, entry.id)


def _is_suspended(entry: ActivityEntry) -> bool:
    """Whether it gave up for now and said why; `resume` goes on when that is gone."""
    return entry.state == "cut" and bool(entry.outcome)
