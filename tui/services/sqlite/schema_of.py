"""The schema of one relation, or of all: its text, indexes, foreign keys and triggers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tui.core.errors import NotFoundError
from tui.services.sqlite.inspection import quote, tables
from tui.services.sqlite.schema_text import Token, fold, names_of, read_table, text, tokens
from tui.services.sqlite.shapes import columns
from tui.wording.clean import one_line

_BESIDE = {"table": 0, "view": 0, "index": 1, "trigger": 2}
_SCHEMA_NAMES = ("sqlite_schema", "sqlite_master")
"""The schema can be read as a table, but does not list itself."""
_ORIGINS: dict[str, Literal["created", "unique", "primary key"]] = {
    "c": "created",
    "u": "unique",
    "pk": "primary key",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One index of a table."""

    name: str
    unique: bool
    terms: tuple[str, ...]
    """Columns or expressions, with `desc` and a collation of their own behind them."""
    where: str = ""
    """Of what rows it is, as SQL; empty when of all."""
    origin: Literal["created", "unique", "primary key"] = "created"
    """By CREATE INDEX, or made by SQLite for a constraint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """One foreign key of a table."""

    columns: tuple[str, ...]
    table: str
    """What it points to; it may not exist."""
    parent_columns: tuple[str, ...]
    """Of that table, its primary key where the schema names none; empty where that is unknown."""
    on_update: str = ""
    """`cascade`, `set null` …; empty when nothing follows."""
    on_delete: str = ""
    name: str = ""
    """The constraint's name, in lower case; empty without one."""
    deferred: bool = False
    """Checked at the commit, not at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One trigger of a table or view."""

    name: str
    sql: str
    """The text that made it."""


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    name: str
    table: str
    sql: str


def schema_text(connection: sqlite3.Connection, name: str | None = None) -> str:
    """The statements that made a relation, then its indexes and triggers, or those of all.

    As SQLite keeps them, one behind another, each with `;`; what SQLite made by itself is left
    out, for no statement makes it. Foreign text: not yet fit for a terminal.

    Args:
        connection: What is read.
        name: A table or view, in any case; None: all, in the order of `inspection.tables`.

    Raises:
        NotFoundError: There is nothing of that name.
        sqlite3.Error: SQLite cannot read it.
    """
    rows = list(_rows(connection, name))
    order = {fold(info.name): n for n, info in enumerate(tables(connection))}
    rows.sort(key=lambda row: (order.get(fold(row.table), 0), _BESIDE.get(row.kind, 3), row.name))
    own = [row.sql for row in rows if row.sql and (name or not row.name.startswith("sqlite_"))]
    return "".join(f"{sql};\n\n" for sql in own)[:-1]


def objects(connection: sqlite3.Connection) -> tuple[tuple[str, str, str], ...]:
    """Kind, name and table of every index and trigger, by name."""
    found = connection.execute(
        "SELECT type, name, tbl_name FROM main.sqlite_schema"
        " WHERE type IN ('index', 'trigger') ORDER BY type, name"
    ).fetchall()
    return tuple((_text(kind), _text(name), _text(table)) for kind, name, table in found)


def indexes(connection: sqlite3.Connection, name: str) -> tuple[Index, ...]:
    """The indexes of a table, by name.

    Raises:
        NotFoundError: There is nothing of that name.
        sqlite3.Error: SQLite cannot read it.
    """
    sql = {row.name: row.sql for row in _rows(connection, name) if row.kind == "index"}
    listed = connection.execute(f"PRAGMA main.index_list({quote(name)})").fetchall()
    found = []
    for row in listed:
        index = _text(row[1])
        terms, where = _written(sql.get(index, ""))
        found.append(
            Index(
                name=index,
                unique=bool(row[2]),
                terms=tuple(_terms(connection, index, terms)),
                where=where,
                origin=_ORIGINS.get(str(row[3]), "created"),
            )
        )
    return tuple(sorted(found, key=lambda each: each.name))


