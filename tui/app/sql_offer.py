"""What may stand at the cursor of the editor: a short list below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.geometry import Offset
from textual.strip import Strip

from tui.app.paint import Line, Span
from tui.app.widgets.painted import Painted
from tui.services.sqlite.completion import Completion, complete
from tui.wording.clean import one_line

MOST = 8
"""Lines of the list."""
WIDEST = 44


@dataclass(frozen=True, slots=True)
class Names:
    """What is known of tables and columns."""

    names: Sequence[str] = ()
    columns: Mapping[str, Sequence[str]] | None = None

    def fitting(self, text: str, index: int) -> Completion:
        """What may stand at a place of a text."""
        return complete(text, index, self.names, self.columns or {})


def common(candidates: Sequence[str], typed: str) -> str:
    """What all candidates go on with, as they are written; what is typed where they part at once.

    Letters are compared whatever their case, as SQLite does.
    """
    first, folded = candidates[0], [candidate.lower() for candidate in candidates]
    length = len(first)
    while length and not all(each.startswith(folded[0][:length]) for each in folded):
        length -= 1
    return first[:length] if length > len(typed) else typed


class SqlOffer(Painted):
    """Draws the candidates, one of them chosen; the editor keeps the keys."""

    DEFAULT_CSS = """
    SqlOffer {
        display: none; position: absolute; layer: above; height: 1; width: 10;
        background: $surface;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.candidates: tuple[str, ...] = ()
        self.begin = 0
        """Where the word begins that they complete."""
        self.cursor = 0

    @property
    def chosen(self) -> str:
        """The candidate under the cursor; empty without any."""
        return self.candidates[self.cursor] if self.candidates else ""

    def open(self, found: Completion) -> None:
        """Show candidates, the first one chosen."""
        self.candidates, self.begin, self.cursor = found.candidates, found.begin, 0
        self.display = True

    def close(self) -> bool:
        """Show nothing; False where nothing was shown."""
        had = bool(self.candidates)
        self.candidates, self.display = (), False
        return had

    def step(self, step: int) -> None:
        """Choose another one, round and round."""
        self.cursor = (self.cursor + step) % len(self.candidates)
        self.refresh()

    def place(self, at: Offset, room: tuple[int, int]) -> None:
        """Stand below a line, or above it where there is no room below.

        Args:
            at: The cell where the word begins, in the pane.
            room: Width and height of the pane.
        """
        lines = min(MOST, len(self.candidates))
        widest = max((cell_len(one_line(name)) for name in self.candidates), default=1)
        width = min(WIDEST, widest + 4, room[0])
        below = at.y + 1 + lines <= room[1]
        self.styles.width, self.styles.height = width, lines
        self.styles.offset = (
            max(0, min(at.x - 2, room[0] - width)),
            at.y + 1 if below else max(0, at.y - lines),
        )
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A candidate; the chosen one has the cursor's sign."""
        first = max(0, min(self.cursor - MOST + 1, len(self.candidates) - MOST))
        number = first + y
        if number >= len(self.candidates):
            return self.draw(())
        here = number == self.cursor
        sign = self.glyphs.cursor if here else " "
        below = len(self.candidates) - number - 1
        last = y == min(MOST, len(self.candidates)) - 1 and below
        spans: Line = (Span(f"{sign} {one_line(self.candidates[number])}", "", here),)
        if last:
            spans = (*spans, Span(f"  {below} more", "muted"))
        return self.draw(spans, over="selection" if here else "")
