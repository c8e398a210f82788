"""The reports of `tables`: names with counts, and rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tui.cli.report.table import aligned, fit, labelled, width
from tui.core.models import Rows
from tui.wording.clean import one_line
from tui.wording.quantities import count, plural, size

CELL = 32
"""Columns of one value in a grid."""
VALUE = 160
"""Columns of one value where a row is printed value by value."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the list."""

    name: str
    kind: str
    rows: int | None


def table_lines(found: Sequence[Shown]) -> Iterator[str]:
    """Tables with rows first as the gateway has them, then how many are empty."""
    if not found:
        yield "No table: the database is empty."
        return
    rows = [("table", "rows", "kind")]
    rows += [
        (t.name, "…" if t.rows is None else count(t.rows), "" if t.kind == "table" else t.kind)
        for t in found
    ]
    yield from aligned(rows, right=(1,))
    plain = [table for table in found if table.kind != "internal"]
    filled = sum(1 for table in plain if table.rows)
    yield f"{plural(len(plain), 'table')}, {filled} with rows"


def rows_data(rows: Rows, masked: Collection[str]) -> dict[str, Any]:
    """Rows for JSON: exact values, secrets as their length."""
    return {
        "table": rows.table,
        "columns": rows.columns,
        "masked": sorted(masked),
        "cut": rows.cut,
        "more": rows.more,
        "rows": [
            [
                {"$masked": length(value)} if column in masked and value is not None else value
                for column, value in zip(rows.columns, row, strict=True)
            ]
            for row in rows.rows
        ],
    }


def row_lines(rows: Rows, masked: Collection[str], columns: int) -> Iterator[str]:
    """A grid where it fits the terminal, else row by row."""
    grid = [list(rows.columns)]
    grid += [
        [
            fit(value_text(value, masked=column in masked), CELL)
            for column, value in zip(rows.columns, row, strict=True)
        ]
        for row in rows.rows
    ]
    more = ", more exist" if rows.more else ""
    yield f"{one_line(rows.table)}: first {plural(len(rows.rows), 'row')}{more}"
    lines = list(aligned(grid, right=_numbers(rows)))
    if all(width(line) <= columns for line in lines):
        yield from lines
        return
    for number, row in enumerate(rows.rows, 1):
        yield f"─ row {number} ─"
        yield from labelled(
            [
                (one_line(column), fit(value_text(value, masked=column in masked), VALUE))
                for column, value in zip(rows.columns, row, strict=True)
            ],
            "  ",
        )


def _numbers(rows: Rows) -> list[int]:
    return [
        index
        for index in range(len(rows.columns))
        if any(isinstance(row[index], int | float) for row in rows.rows)
        and all(isinstance(row[index], int | float | None) for row in rows.rows)
    ]


def value_text(value: object, *, masked: bool) -> str:
    """A value of the database as text; a secret as its length alone."""
    if value is None:
        return "∅"
    if masked:
        return f"•••• {length(value)} ch"
    if isinstance(value, bytes):
        return f"blob {size(len(value))} {value[:8].hex()}"
    return str(value) if value != "" else "''"


def length(value: object) -> int:
    """How long a masked value is, in characters or bytes."""
    return len(value) if isinstance(value, str | bytes) else len(str(value))
