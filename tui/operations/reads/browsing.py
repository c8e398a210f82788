"""Looking at rows: the one way by which the screen and the commands read them.

Each method opens the file for one short read and lets go of it again, so nothing grows or waits
behind a screen that merely stands there, and the next read meets whatever file is there by then.
Secrets leave a file only where a view says that they are revealed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from tui.core.errors import UsageError
from tui.core.models.rows import (
    After,
    Around,
    At,
    Before,
    Bottom,
    Cell,
    Condition,
    Page,
    PageRow,
    Pointing,
    Relation,
    RowIdentity,
    Top,
    Wish,
)
from tui.operations.reads.row_numbers import Numbers
from tui.operations.reads.short_reads import Asked, Source
from tui.operations.reads.surveying import Schema, Surveys
from tui.services.sqlite import conditions, following, paging, relations
from tui.services.sqlite.conditions import columns_hint
from tui.services.sqlite.paging import OFFSET_CAP, View, sql_of
from tui.services.sqlite.positions import guess
from tui.services.sqlite.stopping import TimeIsUpError, never, stoppable

COUNT_FOR = 2.0
"""Seconds that counting the rows of one foreign key may take."""
NEAR = 100_000
"""Rows that are counted on from the nearest known one to find row N; past them it is guessed."""
_STALE = ("no such index", "no query solution")

__all__ = ["OFFSET_CAP", "Browser", "Schema", "View", "Wish", "columns_hint", "sql_of"]


class Browser(Surveys):
    """Rows of one file. Any thread may read; `cancel` stops all that is being read."""

    def __init__(self, source: Source, *, more_secrets: Sequence[str] = ()) -> None:
        """Take what is looked at; see `ShortReads`."""
        super().__init__(source, more_secrets=more_secrets)
        self._numbers = Numbers()
        self._again: tuple[View, View] | None = None

    def beside(self) -> Browser:
        """Another one of the same file, which is cancelled by itself; row numbers are shared."""
        other = Browser(self.source, more_secrets=self.more_secrets)
        other._numbers = self._numbers
        return other

    # --- shapes ---------------------------------------------------------------------------

    def relation(self, name: str) -> Relation:
        """The shape of a table or view, by its name in any case.

        Raises:
            NotFoundError: There is none.
            McpdbError: It cannot be read.
        """
        with self.reading() as connection:
            return relations.relation(connection, name, more_secrets=self.more_secrets)

    def condition(self, text: str, relation: Relation, *, hint: str = "Columns: +") -> Condition:
        """A filter line as a condition; `where …` is SQL, and reads no secret.

        Args:
            text: See `tui.services.sqlite.filtering.parse`.
            relation: What is filtered.
            hint: What a sentence about an unknown column ends with.

        Raises:
            UsageError: It cannot be understood or reads a secret; a `FilterError` says where.
            McpdbError: The file cannot be read.
        """
        with self.reading() as connection:
            return conditions.condition(connection, text, relation, hint=hint)

    # --- rows -----------------------------------------------------------------------------

    def settle(self, view: View) -> View:
        """The view with the index that suits it; to be asked once for a new filter or order.

        Raises:
            McpdbError: It cannot be read, or not sorted that way.
        """
        with self.reading() as connection:
            return paging.settled(connection, view)

    def sorts(self, view: View) -> bool:
        """Whether no index has the order: each page sorts all rows that match.

        Raises:
            McpdbError: It cannot be read, or not sorted that way.
        """
        with self.reading() as connection:
            return paging.needs_sort(connection, view)

    def page(self, view: View, wish: Wish, limit: int) -> Page:
        """Some rows of a view.

        Args:
            view: What is asked for.
            wish: Which of them. `At` a row far from any whose number is known is guessed where
                that would take long; `Page.first` is then None.
            limit: At most so many.

        Raises:
            Cancelled: By `cancel`.
            McpdbError: It cannot be read.
        """
        view = self._current(view)
        with self.reading() as connection:
            try:
                return self._page(connection, view, wish, limit)
            except sqlite3.OperationalError as error:
                if not str(error).startswith(_STALE):
                    raise
            # The index that the view was settled on is gone.
            other = paging.settled(connection, replace(view, source="", sorting=False))
            self._again = (view, other)
            return self._page(connection, other, wish, limit)

    def _current(self, view: View) -> View:
        again = self._again
        return again[1] if again is not None and again[0] == view else view

    def _page(self, connection: sqlite3.Connection, view: View, wish: Wish, limit: int) -> Page:
        match wish:
            case Top():
                return paging.first(connection, view, limit)
            case Bottom():
                return paging.last(connection, view, limit)
            case After(anchor):
                return paging.after(connection, view, anchor, limit)
            case Before(anchor):
                return paging.before(connection, view, anchor, limit)
            case Around(identity, anchor):
                return paging.around(connection, view, identity, limit, place=anchor)
            case At(number, exact):
                return self._at(connection, view, number, limit, exact)

    def _at(
        self, connection: sqlite3.Connection, view: View, number: int, limit: int, exact: bool
    ) -> Page:
        found = self._numbers.of(view)
        near = found.anchor_for(number)
        far = number - (near[1] if near else 0) > NEAR and found.total is None
        if far and not exact:
            guessed = guess(connection, view, number)
            if guessed is not None:
                page = paging.at(connection, view, number, limit, near=guessed)
                return replace(page, first=None)
        return paging.at(connection, view, number, limit, near=near)

    def at(self, view: View, number: int, limit: int = 1) -> tuple[Page, bool]:
        """The page that begins with the row of a number, and whether that number is certain.

        Raises:
            McpdbError: It cannot be read.
        """
        page = self.page(view, At(number), limit)
        return page, page.first is not None

    def step(self, view: View, seconds: float) -> bool:
        """Go on numbering the rows of a view for a while; True when there is no more to do.

        Raises:
            Cancelled: By `cancel`.
            McpdbError: It cannot be read.
        """
        with self.reading() as connection:
            return self._numbers.of(self._current(view)).step(connection, seconds)

    def numbered(self, view: View) -> tuple[int, int | None]:
        """Rows of a view that are numbered so far, and how many there are, where that is known."""
        found = self._numbers.of(self._current(view))
        return found.counted, found.total

    def forget_numbers(self, view: View) -> None:
        """Number its rows anew: they have become others."""
        self._numbers.forget(self._current(view))

    def count(self, view: View, cancelled: Asked = never) -> int:
        """Count the rows of a view.

        Raises:
            Cancelled: By `cancel` or `cancelled`.
            McpdbError: It cannot be read.
        """
        with self.reading(cancelled) as connection:
            return paging.count(connection, replace(view, source="", sorting=False))

    def row(self, view: View, identity: RowIdentity) -> PageRow | None:
        """All columns of one row; None where it is gone.

        Raises:
            McpdbError: It cannot be read.
        """
        with self.reading() as connection:
            return paging.row(connection, view, identity)

    def value(
        self,
        relation: Relation,
        identity: RowIdentity,
        column: str,
        *,
        begin: int = 0,
        limit: int = 65_536,
        revealed: bool = False,
    ) -> Cell:
        """A piece of a long value; see `paging.value`.

        Raises:
            NotFoundError: The row or the column is gone.
            McpdbError: It cannot be read.
        """
        with self.reading() as connection:
            return paging.value(
                connection,
                relation,
                identity,
                column,
                begin=begin,
                limit=limit,
                revealed=revealed,
            )

    # --- from table to table --------------------------------------------------------------

    def parent_of(
        self, relation: Relation, identity: RowIdentity, column: str
    ) -> tuple[str, RowIdentity] | None:
        """Table and identity of the row that a foreign key points to; None where it does not.

        Raises:
            UsageError: No foreign key begins there, or it is a secret.
            McpdbError: The row is gone, or cannot be read.
        """
        with self.reading() as connection:
            return following.parent_of(
                connection, relation, identity, column, more_secrets=self.more_secrets
            )

    def pointing(
        self,
        relation: Relation,
        identity: RowIdentity = (),
        *,
        cancelled: Asked = never,
        seconds: float = COUNT_FOR,
    ) -> tuple[Pointing, ...]:
        """The foreign keys that point at a relation, with the rows that point at one of its rows.

        Args:
            relation: What is pointed at.
            identity: The row; nothing is counted without one.
            cancelled: Asked often, from another thread.
            seconds: For each count; `Pointing.rows` stays None where it takes longer, and where
                the key is a secret.

        Raises:
            Cancelled: By `cancel` or `cancelled`.
            McpdbError: It cannot be read, or the row is gone.
        """
        with self.reading(cancelled) as connection:
            found = relations.pointing(connection, relation)
        if not identity:
            return found
        counted = []
        for key in found:
            rows = None
            with self.reading(cancelled) as connection, suppress(TimeIsUpError, UsageError):
                child, own = self._rows_of(connection, key, relation, identity)
                with stoppable(connection, never, seconds):
                    view = View(relation=child, columns=(), condition=own)
                    rows = paging.count(connection, view)
            counted.append(replace(key, rows=rows))
        return tuple(counted)

    def rows_pointing(
        self, key: Pointing, relation: Relation, identity: RowIdentity
    ) -> tuple[Relation, Condition]:
        """The table of a key that points at a row, and a condition for those of its rows that do.

        Raises:
            UsageError: The key is a secret.
            McpdbError: The row is gone, or cannot be read.
        """
        with self.reading() as connection:
            return self._rows_of(connection, key, relation, identity)

    def _rows_of(
        self,
        connection: sqlite3.Connection,
        key: Pointing,
        relation: Relation,
        identity: RowIdentity,
    ) -> tuple[Relation, Condition]:
        return following.rows_of(
            connection, key, relation, identity, more_secrets=self.more_secrets
        )
