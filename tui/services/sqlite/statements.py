"""One statement of the console: what runs it, what ends it, what is kept of its rows.

A statement runs in one read transaction that ends with it. While it runs, a writer's WAL cannot be
started anew and grows; in rollback-journal mode the writer waits. The cap on its seconds bounds
both, so none runs without one on a live file but on purpose.

SQLite sorts in files of its own under `SQLITE_TMPDIR` or /var/tmp, unlinked at once: left so, for
in memory (`temp_store`) a sort of the whole file would take the host's memory from the gateway.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tui.core.models.queries import Caps, Ending, Result
from tui.core.models.rows import Cell
from tui.services.sqlite.authorizing import ReadOnly
from tui.services.sqlite.covering import cover
from tui.services.sqlite.masking import Masks, Veil
from tui.services.sqlite.sql_errors import sentence_of
from tui.services.sqlite.sql_reading import Asked, asked
from tui.services.sqlite.stopping import Cancelled, Watch, never

BATCH_ROWS = 500
BATCH_SECONDS = 0.1
"""So many rows, or rows of so long, are handed on together."""
VALUE_LIMIT = 16 << 20
"""Bytes of one value, or of one row on its way through SQLite."""
ROW_LIMIT = 256 << 20
"""Bytes of all values of a row together."""

Arrived = Callable[[tuple[str, ...], list[tuple[Any, ...]]], None]


@dataclass(slots=True)
class Running:
    """A statement that runs: its rows come in batches."""

    columns: tuple[str, ...]
    _cursor: sqlite3.Cursor | None
    _watch: Watch
    _veil: Veil
    _failed: Callable[[sqlite3.Error], Exception]

    @property
    def ended(self) -> Ending:
        """`complete` while nothing has stopped it."""
        return self._watch.ended

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return self._watch.elapsed

    @property
    def masked(self) -> tuple[tuple[str, str], ...]:
        """Table and column of the masked secrets that it reads."""
        return tuple(sorted(self._veil.touched))

    def batches(self) -> Iterator[list[tuple[Any, ...]]]:
        """Rows as they come, masked secrets as a `Cell`; ends early when it is stopped.

        Raises:
            UsageError: The statement fails on the way, e.g. on a value that is too long.
            sqlite3.Error: The file fails on the way.
        """
        found: list[tuple[Any, ...]] = []
        since = time.monotonic()
        for row in self._rows():
            found.append(row)
            if len(found) >= BATCH_ROWS or time.monotonic() - since >= BATCH_SECONDS:
                yield found
                found, since = [], time.monotonic()
        if found:
            yield found

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        if self._cursor is None:
            return
        hides = self._veil.reached
        while self._watch.ended == "complete":
            try:
                row = next(self._cursor, None)
            except sqlite3.Error as error:
                _raise_unless_stopped(error, self._watch, self._failed)
                return
            if row is None:
                return
            yield tuple(map(self._shown, row)) if hides else row

    def _shown(self, value: object) -> object:
        length = self._veil.length_of(value)
        return value if length is None else Cell(value=None, length=length, secret=True)


def _raise_unless_stopped(
    error: sqlite3.Error, watch: Watch, failed: Callable[[sqlite3.Error], Exception]
) -> None:
    if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
        raise failed(error) from error
    if watch.ended == "complete":
        # Whoever else interrupts a connection wants it back: the file is being replaced.
        watch.ended = "cancelled"


@contextmanager
def running(
    connection: sqlite3.Connection,
    sql: str,
    *,
    seconds: float | None,
    masks: Masks,
    cancelled: Cancelled = never,
) -> Iterator[Running]:
    """Run one statement that reads; when this ends, nothing of it is left.

    Args:
        connection: With no transaction; used by nobody else meanwhile.
        sql: One statement, with or without its `;`.
        seconds: It is stopped after so many.
        masks: Which secrets are masked.
        cancelled: Asked every `POLL` seconds from another thread.

    Raises:
        RefusedError: It does not merely read, or reads a secret past its mask.
        StatementError: It is none, or not one that SQLite understands.
        sqlite3.Error: The file cannot be read.
    """
    wanted = asked(sql)
    with _guarded(connection, masks, wanted) as (veil, guard):

        def failed(error: sqlite3.Error) -> Exception:
            return sentence_of(error, wanted, guard, veil, connection)

        with Watch(connection, seconds, cancelled) as watch:
            cursor: sqlite3.Cursor | None = None
            try:
                _limit(connection, wanted)
                cursor = connection.execute(wanted.sql)
            except sqlite3.Error as error:
                _raise_unless_stopped(error, watch, failed)
            try:
                yield Running(_names(cursor), cursor, watch, veil, failed)
            finally:
                if cursor is not None:
                    cursor.close()


@contextmanager
def _guarded(
    connection: sqlite3.Connection, masks: Masks, wanted: Asked
) -> Iterator[tuple[Veil, ReadOnly]]:
    limits = {
        limit: connection.getlimit(limit)
        for limit in (sqlite3.SQLITE_LIMIT_LENGTH, sqlite3.SQLITE_LIMIT_ATTACHED)
    }
    # One transaction over views and statement: both see the same schema, and ROLLBACK takes the
    # views away.
    connection.execute("BEGIN")
    try:
        veil = cover(connection, masks, wanted.sql)
        guard = ReadOnly(veil.judge)
        wanted.check(veil)
        connection.execute("PRAGMA query_only=1")
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_LIMIT)
        connection.set_authorizer(guard)
        yield veil, guard
    finally:
        connection.set_authorizer(None)
        for limit, value in limits.items():
            connection.setlimit(limit, value)
        # An interrupt that comes this late may hit it: then it is asked for again.
        for _ in range(3):
            with suppress(sqlite3.OperationalError):
                connection.execute("ROLLBACK")
            if not connection.in_transaction:
                break
        connection.execute("PRAGMA query_only=0")


def _limit(connection: sqlite3.Connection, wanted: Asked) -> None:
    """Bound what one row may take: many columns may each hold less."""
    if not wanted.selects:
        return
    width = next(
        (row[3] for row in connection.execute(f"EXPLAIN {wanted.sql}") if row[1] == "ResultRow"), 1
    )
    connection.setlimit(
        sqlite3.SQLITE_LIMIT_LENGTH, min(VALUE_LIMIT, max(1 << 18, ROW_LIMIT // max(1, width)))
    )


def _names(cursor: sqlite3.Cursor | None) -> tuple[str, ...]:
    described = cursor.description if cursor is not None else None
    return tuple(str(column[0]) for column in described or ())


def run(
    connection: sqlite3.Connection,
    sql: str,
    *,
    masks: Masks,
    caps: Caps | None = None,
    cancelled: Cancelled = never,
    arrived: Arrived | None = None,
) -> Result:
    """Run one statement and keep its rows, as many as `caps` allow.

    Args:
        connection: See `running`.
        sql: One statement.
        masks: Which secrets are masked.
        caps: How much it may take.
        cancelled: See `running`.
        arrived: Told the columns and each batch of rows as it comes, before the end.

    Raises:
        UsageError: It does not merely read, or is no statement that SQLite understands.
        sqlite3.Error: The file cannot be read.
    """
    caps = caps or Caps()
    kept = _Kept(caps)
    with running(
        connection, sql, seconds=caps.seconds, masks=masks, cancelled=cancelled
    ) as statement:
        ended: Ending = "complete"
        for batch in statement.batches():
            before = len(kept.rows)
            ended = kept.take(batch)
            if arrived is not None:
                arrived(statement.columns, kept.rows[before:])
            if ended != "complete":
                break
        return Result(
            columns=statement.columns,
            rows=tuple(kept.rows),
            ended=statement.ended if ended == "complete" else ended,
            elapsed=statement.elapsed,
            caps=caps,
            masked=statement.masked,
            cut=kept.cut,
        )


class _Kept:
    """Rows so far, cut where they are long."""

    def __init__(self, caps: Caps) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.cut = 0
        self._caps = caps
        self._size = 0

    def take(self, batch: list[tuple[Any, ...]]) -> Ending:
        """Keep a batch, or its beginning; says what was reached, if anything was."""
        for row in batch:
            if self._caps.rows is not None and len(self.rows) >= self._caps.rows:
                return "rows"
            if self._size >= self._caps.size:
                return "size"
            self.rows.append(tuple(map(self._value, row)))
        return "complete"

    def _value(self, value: object) -> object:
        if not isinstance(value, str | bytes):
            self._size += 16
            return value
        most = self._caps.value
        if most is not None and len(value) > most:
            self.cut += 1
            self._size += most
            return Cell(value=value[:most], length=len(value))
        self._size += len(value) + 48
        return value


def explain(
    connection: sqlite3.Connection, sql: str, *, masks: Masks, cancelled: Cancelled = never
) -> tuple[str, ...]:
    """How SQLite would go about a statement: EXPLAIN QUERY PLAN as indented lines.

    Of the statement as the console runs it, masks and all; it is not run. Nothing for a PRAGMA.

    Raises:
        UsageError: As `run`.
        sqlite3.Error: The file cannot be read.
    """
    wanted = asked(sql).explained()
    if wanted is None:
        return ()
    with running(connection, wanted, seconds=30, masks=masks, cancelled=cancelled) as statement:
        steps = [row for batch in statement.batches() for row in batch]
    depth: dict[int, int] = {0: -1}
    lines = []
    for number, parent, _, detail in steps:
        depth[number] = depth.get(parent, -1) + 1
        lines.append("  " * depth[number] + str(detail))
    return tuple(lines)
