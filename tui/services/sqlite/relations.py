"""The shape of a table, view or virtual table: enough to page through it.

What names a row decides how its pages are read, so nothing here is guessed: whether there is a
rowid, under which name it can be read, and whether a primary key names one row only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from tui.core.errors import NotFoundError, VerificationError
from tui.core.models.rows import Pointing, Relation, RelationColumn, RelationKind
from tui.core.secrets import is_secret
from tui.services.sqlite.collations import collations
from tui.services.sqlite.inspection import quote, tables
from tui.services.sqlite.shadows import keeps_secrets
from tui.services.sqlite.shapes import fold
from tui.services.sqlite.sql_words import words
from tui.wording.clean import one_line

_ROWIDS = ("rowid", "_rowid_", "oid")
_SCHEMA_NAMES = ("sqlite_schema", "sqlite_master")
"""Of these only the old one may stand before a column's name."""
_GENERATED: dict[int, Literal["", "virtual", "stored"]] = {2: "virtual", 3: "stored"}


@dataclass(frozen=True, slots=True)
class _Key:
    """The primary key's own index; a rowid that is a column has none."""

    collations: dict[str, str]
    """Folded column → collation."""
    without_rowid: bool


def relation_names(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Names of everything that can be read, in the order of `inspection.tables`."""
    return tuple(info.name for info in tables(connection))


def relation(
    connection: sqlite3.Connection, name: str, *, more_secrets: Sequence[str] = ()
) -> Relation:
    """Look at the schema of one relation.

    Args:
        connection: Without an authorizer of its own: the columns that a view reads are asked
            through one.
        name: In any case, as SQLite compares names.
        more_secrets: The operator's own patterns for secret columns.

    Raises:
        NotFoundError: There is nothing of that name.
        VerificationError: SQLite has it but cannot read it, such as a view of a missing table
            or a virtual table of an unknown module.
    """
    name, kind = _found(connection, name)
    with _readable(name):
        columns = _columns(connection, name, kind, more_secrets)
        if not columns:
            raise VerificationError(f"{one_line(name)} has no column that can be read.")
        found = Relation(name=name, kind=kind, columns=columns)
        if kind == "view":
            return found
        key = _key(connection, name)
        rowid = _rowid(connection, found, key)
        found = replace(found, rowid=rowid, without_rowid=bool(key and key.without_rowid))
        return _identified(found, key)


def pointing(connection: sqlite3.Connection, relation: Relation) -> tuple[Pointing, ...]:
    """Foreign keys of all tables that point at a relation, by table; their rows not counted."""
    parts: dict[tuple[str, int], list[Any]] = {}
    for row in connection.execute(
        "SELECT m.name, f.id, f.seq, f.'from', f.'to', f.'table' FROM main.sqlite_schema m,"
        " pragma_foreign_key_list(m.name, 'main') f WHERE m.type = 'table' ORDER BY 1, 2, 3"
    ):
        if isinstance(row[0], str) and fold(str(row[5])) == fold(relation.name):
            parts.setdefault((row[0], row[1]), []).append(row)
    found = []
    for (table, _number), rows in parts.items():
        targets = tuple(row[4] for row in rows)
        if None in targets:
            targets = _primary(relation)
        if len(targets) == len(rows):
            columns = tuple(str(row[3]) for row in rows)
            found.append(Pointing(table=table, columns=columns, parent_columns=targets))
    return tuple(found)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Say which relation it is that SQLite can make no sense of."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR:
            raise
        raise VerificationError(
            f"{one_line(name)} cannot be read: {one_line(str(error))}."
        ) from error


def _found(connection: sqlite3.Connection, name: str) -> tuple[str, RelationKind]:
    """The name as the schema has it, and what it is of."""
    if fold(name) in _SCHEMA_NAMES:
        return "sqlite_master", "internal"
    for info in tables(connection):
        if fold(info.name) == fold(name):
            return info.name, info.kind
    raise NotFoundError(f"There is no table or view {one_line(name)}.")


# --- columns --------------------------------------------------------------------------------


def _columns(
    connection: sqlite3.Connection, name: str, kind: RelationKind, more: Sequence[str]
) -> tuple[RelationColumn, ...]:
    rows = connection.execute(f"PRAGMA main.table_xinfo({quote(name)})").fetchall()
    # A name that is not UTF-8 cannot be written in a statement.
    rows = [row for row in rows if isinstance(row[1], str)]
    pointers = _pointers(connection, name) if kind in ("table", "internal") else {}
    found = [
        RelationColumn(
            name=row[1],
            declared=str(row[2] or ""),
            key=int(row[5]),
            required=bool(row[3]),
            default=None if row[4] is None else str(row[4]),
            generated=_GENERATED.get(row[6], ""),
            hidden=row[6] == 1,
            secret=is_secret(name, row[1], more),
            points_to=pointers.get(fold(row[1])),
        )
        for row in rows
    ]
    compared = collations(connection, name, [c.name for c in found])
    found = [replace(c, collation=compared.get(c.name, "BINARY")) for c in found]
    if kind == "view":
        return _tainted(connection, name, found, more)
    if keeps_secrets(connection, name, more):
        return tuple(replace(c, secret=True) for c in found)
    return _derived(found, _sql(connection, name))


def _sql(connection: sqlite3.Connection, name: str) -> str:
    row = connection.execute(
        "SELECT sql FROM main.sqlite_schema WHERE name = ? AND type = 'table'", (name,)
    ).fetchone()
    return str(row[0]) if row else ""


def _derived(found: list[RelationColumn], sql: str) -> tuple[RelationColumn, ...]:
    """Mask what is computed where a secret is named outside its own definition, to be safe."""
    text = sql.lower()
    named = any(c.secret and text.count(c.name.lower()) > 1 for c in found)
    return tuple(replace(c, secret=c.secret or (named and bool(c.generated))) for c in found)


@dataclass(frozen=True, slots=True)
class _Read:
    """What a view reads, whatever it calls it."""

    columns: set[tuple[str, str]]
    """Table and column; of views among them, too."""
    tables: set[str]
    """Also those of which no column is told."""


def _read_by(connection: sqlite3.Connection, view: str) -> _Read:
    read = _Read(set(), set())

    def note(action: int, first: str | None, second: str | None, _db: object, _by: object) -> int:
        if action == sqlite3.SQLITE_READ and first:
            read.tables.add(first)
            if second:
                read.columns.add((first, second))
        return sqlite3.SQLITE_OK

    connection.set_authorizer(note)
    try:
        connection.execute(f"SELECT 1 FROM main.{quote(view)} WHERE 0").fetchall()
    finally:
        connection.set_authorizer(None)
    return read


def _tainted(
    connection: sqlite3.Connection, view: str, found: list[RelationColumn], more: Sequence[str]
) -> tuple[RelationColumn, ...]:
    """Mask what a view may have made of a secret under another name.

    Which column came from which is not told; where a view reads a secret, only those that bear
    the name of another column it reads are taken for that one.
    """
    read = _read_by(connection, view)
    hidden: set[tuple[str, str]] = set()
    for table in read.tables:
        with suppress(NotFoundError):
            name, kind = _found(connection, table)
            if kind != "view":
                hidden |= {
                    (table, c.name) for c in _columns(connection, name, kind, more) if c.secret
                }
    joins = _joins_by_name(connection, {view, *read.tables})
    columns = read.columns | (hidden if joins else set())
    secret = {each for each in columns if each in hidden or is_secret(*each, more)}
    if not secret:
        return tuple(found)
    plain = {fold(column) for _, column in columns - secret}
    return tuple(replace(c, secret=c.secret or fold(c.name) not in plain) for c in found)


def _joins_by_name(connection: sqlite3.Connection, names: set[str]) -> bool:
    """Whether one of these views joins by USING or NATURAL: no authorizer is told of that."""
    return any(
        name in names and sql and any(word.says("using", "natural") for word in words(str(sql)))
        for name, sql in connection.execute(
            "SELECT name, sql FROM main.sqlite_schema WHERE type = 'view'"
        ).fetchall()
    )


def _pointers(connection: sqlite3.Connection, name: str) -> dict[str, tuple[str, str]]:
    """Foreign keys of one column: folded column → table and column."""
    rows = connection.execute(f"PRAGMA main.foreign_key_list({quote(name)})").fetchall()
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        if sum(other[0] == row[0] for other in rows) != 1:
            continue
        parent, target = str(row[2]), row[4]
        if target is None:
            lone = [
                str(column[1])
                for column in connection.execute(f"PRAGMA main.table_xinfo({quote(parent)})")
                if column[5]
            ]
            target = lone[0] if len(lone) == 1 else None
        if target is not None:
            found.setdefault(fold(str(row[3])), (parent, str(target)))
    return found


# --- what names a row -----------------------------------------------------------------------


def _key(connection: sqlite3.Connection, name: str) -> _Key | None:
    """The index of the primary key; None without one."""
    for row in connection.execute(f"PRAGMA main.index_list({quote(name)})").fetchall():
        if row[3] != "pk":
            continue
        parts = connection.execute(f"PRAGMA main.index_xinfo({quote(str(row[1]))})").fetchall()
        collations = {fold(str(part[2])): str(part[4]).upper() for part in parts if part[5]}
        # An index of a rowid table ends with the rowid, which is column -1.
        return _Key(collations, all(part[1] != -1 for part in parts))
    return None


def _rowid(connection: sqlite3.Connection, found: Relation, key: _Key | None) -> str:
    """Under which name the rowid can be read; empty where it cannot."""
    if key is not None and key.without_rowid:
        return ""
    taken = {fold(c.name) for c in found.columns}
    name = next((word for word in _ROWIDS if word not in taken), "")
    primary = _primary(found)
    if key is None and len(primary) == 1:
        name = name or primary[0]
    if not name or found.kind != "virtual":
        return name
    table = quote(found.name)
    try:
        row = connection.execute(f"SELECT {table}.{name} FROM main.{table} LIMIT 1").fetchone()
        again = (
            row
            and connection.execute(
                f"SELECT 1 FROM main.{table} WHERE {table}.{name} = ?", row
            ).fetchone()
        )
    except sqlite3.Error:
        return ""
    # An empty one is told by whether the statement was understood.
    return name if row is None or again else ""


def _primary(found: Relation) -> tuple[str, ...]:
    return tuple(c.name for c in sorted(found.columns, key=lambda c: c.key) if c.key)


def _identified(found: Relation, key: _Key | None) -> Relation:
    """Choose what names a row: the primary key, where it names one row and is no secret."""
    primary = _primary(found)
    if primary and found.kind != "virtual" and _names_one(found, primary, key):
        return replace(found, identity=primary)
    if found.rowid:
        return replace(found, identity=(found.rowid,), uses_rowid=True)
    return found


def _names_one(found: Relation, primary: tuple[str, ...], key: _Key | None) -> bool:
    """Whether the primary key names one row, and one only, when its columns are compared."""
    columns = [c for c in found.columns if c.key]
    if key is None:
        # The rowid itself. A number in turn is no secret, whatever it is called.
        return len(primary) == 1 and bool(found.rowid)
    if any(c.secret for c in columns):
        return False
    for column in columns:
        of_key = key.collations.get(fold(column.name), "BINARY")
        # The index may tell apart what the column takes for equal. Where only the index takes
        # them for equal the key still names one row, but no index has its order.
        if of_key != column.collation.upper() and (column.collation != "BINARY" or found.rowid):
            return False
    return found.without_rowid or all(c.required for c in columns)
