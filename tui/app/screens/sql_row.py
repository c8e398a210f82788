"""One row of a result with all its columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.app.glyphs import Glyphs
from tui.app.grid.cells import drawn
from tui.app.paint import Line, Span, cell
from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import BOLD, MUTED, glyphs_of, say
from tui.app.widgets.detail import DetailPanel
from tui.app.widgets.groups import EVERYWHERE, HERE
from tui.core.models.rows import Cell
from tui.wording import quantities
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.app.sql_result import Rows
    from tui.app.widgets.grid import RowGrid

SHOWN = 8_000
"""Characters that are drawn of a value."""
WIDEST = 28
"""Columns for the names."""


def value_line(name: str, value: object, names: int, glyphs: Glyphs) -> Line:
    """A column's name, its value, and how much of it is not shown."""
    first = Span(f" {cell(name, names)}  ", "muted")
    plain = value.value if isinstance(value, Cell) and not value.secret else value
    if not isinstance(plain, str) or not plain:
        shown = drawn(value, None, glyphs, SHOWN)
        return (first, Span(shown.text, "muted" if shown.muted else ""))
    length = max(len(plain), value.length if isinstance(value, Cell) else 0)
    if length <= SHOWN:
        return (first, Span(one_line(plain)))
    said = f"{quantities.count(length)} characters, the beginning: "
    return (first, Span(said, "muted"), Span(one_line(plain[:SHOWN])))


class SqlRowScreen(Dialog[None]):
    """The row under the grid's cursor; the grid goes along."""

    AUTO_FOCUS = "DetailPanel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next(1)", "next row", key_display="n N", id="sql_row.next", group=HERE,
                tooltip="next, previous row"),
        Binding("N", "next(-1)", "", show=False, id="sql_row.previous", group=HERE),
        Binding("Y", "copy_row", "row as…", id="sql_row.copy_row", group=HERE,
                tooltip="the row as JSON, CSV or INSERT, without secrets"),
        Binding("escape,q,v", "leave", "back", key_display="Esc", id="sql_row.leave",
                group=EVERYWHERE, tooltip="back to the rows"),
    ]  # fmt: skip

    def __init__(self, rows: Rows, grid: RowGrid, copy_row: Callable[[], None]) -> None:
        """Show the row under the cursor.

        Args:
            rows: The result.
            grid: Where the cursor stands.
            copy_row: Offers that row in its forms.
        """
        super().__init__()
        self._rows, self._grid, self._copy_row = rows, grid, copy_row

    def title_row(self) -> TitleRow:
        """Of what."""
        return TitleRow(say(" row of the result", BOLD))

    def compose_body(self) -> Iterable[Widget]:
        """The columns."""
        yield DetailPanel(frame="none", id="columns")

    def on_mount(self) -> None:
        """Draw it once its size is known."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        row = self._grid.row
        if row is None:
            return
        names = self._rows.names
        width = min(WIDEST, max((cell_len(one_line(name)) for name in names), default=1))
        panel = self.query_one(DetailPanel)
        panel.show(
            tuple(
                value_line(name, value, width, glyphs_of(self))
                for name, value in zip(names, row.cells, strict=True)
            )
        )
        panel.to_top()
        (number,) = row.identity
        where = f"row {quantities.count(number + 1)} of {quantities.count(len(self._rows))}"
        self.query_one(TitleRow).show(say(" row of the result", BOLD), say(f"{where} ", MUTED))

    def action_next(self, step: int) -> None:
        """Show the next row, or the one before."""
        before = self._grid.row
        self._grid.action_move(step)
        if self._grid.row is before or self._grid.row is None:
            self.tell("That is the last row." if step > 0 else "That is the first row.")
            return
        self._draw()

    def action_copy_row(self) -> None:
        """Offer the row in three forms."""
        self._copy_row()

    def action_leave(self) -> None:
        """Back to the rows."""
        self.dismiss(None)
