"""Values of the database as one cell shows them: NULL, text, numbers, blobs, secrets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from rich.cells import cell_len

from tui.app.glyphs import Glyphs
from tui.app.listing.row import Column, Row
from tui.app.paint import Span
from tui.core.models import Rows
from tui.wording import quantities
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


def grid(rows: Rows, glyphs: Glyphs, first: int = 0) -> tuple[list[Column], list[Row]]:
    """Columns and rows of a page, from column `first` on."""
    names = list(enumerate(rows.columns))[first:]
    cells = [
        [cell_of(row[index], glyphs, masked=name in rows.masked) for index, name in names]
        for row in rows.rows
    ]
    number = Column("row", max(3, len(str(len(rows.rows)))), "right", gap=1)
    columns = [number]
    for position, (_, name) in enumerate(names):
        values = [row[position] for row in cells]
        columns.append(
            Column(one_line(name), _width(name, values), _align(rows, names[position][0]))
        )
    listed = [
        Row(str(index), (Span(str(index), "muted"), *values))
        for index, values in enumerate(cells, 1)
    ]
    return columns, listed


def _width(name: str, values: Sequence[Span]) -> int:
    longest = max([cell_len(one_line(name)), *(cell_len(value.text) for value in values)])
    return min(longest, WIDEST)


def _align(rows: Rows, index: int) -> Literal["left", "right"]:
    values = [row[index] for row in rows.rows if row[index] is not None]
    numbers = bool(values) and all(isinstance(value, int | float) for value in values)
    return "right" if numbers and rows.columns[index] not in rows.masked else "left"


def as_json(rows: Rows, index: int) -> str:
    """One row as JSON, without what is masked; a blob as hex."""
    values = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in zip(rows.columns, rows.rows[index], strict=True)
        if name not in rows.masked
    }
    return json.dumps(values, ensure_ascii=False)


def left_out(rows: Rows) -> str:
    """What `as_json` leaves out, in sentences; empty when nothing is."""
    words = []
    if rows.masked:
        names = ", ".join(name for name in rows.columns if name in rows.masked)
        words.append(f"Masked values are left out of the copy: {names}.")
    if rows.cut:
        words.append("Long values are cut.")
    return " ".join(words)


def page_words(rows: Rows, total: int | None, first: int, clock: str) -> str:
    """`100 of 318 rows · 12 columns · read 03:14:19`.

    Args:
        rows: The page.
        total: Rows of the table, where they are counted.
        first: The column the page begins with, from 0.
        clock: When it was read.
    """
    shown = len(rows.rows)
    count = f"{shown} of {quantities.count(total)} rows" if total is not None else ""
    if total is None or shown == total:
        more = f"first {shown} rows, more exist" if rows.more else ""
        count = more or quantities.plural(shown, "row")
    wide = len(rows.columns)
    hidden = f" · columns {first + 1}- of {wide}" if first else ""
    return f"{count} · {quantities.plural(wide, 'column')}{hidden} · read {clock}"
