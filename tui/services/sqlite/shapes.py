"""What two databases of one deployment have in common, table by table: columns, keys, pointers.

Both are seen through one connection: the live one as `main`, the backup attached as `backup`.
Names are compared as SQLite does, without regard to the case of ASCII letters.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tui.services.sqlite.inspection import quote, tables

LIVE, BACKUP = "main", "backup"
"""What the two are called on the connection."""

STAMP = "alembic_version"
_ROWIDS = ("rowid", "_rowid_", "oid")
_INDEX_HEAD = re.compile(
    r"""CREATE\s+UNIQUE\s+INDEX\s+{name}\s+ON\s+{name}\s*\(""".replace(
        "{name}", r"""(?:"(?:[^"]|"")*"|\[[^\]]*\]|`(?:[^`]|``)*`|'(?:[^']|'')*'|[^\s("'`\[]+)"""
    ),
    re.IGNORECASE,
)
"""Up to the list of columns; SQLite keeps the text that made the index, and only that."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    not_null: bool
    default: bool
    """Whether it has a default value that is not NULL."""
    key: int
    """Its place in the primary key, from 1; 0 when it is not in it."""
    generated: bool


@dataclass(frozen=True, slots=True)
class Pointer:
    """A foreign key of a table."""

    table: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unique:
    """A unique index that is not the primary key's."""

    terms: tuple[str, ...]
    """Columns or expressions, as SQL."""
    collations: tuple[str, ...]
    where: str = ""
    """Its condition as SQL; empty when it is of all rows."""

    def words(self) -> str:
        """What is unique, for a sentence: `team_id, slug`."""
        return ", ".join(term.strip('"') for term in self.terms)


@dataclass(frozen=True)
class Shape:
    """A table that both have, as far as rows can be carried over."""

    name: str
    columns: tuple[str, ...]
    """Those that both have and that can be written, in the live table's order."""
    key: tuple[str, ...]
    """The primary key; empty when there is none, and then whole rows are told apart."""
    rowid: str
    """What the rowid is called in the backup where there is no primary key."""
    live: tuple[Column, ...]
    lacking: tuple[str, ...]
    """Live columns that the backup has not and that must have a value: no row can be added."""
    problem: str = ""
    """Why none of its rows can be carried over; empty when they can."""
    pointers: tuple[Pointer, ...] = field(default=())

    @property
    def identity(self) -> tuple[str, ...]:
        """What names a row of the backup."""
        return self.key or (self.rowid,)


class Schemas:
    """The tables of both; each is looked at when it is first asked for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._shapes: dict[str, Shape] = {}

    @cached_property
    def live(self) -> dict[str, str]:
        """Ordinary tables of the live database: folded name → name."""
        return self._names(LIVE)

    @cached_property
    def backup(self) -> dict[str, str]:
        """Ordinary tables of the backup: folded name → name."""
        return self._names(BACKUP)

    def _names(self, schema: str) -> dict[str, str]:
        found = self.connection.execute(
            f"SELECT name, sql FROM {schema}.sqlite_schema WHERE type = 'table'"
        ).fetchall()
        return {
            fold(name): name
            for name, sql in found
            if isinstance(name, str)
            and not name.startswith("sqlite_")
            and name != STAMP
            and not str(sql)[:20].upper().startswith("CREATE VIRTUAL")
        }

    def shared(self, table: str) -> Shape | None:
        """The shape of a table that both have; None when one of them has not."""
        name = fold(table)
        if name not in self.live or name not in self.backup:
            return None
        if name not in self._shapes:
            self._shapes[name] = self._shape(self.live[name], self.backup[name])
        return self._shapes[name]

    def children(self, parent: str) -> tuple[Pointer, ...]:
        """The foreign keys of live tables that point to a table."""
        return tuple(p for p in self._pointers if fold(p.parent) == fold(parent))

    @cached_property
    def _pointers(self) -> tuple[Pointer, ...]:
        return tuple(pointer for name in self.live.values() for pointer in self._pointers_of(name))

    def _shape(self, name: str, theirs: str) -> Shape:
        live = columns(self.connection, LIVE, name)
        old = {fold(c.name) for c in columns(self.connection, BACKUP, theirs) if not c.generated}
        common = tuple(c.name for c in live if not c.generated and fold(c.name) in old)
        key = _key(live)
        their_key = _key(columns(self.connection, BACKUP, theirs))
        problem = ""
        if tuple(map(fold, key)) != tuple(map(fold, their_key)):
            problem = "its primary key is another one than in the backup"
        elif not common:
            problem = "it has no column in common with the backup's"
        taken = {fold(c.name) for c in live} | old
        rowid = next((word for word in _ROWIDS if word not in taken), "")
        if not key and not rowid:
            problem = problem or "it has no primary key, and its rowid has no name"
        return Shape(
            name=name,
            columns=common,
            key=key,
            rowid=rowid,
            live=live,
            lacking=tuple(
                c.name
                for c in live
                if c.not_null and not c.default and not c.generated and fold(c.name) not in old
            ),
            problem=problem,
            pointers=tuple(self._pointers_of(name)),
        )

    def _pointers_of(self, table: str) -> Iterator[Pointer]:
        rows = self.connection.execute(f"PRAGMA {LIVE}.foreign_key_list({quote(table)})").fetchall()
        for number in sorted({row[0] for row in rows}):
            parts = sorted((row for row in rows if row[0] == number), key=lambda row: row[1])
            parent = self.live.get(fold(str(parts[0][2])), str(parts[0][2]))
            targets = tuple(row[4] for row in parts)
            if None in targets:
                # Without columns it points to the primary key.
                targets = _key(columns(self.connection, LIVE, parent))
            if len(targets) == len(parts):
                yield Pointer(table, tuple(row[3] for row in parts), parent, targets)

    def uniques(self, shape: Shape) -> Iterator[Unique]:
        """The unique indexes of a live table, the primary key's left out."""
        listed = self.connection.execute(
            f"PRAGMA {LIVE}.index_list({quote(shape.name)})"
        ).fetchall()
        for _number, name, unique, origin, _partial in listed:
            if not unique or origin == "pk":
                continue
            parts = [
                row
                for row in self.connection.execute(f"PRAGMA {LIVE}.index_xinfo({quote(name)})")
                if row[5]
            ]
            terms: tuple[str, ...] = tuple(quote(str(row[2])) for row in parts)
            where = ""
            (sql,) = self.connection.execute(
                f"SELECT sql FROM {LIVE}.sqlite_schema WHERE type = 'index' AND name = ?", (name,)
            ).fetchone()
            if sql is not None:
                written, where = _written(str(sql))
                terms = written if any(row[1] == -2 for row in parts) else terms
            if len(terms) == len(parts):
                yield Unique(terms, tuple(str(row[4]) for row in parts), where)

    def triggers(self, shape: Shape) -> tuple[tuple[str, str], ...]:
        """Name and text of the triggers of a live table."""
        rows = self.connection.execute(
            f"SELECT name, sql FROM {LIVE}.sqlite_schema WHERE type = 'trigger' "
            "AND tbl_name = ? COLLATE NOCASE",
            (shape.name,),
        ).fetchall()
        return tuple((str(name), str(sql)) for name, sql in rows)


