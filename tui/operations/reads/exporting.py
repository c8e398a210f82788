"""What an export reads: which columns of which table, in which order, and which stay behind."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tui.core.errors import NotFoundError, PrecheckError, UsageError
from tui.core.models.rows import Condition, Order, Relation, RowIdentity
from tui.services.sqlite.authorizing import ReadOnly
from tui.services.sqlite.conditions import columns_hint, condition
from tui.services.sqlite.filter_language import MOST_CHARACTERS
from tui.services.sqlite.filtering import parse
from tui.services.sqlite.inspection import quote, tables
from tui.services.sqlite.literals import literal, name_of
from tui.services.sqlite.relations import relation
from tui.services.sqlite.spooling import Part
from tui.wording.clean import one_line
from tui.wording.quantities import count

_LONGEST_CHOICE = 900_000
"""Characters; SQLite takes a statement of a million."""
_LONGEST_CHAIN = 200
"""Terms; each makes an expression one deeper, and SQLite takes it 1,000 deep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Rows of one table or view: what is asked for, and what that comes to."""

    name: str
    columns: tuple[str, ...] = ()
    """Empty asks for all."""
    condition: Condition = field(default_factory=Condition)
    filter: str = ""
    """A filter line, where `condition` is not made and proved of one yet."""
    order: tuple[Order, ...] = ()
    """Empty asks for the order in which they lie there."""
    declared: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Secret columns that stay behind."""
    generated: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    part: Part = field(default_factory=lambda: Part("", (), ""))


def everything(connection: sqlite3.Connection) -> tuple[Wanted, ...]:
    """Every ordinary table, the migrations' own included; no views, and no internals of SQLite."""
    return tuple(
        Wanted(name=info.name)
        for info in tables(connection)
        if info.kind == "table" or info.name == "alembic_version"
    )


def chosen(shape: Relation, identities: Sequence[RowIdentity]) -> tuple[Condition, str]:
    """The rows that were marked, as a condition, and as the filter line that says the same.

    Args:
        shape: Whose rows.
        identities: What names them; none of them is empty.

    Returns:
        The line is empty where it would be longer than one may be.

    Raises:
        UsageError: They are too many for one statement.
    """
    names = [name_of(name) for name in shape.identity]
    rows = [tuple(map(literal, identity)) for identity in identities]
    if len(names) == 1:
        sql = line = f"{names[0]} IN ({', '.join(value for (value,) in rows)})"
    else:
        # A chain of OR would be too deep for SQLite; a filter line, though, has no subqueries.
        values = ", ".join(f"({', '.join(row)})" for row in rows)
        sql = f"({', '.join(names)}) IN (VALUES {values})"
        pairs = [" AND ".join(map(" = ".join, zip(names, row, strict=True))) for row in rows]
        line = f"({') OR ('.join(pairs)})" if len(pairs) <= _LONGEST_CHAIN else ""
    if len(sql) > _LONGEST_CHOICE:
        raise UsageError(
            f"{count(len(rows))} rows with keys this long are too many to be named one by one; "
            "a filter chooses them."
        )
    line = f"where {line}" if line else ""
    return Condition(sql=sql), line if len(line) <= MOST_CHARACTERS else ""


def wanted_of(
    connection: sqlite3.Connection, asked: Wanted, *, masks: Sequence[str], secrets: bool
) -> Wanted:
    """Fill in what a table has.

    Args:
        connection: Reads the database as `main`.
        asked: Its name, and what is wanted of it.
        masks: The operator's own patterns for secret columns.
        secrets: Whether secret columns are read too.

    Raises:
        NotFoundError: There is no such table or column.
        UsageError: A column is named twice, or the filter is not understood or reads a secret.
        PrecheckError: Nothing is left of it without its secrets.
    """
    shape = relation(connection, asked.name, more_secrets=masks)
    names = tuple(_named(shape, name) for name in asked.columns) or tuple(
        c.name for c in shape.columns if not c.hidden
    )
    secret = {c.name for c in shape.columns if c.secret}
    if len(set(names)) != len(names):
        raise UsageError(f"A column of {one_line(shape.name)} is named twice.")
    kept = names if secrets else tuple(name for name in names if name not in secret)
    if not kept:
        raise PrecheckError(
            f"{one_line(shape.name)} has nothing but secrets in these columns; --secrets writes "
            "them. Nothing was written."
        )
    columns = {c.name: c for c in shape.columns}
    found = replace(
        asked,
        condition=_condition(connection, asked, shape, secrets=secrets),
        name=shape.name,
        columns=kept,
        declared=tuple(columns[name].declared for name in kept),
        left_out=tuple(name for name in names if name not in kept),
        generated=tuple(name for name in kept if columns[name].generated),
        key=tuple(c.name for c in sorted(shape.columns, key=lambda c: c.key) if c.key),
    )
    found = replace(found, part=_part(found, shape))
    if found.condition.raw:
        _require_reading(connection, found.part)
    return found


def _condition(
    connection: sqlite3.Connection, asked: Wanted, shape: Relation, *, secrets: bool
) -> Condition:
    """Which rows: which ones come would tell what a filter has read, so it reads no secret."""
    if not asked.filter:
        return asked.condition
    if not secrets:
        return condition(connection, asked.filter, shape, hint=columns_hint(shape))
    return parse(asked.filter, shape, columns_hint=columns_hint(shape))


def _require_reading(connection: sqlite3.Connection, part: Part) -> None:
    """What an operator wrote as SQL may read, also secrets where these are written anyway."""
    guard = ReadOnly(lambda *_: "")
    connection.set_authorizer(guard)
    try:
        connection.execute(f"EXPLAIN {part.sql}", part.values).close()
    except sqlite3.DatabaseError as error:
        why = guard.refusal or f"The filter is not understood: {one_line(str(error))}"
        raise UsageError(f"{why.rstrip('.')}. Nothing was written.") from error
    finally:
        connection.set_authorizer(None)


def _named(shape: Relation, name: str) -> str:
    column = shape.column(name)
    if column is None:
        raise NotFoundError(f"{one_line(shape.name)} has no column {one_line(name)}.")
    return column.name


def _part(wanted: Wanted, shape: Relation) -> Part:
    table = quote(shape.name)
    sql = f"SELECT {', '.join(f'{table}.{quote(n)}' for n in wanted.columns)} FROM main.{table}"
    if wanted.condition.sql:
        sql += f" WHERE ({wanted.condition.sql})"
    order = [
        f"{table}.{quote(_named(shape, o.column))}{' DESC' if o.descending else ''}"
        for o in wanted.order
    ]
    # Without it a covering index may decide, and two exports of the same rows differ.
    order += [f"{table}.{shape.rowid}"] if shape.rowid and shape.kind == "table" else []
    order += [f"{table}.{quote(name)}" for name in wanted.key] if shape.without_rowid else []
    if order:
        sql += f" ORDER BY {', '.join(order)}"
    return Part(wanted.name, wanted.columns, sql, wanted.condition.values)
