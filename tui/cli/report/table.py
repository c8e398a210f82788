"""Aligned columns of text, wide characters counted as the terminal does."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from tui.wording.clean import one_line

GAP = "  "


def width(text: str) -> int:
    """Columns that a terminal gives to `text`."""
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, columns: int) -> str:
    """Prose cut at its end with `…`, on one line, foreign characters visible."""
    safe = one_line(text)
    if width(safe) <= columns:
        return safe
    kept, used = "", 1
    for character in safe:
        used += _cells(character)
        if used > columns:
            break
        kept += character
    return kept + "…"


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Text filled up to `columns`; longer text stays as it is."""
    blanks = " " * max(0, columns - width(text))
    return blanks + text if right else text + blanks


def aligned(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> Iterator[str]:
    """Lines with every column as wide as its widest cell; a column of nothing is left out.

    Args:
        rows: The first one may be a heading; all of the same length.
        right: Columns whose cells stand at the right, as numbers do.
    """
    safe = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*safe, strict=True)]
    for row in safe:
        cells = (
            pad(cell, columns, right=index in right)
            for index, (cell, columns) in enumerate(zip(row, widths, strict=True))
            if columns
        )
        yield GAP.join(cells).rstrip()


def labelled(rows: Sequence[tuple[str, str]], indent: str = "") -> Iterator[str]:
    """`label   text` lines; a label that is empty goes on with the one before it."""
    columns = max((width(label) for label, _ in rows), default=0)
    for label, text in rows:
        yield f"{indent}{pad(label, columns)}{GAP}{one_line(text)}".rstrip()
