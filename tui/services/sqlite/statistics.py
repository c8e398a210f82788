"""What the values of one column are like: how many, how different, the smallest and the largest.

Up to three reads, each bounded in memory: SQLite sorts in a temporary file. What would need too
much of it is given up, and said so. Of a secret only what tells nothing about it is counted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tui.core.errors import NotFoundError
from tui.core.models.rows import Cell, ColumnStatistics, Relation, RelationColumn
from tui.services.sqlite.cells import bounded, is_too_big
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.stopping import TimeIsUpError, stoppable
from tui.wording.clean import one_line

MOST_ROWS = 1_000_000
"""With more rows different values are counted only where an index has them in order."""
MOST_TEXT = 256 * 2**20
"""Characters and bytes of all values together, above which they are not sorted."""
TOP = 5
VALUE_CAP = 200
"""Characters or bytes of a value that is given; a longer one is a `Cell` with its length."""
SECONDS = 30.0
"""How long different values are counted."""
_TYPES = ("null", "integer", "real", "text", "blob")


def column_statistics(
    connection: sqlite3.Connection,
    relation: Relation,
    column: str,
    *,
    cancelled: Callable[[], bool],
    seconds: float = SECONDS,
) -> ColumnStatistics:
    """Look at every value of a column.

    Each read stands for itself: while the gateway writes, the numbers may be a moment apart. Ten
    million rows take some 6 s a read, in which the writer's WAL cannot be used again: only on a
    wish.

    Args:
        connection: Used by nobody else meanwhile.
        relation: What the column is of.
        column: Its name, in any case.
        cancelled: Asked often, from another thread.
        seconds: After which counting different values is given up.

    Returns:
        Of a secret column only `rows` and `nulls`. `smallest`, `largest` and `top` leave NULL
        out; a value that was cut is a `Cell`. Where a value has over `READ_AT_MOST` bytes, `long`
        is set, and nothing is compared.

    Raises:
        NotFoundError: There is no such column.
        Cancelled: `cancelled` said so, or the connection was interrupted.
        sqlite3.Error: SQLite cannot read it.
    """
    found = relation.column(column)
    if found is None:
        raise NotFoundError(
            f"{one_line(relation.name)} has no column {one_line(column)}: look at its schema."
        )
    _sort_in_a_file(connection)
    with stoppable(connection, cancelled):
        if found.secret:
            rows, nulls = connection.execute(
                f"SELECT count(*), count(*) - count({_value(found)}) {_of(relation)}"
            ).fetchone()
            return ColumnStatistics(column=found.name, rows=rows, nulls=nulls, distinct=None)
        try:
            # One value of a gigabyte would be held twice to find the largest.
            with bounded(connection):
                types, text, edges = _once(connection, relation, found)
        except sqlite3.DataError as error:
            if not is_too_big(error):
                raise
            return _of_long(connection, relation, found)
    rows = sum(types.values())
    distinct, top = None, None
    if (rows <= MOST_ROWS and text <= MOST_TEXT) or _is_sorted(connection, relation, found):
        with suppress(TimeIsUpError), stoppable(connection, cancelled, seconds):
            distinct, top = _groups(connection, relation, found)
    return ColumnStatistics(
        column=found.name,
        rows=rows,
        nulls=types.pop("null", 0),
        distinct=distinct,
        smallest=edges[0],
        largest=edges[1],
        top=top or (),
        types=types,
        capped=distinct is None,
    )


def _sort_in_a_file(connection: sqlite3.Connection) -> None:
    """Some libraries are built to sort in memory; it cannot be changed in a transaction."""
    if not connection.in_transaction:
        connection.execute("PRAGMA temp_store=FILE")


def _value(column: RelationColumn) -> str:
    # With the table's name: a column that is gone would else be read as a text.
    return f"t.{quote(column.name)}"


def _of(relation: Relation) -> str:
    return f"FROM main.{quote(relation.name)} AS t"


def _once(
    connection: sqlite3.Connection, relation: Relation, column: RelationColumn
) -> tuple[dict[str, int], int, tuple[Any, Any]]:
    """What one pass tells.

    Returns:
        Rows per storage class, NULL among them; the length of all texts and blobs; the smallest
        and the largest value.
    """
    counts = ", ".join(
        f"count(*) FILTER (WHERE typeof(v) = '{name}') AS {name}s" for name in _TYPES
    )
    names = ", ".join(f"{name}s" for name in _TYPES)
    text = "sum(length(v)) FILTER (WHERE typeof(v) IN ('text', 'blob')) AS text"
    once = f"SELECT {counts}, {text}, min(v) AS a, max(v) AS z"
    *numbers, length, smallest, long, largest, longer = connection.execute(
        f"SELECT {names}, text, {_cut('a')}, length(a), {_cut('z')}, length(z)"
        f" FROM ({once} FROM (SELECT {_value(column)} AS v {_of(relation)}))"
    ).fetchone()
    types = {name: number for name, number in zip(_TYPES, numbers, strict=True) if number}
    return types, length or 0, (_given(smallest, long), _given(largest, longer))


def _of_long(
    connection: sqlite3.Connection, relation: Relation, column: RelationColumn
) -> ColumnStatistics:
    """What is told without reading any value: `typeof` needs only the head of a row."""
    # Not by GROUP BY: that would put the values themselves in order.
    kind = f"typeof({_value(column)})"
    counts = ", ".join(f"count(*) FILTER (WHERE {kind} = '{name}')" for name in _TYPES)
    numbers = connection.execute(f"SELECT {counts} {_of(relation)}").fetchone()
    types = {name: number for name, number in zip(_TYPES, numbers, strict=True) if number}
    return ColumnStatistics(
        column=column.name,
        rows=sum(types.values()),
        nulls=types.pop("null", 0),
        distinct=None,
        types=types,
        capped=True,
        long=True,
    )


def _groups_sql(relation: Relation, column: RelationColumn) -> str:
    value = _value(column)
    return (
        f"SELECT {value} AS v, count(*) AS n {_of(relation)} WHERE {value} IS NOT NULL GROUP BY 1"
    )


def _is_sorted(connection: sqlite3.Connection, relation: Relation, column: RelationColumn) -> bool:
    """Whether an index has equal values side by side."""
    plan = connection.execute(f"EXPLAIN QUERY PLAN {_groups_sql(relation, column)}").fetchall()
    return not any("TEMP B-TREE" in str(row[3]) for row in plan)


def _groups(
    connection: sqlite3.Connection, relation: Relation, column: RelationColumn
) -> tuple[int, tuple[tuple[Any, int], ...]]:
    """How many different values there are, and the most frequent ones."""
    groups = _groups_sql(relation, column)
    (distinct,) = connection.execute(f"SELECT count(*) FROM ({groups})").fetchone()
    found = connection.execute(
        f"SELECT {_cut('v')}, length(v), n FROM ({groups}) ORDER BY n DESC, v LIMIT {TOP}"
    ).fetchall()
    return int(distinct), tuple((_given(value, length), int(n)) for value, length, n in found)


def _cut(value: str) -> str:
    return (
        f"CASE WHEN typeof({value}) IN ('text', 'blob')"
        f" THEN substr({value}, 1, {VALUE_CAP}) ELSE {value} END"
    )


def _given(value: Any, length: int | None) -> Any:  # noqa: ANN401
    if isinstance(value, str | bytes) and length is not None and length > VALUE_CAP:
        return Cell(value=value, length=length)
    return value
