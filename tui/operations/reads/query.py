"""The SQL console: one statement that reads, on the live database or on a backup.

Each statement has a connection of its own, open for as long as it runs. Read-only three times:
the file is opened so (`connections.look`), `query_only` is set, and SQLite asks the authorizer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from tui.core.models.queries import Caps, Result
from tui.operations.reads.short_reads import Source, hold_of, holds_up
from tui.services.sqlite import statements
from tui.services.sqlite.connections import Opened, translating
from tui.services.sqlite.masking import Masks
from tui.services.sqlite.sql_reading import StatementError
from tui.services.sqlite.statements import Arrived, Running
from tui.services.sqlite.stopping import Cancelled, never

_HELD = (
    "journal mode delete: a statement may run {:g} s here, for the gateway cannot write "
    "meanwhile; ask a backup instead"
)

__all__ = ["Query", "Source", "StatementError", "Vocabulary"]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names that a statement may use."""

    names: tuple[str, ...] = ()
    """Tables and views."""
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Of each of them."""


@dataclass(frozen=True, slots=True)
class Query:
    """What the console asks of one file."""

    source: Source
    more_secrets: tuple[str, ...] = ()
    """The operator's own patterns for secret columns."""

    def run(
        self,
        sql: str,
        *,
        caps: Caps | None = None,
        revealed: frozenset[tuple[str, str]] = frozenset(),
        cancelled: Cancelled = never,
        arrived: Arrived | None = None,
    ) -> Result:
        """Run one statement and keep its rows.

        Args:
            sql: One statement, with or without its `;`.
            caps: How much it may take; on a live file with a rollback journal only as long as
                the gateway's writes can wait.
            revealed: Table and column of secrets shown in clear; whoever asks for it notes it.
            cancelled: Asked from another thread, 20 times a second.
            arrived: Told the columns and each batch of rows as it comes.

        Raises:
            UsageError: It does not merely read, or is no statement that SQLite understands;
                a `StatementError` knows where.
            McpdbError: The file cannot be read.
        """
        caps = caps or Caps()
        with self.source.opened() as opened, translating(self.source.path):
            allowed, note = _bounded(self.source, opened, caps)
            result = statements.run(
                opened.connection,
                sql,
                masks=Masks(self.more_secrets, revealed),
                caps=allowed,
                cancelled=cancelled,
                arrived=arrived,
            )
        return replace(result, note=note if result.ended == "seconds" else "")

    @contextmanager
    def running(
        self,
        sql: str,
        *,
        seconds: float | None = None,
        revealed: frozenset[tuple[str, str]] = frozenset(),
        cancelled: Cancelled = never,
    ) -> Iterator[Running]:
        """All rows of one statement as they come, uncut, for writing them out.

        The read transaction lasts until this ends: write to a file, never to a pager, where the
        file is live.

        Raises:
            UsageError: As `run`.
            McpdbError: The file cannot be read.
        """
        with self.source.opened() as opened, translating(self.source.path):
            allowed, _ = _bounded(self.source, opened, Caps(seconds=seconds))
            with statements.running(
                opened.connection,
                sql,
                seconds=allowed.seconds,
                masks=Masks(self.more_secrets, revealed),
                cancelled=cancelled,
            ) as running:
                yield running

    def explain(self, sql: str, *, cancelled: Cancelled = never) -> tuple[str, ...]:
        """How SQLite would go about it, as indented lines; nothing for a PRAGMA.

        Raises:
            UsageError: As `run`.
            McpdbError: The file cannot be read.
        """
        with self.source.opened() as opened, translating(self.source.path):
            return statements.explain(
                opened.connection, sql, masks=Masks(self.more_secrets), cancelled=cancelled
            )

    def allowed(self, caps: Caps | None = None) -> Caps:
        """What a statement may take of this file: less where the gateway's writes wait for it.

        Raises:
            McpdbError: The file cannot be read.
        """
        with self.source.opened() as opened, translating(self.source.path):
            return _bounded(self.source, opened, caps or Caps())[0]

    def vocabulary(self) -> Vocabulary:
        """Tables and columns, for completion.

        Raises:
            McpdbError: The file cannot be read.
        """
        known = self.source.tables()
        columns: dict[str, tuple[str, ...]] = {}
        with self.source.opened() as opened, translating(self.source.path):
            for table in known:
                # A view may be broken: it has a name all the same.
                with suppress(sqlite3.OperationalError):
                    columns[table.name] = _columns(opened.connection, table.name)
        return Vocabulary(tuple(table.name for table in known), columns)


def _columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    rows: Sequence[tuple[object]] = connection.execute(
        "SELECT name FROM pragma_table_info(?, 'main')", (table,)
    ).fetchall()
    return tuple(name for (name,) in rows if isinstance(name, str))


def _bounded(source: Source, opened: Opened, caps: Caps) -> tuple[Caps, str]:
    """The caps that this file allows, and why they are lower than asked for."""
    if not holds_up(opened):
        return caps, ""
    hold = hold_of(source)
    if caps.seconds is not None and caps.seconds <= hold:
        return caps, ""
    return replace(caps, seconds=hold), _HELD.format(hold)