def attach(connection: sqlite3.Connection, backup: Path) -> None:
    """Attach a finished file as `backup`: immutable, so that nothing appears beside it."""
    connection.execute(f"ATTACH ? AS {BACKUP}", (f"{backup.as_uri()}?mode=ro&immutable=1",))


def fold(name: str) -> str:
    """A name as SQLite compares it: only ASCII letters have no case."""
    return "".join(c.lower() if c.isascii() else c for c in name)


def columns(connection: sqlite3.Connection, schema: str, table: str) -> tuple[Column, ...]:
    """A table's columns, generated ones included."""
    found = connection.execute(f"PRAGMA {schema}.table_xinfo({quote(table)})").fetchall()
    lone = [row for row in found if row[5]]
    return tuple(
        Column(
            name=str(row[1]),
            # NULL in an INTEGER PRIMARY KEY means the next number.
            not_null=bool(row[3]) and not (len(lone) == 1 and _is_rowid(row)),
            default=row[4] is not None and str(row[4]).upper() != "NULL",
            key=int(row[5]),
            generated=row[6] != 0,
        )
        for row in found
    )


def _is_rowid(row: tuple[Any, ...]) -> bool:
    return bool(row[5]) and str(row[2]).upper() == "INTEGER"


def _key(found: tuple[Column, ...]) -> tuple[str, ...]:
    return tuple(c.name for c in sorted(found, key=lambda c: c.key) if c.key)


def views(connection: sqlite3.Connection) -> dict[str, str]:
    """Folded names of what a live database has beside ordinary tables → what it is."""
    return {fold(info.name): info.kind for info in tables(connection) if info.kind != "table"}


def _written(sql: str) -> tuple[tuple[str, ...], str]:
    """The terms and the condition of a unique index, cut out of the text that made it."""
    head = _INDEX_HEAD.match(sql)
    if head is None:
        return (), ""
    pieces, rest = _split(sql, head.end())
    terms = tuple(re.sub(r"\s+(ASC|DESC)\s*$", "", p.strip(), flags=re.IGNORECASE) for p in pieces)
    condition = re.match(r"\s*WHERE\s+(.*)", rest, re.IGNORECASE | re.DOTALL)
    return terms, condition[1].strip() if condition else ""


def _split(sql: str, begin: int) -> tuple[list[str], str]:
    """The parts of a list in brackets, parted by its own commas, and what follows it."""
    pieces, depth, last, closing = [], 0, begin, ""
    for at in range(begin, len(sql)):
        char = sql[at]
        if closing:
            # A doubled quote ends and begins again, which comes to the same.
            closing = "" if char == closing else closing
        elif char in "\"'`[":
            closing = "]" if char == "[" else char
        elif char == "(":
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif char in ",)" and not depth:
            pieces.append(sql[last:at])
            last = at + 1
            if char == ")":
                return pieces, sql[last:]
    return [], ""
