"""A live log: bounded, filtered, folded; drawn at most ten times a second.

Only what is in sight is taken apart. The cursor is the number of a line, so it stays where it is
while older lines are dropped and newer ones come.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.app.widgets.log_moves import AT_ONCE, BY_AND_BY, LogMoves
from tui.operations.logs.held import Narrowed
from tui.operations.logs.sources import Held
from tui.operations.logs.terms import Terms


class LogView(LogMoves):
    """Lines of a log with a cursor; follows the end until somebody moves up."""

    def add(self, lines: Sequence[Held]) -> None:
        """Take new lines, oldest first, and draw them."""
        self.take(lines)
        self._settle()

    def take(self, lines: Sequence[Held]) -> None:
        """Take new lines; `again` draws them."""
        began = self.ring.end
        self.ring.extend(lines)
        self._narrowed.added(began)
        first = self.ring.first
        if self.marked and min(self.marked) < first:
            self.marked = {number for number in self.marked if number >= first}
        if self._open and min(self._open) < first:
            self._open = {number for number in self._open if number >= first}

    def set_filter(self, terms: Terms) -> None:
        """Show other lines; the cursor stays on its line as far as that is still shown."""
        if self._terms:
            self._last_terms = self._terms
        self._terms = terms
        self._narrowed = Narrowed(self.ring, terms)
        self._narrowed.scan(AT_ONCE)
        if terms:
            self._last_terms = terms
        self._go_on()
        self._centre()
        self._settle()

    def _go_on(self) -> None:
        if not self._narrowed.is_done and self.is_mounted:
            self.set_timer(0.005, self._scan)

    def _scan(self) -> None:
        if self._narrowed.scan(BY_AND_BY):
            self._settle()
            self._go_on()

    @property
    def kept(self) -> int:
        """How many lines pass the filter, as far as they were looked through."""
        return len(self._narrowed)

    @property
    def is_looking(self) -> bool:
        """Whether older lines are still being looked through."""
        return not self._narrowed.is_done

    @property
    def read(self) -> int:
        """How many lines are held, passing or not."""
        return len(self.ring)

    @property
    def total(self) -> int:
        """How many lines ever came."""
        return self.ring.end

    def marked_lines(self) -> list[Held]:
        """What is marked, oldest first."""
        return [self.ring[number] for number in sorted(self.marked)]

    def passing(self) -> list[Held]:
        """Every line that passes the filter."""
        self._narrowed.scan(60.0)
        return [self.ring[self._narrowed.number(i)] for i in range(len(self._narrowed))]
