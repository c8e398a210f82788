"""What is selected of a row, and what is made of it.

Values are cut, and secrets left out, inside SQLite. A long value is not even read: `length` of a
blob needs only its header, but `length`, `substr` and IS NULL of a text read all of it (measured
on 3.40). So pages are read under `SQLITE_LIMIT_LENGTH`, which refuses a value before it is read;
what was refused is then looked at through a blob handle, which takes texts as well, and reads no
more than it is asked for.
"""

from __future__ import annotations

import codecs
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tui.core.errors import NotFoundError, VerificationError
from tui.core.models.rows import Cell, Relation, RelationColumn, RowIdentity
from tui.services.sqlite.inspection import VALUE_CAP
from tui.services.sqlite.keyset import (
    EVERY_ROW,
    Long,
    Range,
    RawText,
    Term,
    View,
    column,
    known,
    of_row,
    statement,
)
from tui.wording.clean import one_line

READ_AT_MOST = 1 << 20
"""Bytes of a value up to which SQLite reads it whole to cut it."""
ANCHOR_CAP = 1_000
"""Bytes of a sort value that anchors carry."""


@contextmanager
def bounded(connection: sqlite3.Connection) -> Iterator[None]:
    """Refuse values over `READ_AT_MOST` before they are read: `sqlite3.DataError`."""
    before = connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, READ_AT_MOST)
    try:
        yield
    finally:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, before)


def is_too_big(error: sqlite3.Error) -> bool:
    """Whether a value was refused by `bounded`."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_TOOBIG


class Selection:
    """The expressions of a SELECT, each only once."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._places)

    def add(self, sql: str) -> int:
        """Select an expression; its place in the rows."""
        return self._places.setdefault(sql, len(self._places))

    def sql(self) -> str:
        """What stands between SELECT and FROM."""
        return ", ".join(self._places) or "1"


def _size(sql: str) -> str:
    """SQL: bytes of a text or blob; characters of a text would end at its first NUL."""
    return (
        f"CASE typeof({sql}) WHEN 'blob' THEN length({sql})"
        f" WHEN 'text' THEN length(CAST({sql} AS BLOB)) ELSE 0 END"
    )


class Place:
    """The values of terms or of an identity, among what is selected."""

    def __init__(self, selection: Selection, wanted: Sequence[Term]) -> None:
        self._parts: list[tuple[int, int]] = []
        for term in wanted:
            sql = term.sql
            if term.whole:
                self._parts.append((selection.add(sql), selection.add(f"typeof({sql})")))
                continue
            long = f"{_size(sql)} > {ANCHOR_CAP}"
            cut = f"CASE WHEN {long} THEN substr({sql}, 1, {ANCHOR_CAP}) ELSE {sql} END"
            kind = f"typeof({sql}) || CASE WHEN {long} THEN '+' ELSE '' END"
            self._parts.append((selection.add(cut), selection.add(kind)))

    def read(self, row: Sequence[Any]) -> RowIdentity:
        """The values of one row, such as can be bound again."""
        return tuple(_bindable(row[value], row[kind]) for value, kind in self._parts)


def _bindable(value: Any, kind: str) -> Any:  # noqa: ANN401
    if isinstance(value, bytes) and kind.startswith("text"):
        value = RawText(value)
    return Long(value) if kind.endswith("+") else value


class Cells:
    """The shown columns, among what is selected."""

    def __init__(self, selection: Selection, view: View, names: Sequence[str], room: int) -> None:
        """Select columns.

        Args:
            selection: What is selected.
            view: Their relation, and which secrets are shown.
            names: The columns.
            room: How many results there may be; short of it, lengths are left out.
        """
        self._parts: list[tuple[int, int | None, bool]] = []
        columns = [known(view.relation, name) for name in names]
        self.measured = len(selection) + 2 * len(columns) <= room
        """Whether the lengths of long values are told."""
        for own in columns:
            sql = column(view.relation, own.name)
            if own.secret and own.name not in view.revealed:
                self._parts.append((selection.add(_masked(sql)), None, True))
            elif self.measured:
                size = f"CASE WHEN {_is_cut(sql)} THEN {_size(sql)} END"
                self._parts.append((selection.add(_cut(sql)), selection.add(size), False))
            else:
                self._parts.append((selection.add(_cut(sql)), None, False))

    def read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """The cells of one row."""
        return tuple(
            secret_cell(row[at]) if secret else _cell(row[at], None if size is None else row[size])
            for at, size, secret in self._parts
        )


def _is_cut(sql: str) -> str:
    whole = f"length(CAST(substr({sql}, 1, {VALUE_CAP}) AS BLOB))"
    return f"{_size(sql)} > {VALUE_CAP} AND {whole} < {_size(sql)}"


def _cut(sql: str) -> str:
    """SQL: a value, cut if it is long; a character more tells that it was."""
    return (
        f"CASE WHEN {_size(sql)} > {VALUE_CAP}"
        f" THEN substr({sql}, 1, {VALUE_CAP + 1}) ELSE {sql} END"
    )


def _masked(sql: str) -> str:
    """SQL: how long a secret is, and no more; NULL stays NULL."""
    some = f"CASE typeof({sql}) WHEN 'text' THEN length(CAST({sql} AS BLOB)) ELSE 1 END > 0"
    return f"CASE WHEN typeof({sql}) = 'null' THEN NULL ELSE max(length({sql}), {some}) END"


