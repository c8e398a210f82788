"""The lines that are held, by number, and those of them that a filter lets pass.

A line has the number under which it came; numbers never change, so a cursor that is a number
stays on its line while older ones are dropped.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence

from tui.operations.logs.sources import Held
from tui.operations.logs.terms import Terms
from tui.services.log_bytes import worse_than_info

KEPT = 50_000
"""Lines that are kept; older ones are dropped and the count says so."""
MOST = 64 * 1024 * 1024
"""Bytes of text that are kept at most, however few lines they are."""
SLICE = 500
"""Lines tested between two looks at the clock."""


class Ring:
    """The newest lines."""

    def __init__(self, kept: int = KEPT, most: int = MOST) -> None:
        """Begin empty."""
        self._kept, self._most = kept, most
        self._items: list[Held] = []
        self._bytes = 0
        self.first = 0
        """Number of the oldest line that is held."""
        self.errors: deque[int] = deque()
        self.warnings: deque[int] = deque()

    @property
    def end(self) -> int:
        """Number of the line after the newest: how many ever came."""
        return self.first + len(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, number: int) -> Held:
        return self._items[number - self.first]

    def between(self, first: int, end: int) -> Sequence[Held]:
        """Lines by their numbers."""
        return self._items[max(0, first - self.first) : max(0, end - self.first)]

    def extend(self, lines: Sequence[Held]) -> None:
        """Take new lines, oldest first; what is too old is dropped."""
        began = self.end
        self._items += lines
        self._bytes += sum(len(line[1]) for line in lines)
        self._note_levels(lines, began)
        over = max(0, len(self._items) - self._kept)
        spare = self._bytes - self._most
        if over or spare > 0:
            gone = sum(len(line[1]) for line in self._items[:over])
            while gone < spare and over < len(self._items) - 1:
                gone += len(self._items[over][1])
                over += 1
            self._bytes -= gone
            del self._items[:over]
            self.first += over
            drop(self.errors, self.first)
            drop(self.warnings, self.first)

    def _note_levels(self, lines: Sequence[Held], began: int) -> None:
        at = 0
        while at < len(lines):
            source, end = lines[at][0], at + 1
            while end < len(lines) and lines[end][0] is source:
                end += 1
            if source.kind != "said":
                raws = [line[1] for line in lines[at:end]]
                for number, is_error in worse_than_info(raws, stamped=source.stamped):
                    (self.errors if is_error else self.warnings).append(began + at + number)
            at = end


class Narrowed:
    """Numbers of the lines that pass, in order; older ones are looked through bit by bit."""

    def __init__(self, ring: Ring, terms: Terms) -> None:
        """Begin with nothing looked through; `scan` does that, the newest first.

        Args:
            ring: Where the lines are.
            terms: What passes.
        """
        self._ring, self.terms = ring, terms
        self._found: deque[int] = deque()
        self._from = ring.end
        """Lines before this one have not been looked through."""

    @property
    def is_done(self) -> bool:
        """Whether every line that is held was looked through."""
        return not self.terms or self._from <= self._ring.first

    def scan(self, seconds: float) -> bool:
        """Go on for about so long; returns whether anything was done."""
        if self.is_done:
            return False
        until = time.perf_counter() + seconds
        while self._from > self._ring.first and time.perf_counter() < until:
            first = max(self._ring.first, self._from - SLICE)
            lines = self._ring.between(first, self._from)
            for number in range(self._from - 1, first - 1, -1):
                if self.terms.pass_(*lines[number - first]):
                    self._found.appendleft(number)
            self._from = first
        return True

    def added(self, began: int) -> None:
        """Lines from `began` on have come, and others are gone."""
        if not self.terms:
            return
        first = max(began, self._ring.first)
        for offset, line in enumerate(self._ring.between(first, self._ring.end)):
            if self.terms.pass_(*line):
                self._found.append(first + offset)
        drop(self._found, self._ring.first)

    def __len__(self) -> int:
        return len(self._found) if self.terms else len(self._ring)

    def number(self, index: int) -> int:
        """The number of the line at an index."""
        return self._found[index] if self.terms else self._ring.first + index

    def index(self, number: int) -> int:
        """The index of a line, or of the next one that passes."""
        if self.terms:
            return bisect_left(self._found, number)
        return min(max(0, number - self._ring.first), len(self._ring))


def drop(numbers: deque[int], first: int) -> None:
    """Forget numbers before `first`."""
    while numbers and numbers[0] < first:
        numbers.popleft()


def beyond(numbers: Iterable[int], at: int, direction: int) -> int | None:
    """The nearest number before or behind another."""
    known = numbers if isinstance(numbers, Sequence) else list(numbers)
    if direction > 0:
        place = bisect_left(known, at + 1)
        return known[place] if place < len(known) else None
    place = bisect_left(known, at)
    return known[place - 1] if place > 0 else None
