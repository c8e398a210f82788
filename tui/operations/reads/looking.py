"""Reading a database for a front end: the live one, or a finished backup.

A live connection is opened for one read and closed after it, so a screen that merely stands
there holds nothing; `release` makes sure of it while a restore puts another file in place.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from tui.core.errors import BusyError, McpdbError, PrecheckError
from tui.core.models import DatabaseFacts, Deployment, Rows, TableInfo
from tui.operations.finding.gateways import is_up
from tui.services import files
from tui.services.sqlite import inspection
from tui.services.sqlite.connections import (
    Opened,
    finished,
    look,
    sidecar,
    translated,
    translating,
)

BEING_REPLACED = "The database is being replaced; it is read again afterwards."

RELEASE_WAIT = 5.0
"""Seconds within which interrupted reads have let go of the file."""
INTERRUPT_EVERY = 0.05
"""Seconds between two interrupts of those that have not."""


class _Reader:
    """The reads that the live database and a backup have in common."""

    path: Path

    @contextmanager
    def _opened(self) -> Iterator[Opened]:
        raise NotImplementedError

    def opened(self) -> AbstractContextManager[Opened]:
        """Open it for other reads than those here; a live one for `interrupt` and `release` to end.

        Raises:
            McpdbError: It cannot be read from here, or is being replaced.
        """
        return self._opened()

    def refusal(self) -> str:
        """Why it is not even looked at from here; empty when it may be."""
        return ""

    def facts(self) -> DatabaseFacts:
        """Look at the file; what forbids reading it is told, not raised."""
        refusal = self.refusal()
        found = _file_facts(self.path)
        if refusal:
            return replace(found, problem=refusal)
        if not found.exists:
            return found
        try:
            with self._opened() as opened, translating(self.path):
                connection = opened.connection
                stamps = inspection.revisions(connection)
                return replace(
                    found,
                    revision=" ".join(stamps),
                    revisions=stamps,
                    journal_mode=opened.journal_mode or str(_pragma(connection, "journal_mode")),
                    page_size=int(str(_pragma(connection, "page_size"))),
                    pages=int(str(_pragma(connection, "page_count"))),
                    unused_pages=int(str(_pragma(connection, "freelist_count"))),
                    how=opened.how,
                )
        except McpdbError as error:
            return replace(found, problem=str(error))

    def tables(self) -> tuple[TableInfo, ...]:
        """Names of tables and views; rows are not counted yet.

        Raises:
            McpdbError: The file cannot be read.
        """
        with self._opened() as opened, translating(self.path):
            return inspection.tables(opened.connection)

    def count(self, name: str) -> int:
        """Count the rows of one table.

        Raises:
            McpdbError: The file cannot be read, or the count was interrupted.
        """
        with self._opened() as opened, translating(self.path):
            return inspection.count(opened.connection, name)

    def counts(self) -> dict[str, int]:
        """Rows of every ordinary table, from one consistent look.

        Raises:
            McpdbError: The file cannot be read.
        """
        with self._opened() as opened, translating(self.path):
            opened.connection.execute("BEGIN")
            return inspection.counts(opened.connection, lambda: None)

    def first_rows(self, name: str, limit: int = 100) -> Rows:
        """The first rows of one table.

        Raises:
            McpdbError: The file cannot be read, or there is no such table.
        """
        with self._opened() as opened, translating(self.path):
            return inspection.first_rows(opened.connection, name, limit)


def _pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _file_facts(path: Path) -> DatabaseFacts:
    try:
        found = files.identity(path)
        wal = files.identity(sidecar(path, "-wal"))
        free = files.free_space(path.parent)
    except (McpdbError, OSError) as error:
        return DatabaseFacts(path=path, exists=False, problem=str(error))
    if found is None:
        return DatabaseFacts(
            path=path, exists=False, disk_free=free, problem=f"There is no database at {path}."
        )
    return DatabaseFacts(
        path=path,
        exists=True,
        size=found.size,
        wal_size=wal.size if wal else 0,
        inode=found.inode,
        disk_free=free,
    )


class LiveDatabase(_Reader):
    """The live database of a deployment, as a viewer reads it."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.path = deployment.database
        self._condition = threading.Condition()
        self._open: set[sqlite3.Connection] = set()
        self._released = False

    def refusal(self) -> str:
        """Why the file of this host does not show what the gateway has."""
        unreachable = self.deployment.blocked("database")
        if unreachable is not None:
            return unreachable.text
        # A single mounted file, a network filesystem: the WAL of a running gateway is not seen
        # here, and reading without it would tell yesterday's truth.
        hidden = self.deployment.blocked("live")
        return hidden.text if hidden is not None and is_up(self.deployment) else ""

    @contextmanager
    def _opened(self) -> Iterator[Opened]:
        refusal = self.refusal()
        if refusal:
            raise PrecheckError(refusal)
        with self._condition:
            if self._released:
                raise BusyError(BEING_REPLACED)
        with look(self.path, gateway_up=lambda: is_up(self.deployment)) as opened:
            with self._condition:
                if self._released:
                    raise BusyError(BEING_REPLACED)
                self._open.add(opened.connection)
            try:
                yield opened
            except sqlite3.OperationalError as error:
                raise translated(error, self.path) from error
            finally:
                with self._condition:
                    self._open.discard(opened.connection)
                    self._condition.notify_all()

    @property
    def released(self) -> bool:
        """Whether it is being replaced: reads were ended, and none begins."""
        return self._released

    def stamp(self) -> tuple[int, ...]:
        """Changes whenever the file or its WAL was written or replaced; costs two `stat`."""
        values: list[int] = []
        for suffix in ("", "-wal"):
            found = files.identity(sidecar(self.path, suffix))
            values += [found.inode, found.size, found.mtime_ns] if found else [0, 0, 0]
        return tuple(values)

    def interrupt(self) -> None:
        """Stop whatever is being read, from any thread."""
        with self._condition:
            for connection in self._open:
                with suppress(sqlite3.Error):
                    connection.interrupt()

    def release(self) -> None:
        """Let go of the file now and refuse to open it again until `reopen`."""
        with self._condition:
            self._released = True
        deadline = time.monotonic() + RELEASE_WAIT
        with self._condition:
            # Between two statements of one reader there is nothing to interrupt: so again.
            while self._open and time.monotonic() < deadline:
                self.interrupt()
                self._condition.wait(INTERRUPT_EVERY)

    def reopen(self) -> None:
        """Allow reading again, whatever file stands there now."""
        with self._condition:
            self._released = False


class BackupFile(_Reader):
    """A finished backup, read without leaving a trace."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _opened(self) -> Iterator[Opened]:
        with finished(self.path) as connection:
            yield Opened(connection, "immutable")
