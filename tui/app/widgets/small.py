"""The page of a terminal that is too small; nothing is stopped behind it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.strip import Strip

from tui.app.paint import Span
from tui.app.widgets.groups import EVERYWHERE
from tui.app.widgets.painted import Painted

SMALLEST = (80, 24)
"""Columns and lines that the screen needs."""


class _Words(Painted):
    DEFAULT_CSS = "_Words { height: 1fr; width: 1fr; background: $background; }"

    def render_line(self, y: int) -> Strip:
        size = self.app.size
        width, height = SMALLEST
        words = (
            f"{size.width}x{size.height} is too small: mcpdb-tui needs {width}x{height}.",
            "Enlarge the window or the font. Work goes on meanwhile.",
            "Without a screen: mcpdb-tui status   q quits",
        )
        return self.draw((Span(words[y] if y < len(words) else "", "", y == 0),))


class TooSmall(ModalScreen[None]):
    """Covers everything until the terminal is large enough again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "q", "app.leave", "quit", id="small.quit", group=EVERYWHERE, tooltip="leave the screen"
        ),
    ]

    def compose(self) -> list[Painted]:
        """Three lines."""
        return [_Words()]