def secret_cell(length: int | None) -> Cell | None:
    """A secret that was left out; None where it is NULL."""
    if length is None:
        return None
    return Cell(value=None if length else "", length=length, secret=True)


def _cell(value: Any, size: int | None) -> Any:  # noqa: ANN401
    if not isinstance(value, str | bytes):
        return value
    if len(value) > VALUE_CAP:
        return Cell(value=value[:VALUE_CAP], length=-1 if size is None else size)
    return value if size is None else Cell(value=value, length=size)


# --- one row, whatever it holds -------------------------------------------------------------


def one_row(
    connection: sqlite3.Connection, view: View, identity: RowIdentity, names: Sequence[str]
) -> tuple[Any, ...] | None:
    """The cells of one row, whatever their size and number; None where it is gone.

    The condition of the view is not asked.
    """
    lone = replace(view, order=(), condition=EVERY_ROW, source="")
    part = of_row(view.relation, identity)
    room = connection.getlimit(sqlite3.SQLITE_LIMIT_COLUMN)
    found: list[Any] = []
    for begin in range(0, len(names), max(1, room // 2)):
        some = names[begin : begin + max(1, room // 2)]
        cells = _some(connection, lone, part, some, room)
        if cells is None:
            cells = tuple(_alone(connection, lone, part, identity, name) for name in some)
        elif not cells:
            return None
        found += cells
    return tuple(found)


def _some(
    connection: sqlite3.Connection, view: View, part: Range, names: Sequence[str], room: int
) -> tuple[Any, ...] | None:
    """Cells of one row; empty where it is gone, None where one of them is too big."""
    selection = Selection()
    cells = Cells(selection, view, names, room)
    try:
        with bounded(connection):
            row = connection.execute(*statement(view, selection.sql(), part)).fetchone()
    except sqlite3.DataError as error:
        if not is_too_big(error):
            raise
        return None
    return () if row is None else cells.read(row)


def _alone(
    connection: sqlite3.Connection, view: View, part: Range, identity: RowIdentity, name: str
) -> Any:  # noqa: ANN401
    cells = _some(connection, view, part, [name], 2)
    if cells:
        return cells[0]
    own = known(view.relation, name)
    shown = own.name in view.revealed
    found = piece(connection, view.relation, identity, own, 0, VALUE_CAP, shown)
    return replace(found, following=0)


def piece(
    connection: sqlite3.Connection,
    relation: Relation,
    identity: RowIdentity,
    own: RelationColumn,
    begin: int,
    limit: int,
    revealed: bool = False,
) -> Cell:
    """A part of a value, counted in bytes; of a secret only its length, unless revealed.

    Raises:
        NotFoundError: The row is gone.
        VerificationError: Rows of the relation have no identity.
    """
    if not relation.identity:
        raise VerificationError(
            f"Rows of {one_line(relation.name)} have no key: their long values cannot be read "
            "one by one."
        )
    sql = column(relation, own.name)
    lone = View(relation=relation, columns=())
    part = of_row(relation, identity)
    rowid = column(relation, relation.rowid) if relation.rowid else "NULL"
    row = connection.execute(*statement(lone, f"typeof({sql}), {rowid}", part)).fetchone()
    if row is None:
        raise NotFoundError("The row is gone.")
    kind, number = row
    if kind not in ("text", "blob"):
        if own.secret and not revealed:
            value = connection.execute(*statement(lone, _masked(sql), part)).fetchone()
            return secret_cell(value[0]) or Cell(value=None)
        return Cell(value=connection.execute(*statement(lone, sql, part)).fetchone()[0])
    content, size = bytes_of(connection, relation, own.name, number, part, begin, limit)
    if own.secret and not revealed:
        return Cell(value=None if size else "", length=size, secret=True)
    value, taken = _decoded(connection, content, begin + len(content) >= size, kind)
    following = begin + taken
    return Cell(value=value, length=size, following=following if following < size else 0)


def bytes_of(
    connection: sqlite3.Connection,
    relation: Relation,
    name: str,
    rowid: int | None,
    part: Range,
    begin: int,
    limit: int,
) -> tuple[bytes, int]:
    """Some bytes of a text or blob, and how many it has."""
    if rowid is not None and relation.kind != "virtual":
        try:
            with connection.blobopen(relation.name, name, rowid, readonly=True) as handle:
                handle.seek(min(begin, len(handle)))
                return handle.read(limit), len(handle)
        except sqlite3.OperationalError as error:
            # A generated column is nowhere to be opened; it is computed below.
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR:
                raise
    sql = f"CAST({column(relation, name)} AS BLOB)"
    lone = View(relation=relation, columns=())
    wanted = f"substr({sql}, {int(begin) + 1}, {int(limit)}), length({sql})"
    row = connection.execute(*statement(lone, wanted, part)).fetchone()
    if row is None:
        raise NotFoundError("The row is gone.")
    content, size = row
    return bytes(content), int(size)


def _decoded(
    connection: sqlite3.Connection, content: bytes, last: bool, kind: str
) -> tuple[str | bytes, int]:
    """A piece as its kind, and how many of its bytes that took: no character is cut in two."""
    if kind == "blob":
        return content, len(content)
    encoding = str(connection.execute("PRAGMA encoding").fetchone()[0])
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        text = decoder.decode(content, final=last)
    except UnicodeDecodeError:
        return content, len(content)
    taken = len(content) - len(decoder.getstate()[0])
    # Less than a character was asked for.
    return (text, taken) if taken or not content else (content, len(content))
