"""What the grid says of itself: which rows and columns are in sight, of how many."""

from __future__ import annotations

from collections.abc import Sequence

from tui.wording import quantities

GONE = "Row is gone; the cursor is on the next one."


def position(
    first: int | None, rows: int, total: int | None, *, about: bool = False, stale: bool = False
) -> str:
    """`rows 1-16 of 143`.

    Args:
        first: Number of the first row in sight, from 0; None where it is not known.
        rows: Rows in sight.
        total: Rows of the view; None where they are not counted yet.
        about: The number was worked out from a count.
        stale: The rows were counted before the file changed.
    """
    whole = "…" if total is None else ("~" if stale else "") + quantities.count(total)
    if not rows and total == 0:
        return "0 rows"
    if not rows:
        return f"rows … of {whole}"
    if first is None:
        return f"{quantities.plural(rows, 'row')} in sight, of {whole}"
    sign = "~" if about else ""
    if rows == 1:
        return f"row {sign}{quantities.count(first + 1)} of {whole}"
    numbers = f"{quantities.count(first + 1)}-{quantities.count(first + rows)}"
    return f"rows {sign}{numbers} of {whole}"


def columns(places: Sequence[int], frozen: int, shown: int, more: bool, whole: int) -> str:
    """`columns 1-5 of 8 shown →`; `50 columns, 8 shown` where all that are shown are in sight.

    Args:
        places: Columns in sight, of the shown ones, from 0.
        frozen: How many of them stay at the left.
        shown: Columns that are shown.
        more: Whether columns follow at the right.
        whole: Columns of the relation.
    """
    if len(places) >= shown and not more:
        words = quantities.plural(whole, "column")
        return words if whole == shown else f"{words}, {shown} shown"
    moving = places[frozen:]
    parts = [_span(places[:frozen])] if frozen and moving and moving[0] > frozen else []
    if not parts:
        moving = places
    numbers = ", ".join([*parts, _span(moving)])
    arrow = " →" if more else ""
    return f"columns {numbers} of {quantities.count(shown)} shown{arrow}"


def _span(places: Sequence[int]) -> str:
    if not places:
        return "…"
    first, last = places[0] + 1, places[-1] + 1
    return f"{first}" if first == last else f"{first}-{last}"
