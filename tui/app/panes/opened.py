"""A backup that is open in the table browser, in place of the live database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tui.app.backup_reader import BackupRead, BackupReader
from tui.app.desk import Desk
from tui.app.listing.backups import when_words
from tui.app.paint import Line, Span
from tui.app.seeing import Posts
from tui.app.seen import Seen
from tui.core.models import Backup, TableInfo

LEAVING_WAIT = 2.0
"""Seconds within which a scratch copy is gone when the program is left."""


class OpenedBackup:
    """One backup, its reader, and what was read of it."""

    def __init__(self, backup: Backup, posts: Posts, more_secrets: Sequence[str] = ()) -> None:
        self.backup = backup
        self._tables: tuple[TableInfo, ...] | None = None
        self._words = "unpacking …" if backup.compression else "…"
        self._failed = False
        self._reader = BackupReader(backup, posts, more_secrets)
        self._reader.start()

    def take(self, message: BackupRead) -> bool:
        """Something was read; False when it is of another backup."""
        if message.ident != self.backup.id:
            return False
        if message.tables is not None:
            self._tables = message.tables
        self._words, self._failed = message.words, message.failed
        return True

    @property
    def desk(self) -> Desk:
        """Who is asked for rows."""
        return self._reader.desk

    def close(self, *, leaving: bool = False) -> None:
        """Read no more."""
        self._reader.end(LEAVING_WAIT if leaving else 0.0)

    @property
    def state(self) -> str:
        """How far opening it is, or why it cannot be read; empty once its tables are known."""
        return self._words if self._failed or self._tables is None else ""

    @property
    def badge(self) -> str:
        """`BACKUP k7m2qd`, for row 3."""
        return f"BACKUP {self.backup.id}"

    def as_seen(self, seen: Seen) -> Seen:
        """What is known, with this backup in place of the live database; nothing to compare."""
        problems = {"tables": self._words} if self._tables is None else {}
        return replace(
            seen, tables=self._tables, catalogue=None, replaced_at=None, released=False,
            problems=problems, counted_at=None,
        )  # fmt: skip

    def stands(self, now: datetime) -> Line:
        """What the message line says at rest."""
        if self._failed:
            return (Span(f" {self._words}", "danger"), Span(" · Esc goes back to live", "muted"))
        when = when_words(self.backup, now)
        return (
            Span(" read-only copy, not the live database", "attention"),
            Span(f" · {when} · Esc goes back to live", "muted"),
        )
