"""Work that ctrl-c ends: Python hears no signal while SQLite counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


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
