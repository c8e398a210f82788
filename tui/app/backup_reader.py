"""Reads an opened backup in a thread of its own, for the table browser.

A compressed one is unpacked into a scratch copy first, which goes when the backup is closed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.message import Message

from tui.app.desk import Desk
from tui.app.seeing import Posts
from tui.core.errors import Cancelled, McpdbError
from tui.core.models import Backup, TableInfo

if TYPE_CHECKING:
    from tui.operations.reads.looking import BackupFile

_TELL_EVERY = 0.25
"""Seconds between two words about how far unpacking is."""


@dataclass
class BackupRead(Message):
    """What is known of the tables of an opened backup."""

    ident: str
    tables: tuple[TableInfo, ...] | None
    words: str = ""
    """Why it cannot be read, or how far unpacking is."""
    failed: bool = False


class BackupReader(threading.Thread):
    """Posts the tables of one backup, and reads what its desk is asked for."""

    def __init__(self, backup: Backup, posts: Posts, more_secrets: Sequence[str] = ()) -> None:
        super().__init__(name=f"look: backup {backup.id}", daemon=True)
        self.desk = Desk(posts)
        self._backup = backup
        self._posts = posts
        self._more_secrets = tuple(more_secrets)
        self._ended = threading.Event()
        self._told = 0.0

    def end(self, wait: float = 0.0) -> None:
        """Stop; the scratch copy goes.

        Args:
            wait: Seconds within which that has to be, for who leaves the program after it.
        """
        self._ended.set()
        self.desk.end()
        if wait and self.is_alive():
            self.join(wait)

    def run(self) -> None:
        """Read until ended."""
        from tui.operations.reads.looking import BackupFile
        from tui.services.compression import unpacked

        try:
            with unpacked(self._backup.path, self._tick) as plain:
                self._serve(BackupFile(plain))
        except Cancelled:
            return
        except McpdbError as error:
            self._post(BackupRead(self._backup.id, None, str(error), failed=True))

    def _tick(self, done: int, total: int) -> None:
        if self._ended.is_set():
            raise Cancelled("The backup was closed.")
        if total and time.monotonic() - self._told >= _TELL_EVERY:
            self._told = time.monotonic()
            words = f"unpacking … {100 * done // total} %"
            self._post(BackupRead(self._backup.id, None, words))

    def _post(self, message: Message) -> None:
        if not self._ended.is_set():
            self._posts.post_message(message)

    def _serve(self, file: BackupFile) -> None:
        from tui.operations.reads.browsing import Browser

        browser = Browser(file, more_secrets=self._more_secrets)
        tables = self._with_counts(file.tables())
        self._post(BackupRead(self._backup.id, tables))
        uncounted = [t.name for t in tables if t.rows is None and t.kind != "view"]
        while not self._ended.is_set():
            self.desk.wake.clear()
            if self.desk.work(browser):
                continue
            if not uncounted:
                self.desk.wake.wait()
                continue
            tables = _counted(tables, uncounted[0], file.count(uncounted.pop(0)))
            if not uncounted or time.monotonic() - self._told >= _TELL_EVERY:
                self._told = time.monotonic()
                self._post(BackupRead(self._backup.id, tables))

    def _with_counts(self, tables: Sequence[TableInfo]) -> tuple[TableInfo, ...]:
        """The manifest has counted them already."""
        rows = self._backup.manifest.rows if self._backup.manifest else {}
        return tuple(replace(table, rows=rows.get(table.name, table.rows)) for table in tables)


def _counted(tables: Sequence[TableInfo], name: str, rows: int) -> tuple[TableInfo, ...]:
    return tuple(replace(t, rows=rows) if t.name == name else t for t in tables)
