"""Statements that read rows after a row, range by range, and by offset where rows have no name."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tui.core.models.rows import Page, PageRow, RowIdentity
from tui.services.sqlite.cells import Cells, Place, Selection, bounded, is_too_big, one_row
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.keyset import (
    EVERY_ROW,
    Long,
    Range,
    Term,
    View,
    column,
    equal,
    joined,
    known,
    of_row,
    ranges,
    statement,
    terms,
)

NO_INDEX = "NOT INDEXED"
"""Read the table itself, in its own order."""
_INDEX = re.compile(r" USING (?:COVERING )?INDEX (.*?)(?: \([^()]*\))?$")
OFFSET_CAP = 100_000
"""Rows that can be paged through where nothing names a row."""

Terms = tuple[Term, ...]


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """One moment of the database for all statements inside, unless one is held already."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        # SQLite ends it by itself after some errors.
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def page(connection: sqlite3.Connection, view: View, rows: Sequence[PageRow], **told: Any) -> Page:  # noqa: ANN401
    """A page of these rows."""
    (stamp,) = connection.execute("PRAGMA data_version").fetchone()
    return Page(columns=view.columns, rows=tuple(rows), stamp=int(stamp), **told)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is selected for a page, and how its rows are read."""

    selection: Selection
    identity: Place
    anchor: Place
    cells: Cells | None

    def row(self, found: Sequence[Any]) -> PageRow:
        return PageRow(
            identity=self.identity.read(found),
            anchor=self.anchor.read(found),
            cells=self.cells.read(found) if self.cells else (),
        )


def _wanted(view: View, order: Terms, room: int = 0) -> _Wanted:
    """What is selected; without room no cells."""
    selection = Selection()
    identity = Place(selection, terms(replace(view, order=())))
    anchor = Place(selection, order)
    cells = Cells(selection, view, view.columns, room) if room else None
    return _Wanted(selection, identity, anchor, cells)


def walk(
    connection: sqlite3.Connection,
    view: View,
    order: Terms,
    anchor: RowIdentity | None,
    limit: int,
    *,
    inclusive: bool = False,
) -> tuple[list[PageRow], bool]:
    """Rows that follow an anchor in an order, or the first ones, and whether more follow."""
    if anchor is not None:
        anchor = whole(connection, view, order, anchor)
    parts = list(ranges(order, anchor, inclusive=inclusive))
    room = connection.getlimit(sqlite3.SQLITE_LIMIT_COLUMN)
    wanted = _wanted(view, order, room)
    if wanted.cells is not None and wanted.cells.measured:
        try:
            with bounded(connection):
                return _rows(connection, view, wanted, parts, limit)
        except sqlite3.DataError as error:
            if not is_too_big(error):
                raise
    # Something is too long to be read, or there are too many columns: row by row then.
    rows, more = _rows(connection, view, _wanted(view, order), parts, limit)
    return [_filled(connection, view, row) for row in rows], more


def _filled(connection: sqlite3.Connection, view: View, row: PageRow) -> PageRow:
    cells = one_row(connection, view, row.identity, view.columns)
    return replace(row, cells=cells or (None,) * len(view.columns))


def _rows(
    connection: sqlite3.Connection, view: View, wanted: _Wanted, parts: list[Range], limit: int
) -> tuple[list[PageRow], bool]:
    found: list[PageRow] = []
    for part in parts:
        left = limit + 1 - len(found)
        sql, values = statement(view, wanted.selection.sql(), part, f"LIMIT {left}")
        found += [wanted.row(row) for row in connection.execute(sql, values)]
        if len(found) > limit:
            break
    return found[:limit], len(found) > limit


def whole(
    connection: sqlite3.Connection, view: View, order: Terms, anchor: RowIdentity
) -> RowIdentity:
    """An anchor with its long values read again; their beginnings where the row is gone.

    With a mere beginning, rows that share it may be given once more, but none is left out.
    """
    long = [n for n, value in enumerate(anchor) if isinstance(value, Long)]
    if not long:
        return anchor
    named = [equal(t, v) for t, v in zip(order, anchor, strict=True) if t.whole]
    selection = Selection()
    place = Place(selection, [replace(order[n], whole=True) for n in long])
    lone = replace(view, condition=EVERY_ROW, source="", sorting=False)
    found = connection.execute(*statement(lone, selection.sql(), joined(named, Range()))).fetchone()
    values = list(anchor)
    for n, value in zip(long, place.read(found) if found else [None] * len(long), strict=True):
        head = anchor[n].head
        same = isinstance(value, str | bytes) and value[: len(head)] == head
        values[n] = value if same else head
    return tuple(values)


def anchor_of(
    connection: sqlite3.Connection, view: View, order: Terms, identity: RowIdentity
) -> RowIdentity | None:
    """The anchor of a row, whether the view's condition takes it or not; None where it is gone."""
    selection = Selection()
    place = Place(selection, order)
    lone = replace(view, condition=EVERY_ROW, source="", sorting=False)
    part = of_row(view.relation, identity)
    found = connection.execute(*statement(lone, selection.sql(), part)).fetchone()
    return place.read(found) if found else None


