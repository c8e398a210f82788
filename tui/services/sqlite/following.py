"""From a row to the row that its foreign key points to, and to those that point to it.

Values are bound to the column they are compared with, so they are compared as SQLite compares a
foreign key; none of them leaves here but as a row's identity or a condition.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tui.core.errors import NotFoundError, UsageError
from tui.core.models.rows import Condition, Order, Pointing, Relation, RowIdentity
from tui.services.sqlite.cells import Place, Selection
from tui.services.sqlite.keyset import Range, Term, View, equal, joined, known, statement, terms
from tui.services.sqlite.relations import relation
from tui.services.sqlite.schema_of import ForeignKey, foreign_keys
from tui.services.sqlite.shapes import fold
from tui.services.sqlite.walking import anchor_of, whole
from tui.wording.clean import one_line


def parent_of(
    connection: sqlite3.Connection,
    child: Relation,
    identity: RowIdentity,
    column: str,
    *,
    more_secrets: Sequence[str] = (),
) -> tuple[str, RowIdentity] | None:
    """The row that a foreign key of one row points to.

    Args:
        connection: To read from.
        child: Whose row it is.
        identity: Of the row.
        column: One of the key's columns; a key of it alone is followed first.
        more_secrets: The operator's own patterns for secret columns.

    Returns:
        Table and identity; None where the key is NULL, points nowhere, or to a row that nothing
        names.

    Raises:
        NotFoundError: The row, the table, or the column is gone.
        UsageError: No foreign key begins there, or it is a secret.
    """
    key = _key(connection, child, known(child, column).name)
    parent = relation(connection, key.table, more_secrets=more_secrets)
    targets = _terms(parent, key.parent_columns)
    values = _values(connection, child, identity, key.columns)
    if None in values or not parent.identity:
        return None
    selection = Selection()
    place = Place(selection, terms(View(relation=parent, columns=())))
    part = joined([equal(t, v) for t, v in zip(targets, values, strict=True)], Range())
    lone = View(relation=parent, columns=())
    row = connection.execute(*statement(lone, selection.sql(), part, "LIMIT 1")).fetchone()
    return None if row is None else (parent.name, place.read(row))


def rows_of(
    connection: sqlite3.Connection,
    pointing: Pointing,
    parent: Relation,
    identity: RowIdentity,
    *,
    more_secrets: Sequence[str] = (),
) -> tuple[Relation, Condition]:
    """The table that points at a row, and the condition of those of its rows that do.

    Raises:
        NotFoundError: The row or the table is gone.
        UsageError: The key is a secret.
    """
    child = relation(connection, pointing.table, more_secrets=more_secrets)
    own = _terms(child, pointing.columns)
    values = _values(connection, parent, identity, pointing.parent_columns)
    if None in values:
        return child, Condition(sql="0")
    part = joined([equal(t, v) for t, v in zip(own, values, strict=True)], Range())
    return child, Condition(sql=part.sql, values=part.values)


def _key(connection: sqlite3.Connection, child: Relation, column: str) -> ForeignKey:
    found = [
        key
        for key in foreign_keys(connection, child.name)
        if fold(column) in map(fold, key.columns) and len(key.columns) == len(key.parent_columns)
    ]
    if not found:
        raise UsageError(f"{one_line(column)} points to no other table.")
    return min(found, key=lambda key: len(key.columns))


def _terms(of: Relation, columns: Sequence[str]) -> tuple[Term, ...]:
    """The columns as what is compared."""
    for name in columns:
        if known(of, name).secret:
            raise UsageError(f"{one_line(name)} holds secrets: it is not followed.")
    order = tuple(Order(column=name) for name in columns)
    return terms(View(relation=of, columns=(), order=order))[: len(columns)]


def _values(
    connection: sqlite3.Connection, of: Relation, identity: RowIdentity, columns: Sequence[str]
) -> RowIdentity:
    wanted = _terms(of, columns)
    view = View(relation=of, columns=(), order=tuple(Order(column=name) for name in columns))
    order = terms(view)
    found = anchor_of(connection, view, order, identity)
    if found is None:
        raise NotFoundError("The row is gone.")
    return whole(connection, view, order, found)[: len(wanted)]
