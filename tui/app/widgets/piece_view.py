"""A text or blob of any length: a few pieces of it are held, those in sight and beside."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal, TypeAlias

from textual.message import Message
from textual.strip import Strip

from tui.app.paint import Line, Span
from tui.app.viewing.texts import A_LINE, PIECE, broken, decoded, hex_lines
from tui.app.widgets.painted import Painted
from tui.wording import quantities

HELD = 24
"""Pieces that are held."""
Form: TypeAlias = Literal["text", "hex"]


class PieceView(Painted, can_focus=True):
    """Draws what is in sight; posts `Wanted` for what it has not, and is given it by `take`."""

    DEFAULT_CSS = "PieceView { height: 1fr; width: 1fr; }"

    @dataclass
    class Wanted(Message):
        """A piece is needed: `take` is to be called."""

        number: int

    class Moved(Message):
        """Another part is in sight, or what is known of it."""

    def __init__(self) -> None:
        super().__init__()
        self.form: Form = "text"
        self.invalid_at: int | None = None
        """The first byte in what was shown that belongs to no character."""
        self._length, self._encoding = 0, "utf-8"
        self._pieces: OrderedDict[int, bytes] = OrderedDict()
        self._lines: OrderedDict[tuple[int, int, str], list[Line]] = OrderedDict()
        self._asked: set[int] = set()
        self._top = (0, 0)
        self._goal: tuple[int, int] | None = None
        """A byte that is to be in sight once its piece is there, and how many bytes."""
        self._match: tuple[int, int] | None = None
        """The line of what was found."""
        self._found: tuple[int, int] | None = None
        """The byte of that, and how many bytes."""
        self._to_end = False

    def show(self, size: int, encoding: str, form: Form) -> None:
        """Show a value from its top."""
        self._length, self._encoding, self.form = size, encoding, form
        self._pieces.clear()
        self._lines.clear()
        self._asked.clear()
        self._top, self._match, self._goal, self._to_end = (0, 0), None, None, False
        self._found = None
        self.invalid_at = None
        self._settle()

    def turn(self, form: Form) -> None:
        """Show the same as text or as bytes, from about the same place."""
        at = self.at
        self.form, self._match = form, None
        self.to_byte(at, 0)

    def take(self, number: int, content: bytes) -> None:
        """A piece came."""
        self._asked.discard(number)
        self._pieces[number] = content
        self._pieces.move_to_end(number)
        while len(self._pieces) > HELD:
            self._pieces.popitem(last=False)
        self._settle()

    def failed(self, number: int) -> None:
        """A piece cannot be read now: it is asked for again once it is needed again."""
        self._asked.discard(number)

    # --- lines ----------------------------------------------------------------------------

    @property
    def pieces(self) -> int:
        """How many there are."""
        return max(1, -(-self._length // PIECE))

    def _of(self, number: int) -> list[Line] | None:
        """The lines of a piece; None where it is on its way."""
        width = max(20, self.size.width - 2)
        key = (number, width if self.form == "text" else 0, self.form)
        known = self._lines.get(key)
        if known is not None:
            self._lines.move_to_end(key)
            return known
        content = self._pieces.get(number)
        if content is None:
            if number not in self._asked:
                self._asked.add(number)
                self.post_message(self.Wanted(number))
            return None
        lines = self._made(number, content, width)
        self._lines[key] = lines
        while len(self._lines) > HELD:
            self._lines.popitem(last=False)
        return lines

    def _made(self, number: int, content: bytes, width: int) -> list[Line]:
        if self.form == "hex":
            digits = max(8, len(f"{max(0, self._length - 1):x}"))
            return hex_lines(content[:PIECE], number * PIECE, digits)
        text, wrong = decoded(content, number, self._encoding)
        if wrong is not None and (self.invalid_at is None or wrong < self.invalid_at):
            self.invalid_at = wrong
        lines: list[Line] = [(Span(f" {each}"),) for each in broken(text, width)]
        # A line break at the very end of a piece is told by the next one.
        return lines[:-1] if len(lines) > 1 and text.endswith("\n") else lines

    def _line_of(self, number: int, within: int) -> int:
        """Which line of a piece that is there a byte of it is in."""
        if self.form == "hex":
            return within // A_LINE
        text, _ = decoded(self._pieces[number][:within], number, self._encoding)
        return max(0, len(broken(text, max(20, self.size.width - 2))) - 1)

    # --- moving ---------------------------------------------------------------------------

    @property
    def at(self) -> int:
        """About at which byte what is in sight begins."""
        number, line = self._top
        if self.form == "hex":
            return min(self._length, number * PIECE + line * A_LINE)
        lines = self._of(number)
        share = line / len(lines) if lines else 0
        length = min(PIECE, self._length - number * PIECE)
        return max(0, min(self._length, number * PIECE + int(share * length)))

    def place_words(self) -> str:
        """Where that is, in words."""
        if not self._length:
            return "0 bytes"
        whole = quantities.plural(self._length, "byte")
        if self.form == "hex":
            return f"from byte {self.at:,} of {self._length:,}"
        if self.pieces == 1 and len(self._of(0) or ()) <= self.size.height:
            return whole
        return f"{100 * self.at // self._length} % of {whole}"

    def move(self, step: int) -> None:
        """Move by lines, as far as they are there."""
        self._to_end, self._found = False, None
        for _ in range(abs(step)):
            if not self._step(1 if step > 0 else -1):
                break
        self._settle()

    def _step(self, step: int) -> bool:
        number, line = self._top
        lines = self._of(number)
        if lines is None:
            return False
        if 0 <= line + step < len(lines):
            self._top = (number, line + step)
            return True
        other = number + step
        if not 0 <= other < self.pieces:
            return False
        beside = self._of(other)
        if beside is None:
            if step > 0:
                self._top = (other, 0)
            return False
        self._top = (other, 0 if step > 0 else max(0, len(beside) - 1))
        return True

    def page(self, direction: int) -> None:
        """Move by half a screen."""
        self.move(direction * max(1, self.size.height // 2))

    def edge(self, direction: int) -> None:
        """Go to the beginning or the end."""
        self._goal = self._found = None
        self._to_end = direction > 0
        self._top = (self.pieces - 1 if direction > 0 else 0, 0)
        self._settle()

    def to_byte(self, at: int, length: int) -> None:
        """Bring a byte into sight; with a length what begins there stands out."""
        self._to_end, self._goal = False, (at, length)
        self._found = self._goal if length else None
        self._top = (min(at // PIECE, self.pieces - 1), 0)
        self._settle()

    def _reach_goal(self) -> None:
        if self._goal is None:
            return
        at, length = self._goal
        number = min(at // PIECE, self.pieces - 1)
        lines = self._of(number)
        if lines is None:
            return
        line = min(self._line_of(number, at - number * PIECE + length), max(0, len(lines) - 1))
        self._goal, self._top = None, (number, line)
        if length:
            self._match = (number, line)
            for _ in range(max(0, self.size.height // 3)):
                self._step(-1)

    def _settle(self) -> None:
        """Keep the screen full at the end; ask for what is in sight."""
        self._reach_goal()
        if self._to_end:
            lines = self._of(self._top[0])
            if lines is not None:
                self._top = (self._top[0], max(0, len(lines) - 1))
                self._to_end = False
        number, line = self._top
        lines = self._of(number)
        if lines is not None:
            self._top = (number, max(0, min(line, len(lines) - 1)))
            while self._ends_early() and self._step(-1):
                pass
        self.refresh()
        self.post_message(self.Moved())

    def _ends_early(self) -> bool:
        return None not in (sight := self._sight()) and len(sight) < self.size.height

    def _sight(self) -> list[tuple[int, int, Line] | None]:
        """The lines in sight; None ends them where the rest is on its way."""
        number, line = self._top
        found: list[tuple[int, int, Line] | None] = []
        while len(found) < self.size.height and number < self.pieces:
            lines = self._of(number)
            if lines is None:
                found.append(None)
                break
            room = self.size.height - len(found)
            found += [(number, n, lines[n]) for n in range(line, min(len(lines), line + room))]
            number, line = number + 1, 0
        return found

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._match = None
        self._goal = self._found or self._goal
        self._settle()

    def on_mouse_scroll_down(self) -> None:
        """Scroll with the wheel."""
        self.move(3)

    def on_mouse_scroll_up(self) -> None:
        """Scroll with the wheel."""
        self.move(-3)

    # --- drawing --------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line, or that it is on its way."""
        sight = self._sight()
        if y >= len(sight):
            return self.draw(())
        line = sight[y]
        if line is None:
            return self.draw((Span(f" {self.glyphs.more}", "muted"),))
        found = (line[0], line[1]) == self._match
        return self.draw(line[2], over="selection" if found else "")
