"""Tables that a cut migration left behind: `_alembic_tmp_*`, and the one safe remedy for each.

Alembic's batch mode rebuilds a table on SQLite: it creates `_alembic_tmp_X`, copies the rows of
`X` into it, drops `X`, renames the new table to `X`. Cut before the drop, the copy is worth
nothing; cut between drop and rename, it holds the only rows there are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from tui.services.sqlite.inspection import count, quote

PREFIX = "_alembic_tmp_"
_LONGEST = 50
"""Alembic cuts the names it makes here (`alembic.operations.batch`): the rest is not known."""


def leftovers(connection: sqlite3.Connection) -> tuple[tuple[str, str], ...]:
    """Find what a cut migration left behind, and what puts it right without losing a row.

    Args:
        connection: Reads the database; row counts of the tables concerned are taken.

    Returns:
        Each table with `drop` (the original is there and has every one of its rows), `rename`
        (the original is gone and these are its rows), or nothing where no remedy is safe by itself.

    Raises:
        sqlite3.Error: The database cannot be read.
    """
    kinds = {
        name: str(kind)
        for kind, name in connection.execute(
            "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name"
        )
        if isinstance(name, str)
    }
    others = {name.lower(): name for name in kinds if not is_leftover(name)}
    return tuple(
        (name, _remedy(connection, name, kinds, others))
        for name, kind in kinds.items()
        if kind == "table" and is_leftover(name)
    )


def is_leftover(table: str) -> bool:
    """Whether a table's name is one that batch mode gives while it works."""
    return table.startswith(PREFIX) and table != PREFIX


def original_of(table: str) -> str:
    """The name of the table that was being rebuilt, as far as the leftover's name tells it."""
    return table[len(PREFIX) :]


def _remedy(
    connection: sqlite3.Connection,
    table: str,
    kinds: Mapping[str, str],
    others: Mapping[str, str],
) -> str:
    wanted = original_of(table).lower()
    there, is_cut = others.get(wanted), len(table) >= _LONGEST
    if is_cut:
        # The name may have been cut: only a single table that begins so can be meant.
        fitting = [name for key, name in others.items() if key.startswith(wanted)]
        if len(fitting) != 1:
            return ""
        there = fitting[0]
    if there is None:
        return "rename"
    if kinds[there] != "table":
        return ""
    return "drop" if _holds_all(connection, there, table, by_key=not is_cut) else ""


def _holds_all(connection: sqlite3.Connection, there: str, table: str, *, by_key: bool) -> bool:
    """Whether every row of a leftover is in the table it was made from.

    As many rows are no proof: a start of the gateway makes a table anew that is gone, and fills
    it. Nor are the same numbers: of two tables each counts its rows from 1, so keys alone tell
    only where they are no numbers, or where the rows agree besides.

    Args:
        connection: Reads the database.
        there: The table.
        table: The leftover.
        by_key: It is certain that one was made from the other.
    """
    if not count(connection, table):
        return True
    if count(connection, there) < count(connection, table):
        return False
    ours, theirs = _columns(connection, table), _columns(connection, there)
    shared = [name for name in ours if name in theirs]
    key = [name for name, place in ours.items() if place]
    numbered = len(key) == 1 and _is_numbered(connection, table, key[0])
    is_same_key = key and key == [name for name, place in theirs.items() if place]
    if by_key and is_same_key and not numbered:
        shared = key
    if not shared:
        return False
    if any(theirs[name] == 1 for name in shared):
        same = " AND ".join(f"o.{quote(name)} IS t.{quote(name)}" for name in shared)
        missing = (
            f"SELECT 1 FROM {quote(table)} AS t WHERE NOT EXISTS "
            f"(SELECT 1 FROM {quote(there)} AS o WHERE {same}) LIMIT 1"
        )
    else:  # nothing to look a row up by
        names = ", ".join(map(quote, shared))
        missing = (
            f"SELECT {names} FROM {quote(table)} EXCEPT SELECT {names} FROM {quote(there)} LIMIT 1"
        )
    return connection.execute(missing).fetchone() is None


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, int]:
    """Names in lower case, and the place of each in the primary key; 0 when it is not in it."""
    rows = connection.execute(f"PRAGMA table_info({quote(table)})").fetchall()
    return {str(row[1]).lower(): int(row[5]) for row in rows}


def _is_numbered(connection: sqlite3.Connection, table: str, key: str) -> bool:
    """Whether a key holds numbers, which two tables may have in common by chance."""
    found = connection.execute(
        f"SELECT 1 FROM {quote(table)} WHERE typeof({quote(key)}) = 'integer' LIMIT 1"
    ).fetchone()
    return found is not None
