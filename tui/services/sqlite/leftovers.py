"""Tables that a cut migration left behind: `_alembic_tmp_*`, and the one safe remedy for each.

Alembic's batch mode rebuilds a table on SQLite: it creates `_alembic_tmp_X`, copies the rows of
`X` into it, drops `X`, renames the new table to `X`. Cut before the drop, the copy is worth
nothing; cut between drop and rename, it holds the only rows there are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from tui.services.sqlite.inspection import count

PREFIX = "_alembic_tmp_"
_LONGEST = 50
"""Alembic cuts the names it makes here (`alembic.operations.batch`): the rest is not known."""


def leftovers(connection: sqlite3.Connection) -> tuple[tuple[str, str], ...]:
    """Find what a cut migration left behind, and what puts it right without losing a row.

    Args:
        connection: Reads the database; row counts of the tables concerned are taken.

    Returns:
        Each table with `drop` (the original is there with at least as many rows), `rename` (the
        original is gone and these are its rows), or nothing where no remedy is safe by itself.

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
    there = others.get(wanted)
    if len(table) >= _LONGEST:
        # The name may have been cut: only a single table that begins so can be meant.
        fitting = [name for key, name in others.items() if key.startswith(wanted)]
        if len(fitting) != 1:
            return ""
        there = fitting[0]
    if there is None:
        return "rename"
    if kinds[there] != "table":
        return ""
    return "drop" if count(connection, there) >= count(connection, table) else ""
