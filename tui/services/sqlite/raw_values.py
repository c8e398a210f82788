"""A value as the bytes that the file has of it, a piece at a time.

For who shows a value of any size: nothing is decoded, so text that is not valid shows where it is
not, and any byte of a gigabyte is as near as the first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from tui.core.errors import NotFoundError, VerificationError
from tui.core.models.rows import Relation, RowIdentity
from tui.services.sqlite.cells import bytes_of, is_too_big
from tui.services.sqlite.keyset import View, column, known, of_row, statement
from tui.wording.clean import one_line

COMPUTED = 64 << 20
"""Bytes up to which a value is read that cannot be opened at a place: SQLite reads it whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPiece:
    """Some bytes of a value."""

    kind: str
    """As `typeof` names it: `null`, `integer`, `real`, `text` or `blob`."""
    content: bytes = b""
    """Of a text in the encoding of the file; of a number its digits."""
    size: int = 0
    """Bytes of the whole value."""
    encoding: str = "utf-8"
    """Of the content, where it is a text."""


def kinds(
    connection: sqlite3.Connection, relation: Relation, identity: RowIdentity, names: Sequence[str]
) -> tuple[str, ...]:
    """Storage classes of some values of a row, as `typeof` names them; empty where it is gone."""
    room = connection.getlimit(sqlite3.SQLITE_LIMIT_COLUMN)
    part, lone = of_row(relation, identity), View(relation=relation, columns=())
    found: list[str] = []
    for begin in range(0, len(names), room):
        wanted = ", ".join(f"typeof({column(relation, n)})" for n in names[begin : begin + room])
        row = connection.execute(*statement(lone, wanted, part)).fetchone()
        if row is None:
            return ()
        found += row
    return tuple(found)


def raw_piece(
    connection: sqlite3.Connection,
    relation: Relation,
    identity: RowIdentity,
    name: str,
    *,
    begin: int,
    limit: int,
    revealed: bool = False,
) -> RawPiece:
    """Some bytes of one value.

    Args:
        connection: To read from, inside a read transaction.
        relation: Whose row it is.
        identity: Of the row.
        name: Of the column.
        begin: The first byte.
        limit: Bytes at most.
        revealed: A secret is read, too.

    Raises:
        NotFoundError: The row is gone, or there is no such column.
        VerificationError: A secret that is not revealed; a relation without an identity; a value
            over `COMPUTED` that no rowid leads to.
    """
    own = known(relation, name)
    if own.secret and not revealed:
        raise VerificationError(f"{one_line(own.name)} is masked.")
    if not relation.identity:
        raise VerificationError(f"Rows of {one_line(relation.name)} have no key.")
    sql = column(relation, own.name)
    part, lone = of_row(relation, identity), View(relation=relation, columns=())
    rowid = column(relation, relation.rowid) if relation.rowid else "NULL"
    row = connection.execute(*statement(lone, f"typeof({sql}), {rowid}", part)).fetchone()
    if row is None:
        raise NotFoundError("The row is gone.")
    kind, number = row
    if kind not in ("text", "blob"):
        value = connection.execute(*statement(lone, sql, part)).fetchone()[0]
        content = b"" if value is None else str(value).encode()
        return RawPiece(kind=kind, content=content[begin : begin + limit], size=len(content))
    before = connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, -1)
    opens = number is not None and relation.kind != "virtual" and not own.generated
    try:
        if not opens:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, COMPUTED)
        content, size = bytes_of(connection, relation, own.name, number, part, begin, limit)
    except sqlite3.DataError as error:
        if not is_too_big(error):
            raise
        raise VerificationError(
            f"{one_line(own.name)} is longer than {COMPUTED >> 20}M, and no rowid leads to it: "
            "it cannot be read in pieces."
        ) from error
    finally:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, before)
    encoding = str(connection.execute("PRAGMA encoding").fetchone()[0]).lower()
    return RawPiece(kind=kind, content=content, size=size, encoding=encoding)
