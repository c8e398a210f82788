"""What the row is called that the foreign key under the cursor names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from tui.app.panes.rows_base import RowsBase
from tui.app.viewing import reads
from tui.app.widgets.grid import RowGrid
from tui.app.widgets.grid_foot import GridFoot

if TYPE_CHECKING:
    from textual.timer import Timer

    from tui.core.models.rows import PageRow

REST = 0.2
"""Seconds that the cursor stands on a cell before its row is looked for."""


class RowsNaming(RowsBase):
    """Looks for names once the cursor rests."""

    _rest: Timer | None = None
    _named: tuple[PageRow, str] | None = None

    @on(RowGrid.Moved)
    def _rests_on(self) -> None:
        row, name, view = self.grid.row, self.grid.column, self.view
        here = (row, name) if row is not None else None
        if here == self._named:
            return
        self._named = here
        self.query_one(GridFoot).tell_name("", self.grid)
        if self._rest is not None:
            self._rest.stop()
            self._rest = None
        column = view.relation.column(name) if view is not None else None
        foot = self.query_one(GridFoot)
        if row is None or column is None or column.points_to is None or not foot.is_tall:
            return
        if row.identity and not column.secret and self.grid.value is not None:
            self._rest = self.set_timer(REST, lambda: self._look_for_name(row, name))

    def _look_for_name(self, row: PageRow, name: str) -> None:
        view = self.view
        if view is None:
            return

        def found(called: str) -> None:
            if self._named == (row, name):
                self.query_one(GridFoot).tell_name(called, self.grid)

        relation = view.relation
        self.ask("name", lambda browser: reads.name(browser, relation, row.identity, name), found,
                 lambda _why: None, idle=True)  # fmt: skip
