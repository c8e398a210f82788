"""Rows under a line of terms: what a row has to read, and which of them stay."""

from __future__ import annotations

from collections.abc import Sequence

from tui.app.listing.row import Row
from tui.core.terms import Terms as Terms
from tui.core.terms import parse as parse
from tui.wording.clean import one_line


def narrowed(terms: Terms, rows: Sequence[Row]) -> list[Row]:
    """The things that pass; the lines between them go, for they tell of what is left out."""
    return [row for row in rows if row.is_thing and terms.fit(_text(row), row.fields, row.moment)]


def _text(row: Row) -> str:
    return "\n".join([*(one_line(span.text) for span in row.cells), row.words])