def has_before(
    connection: sqlite3.Connection, view: View, order: Terms, anchor: RowIdentity
) -> bool:
    """Whether a row stands before this one."""
    turned = tuple(term.turned() for term in order)
    for part in ranges(turned, whole(connection, view, order, anchor)):
        sql, values = statement(view, "1", replace(part, terms=()), "LIMIT 1")
        if connection.execute(sql, values).fetchone():
            return True
    return False


def skip(
    connection: sqlite3.Connection,
    view: View,
    order: Terms,
    anchor: RowIdentity | None,
    number: int,
) -> tuple[RowIdentity | None, int]:
    """The anchor of the row that many places after another, or after the first row.

    Returns:
        The anchor and 0; where there are fewer rows, None and how many there are.
    """
    left = number
    begin = None if anchor is None else whole(connection, view, order, anchor)
    selection = Selection()
    place = Place(selection, order)
    for part in ranges(order, begin, inclusive=True):
        sql, values = statement(view, selection.sql(), part, f"LIMIT 1 OFFSET {left}")
        found = connection.execute(sql, values).fetchone()
        if found:
            return place.read(found), 0
        left -= counted(connection, view, part, left)
    return None, number - left


def following(
    connection: sqlite3.Connection, view: View, order: Terms, anchor: RowIdentity, limit: int
) -> Iterator[RowIdentity]:
    """The anchors of the rows after one, as they are found."""
    selection = Selection()
    place = Place(selection, order)
    for part in ranges(order, whole(connection, view, order, anchor)):
        sql, values = statement(view, selection.sql(), part, f"LIMIT {limit}")
        for row in connection.execute(sql, values):
            limit -= 1
            yield place.read(row)


def counted(connection: sqlite3.Connection, view: View, part: Range, limit: int) -> int:
    """How many rows a range has, up to a limit."""
    sql, values = statement(view, "1", replace(part, terms=()), f"LIMIT {limit}")
    return int(connection.execute(f"SELECT count(*) FROM ({sql})", values).fetchone()[0])


def plan(connection: sqlite3.Connection, view: View) -> tuple[str, ...]:
    """How SQLite would read the first page, step by step."""
    order = terms(view)
    room = connection.getlimit(sqlite3.SQLITE_LIMIT_COLUMN)
    shown = [column(view.relation, known(view.relation, name).name) for name in view.columns]
    wanted = ", ".join([*(term.sql for term in order), *shown][:room])
    sql, values = statement(view, wanted or "1", Range(terms=order), "LIMIT 1")
    return tuple(str(step[3]) for step in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values))


def is_sorted(steps: Sequence[str]) -> bool:
    """Whether a plan sorts what it reads."""
    return any("TEMP B-TREE" in step for step in steps)


def index_of(steps: Sequence[str]) -> str:
    """What makes SQLite read a table as this plan does, whatever the condition."""
    for step in steps:
        found = _INDEX.search(step)
        if found:
            return f"INDEXED BY {quote(found[1])}"
    return NO_INDEX


# --- by offset ------------------------------------------------------------------------------


def by_offset(connection: sqlite3.Connection, view: View, begin: int, limit: int) -> Page:
    """Rows by their number, up to `OFFSET_CAP`; an anchor is the number."""
    begin = min(max(0, begin), OFFSET_CAP)
    take = min(limit, OFFSET_CAP - begin)
    room = connection.getlimit(sqlite3.SQLITE_LIMIT_COLUMN)
    selection = Selection()
    cells = Cells(selection, view, view.columns, room)
    tail = f"LIMIT {take + 1} OFFSET {begin}"
    sql, values = statement(view, selection.sql(), Range(terms=terms(view)), tail)
    try:
        with bounded(connection):
            found = connection.execute(sql, values).fetchall()
    except sqlite3.DataError as error:
        if not is_too_big(error):
            raise
        found = connection.execute(sql, values).fetchall()
    rows = [
        PageRow(identity=(), anchor=(begin + n,), cells=cells.read(row))
        for n, row in enumerate(found[:take])
    ]
    return page(
        connection,
        view,
        rows,
        before=begin > 0,
        after=len(found) > take,
        first=begin,
        bounded=True,
    )


def reach(connection: sqlite3.Connection, view: View) -> int:
    """How many rows can be paged to by offset."""
    return counted(connection, view, Range(), OFFSET_CAP)
