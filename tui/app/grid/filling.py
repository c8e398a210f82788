"""How many rows are asked for, and which are missing."""

from __future__ import annotations

from tui.app.grid.asking import Wish
from tui.app.grid.cache import Window, capacity
from tui.app.grid.sight import Sight

LEAD = 1_000
"""Rows by which the cursor may be ahead of those that are held."""
LEAST = 64
"""Rows that are asked for at least."""


def most_at_once(columns: int, body: int) -> int:
    """Rows that one wish may ask for: of very wide rows few are held, but what is in sight is.

    Args:
        columns: Of the view.
        body: Rows in sight.
    """
    return max(capacity(columns) // 2, 2 * body)


def page_size(columns: int, body: int) -> int:
    """Rows of an ordinary wish: those in sight and as many ahead."""
    return min(max(LEAST, 2 * body), most_at_once(columns, body))


def bounds(
    window: Window, total: int | None, columns: int, body: int
) -> tuple[int | None, int | None]:
    """First and last slot that the cursor may have now; None where nothing is known of it.

    Args:
        window: The rows that are held.
        total: Rows of the view, where they are counted.
        columns: Of the view.
        body: Rows in sight.
    """
    lead = min(LEAD, most_at_once(columns, body))
    least, most = window.least, window.most(total)
    low, high = window.start - lead, window.end - 1 + lead
    return (low if least is None else max(least, low), high if most is None else min(most, high))


def missing(window: Window, sight: Sight, direction: int, columns: int) -> Wish | None:
    """What is to be asked for: what is missing in sight, else a page ahead; None: all is there.

    Args:
        window: The rows that are held.
        sight: Those in sight.
        direction: 1 where the last move went down, -1 up.
        columns: Of the view.
    """
    first, last = window.first, window.last
    if first is None or last is None:
        return None
    below = sight.last - window.end + 1 if window.after else -sight.body
    above = window.start - sight.top if window.before else -sight.body
    downwards = direction > 0
    if below > 0 and above > 0:
        rows = below if downwards else above
    elif max(below, above) > 0:
        downwards = below > 0
        rows = max(below, above)
    else:
        rows = below if downwards else above
        if rows + sight.body <= 0:
            return None
    size = max(rows + sight.body, page_size(columns, sight.body))
    limit = min(size, most_at_once(columns, sight.body))
    if downwards:
        return Wish(kind="after", anchor=last.anchor, limit=limit)
    return Wish(kind="before", anchor=first.anchor, limit=limit)
