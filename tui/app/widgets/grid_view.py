"""Rows of a view of any size, drawn: what is in sight and nothing else."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from tui.app.grid import words
from tui.app.grid.asking import Wish
from tui.app.grid.cache import Held
from tui.app.grid.drawing import MARGIN, Lead, Parts, Pencil
from tui.app.grid.feed import Feed
from tui.app.grid.layout import GAP, Layout
from tui.app.grid.marks import Marks
from tui.app.grid.shape import Shape
from tui.app.paint import Line, Span
from tui.app.widgets.panel import Frame, Panel
from tui.core.models.rows import Order, PageRow, Relation, RowIdentity
from tui.wording import quantities
from tui.wording.clean import one_line

_BOLD = Style(bold=True)


class Picture(NamedTuple):
    """What the picture hangs on besides the cursor."""

    rows: tuple[int, tuple[int, int] | None, int]
    columns: tuple[int, int, tuple[str, ...], int]
    problem: str


class GridView(Panel):
    """Draws a heading and the rows in sight; `RowGrid` gives it keys and a mouse."""

    def __init__(self, *, frame: Frame = "rule", id: str | None = None) -> None:
        super().__init__(frame=frame, id=id)
        self.feed = Feed(self.ask, self.drop)
        """The rows, and what is asked for."""
        self.marks = Marks()
        """The rows that are marked."""
        self.relation: Relation | None = None
        """What is shown."""
        self.read_at: datetime | None = None
        """When the rows came that are shown."""
        self.empty = "0 rows."
        """What is said where there are no rows."""
        self._shape = Shape()
        self._column = 0
        self._first_column = 0
        self._digits = 3
        self._count_is_stale = False
        self._newer = False
        self.range_from: PageRow | None = None
        """Where a range of marks begins that is being chosen."""
        self._changed: dict[RowIdentity, frozenset[str]] = {}
        self._pencil: tuple[Picture, Layout, Pencil] | None = None
        self.heed: Callable[[], None] = lambda: None
        """Called at once when the cursor or what is in sight became another, before it is drawn:
        what tells of it is in the same picture. A message comes a picture later."""
        self._uncovered: tuple[Held, int, PageRow] | None = None
        """A row with a secret in clear, the secret's place, and the row as it was."""

    def begin(
        self, relation: Relation, names: Sequence[str], order: Sequence[Order], frozen: int
    ) -> None:
        """Other rows will be shown: nothing is known of them yet."""
        self.relation, self.read_at, self.range_from = relation, None, None
        self._digits, self._changed, self._newer, self._count_is_stale = 3, {}, False, False
        self._shape.order, self._shape.frozen = tuple(order), max(0, frozen)
        self._shape.set(relation, names)

    def ask(self, wish: Wish) -> None:
        """Rows are wanted."""

    def drop(self, wish: Wish) -> None:
        """The answer to a wish is no longer needed."""

    # --- words ----------------------------------------------------------------------------

    def position_words(self) -> str:
        """`rows 1-16 of 143 · read 03:14:19 · newer data: R`; empty before anything is read."""
        if self.relation is None:
            return ""
        sight, window = self.feed.in_sight(), self.feed.window
        first = window.number(sight[0]) if sight else None
        rows = sight[1] - sight[0] + 1 if sight else 0
        total = self.feed.total
        ends = not window.after and not window.capped
        if total is None and ends and window.offset is not None:
            total = window.offset + window.end
        parts = [
            words.position(
                first, rows, total, about=window.about, stale=self._count_is_stale
            )
        ]  # fmt: skip
        if window.capped and window.offset is not None:
            end = quantities.count(window.offset + window.end)
            parts.append(f"first {end} rows, more exist")
        if self.range_from is not None:
            parts.append("V marks to here")
        if len(self.marks):
            parts.append(f"{quantities.count(len(self.marks))} marked")
        if self.read_at is not None:
            parts.append(f"read {self.read_at.astimezone(self.now().tzinfo):%H:%M:%S}")
        if self._newer:
            parts.append("newer data: R")
        return " · ".join(parts)

    def columns_words(self) -> str:
        """`columns 1-5 of 8 shown →`, or `50 columns, 8 shown`."""
        if self.relation is None:
            return ""
        layout = self._layout
        places = [place.column for place in layout.places]
        whole = sum(not column.hidden for column in self.relation.columns)
        shown = len(self._shape.names)
        return words.columns(places, layout.frozen, shown, layout.more, max(whole, shown))

    # --- geometry -------------------------------------------------------------------------

    @property
    def body(self) -> int:
        """Lines for rows."""
        return max(1, self.inner_height - 1)

    @property
    def _room(self) -> int:
        """Columns for cells, from behind the number's blank to before the last bracket."""
        return max(1, self.inner_width - self._lead_width - GAP)

    @property
    def _lead_width(self) -> int:
        return MARGIN + self._digits + GAP

    def fit(self) -> None:
        """There is room for another number of rows, perhaps."""
        if self.size.height:
            self.feed.resize(self.body)

    def on_resize(self) -> None:
        """Lay out anew; the cursor stays in sight."""
        self.fit()
        self._first_column = self.first_column_for(self._column, self._first_column)
        self.refresh()

    def watch_frame(self) -> None:
        """Another frame leaves other room."""
        self.fit()
        self.refresh()

    def entitle(self, title: str | Line, aside: str | Line = "") -> None:
        """Set what stands at the two ends of the title line; it may take a line."""
        super().entitle(title, aside)
        self.fit()

    def first_column_for(self, column: int, first: int) -> int:
        """From which column on another one is in sight, beginning at `first` if it can be."""
        self._drawing()
        if not 0 <= column < len(self._shape.names):
            return 0
        return self._shape.first_for(column, first, self._room)

    def column_at(self, x: int) -> int | None:
        """The column at a place of the widget; None beside them."""
        before = self.size.width - self.inner_width - (self.frame == "box")
        return self._layout.at(x - before - self._lead_width)

    def state(self) -> Picture:
        """What the picture hangs on now."""
        feed = self.feed
        return Picture(
            (feed.sight.top, feed.in_sight(), feed.generation),
            (self._first_column, self._shape.frozen, self._shape.names, self.inner_width),
            feed.problem,
        )

    @property
    def _layout(self) -> Layout:
        return self._drawing()[0]

    def _drawing(self) -> tuple[Layout, Pencil]:
        """Where the columns stand, worked out anew when something else is in sight."""
        state = self.state()
        if self._pencil is None or self._pencil[0] != state:
            self._shape.glyphs = self.glyphs
            self._shape.see(self.feed.window.columns, self._rows_in_sight())
            self._digits = max(self._digits, self._digits_wanted())
            layout = self._shape.layout(self._room, self._first_column)
            self._pencil = state, layout, Pencil(self._shape, layout, self._digits)
        return self._pencil[1], self._pencil[2]

    def _digits_wanted(self) -> int:
        window, sight = self.feed.window, self.feed.in_sight()
        number = window.number(sight[1]) if sight else None
        if number is None:
            return 0
        highest = max(number + 1, self.feed.total or 0)
        return len(quantities.count(highest)) + window.about

    def _rows_in_sight(self) -> list[Held]:
        sight = self.feed.in_sight()
        if sight is None:
            return []
        slots = range(sight[0], sight[1] + 1)
        return [held for slot in slots if (held := self.feed.window.at(slot)) is not None]

    # --- drawing --------------------------------------------------------------------------

    def redraw(self, before: Picture, cursor: tuple[int, int]) -> None:
        """Draw what is not as it was: everything, or the lines of the cursor alone.

        Args:
            before: What the picture hung on.
            cursor: The cursor's slot and column then.
        """
        now = (self.feed.sight.cursor, self._column)
        if self.state() != before:
            self.refresh()
        elif now != cursor:
            self.refresh_slot(*{cursor[0], now[0]})
            if now[1] != cursor[1]:
                self._refresh_content(0)

    def refresh_slot(self, *slots: int) -> None:
        """Draw some rows again, where they are in sight."""
        for slot in slots:
            if self.feed.sight.top <= slot <= self.feed.sight.last:
                self._refresh_content(slot - self.feed.sight.top + 1)

    def _refresh_content(self, y: int) -> None:
        self.refresh(Region(0, self.top + y, self.size.width, 1))

    def content_strip(self, y: int) -> Strip:
        """The heading, a row, or why there is none."""
        if self.relation is None:
            return self._painted(())
        _layout, pencil = self._drawing()
        if y == 0:
            return self._painted(pencil.heading(self._column))
        slot = self.feed.sight.top + y - 1
        held = self.feed.window.at(slot)
        if held is None and not len(self.feed.window):
            if self.feed.problem:
                return self._note_line(self.feed.problem, y - 1, "attention")
            if self.feed.is_empty:
                return self._note_line(self.empty, y - 1)
        if held is None and not self.feed.can_be(slot):
            return self._painted(())
        return self._row(pencil, slot, held)

    def _row(self, pencil: Pencil, slot: int, held: Held | None) -> Strip:
        at_cursor = slot == self.feed.sight.cursor
        identity = held.row.identity if held else ()
        window = self.feed.window
        # Before anything was read only the row that is gone to has a number.
        number = window.number(slot) if len(window) or at_cursor else None
        lead = Lead(
            cursor=at_cursor and self.has_focus,
            marked=identity in self.marks,
            # One that was worked out from a count may lead to before the first row.
            number=None if number is None or number < 0 else number,
            about=window.about,
        )
        changed = self._changed.get(identity, frozenset())
        parts = pencil.row(held, lead, self._column if at_cursor else None, changed)
        if not at_cursor:
            return self._painted(parts.left)
        return self._cursor_row(parts)

    def _cursor_row(self, parts: Parts) -> Strip:
        """The row in one look, its cell in another, with brackets."""
        around = "selection-blurred"
        over = "selection" if self.has_focus else around
        place = self._layout.of(self._column)
        if place is None or not parts.cell:
            return self.draw(parts.left, over=around, width=self.inner_width).apply_style(_BOLD)
        before, wide = self._lead_width + place.x - GAP, place.width + 2 * GAP
        after = max(0, self.inner_width - before - wide)
        return Strip.join(
            [
                self.draw(parts.left, over=around, width=before).apply_style(_BOLD),
                self.draw(parts.cell, over=over, width=wide),
                self.draw(parts.right, over=around, width=after).apply_style(_BOLD),
            ]
        )

    def _painted(self, spans: Sequence[Span]) -> Strip:
        return self.draw(spans, width=self.inner_width)

    def _note_line(self, text: str, y: int, role: str = "muted") -> Strip:
        lines = textwrap.wrap(one_line(text), max(8, self.inner_width - 2))
        return self._painted((Span(f" {lines[y]}" if y < len(lines) else "", role),))
