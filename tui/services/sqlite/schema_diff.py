"""Two schemas compared: tables, columns, indexes, constraints, triggers, views.

What a thing is, not how it is written: a table that was rebuilt and is equal is no difference,
nor is the order of its columns. A thing that has another name is one that is gone and one that
is new, but for a constraint whose name alone changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tui.core.models import SchemaChange, SchemaKind
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.schema_text import (
    TableText,
    expression,
    fold,
    index_terms,
    names_of,
    normal,
    read_table,
)

_RANK: Mapping[str, int] = {
    "table": 0,
    "column": 1,
    "constraint": 2,
    "index": 3,
    "trigger": 4,
    "view": 5,
}
_SIGNS = "-~+"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that has a name and a definition."""

    name: str
    """As it is written; empty for a constraint without one."""
    detail: str
    """What it is, on one line; equal for two that are the same."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    name: str
    columns: Mapping[str, Thing] = field(default_factory=dict)
    """By folded name, in the table's order."""
    constraints: tuple[Thing, ...] = ()
    indexes: Mapping[str, Thing] = field(default_factory=dict)
    triggers: Mapping[str, Thing] = field(default_factory=dict)
    options: str = ""
    """`without rowid`, `strict`; of a virtual table the whole of it."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a database says of itself."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    """By folded name."""
    views: Mapping[str, Thing] = field(default_factory=dict)


# --- reading ------------------------------------------------------------------------------


def read_schema(connection: sqlite3.Connection) -> Schema:
    """Read the whole schema of a database.

    Raises:
        sqlite3.Error: It cannot be read.
    """
    rows = [
        (str(kind), _name(name), _name(table), _name(sql or ""))
        for kind, name, table, sql in connection.execute(
            "SELECT type, name, tbl_name, sql FROM main.sqlite_schema ORDER BY name"
        ).fetchall()
    ]
    own = [row for row in rows if not row[1].startswith("sqlite_")]
    return Schema(
        tables={
            fold(name): _table(connection, name, sql, own)
            for kind, name, _table_name, sql in own
            if kind == "table"
        },
        views={
            fold(name): Thing(name, normal(sql)) for kind, name, _of, sql in own if kind == "view"
        },
    )


def _name(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


_Row = tuple[str, str, str, str]


def _table(connection: sqlite3.Connection, name: str, sql: str, rows: Iterable[_Row]) -> Table:
    beside = [row for row in rows if fold(row[2]) == fold(name)]
    triggers = {fold(n): Thing(n, normal(text)) for k, n, _t, text in beside if k == "trigger"}
    if sql[:20].upper().startswith("CREATE VIRTUAL"):
        return Table(name, options=normal(sql), triggers=triggers)
    written = read_table(sql)
    columns = connection.execute(f"PRAGMA main.table_xinfo({quote(name)})").fetchall()
    indexes = connection.execute(f"PRAGMA main.index_list({quote(name)})").fetchall()
    texts = {n: text for k, n, _t, text in beside if k == "index"}
    return Table(
        name=name,
        columns={fold(_name(row[1])): _column(row, written) for row in columns},
        constraints=tuple(
            sorted(
                (
                    *_primary_key(columns, written),
                    *_uniques(connection, indexes, written),
                    *_foreign_keys(connection, name, written),
                    *(
                        Thing(clause.name, f"check ({clause.more})")
                        for clause in written.clauses
                        if clause.kind == "check"
                    ),
                ),
                key=lambda thing: (thing.detail, thing.name),
            )
        ),
        indexes={fold(thing.name): thing for thing in _indexes(indexes, texts)},
        triggers=triggers,
        options=written.options,
    )


_Columns = list[tuple[object, ...]]


def _column(row: tuple[object, ...], written: TableText) -> Thing:
    """`VARCHAR(64) not null default 'x'`; its place in the primary key is the key's."""
    name, kind, not_null, default = _name(row[1]), _name(row[2]), bool(row[3]), row[4]
    said = [
        " ".join(kind.lower().split()),
        "not null" if not_null else "",
        "" if default is None else f"default {expression(_name(default))}",
        written.columns.get(fold(name), ""),
        {2: "virtual", 3: "stored"}.get(int(str(row[6])), ""),
    ]
    return Thing(name, " ".join(part for part in said if part))


def _primary_key(columns: _Columns, written: TableText) -> Iterator[Thing]:
    keyed = sorted((row for row in columns if row[5]), key=lambda row: int(str(row[5])))
    if not keyed:
        return
    clause = next((c for c in written.clauses if c.kind == "primary key"), None)
    detail = f"primary key ({', '.join(_name(row[1]) for row in keyed)})"
    yield Thing(clause.name if clause else "", _with(detail, clause.more if clause else ""))


def _uniques(
    connection: sqlite3.Connection, indexes: _Columns, written: TableText
) -> Iterator[Thing]:
    known = names_of(written, "unique")
    for row in indexes:
        if row[3] != "u":
            continue
        found = connection.execute(f"PRAGMA main.index_info({quote(_name(row[1]))})").fetchall()
        names = [_name(part[2]) for part in found]
        clause = known.get(tuple(map(fold, names)))
        detail = f"unique ({', '.join(names)})"
        yield Thing(clause.name if clause else "", _with(detail, clause.more if clause else ""))


