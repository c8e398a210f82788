"""The fields of one row, with a cursor on one of them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.app.listing.fields import Field, Part, parts
from tui.app.paint import Span, fit
from tui.app.viewing.json_tree import Node
from tui.app.widgets.painted import Painted
from tui.wording.clean import one_line

WIDEST = 28
"""Columns of the terminal for the names."""


class Form(Painted, can_focus=True):
    """Draws fields; the cursor's one is bold, with a sign. In open JSON it goes part by part."""

    DEFAULT_CSS = "Form { height: 1fr; width: 1fr; }"

    class Moved(Message):
        """The cursor stands on another field, or one was folded."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: tuple[Field, ...] = ()
        self.cursor = 0
        self._node: Node | None = None
        """The part of the field's JSON that the cursor stands on; None on the field itself."""
        self._opened: set[str] = set()
        self._first = 0
        self._blocks: list[list[Part]] = []
        """The lines of each field."""
        self._lines: list[tuple[int, Part]] = []
        self._names = 8
        self._width = 0

    def show(self, fields: Sequence[Field]) -> None:
        """Show another row; the cursor stays on its column."""
        self.fields = tuple(fields)
        self.cursor = max(0, min(self.cursor, len(self.fields) - 1))
        self._node = None
        self._lay_out()
        self._settle()

    def fill(self, field: Field) -> None:
        """Something more is known of a field; how it is folded stays."""
        for number, known in enumerate(self.fields):
            if known.column.name == field.column.name:
                self.fields = (*self.fields[:number], field, *self.fields[number + 1 :])
                self._block(number)
        self._settle()

    def point_at(self, name: str) -> None:
        """Put the cursor on a column."""
        for number, field in enumerate(self.fields):
            if field.column.name == name:
                self.cursor, self._node = number, None
                self._settle()

    @property
    def field(self) -> Field | None:
        """What the cursor stands on."""
        return self.fields[self.cursor] if self.fields else None

    # --- moving ---------------------------------------------------------------------------

    def move(self, step: int) -> None:
        """Move by fields, in open JSON by its parts; in a long text first by lines."""
        height = self.size.height
        first, last = self._span()
        if step == 1 and last >= self._first + height:
            self._first += 1
            self.refresh()
            return
        if step == -1 and first < self._first:
            self._first -= 1
            self.refresh()
            return
        stops = self._stops()
        here = next((n for n, at in enumerate(stops) if at[0] == first), 0)
        if stops:
            _, self.cursor, self._node = stops[max(0, min(here + step, len(stops) - 1))]
        self._settle()

    def _stops(self) -> list[tuple[int, int, Node | None]]:
        """The lines that the cursor can stand on."""
        found: list[tuple[int, int, Node | None]] = []
        last: tuple[int, Node | None] = (-1, None)
        for at, (number, part) in enumerate(self._lines):
            if (number, part.node) != last and (part.node is not None or number != last[0]):
                found.append((at, number, part.node))
            last = (number, part.node)
        return found

    def fold(self) -> None:
        """Open or close a part of JSON, or show all of a field or its beginning again."""
        field, node = self.field, self._node
        if field is None:
            return
        if node is not None:
            if not node.folds and node.parent is not None:
                node = self._node = node.parent
            field.tree.toggle(node)
        else:
            self._opened ^= {field.column.name}
        self._block(self.cursor)
        self._settle()

    def find(self, text: str) -> bool:
        """Go to the next field that has a text in its name or value, or to a part of its JSON."""
        wanted = text.casefold()
        count = len(self.fields)
        for step in range(count + 1):
            number = (self.cursor + step) % count
            field = self.fields[number]
            if wanted not in field.words.casefold():
                continue
            if self._find_in(number, text, here=step == 0):
                return True
            if step:
                self.cursor, self._node = number, None
                self._settle()
                return True
        return False

    def _find_in(self, number: int, text: str, *, here: bool) -> bool:
        """Go to a part of a field's JSON, behind the cursor where it stands in it."""
        field = self.fields[number]
        if not field.folds:
            return False
        after = self._node.path if here and self._node is not None else None
        found = field.tree.find(text, after, 1)
        if found is None or (after is not None and found.path <= after):
            return False
        self._opened |= {field.column.name}
        self._block(number)
        self.cursor, self._node = number, found
        self._settle()
        return True

    def on_resize(self) -> None:
        """Break the lines anew; what is said meanwhile, which may have made it so, stays."""
        if self._width != self.size.width:
            self._lay_out()
        self._scroll()

    def _span(self) -> tuple[int, int]:
        """First and last line of what the cursor stands on."""
        node = self._node
        places = [
            at
            for at, (number, part) in enumerate(self._lines)
            if number == self.cursor and part.node is node
        ]
        return (places[0], places[-1]) if places else (0, 0)

    def _settle(self) -> None:
        self._scroll()
        self.post_message(self.Moved())

    def _scroll(self) -> None:
        height = max(1, self.size.height)
        first, last = self._span()
        last = min(last, first + height - 1)
        self._first = max(min(self._first, first), last - height + 1)
        self._first = max(0, min(self._first, len(self._lines) - height))
        self.refresh()

    @property
    def below(self) -> int:
        """Fields that begin below what is in sight."""
        end = self._first + self.size.height
        seen = {number for number, _ in self._lines[:end]}
        return len({number for number, _ in self._lines[end:]} - seen)

    # --- lines ----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._width = self.size.width
        self._names = max(
            (min(WIDEST, cell_len(one_line(f.column.name[:100]))) for f in self.fields), default=8
        )
        self._blocks = [self._made(field) for field in self.fields]
        self._join()

    def _block(self, number: int) -> None:
        """Draw one field anew."""
        self._blocks[number] = self._made(self.fields[number])
        self._join()

    def _made(self, field: Field) -> list[Part]:
        opened = field.column.name in self._opened
        return parts(field, self._names, max(20, self._width) - 1, self.glyphs, opened=opened)

    def _join(self) -> None:
        self._lines = [(n, part) for n, block in enumerate(self._blocks) for part in block]

    def on_click(self, event: events.Click) -> None:
        """Point at a field; a click on the cursor's folds it."""
        at = self._first + event.y
        if not 0 <= at < len(self._lines):
            return
        number, part = self._lines[at]
        if (number, part.node) == (self.cursor, self._node):
            self.fold()
            return
        self.cursor, self._node = number, part.node
        self._settle()

    def on_mouse_scroll_down(self) -> None:
        """Move with the wheel."""
        self.move(1)

    def on_mouse_scroll_up(self) -> None:
        """Move with the wheel."""
        self.move(-1)

    def render_line(self, y: int) -> Strip:
        """One line of a field."""
        at = self._first + y
        if at >= len(self._lines):
            return self.draw(())
        number, part = self._lines[at]
        here = (number, part.node) == (self.cursor, self._node)
        before = self._lines[at - 1] if at else None
        begins = before is None or (before[0], before[1].node) != (number, part.node)
        mark = self.glyphs.cursor if here and begins else " "
        spans = tuple(span._replace(bold=span.bold or here) for span in part.line)
        row = fit((Span(mark, bold=here), *spans), self.size.width, self.glyphs.more)
        return self.draw(row, over="selection" if here and begins else "")
