"""Reads of rows that are asked for on the event loop and carried out in one thread beside it.

Of what waits, the newest of its kind is done and the others are told that they are not. What is
asked for at a key stops what is read in the background, and takes its place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.message import Message

from tui.app.seeing import Posts
from tui.core.errors import Cancelled, McpdbError

if TYPE_CHECKING:
    from tui.operations.reads.browsing import Browser
    from tui.operations.reads.looking import LiveDatabase


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One read. It is answered exactly once."""

    kind: str
    """A later job of a kind takes the place of an earlier one."""
    run: Callable[[Browser], Any]
    """Carried out in the thread; touches no widget."""
    then: Callable[[Any], None]
    """Gets what was read, on the event loop."""
    failed: Callable[[str], None]
    """Gets why there is nothing, on the event loop; empty where it was stopped."""
    idle: bool = False
    """Done when nothing else is, and begun anew after what came between."""


@dataclass
class Answer(Message):
    """A job is done."""

    job: Job
    value: object = None
    problem: str | None = None
    """Why there is no value; empty where it was stopped."""

    def tell(self) -> None:
        """Call who asked."""
        if self.problem is None:
            self.job.then(self.value)
        else:
            self.job.failed(self.problem)


class Desk:
    """What waits to be read of one database."""

    def __init__(self, posts: Posts) -> None:
        self._posts = posts
        self._lock = threading.Lock()
        self._waiting: dict[str, Job] = {}
        self._running: Job | None = None
        self._stopped = False
        """The job that runs was told to stop."""
        self._dropped = False
        """Nor is it to be begun anew."""
        self._browser: Browser | None = None
        self._ended = False
        self.wake = threading.Event()
        """Something is to be done."""
        self.in_sight = True
        """Whether anybody sees what is read in the background."""

    # --- the event loop's side ------------------------------------------------------------

    def ask(self, job: Job) -> None:
        """Have something read."""
        with self._lock:
            replaced = self._waiting.pop(job.kind, None)
            self._waiting[job.kind] = job
            running = self._running
            if running is not None and not job.idle and (running.idle or running.kind == job.kind):
                self._stop_running()
        if replaced is not None:
            self._post(Answer(replaced, problem=""))
        self.wake.set()

    def drop(self, *kinds: str) -> None:
        """Do not read what is asked for under these kinds; stop it where it runs."""
        with self._lock:
            dropped = [self._waiting.pop(kind) for kind in kinds if kind in self._waiting]
            if self._running is not None and self._running.kind in kinds:
                self._dropped = True
                self._stop_running()
        for job in dropped:
            self._post(Answer(job, problem=""))

    def show(self, in_sight: bool) -> None:
        """Whether what is read in the background can be seen."""
        self.in_sight = in_sight
        with self._lock:
            if not in_sight and self._running is not None and self._running.idle:
                self._stop_running()
        self.wake.set()

    def end(self) -> None:
        """Read no more; returns at once."""
        with self._lock:
            self._ended = True
            self._waiting.clear()
            self._stop_running()
        self.wake.set()

    def _stop_running(self) -> None:
        if self._running is not None:
            self._stopped = True
            if self._browser is not None:
                self._browser.cancel()

    @property
    def has_ended(self) -> bool:
        """Nothing is read any more: what was read of is closed."""
        return self._ended

    # --- the thread's side ----------------------------------------------------------------

    def is_cancelled(self) -> bool:
        """Whether the job that runs is to stop."""
        return self._stopped or self._ended

    def work(self, browser: Browser) -> bool:
        """Do one job; False where there is none."""
        with self._lock:
            self._browser = browser
            job = self._next()
            self._running, self._stopped, self._dropped = job, False, False
        if job is None:
            return False
        answer = self._answer(job, browser)
        with self._lock:
            self._running = None
            again = job.idle and answer.problem == "" and not (self._ended or self._dropped)
            # A later one takes its place; what was asked for meanwhile comes first.
            again = again and job.kind not in self._waiting
            if again:
                self._waiting[job.kind] = job
        if not again:
            self._post(answer)
        return True

    def _next(self) -> Job | None:
        for job in self._waiting.values():
            if not job.idle:
                return self._waiting.pop(job.kind)
        if not self.in_sight:
            return None
        return self._waiting.pop(next(iter(self._waiting))) if self._waiting else None

    def _answer(self, job: Job, browser: Browser) -> Answer:
        try:
            return Answer(job, job.run(browser))
        except Cancelled:
            return Answer(job, problem="")
        except McpdbError as error:
            return Answer(job, problem="" if self._stopped else str(error))

    def _post(self, message: Message) -> None:
        if not self._ended:
            self._posts.post_message(message)


class LiveRows(threading.Thread):
    """Reads rows of the live database; holds no connection between two reads."""

    def __init__(self, live: LiveDatabase, posts: Posts, more_secrets: tuple[str, ...]) -> None:
        super().__init__(name="look: rows", daemon=True)
        self.desk = Desk(posts)
        self._live, self._more_secrets = live, more_secrets
        self._ended = threading.Event()

    def run(self) -> None:
        """Read until ended."""
        from tui.operations.reads.browsing import Browser

        browser = Browser(self._live, more_secrets=self._more_secrets)
        while not self._ended.is_set():
            self.desk.wake.clear()
            if self.desk.work(browser):
                continue
            self.desk.wake.wait()

    def end(self) -> None:
        """Stop; does not wait for it."""
        self._ended.set()
        self.desk.end()
