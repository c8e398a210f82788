"""The reports of `query`: a grid, JSON values, or a format that other programs read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tui.cli.report.table import aligned, fit, labelled, width
from tui.cli.report.tables import CELL, VALUE, value_text
from tui.core.models.queries import Result
from tui.core.models.rows import Cell
from tui.operations.reads.query import StatementError
from tui.services.rows_out.formats import Format, distinct, writer
from tui.wording.clean import one_line, printable


def query_data(result: Result) -> dict[str, Any]:
    """A result for JSON: exact values, secrets as their length."""
    return {
        "columns": result.columns,
        "rows": [[plain(value) for value in row] for row in result.rows],
        "ended": result.ended,
        "seconds": round(result.elapsed, 3),
        "masked": [f"{table}.{column}" for table, column in result.masked],
        "cut": result.cut,
        "note": result.note or None,
    }


def plain(value: object) -> object:
    """A value for JSON; a secret as its length."""
    if not isinstance(value, Cell):
        return value
    return {"$masked": value.length} if value.secret else value.value


def grid_lines(result: Result, columns: int) -> Iterator[str]:
    """A grid where it fits the terminal, else row by row."""
    return grid(result.columns, result.rows, columns)


def grid(
    names: Sequence[str], rows: Sequence[Sequence[object]], columns: int, first: int = 1
) -> Iterator[str]:
    """A grid where it fits the terminal, else row by row.

    Args:
        names: Of the columns; without any nothing is shown.
        rows: Plain values and `Cell`s.
        columns: Of the terminal.
        first: Number of the first row.
    """
    if not names:
        return
    cells = [[shown(value, CELL) for value in row] for row in rows]
    numbers = [
        n
        for n in range(len(names))
        if any(isinstance(row[n], int | float) for row in rows)
        and all(isinstance(row[n], int | float | None) for row in rows)
    ]
    # A column of nothing would be left out, and one without a name is still there.
    heads = [fit(name, CELL) or "''" for name in names]
    lines = list(aligned([heads, *cells], right=numbers))
    if all(width(line) <= columns for line in lines):
        yield from lines
        return
    for number, row in enumerate(rows, first):
        yield f"─ row {number} ─"
        pairs = zip(heads, row, strict=True)
        yield from labelled([(name, shown(value, VALUE)) for name, value in pairs], "  ")


def shown(value: object, columns: int) -> str:
    """A value on one line."""
    if isinstance(value, Cell):
        if value.secret and value.value is None:
            return f"•••• {value.length} ch"
        value = value.value
    return fit(value_text(value, masked=False), columns)


def written(result: Result, kind: Format) -> Iterator[str]:
    """A result as a file of this format; a masked secret as its mask.

    Values are exact; a name that a column shares with another gets a number.
    """
    pen = writer(kind, "result", distinct(result.columns))
    yield from pen.begin()
    for row in result.rows:
        yield from pen.row([_out(value) for value in row])
    yield from pen.end()


def _out(value: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, Cell):
        return value
    return f"•••• {value.length} ch" if value.secret else value.value


def place_lines(error: StatementError, sql: str) -> Iterator[str]:
    """The line that SQLite does not understand, with a caret under the place; or nothing."""
    if error.offset is None:
        return
    line = sql.split("\n")[error.line - 1]
    before = one_line(line[: error.column - 1])
    yield "  " + one_line(printable(line))
    yield "  " + " " * width(before) + "^"
