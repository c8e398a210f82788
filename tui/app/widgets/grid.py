"""The row grid: any number of rows, with a cursor on one cell, keys and a mouse.

It never queries. It posts `Want` with a wish; whoever answers reads a page elsewhere and calls
`take` (or `failed`) with that wish, once for each `Want`. Until then the cursor moves all the
same, over placeholders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui.app.grid import words
from tui.app.grid.asking import Wish
from tui.app.widgets.grid_moves import GridMoves
from tui.core.models.rows import Order, Page, Relation, RowIdentity

BOLD_FOR = 3.0
"""Seconds that a changed cell is bold."""


class RowGrid(GridMoves):
    """Rows of a relation or of a result."""

    # --- what is shown --------------------------------------------------------------------

    def show(
        self,
        relation: Relation,
        *,
        columns: Sequence[str] = (),
        order: Sequence[Order] = (),
        frozen: int = 0,
        at: RowIdentity = (),
    ) -> None:
        """Show rows from the top, or around one; asks for them.

        Marks stay while it is the same relation. What was asked for before is `Unwanted`, and an
        answer to it is not taken.

        Args:
            relation: Whose rows.
            columns: Those that are shown; all but hidden ones without any.
            order: What the rows are sorted by.
            frozen: Columns that stay at the left.
            at: A row to stand on; the first one without it.
        """
        self.cover()
        if self.relation is None or self.relation.name != relation.name:
            self.marks.clear()
            self._column = self._first_column = 0
        names = tuple(columns) or tuple(c.name for c in relation.columns if not c.hidden)
        self.begin(relation, names, order, frozen)
        self._column = max(0, min(self._column, len(names) - 1))
        self.feed.columns = len(names)
        self.fit()
        if at:
            self.feed.show_around(at)
        else:
            self.feed.show()
        self._show_column()
        self.all_anew()

    def clear(self) -> None:
        """Show nothing; what was asked for is `Unwanted`."""
        self.cover()
        self.feed.forget()
        self.marks.clear()
        self.relation = self.read_at = None
        self.all_anew()

    def take(self, page: Page, wish: Wish) -> None:
        """A page came."""
        with self._moving():
            taken = self.feed.take(page, wish)
            if taken.fresh:
                self.read_at, self._newer = self.now(), False
            if taken.gone:
                self.post_message(self.Say(self, words.GONE))
            if taken.changed:
                self._changed = dict(taken.changed)
                self.set_timer(BOLD_FOR, self._calm)

    def failed(self, wish: Wish, why: str) -> None:
        """There is no page.

        Args:
            wish: What was asked.
            why: A sentence; empty where reading was stopped because the wish was `Unwanted`.
        """
        with self._moving():
            if self.feed.failed(wish, why) and len(self.feed.window):
                self.post_message(self.Say(self, self.feed.problem, "attention"))

    def count(self, total: int | None, *, stale: bool = False) -> None:
        """The rows of the view were counted, or counting them began anew.

        Args:
            total: How many; None while that is not known.
            stale: They were counted before the file changed.
        """
        self._count_is_stale = stale
        self.feed.count(total)
        self.all_anew()

    def know_number(self, identity: RowIdentity, number: int) -> None:
        """The number of a row in the view, from 0, was found out."""
        if self.feed.window.know(identity, number):
            self.all_anew()

    def refresh_around(self) -> None:
        """Read the rows again around the one under the cursor; they stay until then."""
        self.cover()
        with self._moving():
            self.feed.read_again()

    # --- a secret that is shown -----------------------------------------------------------

    def uncover(self, identity: RowIdentity, column: str, value: object) -> bool:
        """Show a value in place of its mask until the cursor leaves it.

        Returns:
            False where the cursor has left it already.
        """
        held = self.feed.window.at(self.feed.sight.cursor)
        if held is None or held.row.identity != identity or column != self.column:
            return False
        index = self._shape.index(self._column)
        if index is None:
            return False
        self.cover()
        cells = (*held.row.cells[:index], value, *held.row.cells[index + 1 :])
        self._uncovered = (held, index, held.row)
        held.row = replace(held.row, cells=cells)
        held.drawn.pop(index, None)
        self.all_anew()
        return True

    def _calm(self) -> None:
        self._changed = {}
        self.refresh()

    @property
    def newer(self) -> bool:
        """The file has newer data than the rows; reading again takes it back."""
        return self._newer

    @newer.setter
    def newer(self, newer: bool) -> None:
        if newer != self._newer:
            self._newer = newer
            self.post_message(self.Moved(self))

    # --- columns --------------------------------------------------------------------------

    @property
    def columns_shown(self) -> tuple[str, ...]:
        """Names of the columns, from left to right; a change of them asks for what is missing."""
        return self._shape.names

    @columns_shown.setter
    def columns_shown(self, names: Sequence[str]) -> None:
        if self.relation is None or tuple(names) == self._shape.names:
            return
        at = self.column
        self._shape.set(self.relation, names)
        shown = self._shape.names
        self._column = shown.index(at) if at in shown else min(self._column, len(shown) - 1)
        self._first_column = max(0, min(self._first_column, self._column))
        self.feed.columns = len(shown)
        with self._moving():
            if any(self._shape.index(number) is None for number in range(len(shown))):
                self.feed.read_again()
        self._show_column()
        self.all_anew()

    @property
    def frozen(self) -> int:
        """Columns that stay at the left."""
        return self._shape.frozen

    @frozen.setter
    def frozen(self, count: int) -> None:
        self._shape.frozen = max(0, count)
        self._show_column()
        self.all_anew()
