"""Tables that keep the content of other ones, and so their secrets, under names of their own.

A virtual table keeps its rows in shadow tables (`words_content` of `words`), and another one may
show its index (`fts5vocab`). Samples of `sqlite_stat4` are of indexed values, secrets or not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress

from tui.core.secrets import is_secret
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.shapes import fold
from tui.services.sqlite.sql_words import words

_SAMPLES = ("sqlite_stat3", "sqlite_stat4")


def keeps_secrets(connection: sqlite3.Connection, name: str, more: Sequence[str]) -> bool:
    """Whether every column of a table may hold a secret of another one.

    Args:
        connection: To read the schema with.
        name: Of a table, ordinary or virtual, as the schema has it.
        more: The operator's own patterns for secret columns.
    """
    if fold(name) in _SAMPLES:
        return True
    virtual = dict(_virtual(connection))
    own = virtual.get(name)
    for owner, sql in virtual.items():
        if owner == name:
            continue
        named = own is not None and fold(owner) in {word.value for word in words(own)}
        is_part = fold(name).startswith(f"{fold(owner)}_") and own is None
        if (named or (is_part and _is_shadow(connection, name))) and _has_secrets(
            connection, owner, sql, more
        ):
            return True
    return False


def _virtual(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    for name, sql in connection.execute(
        "SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' AND rootpage = 0"
    ).fetchall():
        if isinstance(name, str) and isinstance(sql, str):
            yield name, sql


def _is_shadow(connection: sqlite3.Connection, name: str) -> bool:
    """Whether SQLite says so, or does not know: of a module it has not, it knows no shadows."""
    kinds = [
        row[2]
        for row in connection.execute(f"PRAGMA main.table_list({quote(name)})")
        if fold(str(row[1])) == fold(name)
    ]
    if kinds != ["table"]:
        return True
    return any(
        fold(name).startswith(f"{fold(owner)}_") and _columns(connection, owner) is None
        for owner, _ in _virtual(connection)
    )


def _columns(connection: sqlite3.Connection, owner: str) -> list[str] | None:
    """Columns of a virtual table; None where its module is not there."""
    with suppress(sqlite3.OperationalError):
        found = connection.execute(f"PRAGMA main.table_xinfo({quote(owner)})").fetchall()
        return [str(row[1]) for row in found]
    return None


def _has_secrets(connection: sqlite3.Connection, owner: str, sql: str, more: Sequence[str]) -> bool:
    columns = _columns(connection, owner)
    if columns is None:
        columns = [word.value for word in words(sql)]
    return any(is_secret(owner, column, more) for column in columns)
