"""Stopping what SQLite is doing: at a deadline, or when somebody asks."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tui.core import errors
from tui.core.models.queries import Ending

POLL = 0.05
"""Seconds between two looks whether a statement is to be stopped."""

Cancelled = Callable[[], bool]


class TimeIsUpError(Exception):
    """A read took longer than it may."""


def never() -> bool:
    """Let it run."""
    return False


class Watch:
    """Interrupts a connection once it is time, or when asked to.

    A progress handler would not do: counting a table and checking its pages are one step of
    SQLite's machine each, in which it is not called; an interrupt ends them (measured).
    """

    def __init__(
        self, connection: sqlite3.Connection, seconds: float | None, cancelled: Cancelled
    ) -> None:
        """Take what to watch; `with` begins it.

        Args:
            connection: What is interrupted.
            seconds: After so many; None: never.
            cancelled: Asked every `POLL` seconds, from a thread of its own.
        """
        self.ended: Ending = "complete"
        """What stopped it; `complete` while nothing has."""
        self.begun = time.monotonic()
        self._connection = connection
        self._deadline = None if seconds is None else self.begun + seconds
        self._cancelled = cancelled
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sql-watch", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def elapsed(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self.begun

    def look(self) -> Ending:
        """Whether it is to be stopped, and by what."""
        if self.ended == "complete":
            if self._cancelled():
                self.ended = "cancelled"
            elif self._deadline is not None and time.monotonic() >= self._deadline:
                self.ended = "seconds"
        return self.ended

    def _watch(self) -> None:
        wait = POLL
        while not self._done.wait(wait):
            if self.look() != "complete":
                # Again and again: between two steps there is nothing to interrupt.
                with suppress(sqlite3.Error):
                    self._connection.interrupt()
            elif self._deadline is not None:
                wait = max(0.001, min(POLL, self._deadline - time.monotonic()))


@contextmanager
def stoppable(
    connection: sqlite3.Connection, cancelled: Cancelled, seconds: float | None = None
) -> Iterator[None]:
    """Let statements run until somebody wants them to stop; one may stand in another.

    Args:
        connection: Used by nobody else meanwhile.
        cancelled: Asked every `POLL` seconds, from a thread of its own.
        seconds: At most so long; None without end.

    Raises:
        Cancelled: `cancelled` said so, or somebody else interrupted the connection.
        TimeIsUpError: The time is up.
    """
    with Watch(connection, seconds, cancelled) as watch:
        try:
            _raise_if_ended(watch.look())
            yield
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
                raise
            _raise_if_ended(watch.ended)
            raise errors.Cancelled("Cancelled.") from error
        except errors.Cancelled:
            # One that stands in this one does not know what stopped it.
            _raise_if_ended(watch.ended)
            raise


def _raise_if_ended(ended: Ending) -> None:
    if ended == "seconds":
        raise TimeIsUpError
    if ended != "complete":
        raise errors.Cancelled("Cancelled.")
