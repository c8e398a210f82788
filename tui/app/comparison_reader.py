"""Compares two databases in a thread of its own, for the compare screen and the one of its rows.

A compressed backup is unpacked once for the rows of all tables; the scratch copy goes at the end.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from tui.app.background import Checkpoint, Job, Latest, Tick
from tui.app.seeing import Posts
from tui.core.errors import Cancelled, McpdbError
from tui.core.models import Comparison, Deployment, RowDifference, TableDifference

if TYPE_CHECKING:
    from tui.operations.reads.looking import LiveDatabase

PAGE = 200
"""Rows that are read at once."""


@dataclass
class Compared(Message):
    """The comparison is there."""

    comparison: Comparison


@dataclass
class RowsCame(Message):
    """A page of the rows that differ in a table, or why it could not be read."""

    table: str
    after: RowDifference | None
    """The last row of the page before; None: it is the first page."""
    rows: tuple[RowDifference, ...]
    more: bool
    problem: str = ""


class ComparisonReader(Latest):
    """Reads both sides; `release` of the live database ends what is read of it."""

    def __init__(
        self, deployment: Deployment, first: str, second: str, live: LiveDatabase | None = None
    ) -> None:
        """Read nothing yet.

        Args:
            deployment: Whose databases.
            first: `live`, or a backup as `find_backup` understands it.
            second: The same.
            live: The live database as the screen reads it.
        """
        super().__init__(f"look: compare {first} with {second}")
        self.first, self.second = first, second
        self._deployment = deployment
        self._live = live
        self._opened = ExitStack()
        self._words: tuple[str, str] | None = None

    def compare(self, posts: Posts) -> None:
        """Compare all tables; posts `Far`, then `Compared` or `NotDone`."""
        self.ask(Job(self._compared, posts))

    def rows(
        self,
        posts: Posts,
        table: TableDifference,
        after: RowDifference | None = None,
        limit: int = PAGE,
    ) -> None:
        """Read a page of the rows that differ in a table; posts `RowsCame`."""

        def work(checkpoint: Checkpoint, tick: Tick) -> Message:
            try:
                return self._page(table, after, limit, checkpoint, tick)
            except Cancelled:
                raise
            except McpdbError as error:
                return RowsCame(table.table, after, (), False, str(error))

        self.ask(Job(work, posts))

    def run(self) -> None:
        """Read until ended; nothing is left behind."""
        with self._opened:
            super().run()

    def _compared(self, checkpoint: Checkpoint, tick: Tick) -> Message:
        from tui.operations.compare import compare

        return Compared(
            compare(
                self._deployment, self.first, self.second, tick=tick, checkpoint=checkpoint,
                live=self._live,
            )
        )  # fmt: skip

    def _page(
        self,
        table: TableDifference,
        after: RowDifference | None,
        limit: int,
        checkpoint: Checkpoint,
        tick: Tick,
    ) -> Message:
        from tui.operations.compare import KINDS, rows

        # Each kind costs a scan.
        kinds = [kind for kind in KINDS if getattr(table, kind)]
        found, more = rows(
            self._deployment, *self._plain(tick), table.table, after=after, limit=limit,
            kinds=kinds, checkpoint=checkpoint, live=self._live,
        )  # fmt: skip
        return RowsCame(table.table, after, found, more)

    def _plain(self, tick: Tick) -> tuple[str, str]:
        """What names both sides, unpacked."""
        if self._words is None:
            first, second = (self._unpacked(word, tick) for word in (self.first, self.second))
            self._words = (first, second)
        return self._words

    def _unpacked(self, word: str, tick: Tick) -> str:
        if word == "live":
            return word
        from tui.operations.cataloguing.catalogue import find_backup
        from tui.services.compression import unpacked

        backup = find_backup(self._deployment, word)
        if not backup.compression:
            return word
        return str(self._opened.enter_context(unpacked(backup.path, lambda _d, _t: tick(0, 0))))
