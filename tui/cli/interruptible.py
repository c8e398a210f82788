"""Reading in this process that a signal ends.

Python hears no signal while SQLite counts, and one that is raised inside SQLite's own code would
be lost. So work that is one long call runs in a thread (`interruptible`), and work that asks on
its way looks at a mark (`Asked`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from tui.cli.console import Console
from tui.cli.following import Signals
from tui.core.errors import Cancelled

T = TypeVar("T")

_EVERY = 0.2
"""Seconds between two lines of progress."""


class Asked(Signals):
    """Whether a signal has asked to stop; a lost terminal asks too, for nobody reads on."""

    def _leave(self, number: int, frame: FrameType | None) -> None:
        self._stop(number, frame)

    def is_asked(self) -> bool:
        """Whether one has come."""
        return bool(self.received)

    def checkpoint(self) -> None:
        """End the work if one has come.

        Raises:
            Cancelled: It has.
        """
        if self.received:
            raise Cancelled("Interrupted.")


class Counting:
    """Shows on a terminal how far such work is, and lets a signal end it there."""

    def __init__(self, console: Console, asked: Asked) -> None:
        self._console = console
        self._asked = asked
        self._shown = time.monotonic()

    def tick(self, words: Callable[[], str]) -> None:
        """Pass a place where it may end; `words` are made where they are shown."""
        self._asked.checkpoint()
        now = time.monotonic()
        if self._console.in_place and now - self._shown > _EVERY and (told := words()):
            self._shown = now
            self._console.progress(f"» {told}")


def interruptible(work: Callable[[], T], stop: Callable[[], None], name: str) -> T:
    """Do some work in a thread of its own, and wait for it where a signal is heard.

    Args:
        work: What is to be done; its error is raised here.
        stop: Makes it end soon.
        name: Of the thread.

    Raises:
        KeyboardInterrupt: The signal came; the work was asked to end.
    """
    found: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001  handed on to the thread that waits
            failed.append(error)

    worker = threading.Thread(target=run, name=name, daemon=True)
    worker.start()
    try:
        while worker.is_alive():
            worker.join(0.1)
    except KeyboardInterrupt:
        stop()
        worker.join(1.0)
        raise
    for error in failed:
        raise error
    return found[0]
