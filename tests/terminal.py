"""A real program in a pseudo-terminal, seen through a terminal emulator: keys in, screen out."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pyte


class Terminal:
    """One program in one terminal; use it as a context manager."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        columns: int = 140,
        rows: int = 45,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        self.code: int | None = None
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            # A test that runs beside others is told a size of its own, which is not this one.
            other = ("NO_COLOR", "COLORTERM", "COLUMNS", "LINES")
            kept = {k: v for k, v in os.environ.items() if k not in other}
            kept |= {"TERM": "xterm-256color", **(environment or {})}
            os.execvpe(command[0], list(command), kept)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_error: object) -> None:
        self.end()

    @property
    def text(self) -> str:
        """What stands on the screen."""
        # Not by `display`: it fails on half a wide character that another one was drawn over.
        rows, columns = range(self._screen.lines), range(self._screen.columns)
        cells = self._screen.buffer
        return "\n".join("".join(cells[y][x].data for x in columns) for y in rows)

    def send(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def pump(self, seconds: float) -> bool:
        """Take in what is printed for at most `seconds`; False when the program has ended."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return True
        try:
            chunk = os.read(self._master, 65536)
        except OSError:
            return False
        self.raw += chunk
        self._stream.feed(chunk)
        return bool(chunk)

    def wait_for(self, *words: str, timeout: float = 30.0, gone: bool = False) -> str:
        """Wait until every word stands on the screen (or none does, with `gone`)."""

        def there() -> bool:
            found = [word in self.text for word in words]
            return not any(found) if gone else all(found)

        self.wait_until(there, timeout, f"{words} {'gone from' if gone else 'on'} the screen")
        return self.text

    def wait_until(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            alive = self.pump(0.05)
            if condition():
                return
            if not alive or time.monotonic() > deadline:
                why = "timed out" if alive else "the program ended"
                raise AssertionError(f"{why} waiting for {what}; the screen:\n{self.text}")

    def hang_up(self) -> None:
        """Close the terminal, as a dropped connection does: the session gets SIGHUP."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def wait_end(self, timeout: float = 20.0) -> int:
        """Wait until the program ends by itself; its exit code, negative for a signal."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._master >= 0:
                self.pump(0.05)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.code = os.waitstatus_to_exitcode(status)
                return self.code
        raise AssertionError(f"the program did not end; the screen:\n{self.text}")

    def end(self) -> None:
        if self.code is None:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        self.hang_up()
