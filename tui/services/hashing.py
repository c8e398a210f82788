"""Hashing a finished file beside other work on it: the hash costs no time of its own."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path
from types import TracebackType

from tui.core.errors import McpdbError
from tui.services import files

POLL = 0.1
"""Seconds between two looks at how far it is."""


class BackgroundHash:
    """SHA-256 of a file, made in a thread: hashing leaves the interpreter to others.

    Only for a file that no SQLite connection of ours has open with locks (I5): closing the
    thread's descriptor would drop them. Leaving the `with` block ends the thread.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done, self.total = 0, 0
        self._hex = ""
        self._error: McpdbError | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="hash", daemon=True)

    def __enter__(self) -> BackgroundHash:
        found = files.identity(self.path)
        self.total = found.size if found else 0
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        digest = hashlib.sha256()
        try:
            with files.open_regular(self.path) as descriptor:
                self.total = os.fstat(descriptor).st_size
                for done, chunk in files.chunks(descriptor, self.path):
                    digest.update(chunk)
                    self.done = done
                    if self._stop.is_set():
                        return
            self._hex = digest.hexdigest()
        except McpdbError as error:
            self._error = error

    def result(self, tick: files.Tick) -> str:
        """Wait for the hash; `tick` is told how far it is, and may raise.

        Raises:
            McpdbError: The file could not be read to its end.
        """
        tick(self.done, self.total)
        while self._thread.is_alive():
            self._thread.join(POLL)
            tick(self.done, self.total)
        if self._error is not None:
            raise self._error
        return self._hex
