"""The tables of two attached databases, paired: which columns compare, which key tells rows apart.

Backups are copies, so most rows stand at the same rowid on both sides. The SQL made here tries
that place first and looks a row up by its key only where another one stands there: a scan of
both tables in their own order, several times faster than a million searches in an index.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tui.services.sqlite.inspection import quote

_ROWID_NAMES = ("rowid", "_rowid_", "oid")
_NUMERIC = {"INTEGER", "NUMERIC"}


def fold(name: str) -> str:
    """A name as SQLite compares it: ASCII letters without case."""
    return "".join(c.lower() if c.isascii() else c for c in name)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of one side."""

    name: str
    affinity: str
    """`TEXT`, `INTEGER`, `REAL`, `NUMERIC` or `BLOB` (values keep the type they came with)."""
    nullable: bool
    generated: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table of one side, as its own database describes it."""

    schema: str
    """`main` or `other`."""
    name: str
    columns: tuple[Column, ...]
    rowid: str
    """A name by which its rowid is reached; empty when there is none."""
    key: tuple[tuple[str, str], ...]
    """Columns of the primary key, each with its collation."""
    index: str
    """Name of the key's own index; empty when the table is ordered by the key itself."""

    def source(self, alias: str) -> str:
        """The table in a FROM clause."""
        return f"{self.schema}.{quote(self.name)} AS {alias}"

    def column(self, name: str) -> Column:
        """The column that is called so, whatever its case.

        Raises:
            KeyError: There is none.
        """
        found = {fold(c.name): c for c in self.columns}
        return found[fold(name)]


@dataclass(frozen=True, slots=True)
class Compared:
    """A column that both sides have."""

    first: str
    second: str
    """Its name on the second side: case may differ."""
    typed: bool
    """Whether equal values may differ in type (1, 1.0): then the type is compared as well."""
    ignored: bool

    def differs(self, x: str, y: str) -> str:
        """SQL: whether the values of two rows differ; NULL equals NULL, `a` is not `A`."""
        a, b = f"+{x}.{quote(self.first)}", f"+{y}.{quote(self.second)}"
        # The plus takes the columns' affinity away: '1' is not 1 where their types differ.
        found = f"{a} COLLATE BINARY IS NOT {b}"
        return f"({found} OR typeof({a}) <> typeof({b}))" if self.typed else found


@dataclass(frozen=True, slots=True)
class Pair:
    """One table on both sides."""

    first: Table
    second: Table
    columns: tuple[Compared, ...]
    key: tuple[str, ...]
    """Names on the first side; empty when whole rows are compared."""

    @property
    def counted(self) -> tuple[Compared, ...]:
        """The columns whose differences count."""
        return tuple(c for c in self.columns if not c.ignored)

    @property
    def uncounted(self) -> tuple[Compared, ...]:
        """The columns that the gateway changes by itself."""
        return tuple(c for c in self.columns if c.ignored)

    @property
    def nullable_key(self) -> bool:
        """Whether a row may have NULL in its key, which SQLite allows and never calls equal."""
        return any(t.column(k).nullable for t in (self.first, self.second) for k in self.key)

    def turned(self) -> Pair:
        """The same with the sides exchanged."""
        columns = tuple(Compared(c.second, c.first, c.typed, c.ignored) for c in self.columns)
        names = {fold(c.first): c.second for c in self.columns}
        key = tuple(names[fold(k)] for k in self.key)
        return Pair(self.second, self.first, columns, key)


def read_table(connection: sqlite3.Connection, schema: str, name: str) -> Table:
    """Read what a table is made of."""
    columns: list[Column] = []
    key: list[tuple[int, str]] = []
    described = connection.execute(f"PRAGMA {schema}.table_xinfo({quote(name)})").fetchall()
    for _cid, raw, declared, not_null, _default, number, hidden in described:
        text = raw if isinstance(raw, str) else raw.decode(errors="replace")
        columns.append(Column(text, _affinity(str(declared)), not not_null, hidden in (2, 3)))
        if number:
            key.append((number, text))
    names = {fold(c.name) for c in columns}
    alias = next((alias for alias in _ROWID_NAMES if alias not in names), "")
    without = bool(alias) and not _has_rowid(connection, schema, name, alias)
    index, collations = _key_index(connection, schema, name)
    # An INTEGER PRIMARY KEY and a table WITHOUT ROWID are ordered by the key: no NULL in it.
    ordered = without or not index
    if ordered and key:
        keys = {fold(column) for _number, column in key}
        columns = [
            Column(c.name, c.affinity, c.nullable and fold(c.name) not in keys, c.generated)
            for c in columns
        ]
    return Table(
        schema=schema,
        name=name,
        columns=tuple(columns),
        rowid="" if without else alias,
        key=tuple((c, collations.get(fold(c), "BINARY")) for _number, c in sorted(key)),
        index="" if ordered else index,
    )


