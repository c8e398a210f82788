"""Moving through a live log with keys and mouse, and what changes its looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from tui.app.listing.log_lines import TIMES
from tui.app.widgets.log_drawn import LogDrawn
from tui.app.widgets.log_keys import KEYS
from tui.operations.logs.held import beyond
from tui.operations.logs.shown import Shown, show
from tui.operations.logs.sources import Held
from tui.operations.logs.terms import Terms

AT_ONCE, BY_AND_BY = 0.01, 0.006
"""Seconds of looking through older lines: when a filter is typed, and in each turn after it."""


class LogMoves(LogDrawn):
    """Keys, mouse, and what they ask the pane for."""

    BINDINGS: ClassVar[list[BindingType]] = KEYS

    @dataclass
    class NotThere(Message):
        """What was looked for is not there: a sentence."""

        text: str

    @dataclass
    class WantsOlder(Message):
        """Somebody moved above the oldest line."""

        top: bool
        """Whether the very first one is meant."""

    @dataclass
    class WantsNewer(Message):
        """Somebody moved below the newest line."""

        end: bool
        """Whether the end is meant, to be followed."""

    @property
    def held(self) -> Held | None:
        """What the cursor stands on."""
        index = self._narrowed.index(self._cursor)
        if not len(self._narrowed):
            return None
        return self.ring[self._narrowed.number(min(index, len(self._narrowed) - 1))]

    @property
    def line_under_cursor(self) -> Shown | None:
        """The same, taken apart."""
        held = self.held
        return None if held is None else show(held)

    def _pause(self) -> None:
        if self.following:
            self.following = False
            self._read_to = (self.ring.end, self.now())

    def _to(self, number: int) -> None:
        """Put the cursor on a line; one that was out of sight comes into the middle."""
        self._cursor = number
        index, top = self._narrowed.index(number), self._narrowed.index(self._anchor)
        if not top <= index < top + self.inner_height:
            self._centre()
        self._settle()

    def _centre(self) -> None:
        index = self._narrowed.index(self._cursor)
        above = max(0, index - self.inner_height // 2)
        self._anchor = self._narrowed.number(above) if len(self._narrowed) else 0
        self._skip = 0

    def action_follow(self) -> None:
        """Go to the end and stay there."""
        self.following, self._read_to = True, None
        self._settle()
        self.post_message(self.WantsNewer(True))

    def action_move(self, step: int) -> None:
        """Move by a line; upwards pauses."""
        if step < 0:
            self._pause()
        elif self.following:
            return
        for _ in range(abs(step)):
            self._step(1 if step > 0 else -1)
        self._settle()

    def _step(self, direction: int) -> None:
        """One line; within one that is longer than the screen, one row."""
        size = len(self._narrowed)
        if not size:
            return
        index = min(self._narrowed.index(self._cursor), size - 1)
        number = self._narrowed.number(index)
        tall = number in self._open or self.wrap
        if tall and number == self._anchor:
            hidden = len(self._rows(index)) - self._skip - self.inner_height
            if direction > 0 and hidden > 0:
                self._skip += 1
                return
            if direction < 0 and self._skip > 0:
                self._skip -= 1
                return
        target = index + direction
        if target < 0:
            self.post_message(self.WantsOlder(False))
        elif target >= size:
            self.post_message(self.WantsNewer(False))
        else:
            self._cursor = self._narrowed.number(target)
            if direction < 0 and target < self._narrowed.index(self._anchor):
                self._anchor, self._skip = self._cursor, 0

    def action_page(self, direction: int) -> None:
        """Move by half a page; upwards pauses."""
        self.action_move(direction * max(1, self.inner_height // 2))

    def action_top(self) -> None:
        """Go to the oldest line."""
        self.to_oldest()
        self.post_message(self.WantsOlder(True))

    def to_oldest(self) -> None:
        """Pause on the oldest line that is held."""
        self._pause()
        if len(self._narrowed):
            self._narrowed.scan(AT_ONCE)
            self._cursor = self._anchor = self._narrowed.number(0)
            self._skip = 0
        self._settle()

    def pause_at(self, held: Held) -> None:
        """Pause on a line that is known from elsewhere, the last of those that are the same."""
        self._pause()
        source, raw = held
        for number in range(self.ring.end - 1, self.ring.first - 1, -1):
            found = self.ring[number]
            if found[1] == raw and (found[0].kind, found[0].path) == (source.kind, source.path):
                self._cursor = number
                self._centre()
                break
        self._settle()

    def action_error(self, direction: int) -> None:
        """Go to the next or previous error that passes the filter."""
        at = self._cursor
        numbers = list(self.ring.errors)
        while (found := beyond(numbers, at, direction)) is not None:
            index = self._narrowed.index(found)
            if index < len(self._narrowed) and self._narrowed.number(index) == found:
                self._pause()
                self._to(found)
                return
            at = found
        self.post_message(self.NotThere(f"No {'later' if direction > 0 else 'earlier'} error."))

    def action_match(self, direction: int) -> None:
        """Go to the next or previous line that the filter, or the last one, lets pass."""
        if self._terms or not self._last_terms:
            self.action_move(direction)
            return
        self._pause()
        self._seek(self._cursor + direction, direction, self._last_terms)

    def _seek(self, number: int, direction: int, terms: Terms) -> None:
        """Look for it some lines at a time: keys are answered meanwhile."""
        for _ in range(5_000):
            if not self.ring.first <= number < self.ring.end:
                where = "later" if direction > 0 else "earlier"
                self.post_message(self.NotThere(f"No {where} match."))
                return
            if self.ring[number][0].kind != "said" and terms.pass_(*self.ring[number]):
                self._to(number)
                return
            number += direction
        self.set_timer(0.005, lambda: self._seek(number, direction, terms))

    def action_unfold(self) -> None:
        """Show or hide what is folded into the line under the cursor."""
        self._pause()
        self._open ^= {self._number_here()}
        self._settle()

    def action_wrap(self) -> None:
        """Break long lines, or cut them."""
        self.wrap = not self.wrap
        self._skip = 0
        self._settle()

    def action_times(self) -> None:
        """The next way to show times."""
        self.times = TIMES[(TIMES.index(self.times) + 1) % len(TIMES)]
        self._settle()

    def action_mark(self) -> None:
        """Mark the line under the cursor, or take its mark away, and go on."""
        if self.held is None:
            return
        self._pause()
        self.marked ^= {self._number_here()}
        self._step(1)
        self._settle()

    def unmark(self) -> bool:
        """Take every mark away; False when there was none."""
        had, self.marked = bool(self.marked), set()
        self._settle()
        return had

    def _number_here(self) -> int:
        index = self._narrowed.index(self._cursor)
        return self._narrowed.number(min(index, len(self._narrowed) - 1)) if self.held else -1

    def on_mouse_scroll_up(self) -> None:
        """Scroll with the wheel."""
        self.action_move(-3)

    def on_mouse_scroll_down(self) -> None:
        """Scroll with the wheel."""
        self.action_move(3)
