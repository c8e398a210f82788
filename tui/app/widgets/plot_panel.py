"""A size over time, drawn for the room there is, with a few facts beside or below it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tui.app.paint import Line, Span, width_of
from tui.app.widgets.panel import Frame, Panel
from tui.wording.plots import plot

TALLEST = 14
"""Lines of a plot, whatever room there is."""
LEAST = 6
"""Lines below which there is no plot."""
BESIDE = 70
"""From this many columns on the facts stand beside the plot."""
_GAP = 1


class PlotPanel(Panel, can_focus=False):
    """Draws a plot and facts; says what it says instead where there is no plot yet."""

    DEFAULT_CSS = "PlotPanel { height: 9; width: 1fr; }"

    def __init__(self, *, frame: Frame = "rule", id: str | None = None) -> None:
        super().__init__(frame=frame, id=id)
        self._values: tuple[tuple[datetime, int], ...] = ()
        self._facts: tuple[Line, ...] = ()
        self._empty = ""
        self._drawn_for: tuple[object, ...] = ()
        self._lines: tuple[Line, ...] = ()

    def show(
        self, values: Sequence[tuple[datetime, int]], facts: Sequence[Line], empty: str
    ) -> None:
        """Draw something else.

        Args:
            values: Moments and bytes, the oldest first.
            facts: Lines beside or below it.
            empty: What is said while there are too few values.
        """
        given = (tuple(values), tuple(facts), empty)
        if given == (self._values, self._facts, self._empty):
            return
        self._values, self._facts, self._empty = given
        self._drawn_for = ()
        self.refresh()

    def content_line(self, y: int) -> tuple[Line, str]:
        """A line of the plot with the fact beside it."""
        room = (self.inner_width, self.inner_height, self.glyphs.ascii)
        if self._drawn_for != room:
            self._drawn_for, self._lines = room, self._draw(*room)
        return (self._lines[y] if y < len(self._lines) else ()), ""

    def _draw(self, width: int, height: int, ascii_only: bool) -> tuple[Line, ...]:
        aside = max(map(width_of, self._facts), default=0)
        is_beside = width >= BESIDE
        columns = width - aside - _GAP - 1 if is_beside and aside else width - 1
        lines = min(TALLEST, height if is_beside else height - len(self._facts) - 1)
        drawn: Sequence[Line] = ()
        if lines >= LEAST:
            text = plot(self._values, columns, lines, ascii_only=ascii_only)
            drawn = [self._coloured(line) for line in text]
        if not drawn:
            drawn = ((Span(f" {self._empty}", "muted"),),)
        if not is_beside:
            return (*drawn, (), *self._facts)
        left = max(columns, 0) + _GAP
        rows = max(len(drawn), len(self._facts))
        return tuple(
            _side_by_side(_at(drawn, number), _at(self._facts, number), left)
            for number in range(rows)
        )

    def _coloured(self, text: str) -> Line:
        """The axis is less than the bars."""
        for axis in ("┤", "|"):
            label, mark, bars = text.partition(axis)
            if mark:
                return (Span(label + mark, "muted"), Span(bars, "running"))
        return (Span(text, "muted"),)


def _at(lines: Sequence[Line], number: int) -> Line:
    return lines[number] if number < len(lines) else ()


def _side_by_side(left: Line, right: Line, width: int) -> Line:
    return (*left, Span(" " * max(0, width - width_of(left))), *right) if right else left
