"""What a table's rows look like in the file, asked of SQLite once its definition is carried out."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from tui.services.salvage.records import Row, Text, Value
from tui.services.salvage.schema import Entry
from tui.services.sqlite.inspection import quote

_CODECS = {1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}
_NAMES = ("rowid", "_rowid_", "oid")
_VIRTUAL, _STORED = 2, 3
_NUMBER = re.compile(rb"\s*[+-]?\d+\s*")


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a record."""

    name: str
    affinity: str
    """`text`, `integer`, `real`, `numeric` or `blob`."""
    required: bool
    """Whether it may not be NULL."""
    insertable: bool = True
    """Whether a value can be given to it: not to a generated one."""


@dataclass(slots=True)
class Table:
    """One table of the new file."""

    entry: Entry
    columns: tuple[Column, ...]
    """In the order of a record's fields."""
    without_rowid: bool
    alias: int = -1
    """The field that is the rowid itself; -1 for none."""
    rowid_name: str = ""
    """What the rowid is called; empty where every name of it is a column's."""
    key: tuple[str, ...] = ()
    """The primary key's columns, of a table without rowids."""
    ordered: bool = True
    """Whether its key has a plain order."""
    statements: dict[tuple[int, tuple[int, ...]], str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name."""
        return self.entry.name

    def insert(self, fields: int, casts: tuple[int, ...]) -> str:
        """The statement for records of so many fields; `casts` are text that is no text."""
        known = self.statements.get((fields, casts))
        if known is None:
            known = self.statements[fields, casts] = self._insert(fields, casts)
        return known

    def _insert(self, fields: int, casts: tuple[int, ...]) -> str:
        names = [] if self.without_rowid or not self.rowid_name else [self.rowid_name]
        marks = ["?"] * len(names)
        for index, column in enumerate(self.columns[:fields]):
            if column.insertable and not (index == self.alias and names):
                names.append(quote(column.name))
                marks.append("CAST(? AS TEXT)" if index in casts else "?")
        target = f"main.{quote(self.name)}"
        if not names:
            return f"INSERT INTO {target} DEFAULT VALUES"
        return f"INSERT INTO {target} ({', '.join(names)}) VALUES ({', '.join(marks)})"

    def parameters(self, rowid: int, values: Sequence[object]) -> list[object]:
        """What goes into `insert`."""
        found: list[object] = [] if self.without_rowid or not self.rowid_name else [rowid]
        named = bool(found)
        for index, (column, value) in enumerate(zip(self.columns, values, strict=False)):
            if column.insertable and not (index == self.alias and named):
                found.append(rowid if index == self.alias else value)
        return found

    def misfit(self, values: Row) -> str:
        """Why a record cannot be one that SQLite wrote into this table; empty when it can."""
        if len(values) > len(self.columns):
            return f"it has {len(values)} fields, the table {len(self.columns)}"
        for index, (column, value) in enumerate(zip(self.columns, values, strict=False)):
            if index == self.alias:
                # SQLite leaves it empty: the rowid stands in the cell.
                if value is not None:
                    return f"{column.name}: a value where the row's number stands for it"
                continue
            if why := _misfit(column, value):
                return f"{column.name}: {why}"
        return ""


def _misfit(column: Column, value: Value) -> str:
    if value is None:
        return "empty, which it may not be" if column.required else ""
    if isinstance(value, Text):
        if column.affinity in ("integer", "numeric", "real") and _NUMBER.fullmatch(value):
            return "a number that is kept as text"
    elif isinstance(value, int | float) and column.affinity == "text":
        return "a number where only text can be"
    return ""


def describe(connection: sqlite3.Connection, entry: Entry) -> Table:
    """Ask SQLite how records of a table are laid out."""
    listed = connection.execute(f"PRAGMA main.table_xinfo({quote(entry.name)})").fetchall()
    (_schema, _name, _kind, _columns, without, _strict) = connection.execute(
        "SELECT * FROM pragma_table_list WHERE schema = 'main' AND name = ?", (entry.name,)
    ).fetchone()
    by_number = {row[0]: row for row in listed}
    order, key, ordered = [row[0] for row in listed if row[6] != _VIRTUAL], list[str](), True
    if without:
        order, key, ordered = _index_order(connection, entry.name)
    alias = -1 if without else _alias(connection, entry.name, listed)
    columns = tuple(_column(by_number[number]) for number in order if number in by_number)
    names = {str(row[1]).casefold() for row in listed}
    free = [name for name in _NAMES if name not in names]
    rowid_name = quote(str(by_number[alias][1])) if alias >= 0 else free[0] if free else ""
    place = order.index(alias) if alias >= 0 else -1
    return Table(entry, columns, bool(without), place, rowid_name, tuple(key), ordered)


def _column(row: tuple[int, str, str, int, object, int, int]) -> Column:
    _number, name, declared, required, _default, _key, hidden = row
    return Column(
        str(name), affinity_of(declared), bool(required), hidden not in (_VIRTUAL, _STORED)
    )


def _alias(
    connection: sqlite3.Connection,
    table: str,
    listed: Sequence[tuple[int, str, str, int, object, int, int]],
) -> int:
    """The column that is the rowid: alone in the key, declared INTEGER, and without an index."""
    key = [row for row in listed if row[5]]
    indexes = connection.execute(f"PRAGMA main.index_list({quote(table)})").fetchall()
    has_index = any(row[3] == "pk" for row in indexes)
    if len(key) == 1 and str(key[0][2]).upper() == "INTEGER" and not has_index:
        return key[0][0]
    return -1


def _index_order(connection: sqlite3.Connection, table: str) -> tuple[list[int], list[str], bool]:
    """Columns of a table without rowids as its records have them, its key, and if it is plain."""
    for _seq, name, _unique, origin, _partial in connection.execute(
        f"PRAGMA main.index_list({quote(table)})"
    ).fetchall():
        if origin == "pk":
            rows = connection.execute(f"PRAGMA main.index_xinfo({quote(name)})").fetchall()
            key = [row for row in rows if row[5]]
            plain = all(row[4] == "BINARY" and not row[3] for row in key)
            return [row[1] for row in rows], [str(row[2]) for row in key], plain
    return [], [], False


def affinity_of(declared: object) -> str:
    """The affinity of a declared type: https://www.sqlite.org/datatype3.html#determination_of_column_affinity."""
    words = str(declared or "").upper()
    if "INT" in words:
        return "integer"
    if any(word in words for word in ("CHAR", "CLOB", "TEXT")):
        return "text"
    if not words or "BLOB" in words:
        return "blob"
    return "real" if any(word in words for word in ("REAL", "FLOA", "DOUB")) else "numeric"


def bound(values: Row, encoding: int) -> tuple[list[object], tuple[int, ...], str]:
    """Values as SQLite takes them, those that are text but no text, and what that means."""
    found, casts, doubt = list[object](), list[int](), ""
    codec = _CODECS.get(encoding, "utf-8")
    for index, value in enumerate(values):
        if not isinstance(value, Text):
            found.append(value)
            continue
        try:
            text = bytes(value).decode(codec)
        except UnicodeDecodeError:
            found.append(bytes(value))
            casts.append(index)
            doubt = "text that is none in the database's encoding"
            continue
        if "\0" in text:
            doubt = doubt or "text with zero bytes in it"
        found.append(text)
    return found, tuple(casts), doubt
