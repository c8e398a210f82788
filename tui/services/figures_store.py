"""The figures that were recorded over time: a SQLite file of ours that may be deleted at any time.

It lies in the state folder and is derived: points of backups and runs come back from manifests and
journals as far as those still exist. What is in it alone are the daily readings, and the points of
backups that were pruned since. Nothing of it is ever needed to change or bring back a database.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from tui.core.models import Point
from tui.services import files

NAME = "figures.db"
FORMAT = 1
"""`user_version` of the file; any other one is made anew."""

BUSY = 2.0
"""Seconds to wait for another screen that records something."""


class FiguresStore:
    """Keeps points; whatever is wrong with the file, it is made anew."""

    def __init__(self, folder: Path) -> None:
        """Take the state folder; nothing is opened or made yet.

        Args:
            folder: `.mcpdb`; must exist for anything to be kept.
        """
        self.path = folder / NAME

    def points(self) -> tuple[Point, ...]:
        """What was recorded, the oldest first; nothing where that cannot be read."""
        with suppress(sqlite3.Error, ValueError, KeyError, TypeError), self._opened("ro") as tables:
            rows = tables["points"].rows_where(order_by="taken")
            return tuple(_point(row) for row in rows)
        return ()

    def add(self, points: Iterable[Point]) -> bool:
        """Record points; one with a key that is known takes its place. False: it cannot be kept."""
        rows = [_row(point) for point in points]
        for _attempt in range(2):
            try:
                with self._opened("rwc") as tables:
                    tables["points"].upsert_all(rows, pk="key")
                return True
            except sqlite3.DatabaseError as error:
                # Not a database, or another format: it is derived, so it is made anew.
                if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BROKEN:
                    return False
                files.remove(self.path)
            except _OtherFormatError:
                files.remove(self.path)
        return False

    @contextmanager
    def _opened(self, mode: str) -> Iterator[Any]:
        # Half a second to import: whoever opens this does it in a thread.
        from sqlite_utils import Database

        found = files.identity(self.path)
        if found is not None and not files.is_regular(found):
            raise sqlite3.OperationalError("not a plain file")
        address = f"{self.path.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(address, uri=True, timeout=BUSY)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0 and mode == "rwc":
                self.path.chmod(0o600)
                connection.execute(f"PRAGMA user_version={FORMAT}")
            elif version != FORMAT:
                raise _OtherFormatError
            yield Database(connection)
        finally:
            connection.close()


class _OtherFormatError(ValueError):
    """Another version of the product wrote it."""


_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def _row(point: Point) -> dict[str, Any]:
    return {
        "key": point.key,
        "taken": point.taken.isoformat(),
        "size": point.size,
        "unused": point.unused,
        "wal": point.wal,
        "rows": json.dumps(dict(point.rows)),
        "tables": json.dumps(dict(point.tables)),
    }


def _point(row: dict[str, Any]) -> Point:
    return Point(
        key=str(row["key"]),
        taken=datetime.fromisoformat(row["taken"]),
        size=int(row["size"]),
        unused=row["unused"],
        wal=row["wal"],
        rows=json.loads(row["rows"]),
        tables=json.loads(row["tables"]),
    )
