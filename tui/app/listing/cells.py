"""Values of the database as one cell shows them: NULL, text, numbers, blobs, secrets."""

from __future__ import annotations

from tui.app.glyphs import Glyphs
from tui.app.paint import Span
from tui.wording.clean import one_line

WIDEST = 32
"""Columns that one value may take."""


def cell_of(value: object, glyphs: Glyphs, *, masked: bool = False) -> Span:
    """One value as SQLite gave it."""
    if value is None:
        return Span(glyphs.null, "muted")
    if masked:
        length = len(value) if isinstance(value, str | bytes) else len(str(value))
        return Span(f"{glyphs.mask} {length} ch", "muted")
    if isinstance(value, bytes):
        return Span(f"blob, {len(value):,} bytes", "muted")
    if value == "":
        return Span("''", "muted")
    if value == "NULL" and glyphs.ascii:
        return Span('"NULL"')
    # A cell shows the beginning of a long text; cleaning megabytes for it would stall.
    return Span(one_line(value[: WIDEST * 4]) if isinstance(value, str) else str(value))
