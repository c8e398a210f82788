"""The fields of one row, with a cursor on one of them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.message import Message
from textual.strip import Strip

from tui.app.listing.fields import Field, lines
from tui.app.paint import Line, Span, fit
from tui.app.widgets.painted import Painted
from tui.wording.clean import one_line

WIDEST = 28
"""Columns of the terminal for the names."""


class Form(Painted, can_focus=True):
    """Draws fields; the cursor's one is bold, with a sign."""

    DEFAULT_CSS = "Form { height: 1fr; width: 1fr; }"

    class Moved(Message):
        """The cursor stands on another field, or one was folded."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: tuple[Field, ...] = ()
        self.cursor = 0
        self._opened: set[str] = set()
        self._first = 0
        self._lines: list[tuple[int, Line]] = []
        self._laid_out_for: tuple[object, ...] = ()

    def show(self, fields: Sequence[Field]) -> None:
        """Show another row; the cursor stays on its column."""
        self.fields = tuple(fields)
        self.cursor = max(0, min(self.cursor, len(self.fields) - 1))
        self._laid_out_for = ()
        self._settle()

    def point_at(self, name: str) -> None:
        """Put the cursor on a column."""
        for number, field in enumerate(self.fields):
            if field.column.name == name:
                self.cursor = number
                self._settle()

    @property
    def field(self) -> Field | None:
        """What the cursor stands on."""
        return self.fields[self.cursor] if self.fields else None

    def move(self, step: int) -> None:
        """Move by fields; within one that is longer than the screen, by lines."""
        height = self.size.height
        first, last = self._span(self.cursor)
        if step > 0 and last >= self._first + height:
            self._first += 1
            self.refresh()
            return
        if step < 0 and first < self._first:
            self._first -= 1
            self.refresh()
            return
        self.cursor = max(0, min(self.cursor + step, len(self.fields) - 1))
        self._settle()

    def fold(self) -> None:
        """Show all of a field, or its beginning again."""
        field = self.field
        if field is not None:
            self._opened ^= {field.column.name}
            self._laid_out_for = ()
            self._settle()

    def on_resize(self) -> None:
        """Break the lines anew; what is said meanwhile, which may have made it so, stays."""
        self._scroll()

    def _span(self, number: int) -> tuple[int, int]:
        places = [n for n, (field, _) in enumerate(self._laid_out()) if field == number]
        return (places[0], places[-1]) if places else (0, 0)

    def _settle(self) -> None:
        self._scroll()
        self.post_message(self.Moved())

    def _scroll(self) -> None:
        height = max(1, self.size.height)
        first, last = self._span(self.cursor)
        last = min(last, first + height - 1)
        self._first = max(min(self._first, first), last - height + 1)
        self._first = max(0, min(self._first, len(self._lines) - height))
        self.refresh()

    @property
    def below(self) -> int:
        """Fields that begin below what is in sight."""
        rest = self._laid_out()[self._first + self.size.height :]
        seen = {n for n, _ in self._lines[: self._first + self.size.height]}
        return len({number for number, _ in rest} - seen)

    def _laid_out(self) -> list[tuple[int, Line]]:
        width = max(20, self.size.width)
        state = (width, frozenset(self._opened), self.fields)
        if self._laid_out_for[:2] != state[:2] or not self._laid_out_for:
            names = max((min(WIDEST, cell_len(one_line(f.column.name[:100])))
                         for f in self.fields), default=8)  # fmt: skip
            self._lines = [
                (number, line)
                for number, field in enumerate(self.fields)
                for line in lines(
                    field, names, width - 1, self.glyphs,
                    opened=field.column.name in self._opened,
                )
            ]  # fmt: skip
            self._laid_out_for = state
        return self._lines

    def render_line(self, y: int) -> Strip:
        """One line of a field."""
        laid_out = self._laid_out()
        at = self._first + y
        if at >= len(laid_out):
            return self.draw(())
        number, line = laid_out[at]
        here = number == self.cursor
        begins = at == 0 or laid_out[at - 1][0] != number
        mark = self.glyphs.cursor if here and begins else " "
        spans = tuple(span._replace(bold=span.bold or here) for span in line)
        row = fit((Span(mark, bold=here), *spans), self.size.width, self.glyphs.more)
        return self.draw(row, over="selection" if here and begins else "")
