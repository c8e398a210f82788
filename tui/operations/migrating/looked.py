"""What a copy is before and after its migrations: schema, rows, pointers, pages."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import McpdbError
from tui.core.models import BrokenKey
from tui.services import files
from tui.services.sqlite import inspection
from tui.services.sqlite.connections import connect, translating
from tui.services.sqlite.schema_diff import Schema, read_schema
from tui.wording.clean import one_line

STAMP = "alembic_version"
"""Its rows are told as revisions."""
_ROLLED = "_hourly"
"""What a table that is rolled up has behind its name where the hours are kept."""
_OPS_PER_CALL = 20_000

Rows = Mapping[str, int]
Sides = dict[str, tuple[int | None, int | None]]


@dataclass(frozen=True, slots=True)
class Looked:
    """One look at a copy that nobody else has open."""

    schema: Schema
    rows: Rows
    nowhere: Mapping[tuple[str, str], inspection.Nowhere]
    """Rows that point nowhere, by table and the table that they point to."""
    size: int
    """Bytes of the file."""
    integrity: str
    """`ok`, what `quick_check` says, or empty when it was not asked for."""

    @property
    def foreign_keys(self) -> int:
        """Rows that point nowhere, of all tables."""
        return sum(found.rows for found in self.nowhere.values())


def look_at(copy: Path, checkpoint: Callable[[], None], *, check: bool) -> Looked:
    """Read a copy from its first page to its last.

    Args:
        copy: A private file.
        checkpoint: Called often; raises to stop.
        check: Whether every page is checked as well.

    Raises:
        McpdbError: It cannot be read.
        Cancelled: A stop was asked for.
    """
    with closing(connect(copy, "mode=ro")) as connection, translating(copy):
        connection.set_progress_handler(_stopper(checkpoint), _OPS_PER_CALL)
        try:
            return Looked(
                schema=read_schema(connection),
                rows=_rows(connection, checkpoint),
                nowhere=inspection.nowhere(connection),
                size=_size(copy),
                integrity=_integrity(connection) if check else "",
            )
        except sqlite3.OperationalError:
            # An interrupted statement is our own wish to stop, if there is one.
            checkpoint()
            raise


def _stopper(checkpoint: Callable[[], None]) -> Callable[[], int]:
    """A progress handler for SQLite: it cannot raise, so it asks for an interrupt."""

    def handler() -> int:
        try:
            checkpoint()
        except McpdbError:
            return 1
        return 0

    return handler


def _rows(connection: sqlite3.Connection, checkpoint: Callable[[], None]) -> dict[str, int]:
    found = inspection.counts(connection, checkpoint)
    found.pop(STAMP, None)
    return found


def _integrity(connection: sqlite3.Connection) -> str:
    try:
        rows = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        return one_line(str(error))
    return one_line(str(rows[0][0])) if rows else "it says nothing"


def _size(copy: Path) -> int:
    found = files.identity(copy)
    return found.size if found is not None else 0


# --- two looks compared -------------------------------------------------------------------


def row_changes(before: Rows, after: Rows) -> Sides:
    """Tables whose row count differs; None on the side that has no such table."""
    return {
        table: (before.get(table), after.get(table))
        for table in sorted(before.keys() | after.keys())
        if before.get(table) != after.get(table)
    }


def broken_keys(before: Looked, after: Looked) -> tuple[BrokenKey, ...]:
    """Which rows point nowhere, by table and the table that they point to."""
    none, found = inspection.Nowhere(), []
    for pointer in sorted(before.nowhere.keys() | after.nowhere.keys()):
        old, new = before.nowhere.get(pointer, none), after.nowhere.get(pointer, none)
        table, parent = pointer
        found.append(
            BrokenKey(
                table=table, parent=parent, before=old.rows, after=new.rows, same=old.is_same(new)
            )
        )
    return tuple(found)


def rolled_up(before: Rows, after: Rows) -> tuple[str, ...]:
    """Tables that a start of the gateway rolls up into hours, and that kept all their rows here.

    Within seconds of a start the gateway turns old rows of `tool_metrics` into
    `tool_metrics_hourly` (measured on 1.0.7): what a migration left alone will then differ.
    """
    return tuple(
        sorted(
            table
            for table, count in after.items()
            if count and count == before.get(table) and f"{table}{_ROLLED}" in after
        )
    )