def _foreign_keys(
    connection: sqlite3.Connection, table: str, written: TableText
) -> Iterator[Thing]:
    known = names_of(written, "foreign key")
    rows = connection.execute(f"PRAGMA main.foreign_key_list({quote(table)})").fetchall()
    for number in sorted({row[0] for row in rows}):
        parts = sorted((row for row in rows if row[0] == number), key=lambda row: int(row[1]))
        names = [_name(row[3]) for row in parts]
        theirs = [_name(row[4]) for row in parts if row[4] is not None]
        # Without columns it points to the primary key: a rebuilt table says it in full.
        theirs = theirs or _key_of(connection, _name(parts[0][2]))
        detail = f"foreign key ({', '.join(names)}) -> {fold(_name(parts[0][2]))}"
        detail += f" ({', '.join(theirs)})" if theirs else ""
        for event, action in (("update", parts[0][5]), ("delete", parts[0][6])):
            if _name(action) != "NO ACTION":
                detail += f" on {event} {_name(action).lower()}"
        clause = known.get(tuple(map(fold, names)))
        yield Thing(clause.name if clause else "", _with(detail, clause.more if clause else ""))


def _key_of(connection: sqlite3.Connection, table: str) -> list[str]:
    rows = connection.execute(f"PRAGMA main.table_info({quote(table)})").fetchall()
    return [_name(row[1]) for row in sorted(rows, key=lambda row: int(row[5])) if row[5]]


def _indexes(indexes: _Columns, texts: Mapping[str, str]) -> Iterator[Thing]:
    for row in indexes:
        name = _name(row[1])
        if row[3] == "c":
            terms = index_terms(texts.get(name, ""))
            yield Thing(name, f"unique {terms}" if row[2] else terms)


def _with(detail: str, more: str) -> str:
    return f"{detail} {more}" if more else detail


# --- comparing ----------------------------------------------------------------------------


def differences(before: Schema, after: Schema) -> tuple[SchemaChange, ...]:
    """Name what is new, gone or different.

    A table that is new or gone is one change: its columns, indexes and triggers come and go
    with it.

    Returns:
        By table, then columns, constraints, indexes, triggers; views last.
    """
    found: list[SchemaChange] = []
    for key in before.tables.keys() | after.tables.keys():
        old, new = before.tables.get(key), after.tables.get(key)
        if old is not None and new is not None:
            found.extend(_of_table(old, new))
        elif new is not None:
            found.append(_change("+", "table", new.name, new.name, _summary(new)))
        elif old is not None:
            found.append(_change("-", "table", old.name, old.name, _summary(old)))
    found.extend(_named("view", None, before.views, after.views))
    return tuple(sorted(found, key=_order))


def _change(
    sign: Literal["+", "-", "~"], kind: SchemaKind, table: str, name: str, detail: str
) -> SchemaChange:
    return SchemaChange(sign=sign, kind=kind, table=table, name=name, detail=detail)


def _order(change: SchemaChange) -> tuple[bool, str, int, str, int, str]:
    return (
        change.kind == "view",
        fold(change.table),
        _RANK[change.kind],
        fold(change.name),
        _SIGNS.index(change.sign),
        change.detail,
    )


def _summary(table: Table) -> str:
    """`4 columns, 3 indexes`: what comes or goes with a table."""
    parts = []
    for things, one, many in (
        (table.columns, "column", "columns"),
        (table.indexes, "index", "indexes"),
        (table.triggers, "trigger", "triggers"),
    ):
        if things:
            parts.append(f"{len(things)} {one if len(things) == 1 else many}")
    return ", ".join(parts)


def _of_table(old: Table, new: Table) -> Iterator[SchemaChange]:
    if old.options != new.options:
        detail = f"{old.options or 'ordinary'} -> {new.options or 'ordinary'}"
        yield _change("~", "table", new.name, new.name, detail)
    yield from _named("column", new.name, old.columns, new.columns)
    yield from _named("index", new.name, old.indexes, new.indexes)
    yield from _named("trigger", new.name, old.triggers, new.triggers)
    yield from _constraints(new.name, old.constraints, new.constraints)


def _named(
    kind: SchemaKind, table: str | None, old: Mapping[str, Thing], new: Mapping[str, Thing]
) -> Iterator[SchemaChange]:
    """Compare things that are known by their names."""
    for key in old.keys() | new.keys():
        was, now = old.get(key), new.get(key)
        if was is None and now is not None:
            yield _change("+", kind, table or now.name, now.name, now.detail)
        elif now is None and was is not None:
            yield _change("-", kind, table or was.name, was.name, was.detail)
        elif was is not None and now is not None and was.detail != now.detail:
            change = f"{was.detail} -> {now.detail}"
            yield _change("~", kind, table or now.name, now.name, change)


def _constraints(table: str, old: Iterable[Thing], new: Iterable[Thing]) -> Iterator[SchemaChange]:
    """Compare constraints: the same ones first, then by name, then by what they say."""
    gone, come = list(old), list(new)
    for thing in list(gone):
        if thing in come:
            gone.remove(thing)
            come.remove(thing)
    for thing in list(gone):
        same = next((other for other in come if thing.name and other.name == thing.name), None)
        same = same or next((other for other in come if other.detail == thing.detail), None)
        if same is None:
            continue
        gone.remove(thing)
        come.remove(same)
        if same.detail == thing.detail:
            detail = f"{thing.name or 'no name'} -> {same.name or 'no name'}"
            yield _change("~", "constraint", table, same.detail, detail)
        else:
            detail = f"{thing.detail} -> {same.detail}"
            yield _change("~", "constraint", table, same.name, detail)
    signs: tuple[tuple[Literal["-", "+"], list[Thing]], ...] = (("-", gone), ("+", come))
    for sign, things in signs:
        for thing in things:
            name, detail = (thing.name, thing.detail) if thing.name else (thing.detail, "")
            yield _change(sign, "constraint", table, name, detail)
