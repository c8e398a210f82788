"""Counting what differs between a table and its counterpart in an attached database.

SQLite itself compares; only sums come out of it, so memory does not grow with the tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tui.core.errors import VerificationError
from tui.services.sqlite.comparing_tables import (
    Pair,
    Table,
    absent,
    any_of,
    differing,
    joined,
    null_key,
)
from tui.services.sqlite.inspection import quote

CHUNK_ROWS = 50_000
"""About how many rows are compared between two reports of progress."""

Far = Callable[[float], None]
"""Takes how much of a table is done, 0 to 1."""


@dataclass(slots=True)
class Counts:
    """How many rows of one table differ."""

    removed: int = 0
    added: int = 0
    changed: int = 0
    ignored_rows: int = 0
    """Rows that differ in ignored columns only."""
    columns: dict[str, int] = field(default_factory=dict)
    """In how many rows each column differs."""


def count_rows(connection: sqlite3.Connection, table: Table) -> int:
    """How many rows a table has."""
    sql = f"SELECT count(*) FROM {table.schema}.{quote(table.name)}"
    (number,) = connection.execute(sql).fetchone()
    return int(number)


def count_differences(
    connection: sqlite3.Connection, pair: Pair, rows: tuple[int, int], far: Far
) -> Counts:
    """Count the rows that only one side has, and those that differ.

    Args:
        connection: With both databases, inside one transaction.
        pair: How the table is compared.
        rows: How many rows either side has.
        far: Told now and then.

    Raises:
        sqlite3.Error: SQLite cannot read or compare it.
        VerificationError: An index does not fit its table.
    """
    if not pair.key:
        found = _by_whole_rows(connection, pair)
        far(1.0)
        return found
    found = _by_key(connection, pair, rows[0], far)
    nulls = [0, 0]
    if pair.nullable_key:
        nulls = [_null_keys(connection, side) for side in (pair, pair.turned())]
    # A key stands for one row on either side: what was matched here was matched there too.
    matched = rows[0] - nulls[0] - found.removed
    found.added = rows[1] - nulls[1] - matched
    if min(matched, found.added) < 0:
        raise VerificationError("its index does not fit its rows; verify the file in full")
    if any(nulls):
        loose = _by_whole_rows(connection, pair, null_keys=True)
        found.removed += loose.removed
        found.added += loose.added
    return found


def _null_keys(connection: sqlite3.Connection, pair: Pair) -> int:
    sql = f"SELECT count(*) FROM {pair.first.source('x')} WHERE {null_key(pair)}"
    (number,) = connection.execute(sql).fetchone()
    return int(number)


def _by_key(connection: sqlite3.Connection, pair: Pair, rows: int, far: Far) -> Counts:
    counted, missing = differing(pair.counted), absent(pair)
    each = "".join(
        f", total(NOT {missing} AND {column.differs('x', 'y')})" for column in pair.columns
    )
    different = any_of([missing, counted, differing(pair.uncounted)])
    where = f"{different} AND NOT {null_key(pair)}" if pair.nullable_key else different
    sql = (
        f"SELECT total({missing}), total(NOT {missing} AND {counted}),"
        f" total(NOT {missing} AND NOT {counted}){each}"
        f" FROM {joined(pair)} WHERE {where}"
    )
    sums = [0] * (3 + len(pair.columns))
    for done, condition, values in _chunks(connection, pair.first, rows):
        row = connection.execute(sql + condition, values).fetchone()
        sums = [a + int(b) for a, b in zip(sums, row, strict=True)]
        far(done)
    found = Counts(removed=sums[0], changed=sums[1], ignored_rows=sums[2])
    found.columns = {
        column.first: number
        for column, number in zip(pair.columns, sums[3:], strict=True)
        if number
    }
    return found


def _chunks(
    connection: sqlite3.Connection, table: Table, rows: int
) -> Iterator[tuple[float, str, tuple[int, ...]]]:
    """Divide a table by its rowids: how far a part leads, its condition, its values."""
    parts = rows // CHUNK_ROWS + 1
    if parts == 1 or not table.rowid:
        yield 1.0, "", ()
        return
    least, most = connection.execute(
        f"SELECT min(x.{table.rowid}), max(x.{table.rowid}) FROM {table.source('x')}"
    ).fetchone()
    if least is None:
        # Its index has rows, the table has none: damaged, which the sums will show.
        yield 1.0, "", ()
        return
    span = most - least + 1
    for part in range(parts):
        low, high = least + span * part // parts, least + span * (part + 1) // parts - 1
        yield (part + 1) / parts, f" AND x.{table.rowid} BETWEEN ? AND ?", (low, high)


def _by_whole_rows(
    connection: sqlite3.Connection, pair: Pair, *, null_keys: bool = False
) -> Counts:
    sql = f"SELECT total(max(n, 0)), total(max(-n, 0)) FROM ({grouped(pair, null_keys=null_keys)})"
    removed, added = connection.execute(sql).fetchone()
    return Counts(removed=int(removed), added=int(added))


def grouped(pair: Pair, *, null_keys: bool = False, values: str = "") -> str:
    """SQL: rows without a usable key as a multiset: how many more of each the first side has.

    Rows that are equal at the same rowid on both sides cancel each other out while they are
    read; the rest is sorted by SQLite, in memory up to its cache and beyond that in a
    temporary file, so memory does not grow with the table.

    Args:
        pair: How the table is compared.
        null_keys: Only rows with NULL in their key.
        values: More to select from a group; its columns are `v0`, `v1` … as in `pair.counted`.
    """
    sides = (_loose(pair, 1, null_keys), _loose(pair.turned(), -1, null_keys))
    terms: list[str] = []
    for number, column in enumerate(pair.counted):
        terms.append(f"v{number} COLLATE BINARY")
        if column.typed:
            terms.append(f"typeof(v{number})")
    by = f" GROUP BY {', '.join(terms)}" if terms else ""
    return f"SELECT sum(side) AS n{values} FROM ({' UNION ALL '.join(sides)}){by}"


def _loose(pair: Pair, sign: int, null_keys: bool) -> str:
    """SQL: the rows of the first side that have no equal at their place on the second.

    `turned` keeps the order of columns, so both halves of a union agree.
    """
    first, second = pair.first, pair.second
    columns = "".join(f", +x.{quote(c.first)} AS v{n}" for n, c in enumerate(pair.counted))
    conditions = [null_key(pair)] if null_keys else []
    source = first.source("x")
    if first.rowid and second.rowid:
        source += f" LEFT JOIN {second.source('y')} ON y.{second.rowid} = x.{first.rowid}"
        conditions.append(f"(y.{second.rowid} IS NULL OR {differing(pair.counted)})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {sign} AS side{columns} FROM {source}{where}"
