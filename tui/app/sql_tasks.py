"""What the console has done beside the event loop: each task in a thread of its own.

It stops when it is told to, or when the file is to be let go of.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from textual.message import Message

from tui.app.seeing import Posts
from tui.core.errors import Cancelled, McpdbError

if TYPE_CHECKING:
    from tui.operations.reads.query import StatementError

Asked: TypeAlias = Callable[[], bool]
FAULT = "The console itself failed at this; what was read so far is lost."


@dataclass
class Done(Message):
    """A task is over, one way or another; each is told once."""

    task: Task
    value: Any = None
    problem: str | None = None
    """Why there is no value; empty where it was stopped."""
    wrong: StatementError | None = None
    """What is wrong with the statement, where that is the problem."""


@dataclass
class Arrived(Message):
    """Rows of a statement that still runs."""

    task: Task
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Task(threading.Thread):
    """Does one thing and posts what became of it; leaving the screen never waits for it."""

    def __init__(
        self,
        name: str,
        posts: Posts,
        work: Callable[[Task], Any],
        gone: Asked = lambda: False,
    ) -> None:
        """Make one; `start` begins it.

        Args:
            name: What it does, for who looks at threads.
            posts: Who is told.
            work: Carried out in the thread; touches no widget, and asks `is_cancelled`.
            gone: Whether the file is to be let go of.
        """
        super().__init__(name=f"sql: {name}", daemon=True)
        self.begun = time.monotonic()
        self.stopped = threading.Event()
        """Somebody wants it to stop."""
        self._posts, self._work, self._gone = posts, work, gone

    def stop(self) -> None:
        """Have it stopped; returns at once."""
        self.stopped.set()

    def is_cancelled(self) -> bool:
        """Whether it is to stop."""
        return self.stopped.is_set() or self._gone()

    def arrived(self, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        """Hand on rows that came."""
        self._posts.post_message(Arrived(self, columns, rows))

    def run(self) -> None:
        """Do it."""
        from tui.operations.reads.query import StatementError

        done = Done(self, problem=FAULT)
        try:
            done = Done(self, self._work(self))
        except Cancelled:
            done = Done(self, problem="")
        except StatementError as error:
            done = Done(self, problem=str(error), wrong=error)
        except McpdbError as error:
            # A stopped read may end in an error of the file that was taken away from it.
            done = Done(self, problem="" if self.is_cancelled() else str(error))
        finally:
            self._posts.post_message(done)
