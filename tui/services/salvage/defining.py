"""Carrying out definitions that come out of a damaged file: nothing else may happen by them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tui.services.salvage.schema import Entry
from tui.services.sqlite.connections import translated
from tui.wording.clean import one_line

_DEFINING = frozenset(
    {
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_VIEW,
        sqlite3.SQLITE_CREATE_TRIGGER,
        sqlite3.SQLITE_INSERT,
        sqlite3.SQLITE_UPDATE,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_REINDEX,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_RECURSIVE,
    }
)
_SCHEMA_TABLES = frozenset({"sqlite_master", "sqlite_schema", "sqlite_sequence"})


def define(connection: sqlite3.Connection, path: Path, entry: Entry) -> str:
    """Carry out a definition; why it could not be, or empty.

    Args:
        connection: To the new file.
        path: Of it.
        entry: What is defined.

    Raises:
        PrecheckError: No space.
    """
    connection.set_authorizer(_only_defining)
    try:
        connection.execute(entry.sql)
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        if _is_about_disk(error):
            raise translated(error, path) from error  # type: ignore[arg-type]
        return one_line(str(error))
    finally:
        connection.set_authorizer(None)
    found = connection.execute(
        "SELECT 1 FROM main.sqlite_schema WHERE name = ? AND type = ?", (entry.name, entry.kind)
    ).fetchone()
    return "" if found else "it defines something else than its name says"


def _only_defining(
    action: int, one: str | None, _two: str | None, database: str | None, _trigger: str | None
) -> int:
    """Let a definition be made, in this file alone; see sqlite3_set_authorizer."""
    if action not in _DEFINING or database not in ("main", None):
        return sqlite3.SQLITE_DENY
    writes = action in (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE)
    if writes and one not in _SCHEMA_TABLES:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _is_about_disk(error: BaseException) -> bool:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
