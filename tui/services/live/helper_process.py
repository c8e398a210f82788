"""A process of our own that does one thing for us and is told what by lines of text.

What opens a live database for writing runs in such a process: whatever becomes of its parent, it
ends what it began, and no descriptor of the parent's can drop its locks (I5).
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import suppress
from types import TracebackType
from typing import Any

from tui.core.errors import McpdbError


class HelperGoneError(McpdbError):
    """The helper ended without a word: killed, or no memory; what it did must be looked at."""


class HelperProcess:
    """Starts `python -m MODULE` and talks to it: a line out, lines `word {json}` back.

    Use it as a context manager: leaving it closes the helper's input, which tells it that it is
    not wanted any more, and waits for its end. Signals of the caller's session do not reach it.
    """

    def __init__(self, module: str, lock: int) -> None:
        """Start it.

        Args:
            module: What it runs.
            lock: The database's lock, which lasts until the helper has ended too; -1 for none.
        """
        # -P: only the installed package is imported, whatever folder the caller stands in.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            pass_fds=(lock,) if lock >= 0 else (),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it; see `close`."""
        self.close()

    def close(self) -> None:
        """Tell it that nothing more comes, and wait until it has ended."""
        process = self._process
        if process.poll() is None and process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
            process.wait()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                if stream is not None:
                    stream.close()

    def send(self, line: str) -> None:
        """Say one line.

        Raises:
            HelperGoneError: It has ended.
        """
        stream = self._process.stdin
        try:
            if stream is None:
                raise OSError
            stream.write(line + "\n")
            stream.flush()
        except OSError as error:
            raise HelperGoneError("The helper process has ended; try again.") from error

    def hear(self) -> tuple[str, dict[str, Any]]:
        """Wait for one line; the word is `gone` when it ended without one.

        With `gone` comes `error`: `bus` where a mapped page had no room on the disk (SIGBUS).
        """
        stream = self._process.stdout
        line = stream.readline() if stream is not None else ""
        word, _space, rest = line.partition(" ")
        try:
            values = json.loads(rest)
        except ValueError:
            if self._process.wait() == -signal.SIGBUS:
                return "gone", {"error": "bus", "text": "the disk had no room, or failed"}
            return "gone", {}
        return word, values
