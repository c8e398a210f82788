"""The rows that differ between a table and its counterpart, a page at a time.

Within each kind rows come as the table has them: by rowid, or by key where there is none. So
the next page goes on where the last one ended, without reading again what was passed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from tui.core.models import RowDifference, RowKind
from tui.services.sqlite.comparing import grouped
from tui.services.sqlite.comparing_tables import (
    Compared,
    Pair,
    Table,
    absent,
    differing,
    fold,
    joined,
    null_key,
)
from tui.services.sqlite.inspection import VALUE_CAP, quote

KINDS: tuple[RowKind, ...] = ("removed", "added", "changed")
"""In which order they are given."""

_BY_KEY, _LOOSE = 0, 1
"""How a position begins: of a row with a key, or of one of a multiset."""


def page(
    connection: sqlite3.Connection,
    pair: Pair,
    kinds: Sequence[RowKind],
    after: RowDifference | None,
    limit: int,
) -> tuple[tuple[RowDifference, ...], bool]:
    """Read up to `limit` rows that differ, and whether more follow.

    Args:
        connection: With both databases, inside one transaction.
        pair: How the table is compared.
        kinds: Which rows are wanted; each of them costs a scan.
        after: The last row of the page before.
        limit: At most so many.

    Raises:
        sqlite3.Error: SQLite cannot read or compare it.
    """
    found = tuple(islice(_rows(connection, pair, kinds, after, limit + 1), limit + 1))
    return found[:limit], len(found) > limit


def _rows(
    connection: sqlite3.Connection,
    pair: Pair,
    kinds: Sequence[RowKind],
    after: RowDifference | None,
    limit: int,
) -> Iterator[RowDifference]:
    wanted = [kind for kind in KINDS if kind in kinds]
    if after is not None:
        wanted = [kind for kind in wanted if KINDS.index(kind) >= KINDS.index(after.kind)]
    for kind in wanted:
        begin = after.position if after is not None and after.kind == kind else ()
        # Seen from the side that has the row.
        seen = pair.turned() if kind == "added" else pair
        if pair.key and begin[:1] != (_LOOSE,):
            if kind == "changed":
                yield from _changed(connection, seen, begin[1:], limit)
            else:
                yield from _single(connection, seen, kind, begin[1:], limit)
        if kind != "changed" and (not pair.key or pair.nullable_key):
            yield from _loose(connection, pair, kind, begin[1:] if begin[:1] == (_LOOSE,) else ())


def _single(
    connection: sqlite3.Connection, pair: Pair, kind: RowKind, begin: tuple[Any, ...], limit: int
) -> Iterator[RowDifference]:
    """Rows that only the first side of `pair` has."""
    place = _Place(pair)
    names = [c.name for c in pair.first.columns]
    given = f"{place.columns}, {place.keys}, {_shown(pair.first, 'x')}"
    sql = f"SELECT {given} FROM {joined(pair)} WHERE {absent(pair)}{place.after(begin)}"
    for row in connection.execute(f"{sql} {place.order} LIMIT {int(limit)}", begin):
        values, cut = _values(names, row[place.width + len(pair.key) :])
        yield RowDifference(
            kind=kind,
            key=row[place.width : place.width + len(pair.key)],
            before=values if kind == "removed" else None,
            after=values if kind == "added" else None,
            position=(_BY_KEY, *row[: place.width]),
            cut=cut,
        )


def _changed(
    connection: sqlite3.Connection, pair: Pair, begin: tuple[Any, ...], limit: int
) -> Iterator[RowDifference]:
    place = _Place(pair)
    sides = [[c.name for c in table.columns] for table in (pair.first, pair.second)]
    counted = pair.counted
    flags = "".join(f", {c.differs('x', 'y')}" for c in counted)
    given = f"{place.columns}, {place.keys}{flags}"
    given += f", {_shown(pair.first, 'x')}, {_shown(pair.second, 'y')}"
    sql = (
        f"SELECT {given} FROM {joined(pair)}"
        f" WHERE NOT {absent(pair)} AND {differing(counted)}{place.after(begin)}"
    )
    for row in connection.execute(f"{sql} {place.order} LIMIT {int(limit)}", begin):
        at = place.width + len(pair.key)
        differ = row[at : at + len(counted)]
        at += len(counted)
        before, first_cut = _values(sides[0], row[at : at + len(sides[0])])
        after, second_cut = _values(sides[1], row[at + len(sides[0]) :])
        yield RowDifference(
            kind="changed",
            key=row[place.width : place.width + len(pair.key)],
            before=before,
            after=after,
            columns=tuple(c.first for c, flag in zip(counted, differ, strict=True) if flag),
            position=(_BY_KEY, *row[: place.width]),
            cut=first_cut or second_cut,
        )


def _loose(
    connection: sqlite3.Connection, pair: Pair, kind: RowKind, begin: tuple[Any, ...]
) -> Iterator[RowDifference]:
    """Rows without a usable key; equal ones are given one by one."""
    counted = pair.counted
    values = "".join(f", {_capped(f'v{number}')}" for number in range(len(counted)))
    sign = 1 if kind == "removed" else -1
    groups = grouped(pair, null_keys=bool(pair.key), values=values)
    group, copy = begin or (0, 0)
    sql = f"SELECT * FROM ({groups}) WHERE n * {sign} > 0 LIMIT -1 OFFSET {int(group)}"
    keys = {fold(k) for k in pair.key}
    for row in connection.execute(sql):
        shown, cut = _values([_name(c, pair, kind) for c in counted], row[1:])
        key = [v for c, v in zip(counted, row[1:], strict=True) if fold(c.first) in keys]
        for number in range(copy, abs(int(row[0]))):
            yield RowDifference(
                kind=kind,
                key=tuple(key),
                before=shown if kind == "removed" else None,
                after=shown if kind == "added" else None,
                position=(_LOOSE, group, number + 1),
                cut=cut,
            )
        group, copy = group + 1, 0


def _name(column: Compared, pair: Pair, kind: RowKind) -> str:
    return column.first if kind == "removed" else column.second


class _Place:
    """Where a row stands in the first table of a pair, as SQL."""

    def __init__(self, pair: Pair) -> None:
        table = pair.first
        collations = {fold(c): how for c, how in table.key}
        self.keys = ", ".join(f"x.{quote(k)}" for k in pair.key)
        if table.rowid:
            self._terms = [f"x.{table.rowid}"]
        else:
            self._terms = [f"x.{quote(k)} COLLATE {quote(collations[fold(k)])}" for k in pair.key]
        self._null = f" AND NOT {null_key(pair)}" if pair.nullable_key else ""
        self.columns = ", ".join(self._terms)
        self.width = len(self._terms)
        self.order = f"ORDER BY {self.columns}"

    def after(self, begin: tuple[Any, ...]) -> str:
        """The condition that leaves out what was given already."""
        if not begin:
            return self._null
        marks = ", ".join("?" * self.width)
        return f"{self._null} AND ({self.columns}) > ({marks})"


def _capped(expression: str) -> str:
    """SQL: a value, cut inside SQLite if it is long; a character more tells that it was."""
    return (
        f"CASE WHEN typeof({expression}) IN ('text', 'blob')"
        f" AND length({expression}) > {VALUE_CAP}"
        f" THEN substr({expression}, 1, {VALUE_CAP + 1}) ELSE {expression} END"
    )


def _shown(table: Table, alias: str) -> str:
    return ", ".join(_capped(f"{alias}.{quote(c.name)}") for c in table.columns)


def _values(names: Sequence[str], row: Sequence[Any]) -> tuple[dict[str, Any], bool]:
    """Values by column, and whether one of them was cut."""
    cut = any(isinstance(v, str | bytes) and len(v) > VALUE_CAP for v in row)
    values = {
        name: value[:VALUE_CAP] if isinstance(value, str | bytes) else value
        for name, value in zip(names, row, strict=True)
    }
    return values, cut


def count_with_parent(
    connection: sqlite3.Connection, child: Pair, column: str, parent: Pair
) -> int:
    """How many rows that only the first side has belong to a parent that only it has, too.

    Args:
        connection: With both databases, inside one transaction.
        child: The table whose rows are counted; it must have a key.
        column: Its column that holds the parent's key.
        parent: The table it points to; its key must be one column.
    """
    first, second = parent.first, parent.second
    key = parent.key[0]
    other = parent.turned().key[0]
    sql = (
        f"SELECT count(*) FROM {joined(child)} WHERE {absent(child)}"
        f" AND x.{quote(column)} IN (SELECT p.{quote(key)} FROM {first.source('p')})"
        f" AND x.{quote(column)} NOT IN (SELECT q.{quote(other)} FROM {second.source('q')}"
        f" WHERE q.{quote(other)} IS NOT NULL)"
    )
    (number,) = connection.execute(sql).fetchone()
    return int(number)


def parents(connection: sqlite3.Connection, table: Table) -> tuple[tuple[str, str], ...]:
    """Foreign keys of one column: the column, and the table it points to."""
    found: dict[int, list[tuple[str, str]]] = {}
    sql = f"PRAGMA {table.schema}.foreign_key_list({quote(table.name)})"
    for row in connection.execute(sql).fetchall():
        found.setdefault(row[0], []).append((str(row[3]), str(row[2])))
    return tuple(columns[0] for columns in found.values() if len(columns) == 1)
