"""A text looked for in many tables, one after the other, in short reads.

Secret columns are never looked into: a search must not tell what a secret is.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tui.core.errors import NotFoundError, VerificationError
from tui.core.models.rows import Relation, RowIdentity
from tui.services.sqlite.filter_language import require_text
from tui.services.sqlite.filtering import containing, matches_sql, text_columns
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.relations import relation
from tui.services.sqlite.shapes import fold
from tui.services.sqlite.stopping import stoppable

EXCERPT = 120
"""Characters of a value that a hit shows."""
_BEFORE = 30
_PIECE = 20_000
"""Rows of one read: a reader that stays long keeps the writer's WAL from being used again."""


_AS_IT_IS = re.compile(r"[A-Za-z0-9]+")
_MEANS_MORE = ("and", "or", "where")


def line_of(word: str) -> str:
    """The filter line that looks for a text as `search_all` does: `go`, `'it''s "so"'`."""
    if _AS_IT_IS.fullmatch(word) and word.lower() not in _MEANS_MORE:
        return word
    return "'" + word.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A row that has the text, and the first of its columns where it stands."""

    table: str
    column: str
    identity: RowIdentity
    """Names the row; empty where rows have no names (views)."""
    excerpt: str
    """The text with a little around it, as it is stored: not yet fit for a terminal."""


def search_all(
    connection: sqlite3.Connection,
    names: Iterable[str],
    word: str,
    *,
    cancelled: Callable[[], bool],
    per_table: int = 20,
    more_secrets: Sequence[str] = (),
) -> Iterator[Hit]:
    """Look for a text in the text columns of many tables; upper and lower case are the same.

    Between two hits no statement is open.

    Args:
        connection: Used by nobody else meanwhile.
        names: Tables and views, in the order they are searched; what cannot be read is passed.
        word: What is looked for, as it is.
        cancelled: Asked often, from another thread.
        per_table: After so many hits the next table's turn comes.
        more_secrets: The operator's own patterns of secret columns.

    Raises:
        FilterError: The text holds what no text has.
        Cancelled: `cancelled` said so, or the connection was interrupted.
        sqlite3.Error: SQLite cannot read it.
    """
    require_text(word)
    for name in names:
        try:
            shape = relation(connection, name, more_secrets=more_secrets)
        except (NotFoundError, VerificationError):
            continue  # Dropped meanwhile, or a view of something that is gone.
        if word and text_columns(shape):
            yield from _table(connection, shape, word, cancelled, per_table)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A range of rowids; the whole table where it has none."""

    rowid: str = ""
    after: int | None = None
    upto: int | None = None


def _table(
    connection: sqlite3.Connection,
    shape: Relation,
    word: str,
    cancelled: Callable[[], bool],
    limit: int,
) -> Iterator[Hit]:
    rowid = quote(shape.rowid) if shape.rowid and shape.kind != "virtual" else ""
    begin: int | None = None
    while limit > 0:
        with stoppable(connection, cancelled):
            end = _end(connection, shape, rowid, begin) if rowid else None
            found = _hits(connection, shape, word, _Piece(rowid, begin, end), limit)
        yield from found
        limit -= len(found)
        if end is None:
            break
        begin = end


def _end(
    connection: sqlite3.Connection, shape: Relation, rowid: str, begin: int | None
) -> int | None:
    """The last rowid of the piece after `begin`; None when the rest is less than a piece."""
    after, values = ("", ()) if begin is None else (f" WHERE {rowid} > ?", (begin,))
    found = connection.execute(
        f"SELECT {rowid} FROM {quote(shape.name)}{after}"
        f" ORDER BY {rowid} LIMIT 1 OFFSET {_PIECE - 1}",
        values,
    ).fetchone()
    return None if found is None else int(found[0])


def _hits(
    connection: sqlite3.Connection, shape: Relation, word: str, piece: _Piece, limit: int
) -> list[Hit]:
    columns = text_columns(shape)
    which, cut = "CASE", "CASE"
    ones: list[object] = []
    cuts: list[object] = []
    for number, name in enumerate(quote(column.name) for column in columns):
        has = f"WHEN {name} LIKE ? ESCAPE '\\' THEN"
        begin = f"max(1, instr(lower({name}), ?) - {_BEFORE})"
        which += f" {has} {number}"
        cut += f" {has} substr(CAST({name} AS TEXT), {begin}, {EXCERPT})"
        ones.append(containing(word))
        cuts += [containing(word), fold(word)]
    wanted = ", ".join((*map(quote, shape.identity), f"{which} END", f"{cut} END"))
    condition = matches_sql(shape, word)
    where = f"({condition.sql})"
    values = [*ones, *cuts, *condition.values]
    for sign, bound in ((">", piece.after), ("<=", piece.upto)):
        if bound is not None:
            where += f" AND {piece.rowid} {sign} ?"
            values.append(bound)
    sql = f"SELECT {wanted} FROM {quote(shape.name)} WHERE {where} LIMIT {int(limit)}"
    return [
        Hit(
            table=shape.name,
            column=columns[number].name,
            identity=tuple(identity),
            excerpt=text if isinstance(text, str) else text.decode(errors="replace"),
        )
        for *identity, number, text in connection.execute(sql, values).fetchall()
    ]
