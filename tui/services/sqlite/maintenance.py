"""What keeps a database well: checking its pages, and making a copy of it small and quick again.

Everything here works on a connection or a private file that somebody else has chosen; who may
write and who else has the file open is decided there.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tui.services import files
from tui.services.sqlite.connections import connect, translated, translating
from tui.services.sqlite.stopping import stoppable

Cancelled = Callable[[], bool]

MOST_PROBLEMS = 100
"""So many lines of a check are read; SQLite itself stops there by default."""
CACHE = -16 * 1024
"""KiB of pages that are kept while indexes are compared with their tables (negative: KiB)."""
ANALYSIS_LIMIT = 1_000
"""Rows of each index that are looked at while the gateway runs: milliseconds, not seconds."""

_INDEX = re.compile(
    r"(?:row \d+ missing from|wrong # of entries in|non-unique entry in|"
    r"row \d+ values differ from|rowid not at end-of-record for row \d+ of) index (?P<name>.+)"
)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_ROWID = re.compile(r"\b(?:rowid|_rowid_|oid)\b|\bcontent\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Figures:
    """How large a database is; the keys of `as_json` are read back from journals."""

    bytes: int
    """Pages × page size: the file without its WAL, once that was taken in."""
    pages: int
    free_pages: int

    def as_json(self) -> dict[str, int]:
        """`bytes`, `pages`, `free_pages`."""
        return {"bytes": self.bytes, "pages": self.pages, "free_pages": self.free_pages}


def figures(connection: sqlite3.Connection) -> Figures:
    """Read them; one moment of the database."""
    size, pages, free = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_size", "page_count", "freelist_count")
    )
    return Figures(size * pages, pages, free)


def problems(connection: sqlite3.Connection, *, quick: bool, cancelled: Cancelled) -> list[str]:
    """What `integrity_check` or `quick_check` finds; empty when it says ok.

    Args:
        connection: Used by nobody else meanwhile.
        quick: Without comparing indexes with their tables.
        cancelled: Asked often, from another thread.

    Raises:
        Cancelled: `cancelled` said so.
        sqlite3.Error: The disk does not answer, or it is locked.
    """
    check = "quick_check" if quick else "integrity_check"
    connection.execute(f"PRAGMA cache_size={CACHE}")
    try:
        with stoppable(connection, cancelled):
            rows = connection.execute(f"PRAGMA {check}({MOST_PROBLEMS})").fetchall()
    except sqlite3.DatabaseError as error:
        if (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF not in _DAMAGED:
            raise
        return [str(error)]
    return [] if rows == [("ok",)] else [str(row[0]) for row in rows] or ["it says nothing"]


def damaged_indexes(found: Sequence[str]) -> tuple[str, ...]:
    """The indexes that are all that is damaged; empty where anything else is, or nothing."""
    names: dict[str, None] = {}
    for text in found:
        match = _INDEX.fullmatch(text.strip())
        if match is None:
            return ()
        names[match["name"]] = None
    return tuple(names)


def shape(connection: sqlite3.Connection) -> dict[str, Any]:
    """What a rebuilt copy has in common with its original, beside the rows.

    The tables of ANALYZE are left out: they come and go with it.
    """
    kept = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_size", "encoding", "auto_vacuum", "user_version", "application_id")
    }
    schema = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema "
        r"WHERE name NOT LIKE 'sqlite\_stat_' ESCAPE '\' ORDER BY 1, 2"
    ).fetchall()
    return {**kept, "schema": [list(row) for row in schema]}


def rowid_users(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Views, triggers and virtual tables whose text speaks of row numbers.

    VACUUM may renumber the rows of a table without INTEGER PRIMARY KEY: to these it matters.
    """
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND "
        "(type IN ('view', 'trigger') OR sql LIKE 'CREATE VIRTUAL%')"
    ).fetchall()
    return tuple(str(name) for name, sql in rows if isinstance(sql, str) and _ROWID.search(sql))


def row_numbers(connection: sqlite3.Connection, tables: Sequence[str]) -> dict[str, list[Any]]:
    """By table: how many rows, the first and last number, and the sum of all.

    Tables without row numbers are left out.
    """
    found: dict[str, list[Any]] = {}
    for table in tables:
        name = '"' + table.replace('"', '""') + '"'
        try:
            row = connection.execute(
                f"SELECT count(*), min(rowid), max(rowid), total(rowid) FROM {name} NOT INDEXED"
            ).fetchone()
        except sqlite3.OperationalError as error:
            if "no such column" not in str(error):
                raise
            continue
        found[table] = list(row)
    return found


# --- making a copy that is small and quick -------------------------------------------------


def vacuum_into(
    source: Path,
    target: Path,
    cancelled: Cancelled,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write what a held file has into a new private file, without its unused pages.

    Args:
        source: A file that nobody writes meanwhile and that has no WAL: it is read without locks.
        target: A name that does not exist yet; the caller removes it after a failure.
        cancelled: Asked often, from another thread.
        settings: `page_size` and `auto_vacuum` of the new file, where they are others.

    Raises:
        McpdbError: It cannot be read or written, or was cancelled.
    """
    # `immutable` would do for reading, but to SQLite it is a temporary file, whose page size a
    # VACUUM keeps whatever is asked for (`sqlite3PagerIsMemdb`, SQLite 3.40).
    mode = "mode=ro&nolock=1" if settings else "immutable=1"
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    except OSError as error:
        raise files.denied("write", target, error) from error
    try:
        with (
            closing(connect(source, mode)) as connection,
            stoppable(connection, cancelled),
        ):
            for name, value in settings.items():
                connection.execute(f"PRAGMA {name}={value}").fetchall()
            connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise translated(error, source if _is_about_reading(error) else target) from error
    files.fsync_file(target)


def _is_about_reading(error: sqlite3.Error) -> bool:
    """Whether an error is about what was read: a disk that takes nothing is not the source's."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    reading = (sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ)
    return code & 0xFF in _DAMAGED or code in reading


def work_on_copy(copy: Path, statements: Sequence[str], cancelled: Cancelled) -> None:
    """Run statements on a private copy; whatever cuts them, the copy is thrown away.

    Args:
        copy: Nobody else opens it; it is durable when this returns.
        statements: E.g. `ANALYZE`.
        cancelled: Asked often, from another thread.

    Raises:
        McpdbError: They failed, or it was cancelled.
    """
    with translating(copy), closing(connect(copy, "mode=rw")) as connection:
        connection.execute("PRAGMA journal_mode=OFF").fetchone()
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(f"PRAGMA cache_size={CACHE}")
        with stoppable(connection, cancelled):
            for statement in statements:
                connection.execute(statement).fetchall()
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    files.fsync_file(copy)
