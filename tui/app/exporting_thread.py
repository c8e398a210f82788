"""An export at work, in a thread of its own."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from textual.message import Message

from tui.app.exporting_wish import ExportWish, done_words
from tui.app.seeing import Posts
from tui.core.errors import Cancelled, McpdbError

TELL_EVERY = 0.1
"""Seconds between two words about how far it is."""


@dataclass
class Wrote(Message):
    """How far it is."""

    table: str
    """Empty while rows are copied aside, out of the gateway's way."""
    rows: int
    seconds: float
    """Since the first row of this table was written."""


@dataclass
class Exported(Message):
    """It is over."""

    sentence: str
    problem: str = ""
    """Why nothing was written; empty when it was."""
    cancelled: bool = False


class Exporter(threading.Thread):
    """Writes what was wished, and tells."""

    def __init__(self, wish: ExportWish, posts: Posts) -> None:
        super().__init__(name="export", daemon=True)
        self._wish, self._posts = wish, posts
        self._ending = threading.Event()
        self._why = "Cancelled. Nothing was written."
        self._told = 0.0
        self._table, self._since = "", 0.0

    def cancel(self, why: str = "") -> None:
        """Stop soon; nothing is left of it.

        Args:
            why: What is said then; that it was cancelled without it.
        """
        self._why = why or self._why
        self._ending.set()

    def run(self) -> None:
        """Write."""
        try:
            found = self._wish.run(self._tick, self._ending.is_set)
        except Cancelled:
            self._posts.post_message(Exported("", self._why, cancelled=True))
        except McpdbError as error:
            self._posts.post_message(Exported("", str(error)))
        else:
            self._posts.post_message(Exported(done_words(found)))

    def _tick(self, table: str, rows: int) -> None:
        if self._ending.is_set():
            raise Cancelled(self._why)
        now = time.monotonic()
        if table != self._table:
            self._table, self._since, self._told = table, now, 0.0
        if now - self._told >= TELL_EVERY:
            self._told = now
            self._posts.post_message(Wrote(table, rows, now - self._since))
