"""Does the last thing that was asked for, off the event loop, and can be stopped at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from textual.message import Message

from tui.app.seeing import Posts
from tui.core.errors import Cancelled, McpdbError

TELL_EVERY = 0.1
"""Seconds between two words about how far it is."""

Checkpoint: TypeAlias = Callable[[], None]
Tick: TypeAlias = Callable[[int, int], None]


@dataclass
class Far(Message):
    """How far a job is; nothing is known of the total while it is 0."""

    done: int
    total: int


@dataclass
class NotDone(Message):
    """Why a job came to nothing, in a sentence."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One thing to do."""

    work: Callable[[Checkpoint, Tick], Message]
    """Does it; calls both often, and lets `Cancelled` pass."""
    posts: Posts
    """Takes what `work` returns, or why there is nothing."""
    stopped: threading.Event = field(default_factory=threading.Event)


class Latest(threading.Thread):
    """One thread, one job at a time: another one stops the one before, whose result is dropped.

    A daemon rather than a worker of the event loop: leaving the screen never waits for it.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._wake = threading.Condition()
        self._next: Job | None = None
        self._now: Job | None = None
        self._ended = False

    # --- the event loop's side ------------------------------------------------------------

    def ask(self, job: Job) -> None:
        """Do this, and nothing that was asked for before."""
        with self._wake:
            self._drop()
            self._next = job
            self._wake.notify()

    def stop(self) -> bool:
        """Stop what is being done; False when that was nothing. Its result is dropped."""
        with self._wake:
            return self._drop()

    def end(self, wait: float = 0.0) -> None:
        """Stop for good.

        Args:
            wait: Seconds within which what was opened is closed, for who leaves the program.
        """
        with self._wake:
            self._drop()
            self._ended = True
            self._wake.notify()
        if wait and self.is_alive():
            self.join(wait)

    def _drop(self) -> bool:
        """Under the lock."""
        found = [job for job in (self._now, self._next) if job is not None]
        for job in found:
            job.stopped.set()
        self._now = self._next = None
        return bool(found)

    # --- the thread's side ----------------------------------------------------------------

    def run(self) -> None:
        """Do what is asked for until the end."""
        while (job := self._taken()) is not None:
            self._do(job)

    def _taken(self) -> Job | None:
        with self._wake:
            self._wake.wait_for(lambda: self._next is not None or self._ended)
            if self._ended:
                return None
            self._now, self._next = self._next, None
            return self._now

    def _do(self, job: Job) -> None:
        def checkpoint() -> None:
            if job.stopped.is_set():
                raise Cancelled("Stopped.")

        told = time.monotonic()

        def tick(done: int, total: int) -> None:
            nonlocal told
            checkpoint()
            if time.monotonic() - told >= TELL_EVERY:
                told = time.monotonic()
                job.posts.post_message(Far(done, total))

        try:
            message = job.work(checkpoint, tick)
        except Cancelled:
            return
        except McpdbError as error:
            message = NotDone(str(error))
        with self._wake:
            if job.stopped.is_set():
                return
            self._now = None
        job.posts.post_message(message)
