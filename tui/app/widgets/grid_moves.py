"""Moving through the row grid with keys and mouse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias, cast

from textual import events

from tui.app.grid import messages
from tui.app.grid.asking import Wish
from tui.app.grid.cells import copied
from tui.app.grid.keys import KEYS
from tui.app.widgets.grid_view import GridView
from tui.core.models.rows import Cell, PageRow, RowIdentity

if TYPE_CHECKING:
    from tui.app.widgets.grid import RowGrid

WHEEL = 3
"""Rows that one step of the wheel scrolls by."""


class GridMoves(GridView, can_focus=True):
    """Keys, mouse, and what they tell the pane."""

    BINDINGS = KEYS

    Want: TypeAlias = messages.Want
    Unwanted: TypeAlias = messages.Unwanted
    Moved: TypeAlias = messages.Moved
    Opened: TypeAlias = messages.Opened
    Headed: TypeAlias = messages.Headed
    Menu: TypeAlias = messages.Menu
    Ranged: TypeAlias = messages.Ranged
    Say: TypeAlias = messages.Say

    @property
    def _itself(self) -> RowGrid:
        return cast("RowGrid", self)

    # --- what the cursor stands on --------------------------------------------------------

    @property
    def row(self) -> PageRow | None:
        """The row under the cursor; None while it is read, or without any."""
        return self.feed.row

    @property
    def column(self) -> str:
        """The column under the cursor; empty without any."""
        names = self._shape.names
        return names[self._column] if 0 <= self._column < len(names) else ""

    @property
    def value(self) -> object:
        """The value under the cursor as the page carries it: plain or a `Cell`."""
        row, index = self.row, self._shape.index(self._column) if self.column else None
        return row.cells[index] if row is not None and index is not None else None

    def copied_cell(self) -> str:
        """The value under the cursor as text; empty for NULL and for what is masked.

        A long value is there as far as the page carries it: `value` says whether it is cut.
        """
        return copied(self.value)

    def marked_identities(self) -> tuple[RowIdentity, ...]:
        """The marked rows, in the order they were marked."""
        return self.marks.identities

    def unmark(self) -> bool:
        """Take all marks away; False where there were none."""
        had = bool(len(self.marks)) or self.range_from is not None
        self.marks.clear()
        self.range_from = None
        self.all_anew()
        return had

    # --- moving ---------------------------------------------------------------------------

    @contextmanager
    def _moving(self) -> Iterator[None]:
        """Draw afterwards what became another, and tell."""
        state, cursor = self.state(), (self.feed.sight.cursor, self._column)
        row = self.row
        yield
        now = (self.feed.sight.cursor, self._column)
        if now != cursor:
            self.cover()
        self.redraw(state, cursor)
        if self.state() != state or now != cursor or self.row is not row:
            self._tell()

    def _tell(self) -> None:
        self.heed()
        self.post_message(self.Moved(self._itself))

    def cover(self) -> None:
        """Mask again what is shown in place of its mask."""
        if self._uncovered is None:
            return
        held, index, row = self._uncovered
        held.row = row
        held.drawn.pop(index, None)
        self._uncovered = None
        self.all_anew()

    def all_anew(self) -> None:
        """Draw everything again, and tell."""
        self._pencil = None
        self.refresh()
        self._tell()

    def go_to(self, number: int) -> None:
        """Go to row N, from 1."""
        with self._moving():
            self.feed.to_number(number - 1)

    def point_at(self, identity: RowIdentity, column: str = "") -> None:
        """Go to a row, and to a column of it."""
        with self._moving():
            self.feed.to_row_of(identity)
            if column in self._shape.names:
                self._column = self._shape.names.index(column)
                self._show_column()

    def to_column(self, column: str) -> None:
        """Go to a column; the row stays."""
        if column in self._shape.names:
            with self._moving():
                self._column = self._shape.names.index(column)
                self._show_column()

    def _show_column(self) -> None:
        """Bring the cursor's column into sight."""
        if self._shape.names:
            self._first_column = self.first_column_for(self._column, self._first_column)

    def action_move(self, step: int) -> None:
        """Move by rows."""
        with self._moving():
            self.feed.move(step)

    def action_half_page(self, direction: int) -> None:
        """Move by half a page."""
        with self._moving():
            self.feed.turn(direction * max(1, self.body // 2))

    def action_page(self, direction: int) -> None:
        """Move by a page."""
        with self._moving():
            self.feed.turn(direction * self.body)

    def action_edge(self, direction: int) -> None:
        """Go to the first or last row."""
        with self._moving():
            self.feed.to_edge(direction)

    def action_sideways(self, step: int) -> None:
        """Move by columns."""
        with self._moving():
            last = max(0, len(self._shape.names) - 1)
            self._column = max(0, min(self._column + step, last))
            self._show_column()

    def action_column_edge(self, direction: int) -> None:
        """Go to the first or last column."""
        self.action_sideways(direction * len(self._shape.names))

    def action_mark(self) -> None:
        """Mark the row, or take its mark away, and go on to the next."""
        row = self.row
        if row is None:
            return
        if refusal := self.marks.toggle(row.identity):
            self.post_message(self.Say(self._itself, refusal, "attention"))
            return
        self.refresh_slot(self.feed.sight.cursor)
        self.post_message(self.Moved(self._itself))
        self.action_move(1)

    def action_extend(self, step: int) -> None:
        """Mark the row, and the next one with the cursor on it."""
        self.mark_rows([self.row] if self.row is not None else [])
        self.action_move(step)
        self.mark_rows([self.row] if self.row is not None else [])

    def action_range(self) -> None:
        """Begin a range of marks; the second time mark what lies between."""
        row, first = self.row, self.range_from
        if row is None:
            return
        if first is None:
            self.range_from = row
            self.post_message(self.Moved(self._itself))
            return
        self.range_from = None
        slot = self.feed.window.slot_of(first.identity) if first.identity else None
        if slot is None and first.identity:
            self.post_message(self.Ranged(self._itself, first, row))
        else:
            here = self.feed.sight.cursor
            between = self.feed.window.between(slot if slot is not None else here, here)
            self.mark_rows(between)

    def mark_rows(self, rows: Sequence[PageRow]) -> None:
        """Mark some rows."""
        if refusal := self.marks.add(row.identity for row in rows):
            self.post_message(self.Say(self._itself, refusal, "attention"))
        self.all_anew()

    def columns_having(self, word: str) -> tuple[int, ...]:
        """Places of the shown columns in which a text stands in the cursor's row."""
        row, wanted = self.row, word.casefold()
        found = []
        for number in range(len(self._shape.names) if row is not None and wanted else 0):
            index = self._shape.index(number)
            value = row.cells[index] if row is not None and index is not None else None
            if isinstance(value, Cell):
                value = "" if value.secret else value.value
            if isinstance(value, str) and wanted in value.casefold():
                found.append(number)
        return tuple(found)

    @property
    def place(self) -> int:
        """Place of the cursor's column among the shown ones."""
        return self._column

    def action_open(self) -> None:
        """Ask for the row under the cursor as a whole."""
        if self.row is not None:
            self.post_message(self.Opened(self._itself, self.row.identity, self.column))

    def on_resize(self) -> None:
        """Other rows are in sight."""
        self.post_message(self.Moved(self._itself))

    # --- mouse ----------------------------------------------------------------------------

    def on_mouse_scroll_down(self) -> None:
        """Scroll with the wheel; the cursor stays while it can be seen."""
        with self._moving():
            self.feed.scroll(WHEEL)

    def on_mouse_scroll_up(self) -> None:
        """Scroll with the wheel; the cursor stays while it can be seen."""
        with self._moving():
            self.feed.scroll(-WHEEL)

    def on_mouse_scroll_right(self) -> None:
        """Move by columns with the wheel."""
        self.action_sideways(1)

    def on_mouse_scroll_left(self) -> None:
        """Move by columns with the wheel."""
        self.action_sideways(-1)

    def on_click(self, event: events.Click) -> None:
        """Point at a cell; a second click opens its row; on a heading tell which."""
        if self.relation is None:
            return
        column = self.column_at(event.x)
        y = event.y - self.top
        if y == 0 and column is not None:
            self.post_message(self.Headed(self._itself, self._shape.names[column]))
        slot = self.feed.sight.top + y - 1
        if not 0 < y <= self.body or not self.feed.can_be(slot):
            return
        again = event.chain > 1 and slot == self.feed.sight.cursor and event.button == 1
        with self._moving():
            self._column = self._column if column is None else column
            self.feed.put(slot)
            self._show_column()
        if event.button == 3:
            self.post_message(self.Menu(self._itself))
        elif again:
            self.action_open()

    def ask(self, wish: Wish) -> None:
        """Ask the pane for rows."""
        self.post_message(self.Want(self._itself, wish))

    def drop(self, wish: Wish) -> None:
        """Tell the pane that a read may be stopped."""
        self.post_message(self.Unwanted(self._itself, wish))
