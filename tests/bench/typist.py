"""A terminal in which it is told when something stood there: a key, and the seconds to its answer.

What a program prints is taken down with its time and put through the terminal emulator afterwards:
that takes longer than many an answer, and would be counted with it. With each piece is taken down
what the program has used of the processor by then, and for how long its event loop was ready and
had none: both are the same on a machine that is shared.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.terminal import Terminal

QUIET = 0.06
"""Seconds without output after which what came is looked at."""
AT_ONCE = 1.0
"""Seconds after which it is looked at in any case."""


@dataclass(frozen=True)
class Took:
    """How long an answer took, in seconds."""

    wall: float
    """Of the clock."""
    processor: float
    """Of the processor, all threads of the program together."""
    ready: float
    """Of the clock, without those for which the event loop was ready and had no processor."""


@dataclass(frozen=True)
class Used:
    """What a program has used so far, in seconds."""

    processor: float = 0.0
    waited: float = 0.0
    """For which the event loop's thread had no processor."""


class Typist(Terminal):
    """Keys in, seconds out."""

    def press(self, keys: str, there: Callable[[str], object], *, most: float = 60.0) -> Took:
        """How long it took from sending keys until the screen is as it shall be.

        Args:
            keys: Sent at once.
            there: Whether it is; gets what stands on the screen.
            most: Seconds after which it is given up.

        Raises:
            AssertionError: It never was.
        """
        self.settle()
        if keys:
            used, begun = self.used(), time.perf_counter()
            self.send(keys)
        elif there(self.text):
            return Took(0.0, 0.0, 0.0)
        else:
            used, begun = self.used(), time.perf_counter()
        return self.until(there, begun, used, most=most)

    def until(
        self,
        there: Callable[[str], object],
        begun: float,
        used: Used = Used(),
        *,
        most: float = 60.0,
    ) -> Took:
        """How long it took from a moment (`time.perf_counter`) until the screen is so."""
        found: Took | None = None
        while found is None and time.perf_counter() < begun + most:
            for at, chunk, after in self._taken():
                self._stream.feed(chunk)
                if found is None and there(self.text):
                    wall = at - begun
                    processor = after.processor - used.processor
                    found = Took(wall, processor, wall - (after.waited - used.waited))
        if found is not None:
            return found
        raise AssertionError(f"not within {most:g} s; the screen:\n{self.text}")

    def settle(self) -> None:
        """Take in what came without being asked for."""
        while select.select([self._master], [], [], 0)[0]:
            if not self.pump(0):
                raise AssertionError(f"the program ended; the screen:\n{self.text}")

    def _taken(self) -> list[tuple[float, bytes, Used]]:
        """What came until it was quiet, each piece with the moment at which it came."""
        found: list[tuple[float, bytes, Used]] = []
        began = time.perf_counter()
        while time.perf_counter() - began < AT_ONCE:
            if not select.select([self._master], [], [], QUIET)[0]:
                break
            try:
                chunk = os.read(self._master, 65536)
            except OSError as error:
                raise AssertionError(f"the program ended; the screen:\n{self.text}") from error
            found.append((time.perf_counter(), chunk, self.used()))
        return found

    # --- what it costs --------------------------------------------------------------------

    @property
    def mebibytes(self) -> tuple[float, float]:
        """Resident memory now, and the most there ever was."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        found = dict(line.split(":", 1) for line in lines if line.startswith(("VmRSS", "VmHWM")))
        now, most = (int(found[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
        return now, most

    def used(self) -> Used:
        """What the program has used so far; nothing where it is over."""
        try:
            # The clock of another process, as clock_getcpuclockid makes it of its id.
            processor = time.clock_gettime((~self.pid << 3) | 2)
            waited = Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]
        except OSError:
            return Used()
        return Used(processor, int(waited) / 1e9)
