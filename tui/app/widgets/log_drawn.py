"""A live log as it is drawn: what is in sight is taken apart, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textual.message import Message

from tui.app.listing.log_lines import Look, Times, heading, marker, rows
from tui.app.paint import Line, Span
from tui.app.widgets.panel import Frame, Panel
from tui.operations.logs.held import Narrowed, Ring
from tui.operations.logs.shown import Shown, show
from tui.operations.logs.terms import Terms
from tui.wording.quantities import count, plural

REMEMBERED = 400
"""Lines that are kept taken apart."""


class LogDrawn(Panel, can_focus=True):
    """Lines, a cursor, and the rows in sight; `LogMoves` gives it keys and a mouse."""

    @dataclass
    class Changed(Message):
        """Lines, cursor or following changed."""

    def __init__(self, *, frame: Frame = "none", id: str | None = None) -> None:
        super().__init__(frame=frame, id=id)
        self.empty = "…"
        self.times: Times = "local"
        self.wrap = False
        self._terms = self._last_terms = Terms()
        self.clear()

    def clear(self) -> None:
        """Forget every line; the filter stays."""
        self.ring = Ring()
        self._narrowed = Narrowed(self.ring, self._terms)
        self._cursor = self._anchor = self._skip = 0
        self.following = True
        self.marked: set[int] = set()
        self._open: set[int] = set()
        self._shown: dict[int, Shown] = {}
        self._read_to: tuple[int, datetime] | None = None
        self._drawn: list[tuple[Line, str]] = []

    @property
    def new_below(self) -> int:
        """Lines that came since the view was paused."""
        if self.following or self._read_to is None:
            return 0
        if not self._terms:
            return self.ring.end - self._read_to[0]
        return max(0, len(self._narrowed) - self._narrowed.index(self._read_to[0]))

    @property
    def error_words(self) -> str:
        """`errors 2 · warnings 3 · at error 2 of 2`."""
        errors = self.ring.errors
        words = [f"errors {count(len(errors))}", f"warnings {count(len(self.ring.warnings))}"]
        if not self.following and self._cursor in errors:
            place = sum(number <= self._cursor for number in errors)
            words.append(f"at error {count(place)} of {count(len(errors))}")
        return " · ".join(words)

    def on_resize(self) -> None:
        """Keep the end or the cursor in sight."""
        self._settle()

    def again(self) -> None:
        """Draw anew: the clock's zone may be another."""
        self._settle()

    def _settle(self) -> None:
        """Find out which rows are in sight, and have them drawn."""
        if not self.is_mounted:
            return
        look = self.look
        self.entitle((Span(heading(look), "muted"),), (Span(self.error_words, "muted"),))
        self._drawn = self._from_end() if self.following else self._from_anchor()
        if len(self._shown) > REMEMBERED:
            self._shown.clear()
        self.refresh()
        self.post_message(self.Changed())

    def _from_end(self) -> list[tuple[Line, str]]:
        found: list[tuple[Line, str]] = []
        index = len(self._narrowed)
        self._cursor = self._narrowed.number(index - 1) if index else 0
        while index > 0 and len(found) < self.inner_height:
            index -= 1
            found[:0] = self._rows(index)
        self._anchor = self._narrowed.number(index) if len(self._narrowed) else 0
        self._skip = max(0, len(found) - self.inner_height)
        return found[self._skip :]

    def _from_anchor(self) -> list[tuple[Line, str]]:
        size, height = len(self._narrowed), self.inner_height
        if not size:
            return []
        at = min(self._narrowed.index(self._cursor), size - 1)
        self._cursor = self._narrowed.number(at)
        first = min(self._narrowed.index(self._anchor), at)
        if self._narrowed.number(first) != self._anchor:
            self._skip = 0
        if at - first >= height:
            first, self._skip = at - height + 1, 0
        runs = [self._rows(index) for index in range(first, at + 1)]
        # The whole line under the cursor is in sight, unless it is longer than the screen.
        while len(runs) > 1 and sum(map(len, runs)) - self._skip > height:
            runs.pop(0)
            first, self._skip = first + 1, 0
        found = [row for run in runs for row in run][self._skip :]
        self._anchor = self._narrowed.number(first)
        index = at + 1
        while index < size and len(found) < height:
            found += self._rows(index)
            index += 1
        return found[:height]

    def _rows(self, index: int) -> list[tuple[Line, str]]:
        """The rows of a line, and how each is covered."""
        number = self._narrowed.number(index)
        at = number == self._cursor and not self.following
        look = self.look
        sign = self.glyphs.cursor if at else " "
        if number in self.marked:
            sign = self.glyphs.mark
        shown = self._shown.get(number)
        if shown is None:
            shown = self._shown[number] = show(self.ring[number])
        lines = rows(shown, look, sign=sign, is_open=number in self._open, is_here=at)
        over = ("selection" if self.has_focus else "selection-blurred") if at else ""
        found = [(line, over if row == 0 else "") for row, line in enumerate(lines)]
        words = self._read_words(index, number)
        return [(marker(look, words), ""), *found] if words else found

    def _read_words(self, index: int, number: int) -> str:
        """What stands above the first line that came since the view was paused."""
        if self.following or self._read_to is None or number < self._read_to[0]:
            return ""
        if index > 0 and self._narrowed.number(index - 1) >= self._read_to[0]:
            return ""
        words = f"you read up to here at {self._read_to[1]:%H:%M:%S}; "
        gone = 0 if self._terms else max(0, self.ring.first - self._read_to[0])
        if gone:
            words += f"{plural(gone, 'line')} since then no longer kept, "
        return f"{words}{plural(self.new_below - gone, 'new line')} below"

    @property
    def look(self) -> Look:
        """How lines are drawn."""
        now = self.now()
        return Look(
            width=self.inner_width,
            glyphs=self.glyphs,
            zone=now.tzinfo,
            zone_name=now.tzname() or "",
            times=self.times,
            wrap=self.wrap,
        )

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor's line looks otherwise."""
        super().watch_has_focus(has_focus)
        self._settle()

    def content_line(self, y: int) -> tuple[Line, str]:
        """One row of the log."""
        if not len(self._narrowed):
            return ((Span(f" {self.empty}", "muted"),) if y == 0 else ()), ""
        return self._drawn[y] if y < len(self._drawn) else ((), "")
