"""The collation of a column, told by how it compares: no pragma names it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tui.services.sqlite.inspection import quote

_PROBE_AT_ONCE = 200
"""Columns whose collation one statement asks for; SQLite allows 2,000 results."""


def collations(connection: sqlite3.Connection, name: str, columns: Sequence[str]) -> dict[str, str]:
    """The collation of each column of a table or view.

    A column of a subquery compares as the column that it came from.

    Raises:
        sqlite3.Error: SQLite cannot read it.
    """
    found: dict[str, str] = {}
    for begin in range(0, len(columns), _PROBE_AT_ONCE):
        some = columns[begin : begin + _PROBE_AT_ONCE]
        try:
            found |= _probed(connection, name, some)
        except sqlite3.OperationalError as error:
            # One of them has a collation that only its own program knows.
            if len(some) == 1:
                words, _, custom = str(error).partition("no such collation sequence: ")
                found[some[0]] = custom if not words else "BINARY"
                continue
            for column in some:
                found |= collations(connection, name, [column])
    return found


def _probed(connection: sqlite3.Connection, name: str, columns: Sequence[str]) -> dict[str, str]:
    names = ", ".join(f"c{number}" for number in range(len(columns)))
    wanted = ", ".join(f"{quote(name)}.{quote(column)}" for column in columns)
    texts = ", ".join(["'a '"] * len(columns))
    asked = ", ".join(f"c{n} = 'A ', c{n} = 'a'" for n in range(len(columns)))
    answers = connection.execute(
        f"WITH p({names}) AS (SELECT {wanted} FROM main.{quote(name)} WHERE 0"
        f" UNION ALL SELECT {texts}) SELECT {asked} FROM p"
    ).fetchone()
    known = {(1, 0): "NOCASE", (0, 1): "RTRIM"}
    return {
        column: known.get((answers[2 * n], answers[2 * n + 1]), "BINARY")
        for n, column in enumerate(columns)
    }
