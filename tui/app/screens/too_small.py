"""What is shown in a terminal below 80x24; nothing is stopped, and all comes back as it was."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen

from tui.app.screens.lines import Lines, stack
from tui.app.widgets.groups import EVERYWHERE

LEAST = Size(80, 24)


def is_too_small(size: Size) -> bool:
    """Whether the screen does not fit."""
    return size.width < LEAST.width or size.height < LEAST.height


class TooSmall(Lines):
    """Says how large the terminal is and how large it must be."""

    DEFAULT_CSS = "TooSmall { height: 1fr; background: $background; }"

    def on_resize(self) -> None:
        """Say the new size."""
        width, height = self.app.size
        self.content = stack(
            [
                Content(
                    f"{width}x{height} is too small: mcpdb-tui needs {LEAST.width}x{LEAST.height}."
                ),
                Content("Enlarge the window or the font. Work goes on meanwhile."),
                Content("Without a screen: mcpdb-tui status   q quits"),
            ]
        )


class TooSmallScreen(ModalScreen[None]):
    """Covers everything until there is room again, then goes away by itself.

    The app pushes it when `is_too_small`; `q` runs the app's own way to leave.
    """

    DEFAULT_CSS = "TooSmallScreen { background: $background; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "app.quit", "quit", id="too_small.quit", group=EVERYWHERE),
    ]

    def compose(self) -> ComposeResult:
        """Compose the one widget."""
        yield TooSmall()

    def on_resize(self, event: events.Resize) -> None:
        """Go away as soon as there is room."""
        if not is_too_small(event.size) and self.is_current:
            self.dismiss(None)
