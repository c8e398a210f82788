"""The rows of the table under the cursor of the compare screen, read when it stands still."""

from __future__ import annotations

from collections.abc import Sequence

from textual.timer import Timer

from tui.app.comparison_reader import ComparisonReader, RowsCame
from tui.app.listing import comparison as listing
from tui.app.listing import differing
from tui.app.seeing import Posts
from tui.app.ticks import Ticks
from tui.app.widgets.rows import RowList
from tui.core.models import TableDifference

MOST = 60
"""Rows that are read for it."""
DEBOUNCE = 0.12
"""Seconds that the cursor has to stand before rows are read."""


class Differing(RowList, can_focus=False):
    """The first rows that differ; what was read of a table is kept."""

    def __init__(
        self, reader: ComparisonReader, posts: Posts, ticks: Ticks, mask: Sequence[str]
    ) -> None:
        """Show nothing yet.

        Args:
            reader: Reads the rows.
            posts: Takes them, and gives them to `take`.
            ticks: What is ticked.
            mask: The operator's own patterns of secret columns.
        """
        super().__init__(frame="rule", id="differing")
        self._reader, self._posts = reader, posts
        self._ticks, self._mask = ticks, tuple(mask)
        self._pages: dict[str, RowsCame] = {}
        self._table: TableDifference | None = None
        self._timer: Timer | None = None

    def forget(self) -> None:
        """Other rows will differ."""
        self._pages.clear()

    def follow(self, table: TableDifference | None) -> None:
        """Show the rows of a table; read them once the cursor stands still."""
        self._table = table
        self.redraw()
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if table is not None and self._waits_for(table):
            self._timer = self.set_timer(DEBOUNCE, lambda: self._read(table))

    @property
    def is_waiting(self) -> bool:
        """Whether rows are still to come for the table under the cursor."""
        return self._table is not None and self._waits_for(self._table)

    def take(self, page: RowsCame) -> None:
        """Rows were read."""
        self._pages[page.table] = page
        self.redraw()

    def _waits_for(self, table: TableDifference) -> bool:
        return table.table not in self._pages and listing.has_rows(table)

    def _read(self, table: TableDifference) -> None:
        if table is self._table and self._waits_for(table) and self.screen.is_current:
            self._reader.rows(self._posts, table, limit=MOST)

    def redraw(self) -> None:
        """Draw what was read, for the width and the ticks of now."""
        table = self._table
        if table is None:
            self.entitle("")
            self.show(())
            return
        self.entitle(listing.detail_title(table), listing.by_words(table))
        page = self._pages.get(table.table)
        if page is None:
            waits = self._waits_for(table)
            self.show((), empty="…" if waits else listing.no_rows_words(table))
            return
        columns, rows = differing.grid(
            table, page.rows, self.glyphs, self.inner_width - 3, mask=self._mask, ticks=self._ticks
        )
        unread = table.removed + table.added + table.changed - len(rows)
        self.show(
            rows,
            columns=columns,
            empty=page.problem or "These rows differ no more; R compares again.",
            note=lambda below: listing.more_words(below + unread),
        )