def foreign_keys(connection: sqlite3.Connection, name: str) -> tuple[ForeignKey, ...]:
    """The foreign keys of a table, by their columns.

    Raises:
        NotFoundError: There is nothing of that name.
        sqlite3.Error: SQLite cannot read it.
    """
    sql = next((row.sql for row in _rows(connection, name) if row.kind == "table"), "")
    known = names_of(read_table(sql), "foreign key")
    rows = connection.execute(f"PRAGMA main.foreign_key_list({quote(name)})").fetchall()
    found = []
    for number in {row[0] for row in rows}:
        parts = sorted((row for row in rows if row[0] == number), key=lambda row: int(row[1]))
        own = tuple(_text(row[3]) for row in parts)
        parent = _text(parts[0][2])
        theirs = tuple(_text(row[4]) for row in parts if row[4] is not None)
        clause = known.get(tuple(map(fold, own)))
        found.append(
            ForeignKey(
                columns=own,
                table=parent,
                parent_columns=theirs or _key(connection, parent),
                on_update=_action(parts[0][5]),
                on_delete=_action(parts[0][6]),
                name=clause.name if clause else "",
                deferred=bool(clause and clause.more),
            )
        )
    return tuple(sorted(found, key=lambda each: (each.columns, each.table)))


def triggers(connection: sqlite3.Connection, name: str) -> tuple[Trigger, ...]:
    """The triggers of a table or view, by name.

    Raises:
        NotFoundError: There is nothing of that name.
        sqlite3.Error: SQLite cannot read it.
    """
    found = (row for row in _rows(connection, name) if row.kind == "trigger")
    return tuple(
        Trigger(name=row.name, sql=row.sql) for row in sorted(found, key=lambda row: row.name)
    )


def _rows(connection: sqlite3.Connection, name: str | None) -> Iterator[_Row]:
    """What the schema has of one relation, or all of it."""
    read = connection.execute("SELECT type, name, tbl_name, sql FROM main.sqlite_schema")
    found = [_Row(*(_text(value or "") for value in row)) for row in read.fetchall()]
    if name is None:
        return iter(found)
    found = [row for row in found if fold(row.table) == fold(name)]
    known = fold(name) in _SCHEMA_NAMES or any(row.kind in ("table", "view") for row in found)
    if not known:
        raise NotFoundError(f"There is no table or view {one_line(name)}.")
    return iter(found)


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _action(value: object) -> str:
    said = _text(value).lower()
    return "" if said == "no action" else said


def _key(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    found = sorted(columns(connection, "main", table), key=lambda column: column.key)
    return tuple(column.name for column in found if column.key)


def _terms(connection: sqlite3.Connection, index: str, written: Sequence[str]) -> Iterator[str]:
    """What an index is of; an expression stands only in the text that made it."""
    parts = connection.execute(f"PRAGMA main.index_xinfo({quote(index)})").fetchall()
    for number, row in enumerate(row for row in parts if row[5]):
        if row[2] is None:
            yield written[number] if number < len(written) else "expression"
            continue
        said = [_text(row[2])]
        said += [] if str(row[4]).upper() == "BINARY" else [f"collate {str(row[4]).lower()}"]
        said += ["desc"] if row[3] else []
        yield " ".join(said)


def _written(sql: str) -> tuple[tuple[str, ...], str]:
    """The terms and the condition of an index, from the text that made it."""
    pieces = tokens(sql)
    begin = next((n for n, piece in enumerate(pieces) if piece == Token("sign", "(")), None)
    if begin is None:
        return (), ""
    parts: list[list[Token]] = [[]]
    depth = 0
    for at in range(begin, len(pieces)):
        piece = pieces[at]
        depth += {"(": 1, ")": -1}.get(piece.value, 0) if piece.kind == "sign" else 0
        if depth == 0:
            rest = pieces[at + 1 :]
            where = text(rest[1:]) if rest[:1] == [Token("word", "where")] else ""
            return tuple(text(part) for part in parts), where
        if depth == 1 and piece == Token("sign", ","):
            parts.append([])
        elif at > begin:
            parts[-1].append(piece)
    return (), ""
