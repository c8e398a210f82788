"""The demo gateway's side of its database: what it reads, and what it writes."""

from __future__ import annotations

import re
import sqlite3
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_TABLES = ("alembic_version", "gateways", "tools")
"""Without these it is not healthy."""

CALL_ERRORS = (
    "All connection attempts failed",
    "Client error '401 Unauthorized'",
    "Read timeout after 30.0 s",
)
"""What a failed call of a tool says."""


def timestamp() -> str:
    """The present as SQLAlchemy stores a datetime: UTC, no zone."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def known_revisions() -> frozenset[str]:
    """Revisions that this code ships, read without loading Alembic."""
    folder = Path(__file__).parent / "migrations" / "versions"
    pattern = re.compile(r'^revision = "([0-9a-f]{12})"$', re.MULTILINE)
    found = (pattern.search(file.read_text(encoding="utf-8")) for file in folder.glob("*.py"))
    return frozenset(match[1] for match in found if match)


class Store:
    """The database: one connection that stays open, used under one lock.

    Every method raises `sqlite3.Error` when the file is missing, locked or damaged. Only
    columns of the first revision are written, so that it works before and after each migration.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._revisions = known_revisions()
        self._open: sqlite3.Connection | None = None

    def _connection(self) -> sqlite3.Connection:
        """Return the open connection; opens it on first use, never makes a missing file."""
        if self._open is None:
            found = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=5.0,
                check_same_thread=False,
                isolation_level=None,
            )
            try:
                for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
                    found.execute(f"PRAGMA {pragma}").fetchall()
            except sqlite3.Error:
                found.close()
                raise
            self._open = found
        return self._open

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
        with self.lock:
            return self._connection().execute(sql, values).fetchall()

    def problem(self) -> str:
        """Why the database cannot be worked with; empty when it can. Raises nothing."""
        try:
            names = ", ".join("?" for _ in _TABLES)
            present = self._rows(
                f"SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name IN ({names})", *_TABLES
            )
            if len(present) < len(_TABLES):
                return "Database not ready: tables are missing, it was never migrated"
            revisions = {row[0] for row in self._rows("SELECT version_num FROM alembic_version")}
            self._rows("SELECT count(*) FROM gateways")
        except sqlite3.Error as error:
            return f"Database connection error: (sqlite3.{type(error).__name__}) {error}"
        if not revisions:
            return "Database not ready: alembic_version is empty"
        unknown = sorted(revisions - self._revisions)
        return f"Can't locate revision identified by '{unknown[0]}'" if unknown else ""

    def call_a_tool(self, number: int) -> tuple[str, str]:
        """Record one call of a tool, and that its gateway was seen.

        Args:
            number: Chooses the tool and whether the call fails.

        Returns:
            The tool's name (empty when there is none) and the call's error (or nothing).
        """
        with self.lock:
            found = self._rows(
                "SELECT id, name, gateway_id FROM tools WHERE enabled ORDER BY id LIMIT 1"
                " OFFSET ? % max(1, (SELECT count(*) FROM tools WHERE enabled))",
                number * 7,
            )
            if not found:
                return "", ""
            tool, name, gateway = found[0]
            error = CALL_ERRORS[number % len(CALL_ERRORS)] if number % 17 == 0 else ""
            seconds = 0.02 + number % 13 / 50
            now = timestamp()
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.execute(
                    "INSERT INTO tool_metrics"
                    " (tool_id, timestamp, response_time, is_success, error_message)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (tool, now, seconds, not error, error or None),
                )
                connection.execute("UPDATE gateways SET last_seen = ? WHERE id = ?", (now, gateway))
                connection.execute("COMMIT")
            finally:
                # A full disk already ends the transaction by itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            return str(name), error

    def names(self, table: str) -> list[dict[str, str]]:
        """Id and name of every row of `tools` or `gateways`, by name."""
        rows = self._rows(f'SELECT id, name FROM "{table}" ORDER BY name, id')
        return [{"id": row[0], "name": row[1]} for row in rows]

    def add_tool(self, name: str) -> str | None:
        """Register a tool of no gateway; returns its id, None when the name is taken."""
        with self.lock:
            if self._rows("SELECT 1 FROM tools WHERE name = ?", name):
                return None
            identity, now = uuid.uuid4().hex, timestamp()
            self._rows(
                "INSERT INTO tools (id, name, original_name, url, integration_type, request_type,"
                " input_schema, created_by, created_at, updated_at)"
                " VALUES (?, ?, ?, ?, 'REST', 'POST', ?, 'admin@example.com', ?, ?)",
                *(identity, name, name, f"https://192.0.2.10/{name}", '{"type": "object"}'),
                *(now, now),
            )
            return identity

    def remove(self, table: str, name: str) -> str | None:
        """Delete a row of `tools` or `gateways` and what hangs on it; returns its id, if any."""
        with self.lock:
            found = self._rows(f'SELECT id FROM "{table}" WHERE name = ?', name)
            if not found:
                return None
            self._rows(f'DELETE FROM "{table}" WHERE id = ?', found[0][0])
            return str(found[0][0])

    def last_words(self) -> None:
        """Commit once more without a checkpoint, so that the WAL is left with commits in it."""
        if self._open is not None:
            self._rows("PRAGMA busy_timeout=200")
            self._rows("PRAGMA wal_autocheckpoint=0")
            self._rows("UPDATE gateways SET last_seen = ?", timestamp())
