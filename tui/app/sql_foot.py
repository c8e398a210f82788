"""The two ends of the console: what is asked above the editor, what is not shown below the rows."""

from __future__ import annotations

from textual.strip import Strip

from tui.app.grid.cells import drawn
from tui.app.paint import Line, Span, spread
from tui.app.widgets.grid import RowGrid
from tui.app.widgets.painted import Painted
from tui.wording import quantities
from tui.wording.clean import one_line

SHOWN = 400
"""Characters of a value that are cleaned for the line."""


class SqlHead(Painted):
    """` live · read-only: mode=ro + authorizer             stops at 30 s or 10,000 rows`."""

    DEFAULT_CSS = "SqlHead { height: 1; width: 1fr; dock: top; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ends: tuple[Line, Line] = ((), ())

    def show(self, left: Line, right: Line) -> None:
        """Tell what is asked, and how long."""
        if (left, right) != self._ends:
            self._ends = left, right
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Both ends."""
        left, right = self._ends
        return self.draw(spread(left, (*right, Span(" ")), self.size.width, self.glyphs.more))


class SqlFoot(Painted):
    """`   2 more rows below`; where there is room the value under the cursor before it."""

    DEFAULT_CSS = "SqlFoot { height: 1; width: 1fr; dock: bottom; &.-tall { height: 2; } }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, Line] = ((), ())

    def show(self, grid: RowGrid | None, rows: int, more: str) -> None:
        """Tell of a result.

        Args:
            grid: Its rows; None where there are none.
            rows: How many came so far.
            more: What else is to be known of it.
        """
        aside = (Span(more, "muted"), Span(" ")) if more else ()
        if grid is None:
            lines: tuple[Line, Line] = ((), aside)
        else:
            width = self.size.width or 80
            lines = (self._cell(grid), spread((_below(grid, rows),), aside, width))
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def _cell(self, grid: RowGrid) -> Line:
        if grid.row is None or not grid.column:
            return ()
        cell = drawn(grid.value, None, self.glyphs, SHOWN)
        label = Span(f" {one_line(grid.column)}  ", "muted")
        more = self.glyphs.more if cell.more else ""
        return (label, Span(cell.text + more, "muted" if cell.muted else ""))

    def render_line(self, y: int) -> Strip:
        """The cell where there are two lines, then what is not in sight."""
        return self.draw(self._lines[1] if self.size.height == 1 else self._lines[y])


def _below(grid: RowGrid, rows: int) -> Span:
    sight = grid.feed.in_sight()
    last = grid.feed.window.number(sight[1]) if sight else None
    below = rows - 1 - last if last is not None else 0
    words = f"   {quantities.count(below)} more {'row' if below == 1 else 'rows'} below"
    return Span(words if below > 0 else "", "muted")
