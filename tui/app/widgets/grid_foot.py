"""Below the rows: the value under the cursor as far as it fits, and which rows are in sight."""

from __future__ import annotations

from textual.strip import Strip

from tui.app.grid.cells import drawn
from tui.app.paint import Line, Span, spread
from tui.app.widgets.grid import RowGrid
from tui.app.widgets.painted import Painted
from tui.wording.clean import one_line

SHOWN = 400
"""Characters of a value that are cleaned for the line."""


class GridFoot(Painted):
    """`rows 1-16 of 143 · read 03:14:19 · newer data: R`, where there is room below the cell."""

    DEFAULT_CSS = "GridFoot { height: 1; width: 1fr; dock: bottom; &.-tall { height: 2; } }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, Line] = ((), ())
        self.side = False
        """Whether a line stands at the left."""
        self._called = ""

    @property
    def is_tall(self) -> bool:
        """Whether the cell has a line."""
        return self.has_class("-tall")

    def tell_name(self, called: str, grid: RowGrid) -> None:
        """Tell what the row is called that the cell's foreign key names; empty: not known."""
        self._called = called
        self.show(grid)

    def show(self, grid: RowGrid) -> None:
        """Tell of a grid."""
        words = (Span(f" {grid.position_words()}", "muted"),)
        lines = (self._cell(grid), words)
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def _cell(self, grid: RowGrid) -> Line:
        relation, name = grid.relation, grid.column
        column = relation.column(name) if relation is not None and name else None
        if grid.row is None or column is None:
            return ()
        cell = drawn(grid.value, column, self.glyphs, SHOWN)
        role = "muted" if cell.muted else ""
        more = self.glyphs.more if cell.more else ""
        parent = column.points_to
        points = f"  > {one_line(parent[0])}" if parent else ""
        if parent and self._called:
            points = f"  = {one_line(self._called)}  (> follow it, < come back)"
        declared = f" {one_line(column.declared)}" if column.declared else ""
        label = Span(f" {one_line(name)}{declared}  ", "muted")
        return (label, Span(cell.text + more, role), Span(points, "muted"))

    def render_line(self, y: int) -> Strip:
        """The cell where there are two lines, then the position."""
        line = self._lines[1] if self.size.height == 1 else self._lines[y]
        side: Line = (Span(self.glyphs.side, "border"),) if self.side else ()
        return self.draw((*side, *spread(line, (), self.size.width - len(side), self.glyphs.more)))
