"""A row of the grid as spans: cursor, mark, number, and the cells in sight."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tui.app.grid.cache import Held
from tui.app.grid.cells import Drawn, placed
from tui.app.grid.layout import GAP, Layout
from tui.app.grid.shape import Shape
from tui.app.paint import Line, Span
from tui.wording import quantities

MARGIN = 2
"""Columns for the cursor's sign and the mark."""


class Lead(NamedTuple):
    """What stands before the cells."""

    cursor: bool = False
    marked: bool = False
    number: int | None = None
    """Of the row, from 0; None where it is not known."""
    about: bool = False
    """That number was worked out from a count."""


class Parts(NamedTuple):
    """A row in three parts, so that the cell under the cursor can have a look of its own."""

    left: Line
    cell: Line = ()
    right: Line = ()


class Pencil:
    """Draws rows and heading for one layout."""

    def __init__(self, shape: Shape, layout: Layout, digits: int) -> None:
        """Make one.

        Args:
            shape: The columns.
            layout: Those in sight.
            digits: Columns for the row's number.
        """
        self._shape, self._layout, self._digits = shape, layout, digits
        self._glyphs = shape.glyphs

    def heading(self, at: int) -> Line:
        """The columns' names; that of column `at` stands out."""
        spans = [Span(" " * MARGIN + "row".rjust(self._digits), "muted")]
        for order, place in enumerate(self._layout.places):
            spans.append(self._gap(order))
            text = self._shape.heading(place.column, place.width)
            here = place.column == at
            spans.append(Span(text, "" if here else "muted", here))
        return joined(spans)

    def row(
        self, held: Held | None, lead: Lead, at: int | None, changed: frozenset[str] = frozenset()
    ) -> Parts:
        """One row.

        Args:
            held: The row; None while it is read: placeholders stand in its place.
            lead: What stands before its cells.
            at: The column of the cursor where it stands on this row.
            changed: Columns whose values have just become others.
        """
        before: list[Span] = [self._lead(lead)]
        cell: list[Span] = []
        after: list[Span] = []
        current = before
        for order, place in enumerate(self._layout.places):
            span = self._cell(held, place.column, place.width, changed)
            if place.column == at:
                # The brackets tell the cell apart where there is no colour.
                cell = [Span("["), span, Span("]")]
                current = after
                continue
            if not (current is after and not after):
                current.append(self._gap(order))
            current.append(span)
        return Parts(joined(before), tuple(cell), joined(after))

    def _lead(self, lead: Lead) -> Span:
        cursor = self._glyphs.cursor if lead.cursor else " "
        mark = self._glyphs.mark if lead.marked else " "
        number = ""
        if lead.number is not None:
            number = ("~" if lead.about else "") + quantities.count(lead.number + 1)
        # A number is never cut: what does not fit is told by the line below the rows.
        shown = number if len(number) <= self._digits else ""
        return Span(cursor + mark + shown.rjust(self._digits), "muted")

    def _gap(self, order: int) -> Span:
        """The blank before a column; behind the ones that stay a line."""
        if order and order == self._layout.frozen:
            return Span(self._glyphs.side, "border")
        return Span(" " * GAP)

    def _cell(self, held: Held | None, column: int, width: int, changed: frozenset[str]) -> Span:
        more = self._glyphs.more
        if held is None:
            return Span(placed(Drawn(more, len(more)), width, more), "muted")
        cell = self._shape.cell(held, column)
        bold = bool(changed) and self._shape.names[column] in changed
        return Span(placed(cell, width, more), "muted" if cell.muted else "", bold)


def joined(spans: Iterable[Span]) -> Line:
    """Spans of one look as one: fewer of them are cleaned and painted faster."""
    result: list[Span] = []
    texts: list[str] = []
    look: tuple[str, bool] | None = None
    for span in spans:
        if not span.text.strip(" ") and look is not None:
            texts.append(span.text)
            continue
        if (span.role, span.bold) != look:
            if look is not None:
                result.append(Span("".join(texts), *look))
            look, texts = (span.role, span.bold), []
        texts.append(span.text)
    if look is not None:
        result.append(Span("".join(texts), *look))
    return tuple(result)
