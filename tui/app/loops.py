"""Threads that look again and again, and how often."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Periods:
    """How often is looked, seconds."""

    pulse: float = 0.25
    stamp: float = 1.0
    folders: float = 2.0
    gateway: float = 5.0
    recount: float = 10.0
    doctor: float = 30.0

    @classmethod
    def slow(cls) -> Periods:
        """For a link or host that should be spared."""
        return cls(pulse=0.5, stamp=10.0, folders=10.0, gateway=10.0, recount=60.0, doctor=120.0)


class Loop(threading.Thread):
    """Calls `look` every `period` seconds, and at once after `poke`."""

    def __init__(self, name: str, period: float, look: Callable[[], None]) -> None:
        super().__init__(name=f"look: {name}", daemon=True)
        self._period = period
        self._look = look
        self._wake = threading.Event()
        self._ended = threading.Event()
        self.looked = threading.Event()
        """It has looked at least once."""

    def run(self) -> None:
        """Look until ended."""
        while not self._ended.is_set():
            self._wake.clear()
            self._look()
            self.looked.set()
            self._wake.wait(self._period)

    def poke(self) -> None:
        """Look now."""
        self._wake.set()

    def end(self) -> None:
        """Stop after the present look; does not wait for it."""
        self._ended.set()
        self._wake.set()
