"""A live log: bounded, filtered, drawn at most ten times a second."""

from __future__ import annotations

import re
import shlex
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from tui.app.paint import Line, Span
from tui.app.widgets.groups import EVERYWHERE, HERE
from tui.app.widgets.panel import Frame, Panel
from tui.core.models import LogLine
from tui.services.logs import parse

KEPT = 50_000
"""Lines that are kept; older ones are dropped and the count says so."""

_LEVELS = {
    "debug": ("debug", "muted"),
    "info": ("info", ""),
    "warn": ("WARN", "attention"),
    "error": ("ERROR", "danger"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Terms on one line: a regex keeps, `-regex` drops, quotes hold spaces."""

    keep: tuple[re.Pattern[str], ...] = ()
    drop: tuple[re.Pattern[str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Read the terms.

        Raises:
            ValueError: A term is no regular expression; the text says where.
        """
        try:
            words = shlex.split(text.replace("\\", "\\\\"))
        except ValueError:
            words = text.split()
        keep: list[re.Pattern[str]] = []
        drop: list[re.Pattern[str]] = []
        for word in words:
            negative = word.startswith("-") and len(word) > 1
            try:
                pattern = re.compile(word[1:] if negative else word, re.IGNORECASE)
            except re.error as error:
                raise ValueError(f"bad regex: {error}") from error
            (drop if negative else keep).append(pattern)
        return cls(tuple(keep), tuple(drop))

    def passes(self, line: LogLine) -> bool:
        """Whether a line is shown; what we say about the log itself always is."""
        if line.event:
            return True
        text = f"{line.level} {line.logger} {line.text}"
        return all(p.search(text) for p in self.keep) and not any(p.search(text) for p in self.drop)


class LogView(Panel, can_focus=True):
    """Lines of a log with a cursor; follows the end until somebody moves up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f,G,end", "follow", "follow", key_display="f", id="logs.follow", group=HERE,
            tooltip="go to the newest line and stay there; also G",
        ),
        Binding(
            "e", "error(1)", "next error", id="logs.next_error", group=HERE,
            tooltip="next line of level error",
        ),
        Binding(
            "E", "error(-1)", "previous error", show=False, id="logs.previous_error", group=HERE,
            tooltip="previous line of level error",
        ),
        Binding(
            "k,up", "move(-1)", "", show=False, key_display="k", id="logs.up", group=EVERYWHERE,
        ),
        Binding(
            "j,down", "move(1)", "down", show=False, key_display="j k", id="logs.down",
            group=EVERYWHERE, tooltip="next, previous line; arrows; upwards pauses",
        ),
        Binding(
            "ctrl+u,pageup", "page(-1)", "", show=False, id="logs.page_up", group=EVERYWHERE,
        ),
        Binding(
            "ctrl+d,pagedown", "page(1)", "half page", show=False, key_display="ctrl+d u",
            id="logs.page_down", group=EVERYWHERE, tooltip="half a page down, up; PgDn, PgUp",
        ),
        Binding(
            "g,home", "top", "top", show=False, key_display="g", id="logs.top",
            group=EVERYWHERE, tooltip="oldest line that is kept; pauses",
        ),
    ]  # fmt: skip

    @dataclass
    class Changed(Message):
        """Lines, cursor or following changed."""

    def __init__(self, *, frame: Frame = "none", id: str | None = None) -> None:
        super().__init__(frame=frame, id=id)
        self._all: deque[LogLine] = deque(maxlen=KEPT)
        self._kept: deque[LogLine] = deque(maxlen=KEPT)
        self._dropped = 0
        self._total = 0
        self._filter = Filter()
        self._cursor = 0
        self._first = 0
        self._unread_from = 0
        self.following = True
        self.empty = "…"

    # --- lines ----------------------------------------------------------------------------

    def add(self, lines: Sequence[LogLine]) -> None:
        """Take new lines, oldest first."""
        self._total += len(lines)
        self._all.extend(lines)
        passing = [line for line in lines if self._filter.passes(line)]
        before = len(self._kept)
        self._kept.extend(passing)
        self._dropped += before + len(passing) - len(self._kept)
        self._settle()

    def set_filter(self, chosen: Filter) -> None:
        """Show other lines; the cursor stays on its line as far as that is still shown."""
        at = self.line_under_cursor
        self._filter = chosen
        self._kept = deque((line for line in self._all if chosen.passes(line)), maxlen=KEPT)
        self._dropped = 0
        self._unread_from = self._end
        self._cursor = max(0, self._end - 1)
        if not self.following and at is not None:
            for index, line in enumerate(self._kept):
                if line is at:
                    self._cursor = index
                    break
        self._first = self._cursor - self.inner_height // 2
        self._settle()

    @property
    def _end(self) -> int:
        """Number of the line after the last, counted from the first that ever passed."""
        return self._dropped + len(self._kept)

    @property
    def line_under_cursor(self) -> LogLine | None:
        """What the cursor stands on."""
        index = self._cursor - self._dropped
        return self._kept[index] if 0 <= index < len(self._kept) else None

    @property
    def kept(self) -> int:
        """How many lines pass the filter."""
        return len(self._kept)

    @property
    def read(self) -> int:
        """How many lines are held, passing or not."""
        return len(self._all)

    @property
    def total(self) -> int:
        """How many lines ever came."""
        return self._total

    @property
    def new_below(self) -> int:
        """Lines that came since the view was paused."""
        return 0 if self.following else max(0, self._end - self._unread_from)

    # --- moving ---------------------------------------------------------------------------

    def _settle(self) -> None:
        if self.following:
            self._cursor = max(self._dropped, self._end - 1)
            self._first = self._end - self.inner_height
        self._cursor = max(self._dropped, min(self._cursor, max(0, self._end - 1)))
        self._first = min(self._first, self._cursor)
        if self._cursor >= self._first + self.inner_height:
            self._first = self._cursor - self.inner_height + 1
        self._first = max(self._dropped, self._first)
        self.refresh()
        self.post_message(self.Changed())

    def _pause(self) -> None:
        if self.following:
            self.following = False
            self._unread_from = self._end

    def _to(self, target: int) -> None:
        self._cursor = target
        self._settle()

    def action_follow(self) -> None:
        """Go to the end and stay there."""
        self.following = True
        self._settle()

    def action_move(self, step: int) -> None:
        """Move by a line; upwards pauses."""
        if step < 0:
            self._pause()
        self._to(self._cursor + step)

    def action_page(self, direction: int) -> None:
        """Move by half a page; upwards pauses."""
        self.action_move(direction * max(1, self.inner_height // 2))

    def action_top(self) -> None:
        """Go to the oldest line."""
        self._pause()
        self._to(self._dropped)

    def action_error(self, direction: int) -> None:
        """Go to the next or previous error."""
        at = self._cursor - self._dropped
        numbers = [i for i, line in enumerate(self._kept) if line.level == "error"]
        beyond = [i for i in numbers if (i > at if direction > 0 else i < at)]
        if beyond:
            self._pause()
            self._to((beyond[0] if direction > 0 else beyond[-1]) + self._dropped)
        else:
            self.post_message(self.NoError(direction))

    @dataclass
    class NoError(Message):
        """There is no error in that direction."""

        direction: int

    def on_mouse_scroll_up(self) -> None:
        """Scroll with the wheel."""
        self.action_move(-3)

    def on_mouse_scroll_down(self) -> None:
        """Scroll with the wheel."""
        self.action_move(3)

    def on_resize(self) -> None:
        """Keep the end or the cursor in sight."""
        self._settle()

    # --- drawing --------------------------------------------------------------------------

    def content_line(self, y: int) -> tuple[Line, str]:
        """One line of the log."""
        if not self._kept:
            return ((Span(f" {self.empty}", "muted"),) if y == 0 else ()), ""
        index = self._first + y - self._dropped
        if not 0 <= index < len(self._kept):
            return (), ""
        at = index + self._dropped == self._cursor and not self.following
        over = ("selection" if self.has_focus else "selection-blurred") if at else ""
        return self._line(self._kept[index], at), over

    def _line(self, line: LogLine, at: bool) -> Line:
        mark = self.glyphs.cursor if at else " "
        clock = line.time.astimezone(self.now().tzinfo).strftime("%H:%M:%S") if line.time else ""
        if line.event:
            rule = self.glyphs.rule * 2
            return (Span(f"{mark}{clock:<8} {rule} {line.text} {rule}", "running"),)
        # Only what is in sight is taken apart: a flood must not be.
        message = parse(line.text).message or line.text
        word, role = _LEVELS.get(line.level, (line.level, ""))
        bold = role == "danger"
        if self.inner_width < 120:
            return (
                Span(f"{mark}{clock:<8} ", "muted"),
                Span(f"{word:<5} ", role, bold),
                Span(message),
            )
        return (
            Span(f"{mark}{clock:<8} ", "muted"),
            Span(f"{line.source:<4} ", "muted"),
            Span(f"{word:<5} ", role, bold),
            Span(f"{_tail(line.logger, 25):<25} ", "muted"),
            Span(message),
        )


def _tail(name: str, width: int) -> str:
    """The last parts of a dotted name that fit; what all have in common is left out."""
    name = name.removeprefix("mcpgateway.")
    return name if len(name) <= width else "…" + name[-(width - 1) :]
