"""A live log: bounded, filtered, folded; drawn at most ten times a second.

Only what is in sight is taken apart. The cursor is the number of a line, so it stays where it is
while older lines are dropped and newer ones come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from tui.app.listing.log_lines import TIMES, Look, Times, heading, marker, rows
from tui.app.paint import Line, Span
from tui.app.widgets.log_keys import KEYS
from tui.app.widgets.panel import Frame, Panel
from tui.operations.logs.held import Narrowed, Ring, beyond
from tui.operations.logs.shown import Shown, show
from tui.operations.logs.sources import Held
from tui.operations.logs.terms import Terms
from tui.wording.quantities import count, plural

AT_ONCE, BY_AND_BY = 0.02, 0.008
"""Seconds of looking through older lines: when a filter is typed, and in each turn after it."""
REMEMBERED = 400
"""Lines that are kept taken apart."""


class LogView(Panel, can_focus=True):
    """Lines of a log with a cursor; follows the end until somebody moves up."""

    BINDINGS: ClassVar[list[BindingType]] = KEYS

    @dataclass
    class Changed(Message):
        """Lines, cursor or following changed."""

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

    def __init__(self, *, frame: Frame = "none", id: str | None = None) -> None:
        super().__init__(frame=frame, id=id)
        self.empty = "…"
        self.times: Times = "local"
        self.wrap = False
        self._terms = self._last_terms = Terms()
        self.clear()

    def clear(self) -> None:
        """Forget every line; the filter stays."""
        self.ring = Ring()
        self._narrowed = Narrowed(self.ring, self._terms)
        self._cursor = self._anchor = self._skip = 0
        self.following = True
        self.marked: set[int] = set()
        self._open: set[int] = set()
        self._shown: dict[int, Shown] = {}
        self._read_to: tuple[int, datetime] | None = None
        self._drawn: list[tuple[Line, str]] = []

    # --- lines ----------------------------------------------------------------------------

    def add(self, lines: Sequence[Held]) -> None:
        """Take new lines, oldest first."""
        began = self.ring.end
        self.ring.extend(lines)
        self._narrowed.added(began)
        first = self.ring.first
        if self.marked and min(self.marked) < first:
            self.marked = {number for number in self.marked if number >= first}
        if self._open and min(self._open) < first:
            self._open = {number for number in self._open if number >= first}
        self._settle()

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

    @property
    def new_below(self) -> int:
        """Lines that came since the view was paused."""
        if self.following or self._read_to is None:
            return 0
        if not self._terms:
            return self.ring.end - self._read_to[0]
        return max(0, len(self._narrowed) - self._narrowed.index(self._read_to[0]))

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

    def marked_lines(self) -> list[Held]:
        """What is marked, oldest first."""
        return [self.ring[number] for number in sorted(self.marked)]

    def passing(self) -> list[Held]:
        """Every line that passes the filter."""
        self._narrowed.scan(60.0)
        return [self.ring[self._narrowed.number(i)] for i in range(len(self._narrowed))]

    @property
    def error_words(self) -> str:
        """`errors 2 · warnings 3 · at error 2 of 2`."""
        errors = self.ring.errors
        words = [f"errors {count(len(errors))}", f"warnings {count(len(self.ring.warnings))}"]
        if not self.following and self._cursor in errors:
            place = sum(number <= self._cursor for number in errors)
            words.append(f"at error {count(place)} of {count(len(errors))}")
        return " · ".join(words)

    # --- moving ---------------------------------------------------------------------------

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

    # --- how it looks ---------------------------------------------------------------------

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

    def on_resize(self) -> None:
        """Keep the end or the cursor in sight."""
        self._settle()

    def again(self) -> None:
        """Draw anew: the clock's zone may be another."""
        self._settle()

    # --- drawing --------------------------------------------------------------------------

    def _settle(self) -> None:
        """Find out which rows are in sight, and have them drawn."""
        if not self.is_mounted:
            return
        look = self.look
        self.entitle((Span(heading(look), "muted"),), (Span(self.error_words, "muted"),))
        self._drawn = self._from_end() if self.following else self._from_anchor()
        if len(self._shown) > REMEMBERED:
            self._shown.clear()
        self.refresh()
        self.post_message(self.Changed())

    def _from_end(self) -> list[tuple[Line, str]]:
        found: list[tuple[Line, str]] = []
        index = len(self._narrowed)
        self._cursor = self._narrowed.number(index - 1) if index else 0
        while index > 0 and len(found) < self.inner_height:
            index -= 1
            found[:0] = self._rows(index)
        self._anchor = self._narrowed.number(index) if len(self._narrowed) else 0
        self._skip = max(0, len(found) - self.inner_height)
        return found[self._skip :]

    def _from_anchor(self) -> list[tuple[Line, str]]:
        size, height = len(self._narrowed), self.inner_height
        if not size:
            return []
        at = min(self._narrowed.index(self._cursor), size - 1)
        self._cursor = self._narrowed.number(at)
        first = min(self._narrowed.index(self._anchor), at)
        if self._narrowed.number(first) != self._anchor:
            self._skip = 0
        if at - first >= height:
            first, self._skip = at - height + 1, 0
        runs = [self._rows(index) for index in range(first, at + 1)]
        # The whole line under the cursor is in sight, unless it is longer than the screen.
        while len(runs) > 1 and sum(map(len, runs)) - self._skip > height:
            runs.pop(0)
            first, self._skip = first + 1, 0
        found = [row for run in runs for row in run][self._skip :]
        self._anchor = self._narrowed.number(first)
        index = at + 1
        while index < size and len(found) < height:
            found += self._rows(index)
            index += 1
        return found[:height]

    def _rows(self, index: int) -> list[tuple[Line, str]]:
        """The rows of a line, and how each is covered."""
        number = self._narrowed.number(index)
        at = number == self._cursor and not self.following
        look = self.look
        sign = self.glyphs.cursor if at else " "
        if number in self.marked:
            sign = self.glyphs.mark
        shown = self._shown.get(number)
        if shown is None:
            shown = self._shown[number] = show(self.ring[number])
        lines = rows(shown, look, sign=sign, is_open=number in self._open, is_here=at)
        over = ("selection" if self.has_focus else "selection-blurred") if at else ""
        found = [(line, over if row == 0 else "") for row, line in enumerate(lines)]
        words = self._read_words(index, number)
        return [(marker(look, words), ""), *found] if words else found

    def _read_words(self, index: int, number: int) -> str:
        """What stands above the first line that came since the view was paused."""
        if self.following or self._read_to is None or number < self._read_to[0]:
            return ""
        if index > 0 and self._narrowed.number(index - 1) >= self._read_to[0]:
            return ""
        words = f"you read up to here at {self._read_to[1]:%H:%M:%S}; "
        gone = 0 if self._terms else max(0, self.ring.first - self._read_to[0])
        if gone:
            words += f"{plural(gone, 'line')} since then no longer kept, "
        return f"{words}{plural(self.new_below - gone, 'new line')} below"

    @property
    def look(self) -> Look:
        """How lines are drawn."""
        now = self.now()
        return Look(
            width=self.inner_width,
            glyphs=self.glyphs,
            zone=now.tzinfo,
            zone_name=now.tzname() or "",
            times=self.times,
            wrap=self.wrap,
        )

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor's line looks otherwise."""
        super().watch_has_focus(has_focus)
        self._settle()

    def content_line(self, y: int) -> tuple[Line, str]:
        """One row of the log."""
        if not len(self._narrowed):
            return ((Span(f" {self.empty}", "muted"),) if y == 0 else ()), ""
        return self._drawn[y] if y < len(self._drawn) else ((), "")
