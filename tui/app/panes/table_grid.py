"""The first rows of a table; moves sideways by columns."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.app.listing.cells import as_json, grid, left_out, page_words
from tui.app.seeing import RowsRead
from tui.app.widgets.groups import EVERYWHERE
from tui.app.widgets.rows import RowList


class Grid(RowList):
    """The rows that were read last; they stay until they are read again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "l,right", "sideways(1)", "columns", key_display="h l", id="tables.right",
            group=EVERYWHERE, tooltip="columns before and after; arrows",
        ),
        Binding("h,left", "sideways(-1)", "", show=False, id="tables.left", group=EVERYWHERE),
    ]  # fmt: skip

    _page: RowsRead | None = None
    _total: int | None = None
    _first_column = 0

    @property
    def read_at(self) -> datetime | None:
        """When the rows were read; None without any."""
        return self._page.at if self._page else None

    def clear(self, table: str = "") -> None:
        """Forget the rows; those of a table are on their way."""
        self._page, self._first_column = None, 0
        self.entitle(table, "…" if table else "")
        self.show((), empty="…" if table else "")

    def take(self, page: RowsRead, total: int | None) -> None:
        """Show what was read.

        Args:
            page: The rows, or why there are none.
            total: Rows of the whole table, where they are counted.
        """
        self._page, self._total = page, total
        self._show_page()

    def _show_page(self) -> None:
        page = self._page
        if page is None:
            return
        if page.rows is None:
            self.entitle(page.table)
            self.show((), empty=page.problem)
            return
        columns, rows = grid(page.rows, self.glyphs, self._first_column)
        zone = self.now().tzinfo
        clock = page.at.astimezone(zone).strftime("%H:%M:%S")
        words = page_words(page.rows, self._total, self._first_column, clock)
        self.entitle(page.table, words)
        self.show(rows, columns=columns, empty="0 rows.")

    def action_sideways(self, step: int) -> None:
        """Show the columns from another one on."""
        if self._page is None or self._page.rows is None:
            return
        last = max(0, len(self._page.rows.columns) - 1)
        self._first_column = max(0, min(self._first_column + step, last))
        self._show_page()

    def copied(self) -> str:
        """The row under the cursor as JSON."""
        if self._page is None or self._page.rows is None or not self.cursor_key:
            return ""
        return as_json(self._page.rows, int(self.cursor_key) - 1)

    def left_out(self) -> str:
        """What a copy leaves out, in sentences."""
        return left_out(self._page.rows) if self._page and self._page.rows else ""
