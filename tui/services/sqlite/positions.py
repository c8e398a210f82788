"""Which row is number N, in a table with gaps, under a filter, in any order that an index has.

SQLite cannot tell without counting. So it is counted once, in short steps beside whatever else
is done, and every so many rows an anchor is kept; from the nearest one it is a few thousand rows
to any number. No read stays open between two steps, so rows may come and go meanwhile: numbers
are then off by as many, until it is built anew.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tui.core.models.rows import RowIdentity
from tui.services.sqlite.keyset import Range, View, statement, terms
from tui.services.sqlite.paging import needs_sort
from tui.services.sqlite.walking import following, skip

MOST = 4_096
"""Anchors that are kept; past them every other one is dropped."""
EVERY = 1_024
"""Rows from one anchor to the next, at first."""
GIVE_UP_ONE = 2.0
"""Seconds after which a search for one more row is given up."""
GIVE_UP_AFTER = 30.0
"""Seconds of counting after which the rest stays uncounted; rows still have what was found."""
_OPS_PER_CALL = 20_000
"""Steps of SQLite's machine between two looks at the clock: some tenths of a millisecond."""


class Positions:
    """The numbers of the rows of one view, as far as they are counted.

    One thread counts; any other may ask at the same time.
    """

    def __init__(self, view: View, *, most: int = MOST, every: int = EVERY) -> None:
        self.view = view
        self.total: int | None = None
        """Rows in all, once all are counted; None before, and where they are not."""
        self._most = most
        self._complete = False
        self._patience = 1
        self._one_by_one = False
        self._spent = 0.0
        self._reached: tuple[RowIdentity, int] | None = None
        # Replaced as one: another thread sees the old spacing or the new one.
        self._kept: tuple[int, list[RowIdentity]] = (every, [])

    @property
    def counted(self) -> int:
        """Rows counted so far."""
        if self.total is not None:
            return self.total
        every, anchors = self._kept
        return self._reached[1] if self._reached else max(0, len(anchors) - 1) * every

    def anchor_for(self, number: int) -> tuple[RowIdentity, int] | None:
        """The nearest known row at or before a number, and its number; None without one."""
        every, anchors = self._kept
        if not anchors or number < 0:
            return None
        place = min(number // every, len(anchors) - 1)
        return anchors[place], place * every

    def step(self, connection: sqlite3.Connection, budget_seconds: float) -> bool:
        """Count on for a while.

        Views that must be sorted, or whose rows have no identity, are not counted: each step
        would sort them again.

        Args:
            connection: Without a progress handler of its own, nor a transaction.
            budget_seconds: When to stop; it may take twice that. Where few of very many rows
                match, a statement may not be done by then: it is tried again with twice the
                time in the next step, and given up past `GIVE_UP_ONE`.

        Returns:
            True when there is no more to do.

        Raises:
            sqlite3.Error: SQLite cannot read it, or somebody else interrupted it.
        """
        if self._complete:
            return True
        begun = time.monotonic()
        try:
            while not self._complete and time.monotonic() - begun < budget_seconds:
                self._timed(connection, budget_seconds)
        finally:
            self._spent += time.monotonic() - begun
        self._complete = self._complete or self._spent > GIVE_UP_AFTER
        return self._complete

    def _timed(self, connection: sqlite3.Connection, seconds: float) -> None:
        """Find one anchor more; stopped where that takes too long, for the next step to try."""
        allowed = seconds * self._patience
        with _stopped_after(connection, allowed) as timer:
            try:
                if self._kept[1]:
                    self._advance(connection)
                else:
                    self._begin(connection)
            except sqlite3.OperationalError:
                if not timer.stopped:
                    raise
                self._patience *= 2
                self._one_by_one = True
                self._complete = allowed > GIVE_UP_ONE
            else:
                self._patience = 1

    def _begin(self, connection: sqlite3.Connection) -> None:
        if not self.view.relation.identity or needs_sort(connection, self.view):
            self._complete = True
            return
        found, _ = skip(connection, self.view, terms(self.view), None, 0)
        if found is None:
            self.total, self._complete = 0, True
        else:
            self._kept[1].append(found)

    def _advance(self, connection: sqlite3.Connection) -> None:
        """Find the next anchor, or the end."""
        every, anchors = self._kept
        last = (len(anchors) - 1) * every
        if self._one_by_one:
            found, counted = self._follow(connection, anchors[-1], last, last + every)
        else:
            found, left = skip(connection, self.view, terms(self.view), anchors[-1], every)
            counted = last + left
        if found is None:
            self.total, self._complete = counted, True
            return
        anchors.append(found)
        if len(anchors) > self._most:
            self._kept = (every * 2, anchors[::2])

    def _follow(
        self, connection: sqlite3.Connection, anchor: RowIdentity, last: int, target: int
    ) -> tuple[RowIdentity | None, int]:
        """Go on row by row: where few of them match, a stop does not lose those that did."""
        begin, number = self._reached or (anchor, last)
        found = begin
        order = terms(self.view)
        for each in following(connection, self.view, order, begin, target - number):
            found, number = each, number + 1
            self._reached = (found, number)
            self._patience = 1
        return (None, number + 1) if number < target else (found, number)


class _Timer:
    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self.stopped = False

    def __call__(self) -> int:
        self.stopped = self.stopped or time.monotonic() > self._end
        return int(self.stopped)


@contextmanager
def _stopped_after(connection: sqlite3.Connection, seconds: float) -> Iterator[_Timer]:
    timer = _Timer(seconds)
    connection.set_progress_handler(timer, _OPS_PER_CALL)
    try:
        yield timer
    finally:
        connection.set_progress_handler(None, 0)


def guess(
    connection: sqlite3.Connection, view: View, number: int, *, total: int | None = None
) -> tuple[RowIdentity, int] | None:
    """Where a row of a number may be, told at once from the smallest and largest key.

    A guess: right where keys have no gaps, near where gaps are spread evenly. The row need not
    be there; `paging.at` goes on from where it would stand.

    Args:
        connection: To read from.
        view: What is asked for.
        number: Of the row, from 0.
        total: Rows in all, if it is known; otherwise there are taken to be no gaps.

    Returns:
        An anchor and the number it was guessed for; None where the order is not by a number
        that names a row, or there is a filter.
    """
    order = terms(view)
    if view.condition.sql or len(order) != 1 or not view.relation.identity:
        return None
    (term,) = order
    # One SELECT of both would read every row.
    ends = [
        connection.execute(*statement(view, f"{kind}({term.sql})", Range())).fetchone()[0]
        for kind in ("min", "max")
    ]
    if not all(isinstance(end, int) for end in ends):
        return None
    low, high = ends
    away = (high - low) * number // (total - 1) if total and total > 1 else number
    away = min(max(0, away), high - low)
    return ((high - away if term.descending else low + away,), number)
