"""What a search of all tables found, in words: one place for the screen and the command."""

from __future__ import annotations

from collections.abc import Collection

from tui.wording.quantities import count, plural


def hits_words(hits: int, per_table: int) -> str:
    """`3`, or `20 or more` where no more were looked for."""
    return f"{count(hits)} or more" if hits >= per_table else count(hits)


def found_words(hits: Collection[int], per_table: int) -> str:
    """`27 or more rows in 2 tables`; `Not found` without any.

    Args:
        hits: Of each table that has some.
        per_table: Where looking on in a table ended.
    """
    if not hits:
        return "Not found"
    total, more = sum(hits), any(number >= per_table for number in hits)
    rows = f"{count(total)} or more rows" if more else plural(total, "row")
    return f"{rows} in {plural(len(hits), 'table')}"
