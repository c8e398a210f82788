"""Pages of rows, of a relation of any size, in constant memory.

A page goes on from the row where the last one ended, by its sort values and what tells it apart
(`keyset`), so row ten million costs what row one costs. What has nothing that names a row (a
view, a table whose columns hide the rowid) goes by OFFSET, for `OFFSET_CAP` rows.

Each page is one short read transaction of its own; nothing is held between two pages. Errors of
SQLite pass as they are: the caller knows the file that they are about.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from tui.core.models.rows import Cell, Page, PageRow, Relation, RowIdentity
from tui.services.sqlite import cells, walking
from tui.services.sqlite.keyset import EVERY_ROW, Range, View, known, statement, terms
from tui.services.sqlite.literals import inlined, name_of
from tui.services.sqlite.walking import OFFSET_CAP, reading, walk

FEW = 10_000
"""Rows that match up to which sorting them for each page is quick."""

__all__ = [
    "OFFSET_CAP",
    "View",
    "after",
    "around",
    "at",
    "before",
    "count",
    "first",
    "last",
    "needs_sort",
    "row",
    "settled",
    "sql_of",
    "value",
]


def first(connection: sqlite3.Connection, view: View, limit: int) -> Page:
    """The first rows.

    Raises:
        McpdbError: The order names no column, or one with secrets.
        sqlite3.Error: SQLite cannot read it.
    """
    with reading(connection):
        if not view.relation.identity:
            return walking.by_offset(connection, view, 0, limit)
        rows, more = walk(connection, view, terms(view), None, limit)
        return walking.page(connection, view, rows, after=more, first=0)


def last(connection: sqlite3.Connection, view: View, limit: int) -> Page:
    """The last rows, in the view's order; where pages go by offset, the last within reach.

    Raises:
        McpdbError: As `first`.
    """
    with reading(connection):
        if not view.relation.identity:
            return walking.by_offset(
                connection, view, max(0, walking.reach(connection, view) - limit), limit
            )
        order = tuple(term.turned() for term in terms(view))
        rows, more = walk(connection, view, order, None, limit)
        return walking.page(connection, view, rows[::-1], before=more)


def after(connection: sqlite3.Connection, view: View, anchor: RowIdentity, limit: int) -> Page:
    """The rows that follow a row, be it there still or not.

    `before` of the page is told by the anchor: a row stood there.

    Raises:
        McpdbError: As `first`.
    """
    with reading(connection):
        if not view.relation.identity:
            return walking.by_offset(connection, view, int(anchor[0]) + 1, limit)
        order = terms(view)
        rows, more = walk(connection, view, order, anchor, limit)
        return walking.page(connection, view, rows, before=True, after=more)


def before(connection: sqlite3.Connection, view: View, anchor: RowIdentity, limit: int) -> Page:
    """The rows that stand before a row, in the view's order.

    Raises:
        McpdbError: As `first`.
    """
    with reading(connection):
        if not view.relation.identity:
            begin = max(0, int(anchor[0]) - limit)
            return walking.by_offset(connection, view, begin, int(anchor[0]) - begin)
        order = tuple(term.turned() for term in terms(view))
        rows, more = walk(connection, view, order, anchor, limit)
        return walking.page(connection, view, rows[::-1], before=more, after=True)


def around(
    connection: sqlite3.Connection,
    view: View,
    identity: RowIdentity,
    limit: int,
    *,
    place: RowIdentity = (),
) -> Page:
    """A page that begins with a row, or with the one that follows where the filter leaves it out.

    Where the row is gone: the one behind `place`, the anchor that it had; where that is not known
    either, the next one if the view is ordered by identity, else the first page.

    Raises:
        McpdbError: As `first`.
    """
    with reading(connection):
        if not view.relation.identity:
            return walking.by_offset(connection, view, int(identity[0]), limit)
        order = terms(view)
        anchor = walking.anchor_of(connection, view, order, identity)
        if anchor is None:
            anchor = place or (None if view.order else identity)
        rows, more = walk(connection, view, order, anchor, limit, inclusive=True)
        begins = rows[0].anchor if rows else anchor
        earlier = anchor is not None and walking.has_before(connection, view, order, begins or ())
        return walking.page(connection, view, rows, before=earlier, after=more)


def at(
    connection: sqlite3.Connection,
    view: View,
    number: int,
    limit: int,
    *,
    near: tuple[RowIdentity, int] | None = None,
) -> Page:
    """The page that begins with the row of a number, from 0.

    Args:
        connection: To read from.
        view: What is asked for.
        number: Of the first row of the page.
        limit: At most so many rows.
        near: A row at or before it, and its number (`Positions.anchor_for`): only the rows
            between the two are counted. Without it, all rows before.

    Raises:
        McpdbError: As `first`.
    """
    with reading(connection):
        if not view.relation.identity:
            return walking.by_offset(connection, view, number, limit)
        order = terms(view)
        anchor, begin = near or (None, 0)
        found, _ = walking.skip(connection, view, order, anchor, number - begin)
        if found is None:
            return walking.page(connection, view, (), before=True, first=number)
        rows, more = walk(connection, view, order, found, limit, inclusive=True)
        return walking.page(connection, view, rows, before=number > 0, after=more, first=number)


def count(connection: sqlite3.Connection, view: View) -> int:
    """Count the rows that match; `Connection.interrupt` stops it."""
    (number,) = connection.execute(*statement(view, "count(*)", Range())).fetchone()
    return int(number)


def row(connection: sqlite3.Connection, view: View, identity: RowIdentity) -> PageRow | None:
    """All columns of one row that are not hidden; None where it is gone.

    Where nothing names a row, `identity` is its anchor: the row that stands there by now.
    """
    every = tuple(c.name for c in view.relation.columns if not c.hidden)
    with reading(connection):
        if not view.relation.identity:
            page = walking.by_offset(connection, replace(view, columns=every), int(identity[0]), 1)
            return page.rows[0] if page.rows else None
        found = cells.one_row(connection, view, identity, every)
        if found is None:
            return None
        anchor = walking.anchor_of(connection, view, terms(view), identity)
        return PageRow(identity=identity, anchor=anchor or identity, cells=found)


def value(
    connection: sqlite3.Connection,
    relation: Relation,
    identity: RowIdentity,
    column: str,
    *,
    begin: int = 0,
    limit: int = 65_536,
    revealed: bool = False,
) -> Cell:
    """A piece of a long value; without its identity a row's values cannot be read further.

    Args:
        connection: To read from.
        relation: Whose row it is.
        identity: Of the row.
        column: Its name.
        begin: Byte of the value where the piece begins: 0, or `Cell.following` of the last one.
        limit: Bytes at most; a text ends with a whole character.
        revealed: A secret is read, too; otherwise only its length.

    Returns:
        The piece, the bytes of the whole value, and where the next piece begins.

    Raises:
        NotFoundError: The row is gone, or there is no such column.
        VerificationError: The relation has no identity.
    """
    own = known(relation, column)
    with reading(connection):
        return cells.piece(connection, relation, identity, own, begin, limit, revealed)


def needs_sort(connection: sqlite3.Connection, view: View) -> bool:
    """Whether no index has the order: each page then sorts all rows that match."""
    return walking.is_sorted(walking.plan(connection, view))


def settled(connection: sqlite3.Connection, view: View) -> View:
    """The same view, with a word to SQLite where it would choose the wrong index.

    A condition and an order may each have an index, and SQLite does not know how many rows match.
    Few are best found first and then sorted, for each page. Of many it is best to walk in the
    order's own index and leave out what does not match. So some are counted; to be asked once,
    when a condition or an order is new.
    """
    if not view.condition.sql or not view.relation.identity:
        return view
    plain = walking.plan(connection, replace(view, condition=EVERY_ROW))
    if walking.is_sorted(plain):
        return view
    source, sorts = walking.index_of(plain), needs_sort(connection, view)
    if not sorts and source == walking.NO_INDEX:
        return view
    few = walking.counted(connection, view, Range(), FEW) < FEW
    if few == sorts:
        return view
    other = replace(view, sorting=True) if few else replace(view, source=source)
    return other if needs_sort(connection, other) == few else view


def sql_of(view: View) -> str:
    """The SELECT as an operator would write it: without what pages need, values written out."""
    wanted = ", ".join(name_of(name) for name in view.columns) or "*"
    sql = f"SELECT {wanted} FROM {name_of(view.relation.name)}"
    if view.condition.sql:
        sql += f" WHERE {inlined(view.condition.sql, view.condition.values)}"
    order = [name_of(o.column) + (" DESC" if o.descending else "") for o in view.order]
    order = order or [name_of(name) for name in view.relation.identity]
    return f"{sql} ORDER BY {', '.join(order)}" if order else sql
