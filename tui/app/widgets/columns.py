"""How the columns of a list share its width; pure, so that drawing and clicking agree."""

from __future__ import annotations

from collections.abc import Sequence

from tui.app.listing.row import Column
from tui.app.paint import Line, Span, cell, fit


def widths(columns: Sequence[Column], room: int) -> list[int]:
    """Columns of the terminal that each takes; a growing one gets what the others leave."""
    fixed = sum(c.width + c.gap for c in columns if not c.grows)
    return [max(c.width, room - fixed - c.gap) if c.grows else c.width for c in columns]


def aligned(columns: Sequence[Column], cells: Sequence[Span], room: int, more: str) -> Line:
    """One row of cells, each cut or padded to its column."""
    result: list[Span] = []
    for column, width, span in zip(columns, widths(columns, room), cells, strict=False):
        text = cell(span.text, width, column.align, more) + " " * column.gap
        result.append(span._replace(text=text))
    return fit(result, max(0, room))


def column_at(columns: Sequence[Column], room: int, x: int) -> int | None:
    """Number of the column that `x` lies in, counted from the first; None beside them."""
    edge = 0
    for number, (column, width) in enumerate(zip(columns, widths(columns, room), strict=True)):
        edge += width + column.gap
        if 0 <= x < edge:
            return number
    return None
