"""The rows that are held: one run without a gap, of bounded size, that grows at both ends.

Rows have slots: numbers that count from wherever the run began, so that a row keeps its slot
while rows come in before it. Which row of the table a slot is may not be known.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.app.grid.cells import Drawn
from tui.core.models.rows import Cell, Page, PageRow, RowIdentity

ROWS = 2_000
"""Rows that are held at most."""
CELLS = 200_000
"""Values that are held at most: a table of very many columns has fewer rows held."""
WEIGHT = 16_000_000
"""Characters and bytes of values that are held at most."""


@dataclass(slots=True)
class Held:
    """A row, and how its cells look once they were drawn."""

    row: PageRow
    weight: int
    drawn: dict[int, Drawn] = field(default_factory=dict)
    """By the column's place in the page."""


class Window:
    """A run of rows."""

    def __init__(self) -> None:
        self.columns: tuple[str, ...] = ()
        self.start = 0
        """Slot of the first row."""
        self.before = self.after = True
        """Whether there may be rows beyond the ends."""
        self.offset: int | None = None
        """Number in the table of slot 0, where it is known."""
        self.about = False
        """That number was worked out from a count, which may be older than the rows."""
        self.capped = False
        """Rows follow that cannot be paged to."""
        self._rows: list[Held] = []

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def end(self) -> int:
        """Slot after the last row."""
        return self.start + len(self._rows)

    def at(self, slot: int) -> Held | None:
        """The row of a slot; None where it is not held."""
        return self._rows[slot - self.start] if self.start <= slot < self.end else None

    def slot_of(self, identity: RowIdentity) -> int | None:
        """Where a row stands."""
        for index, held in enumerate(self._rows):
            if held.row.identity == identity:
                return self.start + index
        return None

    def between(self, one: int, other: int) -> list[PageRow]:
        """The rows from one slot to another, which are held."""
        first, last = sorted((one, other))
        return [held.row for held in self._rows[first - self.start : last - self.start + 1]]

    @property
    def first(self) -> PageRow | None:
        """The first row that is held."""
        return self._rows[0].row if self._rows else None

    @property
    def last(self) -> PageRow | None:
        """The last row that is held."""
        return self._rows[-1].row if self._rows else None

    # --- edges ----------------------------------------------------------------------------

    @property
    def least(self) -> int | None:
        """The first slot that a row can have; None where that is not known."""
        if not self.before:
            return self.start
        return -self.offset if self.offset is not None and not self.about else None

    def most(self, total: int | None) -> int | None:
        """The last slot that a row can have; None where that is not known.

        Args:
            total: Rows of the view, where they are counted.
        """
        if not self.after:
            return self.end - 1
        if total is None or self.offset is None or not self._rows:
            return None
        # A count may be older than the rows: what was read counts more.
        return max(self.end - 1, total - 1 - self.offset)

    def number(self, slot: int) -> int | None:
        """Number of a slot's row, from 0."""
        return None if self.offset is None else self.offset + slot

    def count_from(self, total: int) -> None:
        """Number the rows from their end, where only that is known."""
        if self.offset is None and not self.after:
            self.offset, self.about = total - self.end, True

    # --- pages ----------------------------------------------------------------------------

    @classmethod
    def of(cls, page: Page, slot: int) -> Window:
        """A page alone, its first row at a slot."""
        window = cls()
        window.columns = page.columns
        window._rows = [_held(row) for row in page.rows]
        window.start, window.before, window.after = slot, page.before, page.after
        window._number(page, slot)
        return window

    def extend(self, page: Page, anchor: RowIdentity) -> bool:
        """Put a page behind; False where it does not follow the last row that is held."""
        if not self._rows or self._rows[-1].row.anchor != anchor or page.columns != self.columns:
            return False
        at = self.end
        self._rows.extend(_held(row) for row in page.rows)
        # An empty page is an end: pages by offset go no farther than some number of rows.
        self.after = page.after and bool(page.rows)
        self.capped = page.after and not page.rows
        self._number(page, at)
        return True

    def prepend(self, page: Page, anchor: RowIdentity) -> bool:
        """Put a page before; False where it does not end at the first row that is held."""
        if not self._rows or self._rows[0].row.anchor != anchor or page.columns != self.columns:
            return False
        self._rows[:0] = [_held(row) for row in page.rows]
        self.start -= len(page.rows)
        self.before = page.before and bool(page.rows)
        self._number(page, self.start)
        return True

    def _number(self, page: Page, at: int) -> None:
        first = page.first
        if not self.before and at == self.start:
            first = 0
        if first is not None:
            self.offset, self.about = first - at, False

    def know(self, identity: RowIdentity, number: int) -> bool:
        """A row's number was found out; False where the row is not held."""
        slot = self.slot_of(identity)
        if slot is None:
            return False
        if self.before:  # Otherwise the rows are numbered from their top, which cannot be wrong.
            self.offset, self.about = number - slot, False
        return True

    def trim(self, first: int, last: int) -> None:
        """Let go of rows until the bounds hold; those of two slots and between them stay.

        One row stays in any case: it is what is gone on from.
        """
        first = min(max(first, self.start), self.end - 1)
        last = min(max(last, self.start), self.end - 1)
        most = capacity(len(self.columns))
        weight = sum(held.weight for held in self._rows)
        while len(self._rows) > most or weight > WEIGHT:
            above, below = first - self.start, self.end - 1 - last
            if max(above, below) <= 0:
                return
            # A stretch at once: row by row would move the rest each time.
            stretch = max(1, min(max(above, below), max(len(self._rows) - most, most // 20)))
            if above >= below:
                gone, self._rows = self._rows[:stretch], self._rows[stretch:]
                self.start, self.before = self.start + stretch, True
            else:
                gone, self._rows = self._rows[-stretch:], self._rows[:-stretch]
                self.after = True
            weight -= sum(held.weight for held in gone)


def capacity(columns: int) -> int:
    """Rows that are held at most of a table with that many columns."""
    return max(1, min(ROWS, CELLS // max(1, columns)))


def _held(row: PageRow) -> Held:
    weight = 0
    for cell in row.cells:
        value = cell.value if type(cell) is Cell else cell
        if type(value) is str or type(value) is bytes:
            weight += len(value)
    return Held(row, weight)
