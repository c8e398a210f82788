"""The list that every pane uses: columns, a cursor that stays on its thing, own drawing."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.app.listing.row import Column, Row, more_below
from tui.app.paint import Line, Span
from tui.app.widgets.columns import aligned, column_at
from tui.app.widgets.groups import EVERYWHERE
from tui.app.widgets.panel import Frame, Panel
from tui.wording.clean import one_line


class RowList(Panel, can_focus=True):
    """Rows under a heading; draws only what is in sight."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "j,down", "move(1)", "down", show=False, key_display="j k", id="list.down",
            group=EVERYWHERE, tooltip="next, previous line; arrows",
        ),
        Binding("k,up", "move(-1)", "", show=False, id="list.up", group=EVERYWHERE),
        Binding(
            "g,home", "edge(-1)", "top", show=False, key_display="g G", id="list.top",
            group=EVERYWHERE, tooltip="top, bottom",
        ),
        Binding("G,end", "edge(1)", "", show=False, id="list.bottom", group=EVERYWHERE),
        Binding(
            "ctrl+d,pagedown", "page(1)", "half page", show=False, key_display="ctrl+d u",
            id="list.page_down", group=EVERYWHERE, tooltip="half a page down, up; PgDn, PgUp",
        ),
        Binding("ctrl+u,pageup", "page(-1)", "", show=False, id="list.page_up", group=EVERYWHERE),
    ]  # fmt: skip

    @dataclass
    class Moved(Message):
        """The cursor stands on another thing, or other rows are in sight."""

        rows: RowList
        key: str

        @property
        def control(self) -> RowList:
            """The list, so that `@on` can select by id."""
            return self.rows

    @dataclass
    class Opened(Message):
        """A click on the thing under the cursor, which Enter does too."""

        rows: RowList
        key: str

        @property
        def control(self) -> RowList:
            """The list, so that `@on` can select by id."""
            return self.rows

    @dataclass
    class Headed(Message):
        """The heading of a column was clicked."""

        rows: RowList
        number: int
        """Of the column, from 0."""

        @property
        def control(self) -> RowList:
            """The list, so that `@on` can select by id."""
            return self.rows

    @dataclass
    class Menu(Message):
        """The right button was pressed: what can be done with the thing under the cursor?"""

        rows: RowList

        @property
        def control(self) -> RowList:
            """The list, so that `@on` can select by id."""
            return self.rows

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        frame: Frame = "rule",
        cursor_at: int = 0,
        signed: bool = True,
        heading: bool = True,
        id: str | None = None,
    ) -> None:
        """Make an empty list.

        Args:
            columns: From left to right.
            frame: How it is framed.
            cursor_at: In which column the cursor's sign stands.
            signed: Whether a row's sign has its own column behind the cursor's.
            heading: Whether the columns' titles are shown.
            id: The widget's id.
        """
        super().__init__(frame=frame, id=id)
        self.columns = tuple(columns)
        self.heading = heading
        self.cursor_at = cursor_at
        self._signed = signed
        self._rows: tuple[Row, ...] = ()
        self._note: Callable[[int], Line] | None = more_below
        self._noted = False
        self._empty = ""
        self._cursor = -1
        self._first = 0
        self._is_moved = False

    # --- data ---------------------------------------------------------------------------

    def show(
        self,
        rows: Sequence[Row],
        *,
        note: Callable[[int], Line] | Literal[False] | None = None,
        empty: str = "",
        columns: Sequence[Column] = (),
    ) -> None:
        """Replace the rows; the cursor stays on its thing and on its line of the screen.

        Args:
            rows: From top to bottom.
            note: Gives a line that is always shown at the bottom, from how many rows are below;
                without it such a line appears only when rows are below, with False never.
            empty: What is said when there are no rows.
            columns: Other columns, for another width.
        """
        drawn = (self._rows, self._empty, self.columns, self._noted)
        key, line_on_screen = self.cursor_key, self._cursor - self._first
        at_top = self._first == 0
        self._rows = tuple(rows)
        self._note, self._noted = (None if note is False else note or more_below), bool(note)
        self._empty = empty
        if columns:
            self.columns = tuple(columns)
        self._cursor = self._find(key)
        # What comes in at the top of a list that shows its top must not come in unseen.
        if self.size.height:
            self._first = 0 if at_top else self._cursor - line_on_screen
        self._scroll_into_view()
        if note or drawn != (self._rows, self._empty, self.columns, self._noted):
            self.refresh()
        if self.cursor_key != key:
            self.post_message(self.Moved(self, self.cursor_key))

    def _find(self, key: str) -> int:
        """Index of `key`; when it is gone, of the nearest thing to where it was."""
        things = [index for index, row in enumerate(self._rows) if row.is_thing]
        for index in things:
            if key and self._rows[index].key == key:
                return index
        if not things:
            return -1
        return min(things, key=lambda index: abs(index - max(self._cursor, 0)))

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is listed."""
        return self._rows

    @property
    def cursor_key(self) -> str:
        """What the cursor stands on; empty when there is nothing."""
        return self._rows[self._cursor].key if 0 <= self._cursor < len(self._rows) else ""

    def point_at(self, key: str) -> bool:
        """Put the cursor on a thing; False when it is not listed."""
        index = next((i for i, row in enumerate(self._rows) if row.key == key), None)
        if index is None:
            return False
        self._go(index)
        return True

    def rest(self, key: str = "", *, anyway: bool = False) -> None:
        """Show the top again, unless somebody moved the cursor here.

        Args:
            key: The cursor goes there, and into sight; without it to the first thing.
            anyway: Even if it was moved: whoever did that is done with this list.
        """
        self._is_moved = self._is_moved and not anyway
        if self._is_moved or not self._rows:
            return
        before = self._cursor, self._first
        things = [index for index, row in enumerate(self._rows) if row.is_thing]
        wanted = [index for index in things if key and self._rows[index].key == key]
        self._cursor, self._first = next(iter(wanted or things), -1), 0
        self._scroll_into_view()
        if (self._cursor, self._first) != before:
            self.refresh()
            self.post_message(self.Moved(self, self.cursor_key))

    @property
    def shown(self) -> tuple[int, int, int]:
        """First and last thing in sight, counted from 1, and how many there are."""
        in_sight = range(self._first, self._first + self._body)
        things = [index for index, row in enumerate(self._rows) if row.is_thing]
        seen = [number for number, index in enumerate(things, 1) if index in in_sight]
        return (seen[0], seen[-1], len(things)) if seen else (0, 0, len(things))

    # --- moving -------------------------------------------------------------------------

    @property
    def _body(self) -> int:
        room = self.inner_height - self._above
        noted = self._note is not None and (self._noted or len(self._rows) > room)
        return max(1, room - noted)

    @property
    def _above(self) -> int:
        return 1 if self.heading and self._rows else 0

    def _go(self, index: int) -> None:
        if index == self._cursor:
            return
        self._cursor = index
        self._scroll_into_view()
        self.refresh()
        self.post_message(self.Moved(self, self.cursor_key))

    def _scroll_into_view(self) -> None:
        if not self.size.height:
            return  # Not laid out: what is in sight is decided by the resize that follows.
        last = max(0, len(self._rows) - self._body)
        first = min(self._first, max(0, self._cursor))
        if self._cursor >= first + self._body:
            first = self._cursor - self._body + 1
        # Lines between things above the first thing belong to it.
        while first > 0 and self._cursor == first and not self._rows[first - 1].is_thing:
            first -= 1
        self._first = max(0, min(first, last))

    def action_move(self, step: int) -> None:
        """Move the cursor to the next thing in a direction."""
        self._is_moved = True
        index = self._cursor + step
        while 0 <= index < len(self._rows):
            if self._rows[index].is_thing:
                self._go(index)
                return
            index += step

    def step_round(self, step: int) -> bool:
        """Move to the next thing, from the last to the first; False when it went round."""
        before = self._cursor
        self.action_move(step)
        if self._cursor == before:
            self.action_edge(-step)
            return False
        return True

    def action_edge(self, direction: int) -> None:
        """Go to the first or last thing; a list at its top is one that nobody moved."""
        self._is_moved = direction > 0
        things = [index for index, row in enumerate(self._rows) if row.is_thing]
        if things:
            self._go(things[-1 if direction > 0 else 0])

    def action_page(self, direction: int) -> None:
        """Move by half a page."""
        self._is_moved = True
        things = [index for index, row in enumerate(self._rows) if row.is_thing]
        if things:
            target = self._cursor + direction * max(1, self._body // 2)
            self._go(min(things, key=lambda index: abs(index - target)))

    def on_resize(self) -> None:
        """Keep the cursor in sight; what is in sight has changed."""
        first = self._first
        self._scroll_into_view()
        if self._first != first:
            self.refresh()  # It may have been drawn for the new size already.
        self.post_message(self.Moved(self, self.cursor_key))

    def on_mouse_scroll_down(self) -> None:
        """Move with the wheel."""
        self.action_move(1)

    def on_mouse_scroll_up(self) -> None:
        """Move with the wheel."""
        self.action_move(-1)

    def on_click(self, event: events.Click) -> None:
        """Point at a thing; a second click opens it."""
        if self._above and event.y == self.top:
            self._click_heading(event.x)
            return
        index = self._first + event.y - self.top - self._above
        if 0 <= index < len(self._rows) and self._rows[index].is_thing:
            again = index == self._cursor and event.chain > 1 and event.button == 1
            self._is_moved = True
            self._go(index)
            if event.button == 3:
                self.post_message(self.Menu(self))
            elif again:
                self.post_message(self.Opened(self, self.cursor_key))

    def _click_heading(self, x: int) -> None:
        before = self.size.width - self.inner_width - (self.frame == "box")
        number = column_at(self.columns, self._room, x - before - self.inner_width + self._room)
        if number is not None:
            self.post_message(self.Headed(self, number))

    # --- drawing ------------------------------------------------------------------------

    def content_line(self, y: int) -> tuple[Line, str]:
        """Heading, rows in sight, and the note at the bottom."""
        if not self._rows:
            lines = textwrap.wrap(one_line(self._empty), max(8, self.inner_width - 2))
            return (Span(f" {lines[y]}" if y < len(lines) else "", "muted"),), ""
        if y < self._above:
            return self._heading_line(), ""
        if y >= self._above + self._body:
            below = self._rows[self._first + self._body :]
            return self._note(sum(1 for row in below if row.is_thing)) if self._note else (), ""
        index = self._first + y - self._above
        if index >= len(self._rows):
            return (), ""
        row = self._rows[index]
        if not row.is_thing:
            return row.cells, ""
        return self._row_line(row, index == self._cursor), self._look_of(index)

    def _look_of(self, index: int) -> str:
        if index != self._cursor:
            return ""
        return "selection" if self.has_focus else "selection-blurred"

    def _lead(self, row: Row | None, on_cursor: bool) -> Line:
        mark = self.glyphs.cursor if on_cursor and self.has_focus else " "
        lead: Line = (Span(" " * self.cursor_at + mark),)
        if self._signed:
            lead = (*lead, row.sign if row else Span(" "))
        marked = row is not None and row.marked
        return (*lead, Span(self.glyphs.mark if marked else " ", bold=marked))

    def _heading_line(self) -> Line:
        cells = tuple(Span(column.title, "muted") for column in self.columns)
        return (*self._lead(None, False), *self._aligned(cells))

    def _row_line(self, row: Row, on_cursor: bool) -> Line:
        lead = self._lead(row, on_cursor)
        return (*lead, *(row.cells if row.whole else self._aligned(row.cells)))

    def _aligned(self, cells: tuple[Span, ...]) -> Line:
        return aligned(self.columns, cells, self._room, self.glyphs.more)

    @property
    def _room(self) -> int:
        """Columns behind cursor, sign and mark."""
        return self.inner_width - self.cursor_at - 2 - self._signed