def _affinity(declared: str) -> str:
    """The affinity of a declared type (https://www.sqlite.org/datatype3.html, 3.1)."""
    text = declared.upper()
    if "INT" in text:
        return "INTEGER"
    if any(word in text for word in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    # ANY keeps every type in a STRICT table; elsewhere comparing types too does no harm.
    if "BLOB" in text or text in ("", "ANY"):
        return "BLOB"
    return "REAL" if any(word in text for word in ("REAL", "FLOA", "DOUB")) else "NUMERIC"


def _has_rowid(connection: sqlite3.Connection, schema: str, name: str, alias: str) -> bool:
    try:
        connection.execute(f"SELECT x.{alias} FROM {schema}.{quote(name)} AS x LIMIT 0")
    except sqlite3.OperationalError as error:
        if "no such column" in str(error):
            return False
        raise
    return True


def _key_index(
    connection: sqlite3.Connection, schema: str, name: str
) -> tuple[str, dict[str, str]]:
    """The primary key's own index and the collation of each of its columns."""
    for row in connection.execute(f"PRAGMA {schema}.index_list({quote(name)})").fetchall():
        if row[3] == "pk":
            parts = connection.execute(f"PRAGMA {schema}.index_xinfo({quote(row[1])})").fetchall()
            return row[1], {fold(str(p[2])): str(p[4]) for p in parts if p[5]}
    return "", {}


def pair(first: Table, second: Table, ignored: Callable[[str, str], bool]) -> Pair:
    """Say how the rows of two tables are compared.

    A key counts only if both sides tell rows apart by it in the same way: the same columns, of
    the same affinity, under the same collation. Otherwise whole rows are compared.

    Args:
        first: The table on the first side.
        second: The one of the same name on the second side.
        ignored: Whether a difference in a column counts for nothing, by table and column.
    """
    key = _common_key(first, second)
    keys = {fold(name) for name in key}
    others = {fold(c.name): c for c in second.columns if not c.generated}
    columns = []
    for column in first.columns:
        other = others.get(fold(column.name))
        if other is None or column.generated:
            continue
        exempt = fold(column.name) not in keys and ignored(first.name, column.name)
        columns.append(Compared(column.name, other.name, _typed(column, other), exempt))
    return Pair(first, second, tuple(columns), key)


def _typed(a: Column, b: Column) -> bool:
    if a.affinity != b.affinity:
        return not {a.affinity, b.affinity} <= _NUMERIC
    return a.affinity == "BLOB"


def _common_key(first: Table, second: Table) -> tuple[str, ...]:
    def described(table: Table) -> dict[str, tuple[str, str]]:
        return {fold(c): (fold(how), table.column(c).affinity) for c, how in table.key}

    same = described(first) == described(second)
    return tuple(column for column, _how in first.key) if same else ()


def joined(pair: Pair, x: str = "x", y: str = "y") -> str:
    """SQL: every row of the first side, with its counterpart on the second where there is one."""
    first, second = pair.first, pair.second

    def keys(other: str) -> str:
        names = {fold(c.first): c.second for c in pair.columns}
        collations = {fold(c): how for c, how in first.key}
        return " AND ".join(
            f"{other}.{quote(names[fold(k)])} = {x}.{quote(k)} COLLATE {quote(collations[fold(k)])}"
            for k in pair.key
        )

    start = f"{first.source(x)} LEFT JOIN {second.source(y)}"
    # INDEXED BY: an error, and so a table that is not compared, instead of a search of every
    # row for every row, should SQLite ever see no use for the index.
    by_index = f" INDEXED BY {quote(second.index)}" if second.index else ""
    if not (first.rowid and second.rowid and second.index):
        return f"{start}{by_index} ON {keys(y)}"
    return (
        f"{start} ON {y}.{second.rowid} = ifnull("
        f"(SELECT r.{second.rowid} FROM {second.source('r')} NOT INDEXED"
        f" WHERE r.{second.rowid} = {x}.{first.rowid} AND {keys('r')}),"
        f" (SELECT s.{second.rowid} FROM {second.source('s')}{by_index} WHERE {keys('s')}))"
    )


def absent(pair: Pair, y: str = "y") -> str:
    """SQL: whether `joined` found no counterpart."""
    second = pair.second
    if pair.first.rowid and second.rowid and second.index:
        return f"{y}.{second.rowid} IS NULL"
    names = {fold(c.first): c.second for c in pair.columns}
    return f"{y}.{quote(names[fold(pair.key[0])])} IS NULL"


def null_key(pair: Pair, x: str = "x") -> str:
    """SQL: whether a row of the first side has NULL in its key."""
    return any_of([f"{x}.{quote(k)} IS NULL" for k in pair.key])


def any_of(terms: Sequence[str]) -> str:
    """SQL: whether one of the terms holds; nested in halves, for SQLite limits the depth."""
    if len(terms) <= 2:
        return f"({' OR '.join(terms) or '0'})"
    half = len(terms) // 2
    return f"({any_of(terms[:half])} OR {any_of(terms[half:])})"


def differing(columns: Sequence[Compared], x: str = "x", y: str = "y") -> str:
    """SQL: whether two rows differ in one of the columns."""
    return any_of([column.differs(x, y) for column in columns])
