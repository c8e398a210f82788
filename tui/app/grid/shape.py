"""The shown columns of a relation: what heads them, how their cells look, how wide they are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from tui.app.glyphs import UNICODE, Glyphs
from tui.app.grid.cache import Held
from tui.app.grid.cells import KEPT, KEPT_ALONE, Drawn, beginning, drawn, is_boolean
from tui.app.grid.layout import Layout, first_for, lay_out
from tui.core.models.rows import Order, Relation, RelationColumn
from tui.wording.clean import one_line

FEW = 5
"""Up to so many columns, one may have most of the screen."""
_NUMBERS = ("INT", "REAL", "FLOA", "DOUB", "NUM", "DEC")


class Shape:
    """Columns of one view; widths follow what was in sight and never shrink."""

    def __init__(self) -> None:
        self.glyphs: Glyphs = UNICODE
        self.names: tuple[str, ...] = ()
        """The shown columns, from left to right."""
        self.order: tuple[Order, ...] = ()
        self.frozen = 0
        self._relation: Relation | None = None
        self._declared: list[RelationColumn | None] = []
        self._index: list[int | None] = []
        self._page: tuple[str, ...] = ()
        self._widths: dict[str, int] = {}
        self._headings: dict[str, tuple[str, int]] = {}
        self._rows: Sequence[Held] = ()
        self._measured: set[int] = set()

    def set(self, relation: Relation, names: Sequence[str]) -> None:
        """Show columns of a relation; the widths of another one are forgotten."""
        if self._relation is None or self._relation.name != relation.name:
            self._widths = {}
        self._relation, self.names = relation, tuple(names)
        declared = {column.name.lower(): column for column in relation.columns}
        self._declared = [declared.get(name.lower()) for name in names]
        self._headings, self._measured = {}, set()
        self._find()

    def see(self, page: tuple[str, ...], rows: Sequence[Held]) -> None:
        """Other rows are in sight.

        Args:
            page: The columns of their values.
            rows: From top to bottom.
        """
        if page != self._page:
            self._page = page
            self._find()
        self._rows, self._measured = rows, set()

    def _find(self) -> None:
        places = {name.lower(): place for place, name in enumerate(self._page)}
        self._index = [places.get(name.lower()) for name in self.names]

    # --- columns --------------------------------------------------------------------------

    def column(self, number: int) -> RelationColumn | None:
        """What is declared of a shown column."""
        return self._declared[number]

    def index(self, number: int) -> int | None:
        """A shown column's place in a page; None where its values were not asked for."""
        return self._index[number]

    def cell(self, held: Held, number: int) -> Drawn:
        """How a row's value in a shown column looks; drawn once."""
        index = self._index[number]
        if index is None:
            return Drawn(self.glyphs.more, len(self.glyphs.more), muted=True)
        cell = held.drawn.get(index)
        if cell is None:
            kept = KEPT_ALONE if len(self.names) <= FEW else KEPT
            cell = drawn(held.row.cells[index], self._declared[number], self.glyphs, kept)
            held.drawn[index] = cell
        return cell

    def wanted(self, number: int) -> int:
        """Columns of the terminal that a column would take."""
        name = self.names[number]
        if number not in self._measured:
            self._measured.add(number)
            _text, widest = self._heading(number)
            widest = max(widest, self._widths.get(name, 1))
            for held in self._rows:
                cell = self.cell(held, number)
                widest = max(widest, cell.width + (len(self.glyphs.more) if cell.more else 0))
            self._widths[name] = widest
        return self._widths[name]

    def layout(self, room: int, first: int) -> Layout:
        """Where the columns in sight stand."""
        return lay_out(len(self.names), self.wanted, room, first=first, frozen=self.frozen)

    def first_for(self, number: int, first: int, room: int) -> int:
        """From which column on another one is in sight."""
        count = len(self.names)
        return first_for(number, first, count, self.wanted, room, self.frozen)

    # --- headings -------------------------------------------------------------------------

    def _heading(self, number: int) -> tuple[str, int]:
        """A name that is cleaned, and the width it needs with its signs."""
        name = self.names[number]
        known = self._headings.get(name)
        if known is None:
            text = one_line(name[:KEPT])[:KEPT]
            text = self.glyphs.plain(text)
            known = text, cell_len(text) + cell_len(self._signs(number))
            self._headings[name] = known
        return known

    def _signs(self, number: int) -> str:
        """` >` for a foreign key, ` ↑` and ` ↓` for what is sorted by."""
        name, column = self.names[number].lower(), self.column(number)
        signs = " >" if column is not None and column.points_to else ""
        for order in self.order:
            if order.column.lower() == name:
                signs += " ↓" if order.descending else " ↑"
        return self.glyphs.plain(signs)

    def heading(self, number: int, width: int) -> str:
        """A column's name over it: cut or padded; its signs are never cut."""
        text, wanted = self._heading(number)
        signs = self._signs(number)
        if wanted > width:
            more = self.glyphs.more
            room = max(0, width - cell_len(signs) - len(more))
            return beginning(beginning(text, room) + more + signs, width)
        padding = " " * (width - wanted)
        return padding + text + signs if self._is_number(number) else text + signs + padding

    def _is_number(self, number: int) -> bool:
        column = self.column(number)
        if column is None or is_boolean(column):
            return False
        declared = column.declared.upper()
        return any(word in declared for word in _NUMBERS)
