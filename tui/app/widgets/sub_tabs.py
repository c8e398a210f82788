"""The tabs within a pane, the current one in brackets, and what stands at their right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.app.paint import Line, Span, spread
from tui.app.widgets.painted import Painted


class SubTabs(Painted):
    """One line; a click on a tab turns to it."""

    DEFAULT_CSS = "SubTabs { height: 1; width: 1fr; }"

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        number: int

    def __init__(self, titles: Sequence[str]) -> None:
        """Take the tabs' titles, from left to right."""
        super().__init__()
        self._titles = tuple(titles)
        self._current = 0
        self._aside = ""

    def show(self, current: int, aside: str = "") -> None:
        """Another tab is in sight, or something else stands at the right."""
        if (current, aside) != (self._current, self._aside):
            self._current, self._aside = current, aside
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """All tabs, and the words at the right."""
        tabs: Line = tuple(
            Span(
                f"[{title}]" if number == self._current else f" {title} ",
                "focus" if number == self._current else "",
                number == self._current,
            )
            for number, title in enumerate(self._titles)
        )
        aside = (Span(f"{self._aside} ", "muted"),) if self._aside else ()
        return self.draw(spread(tabs, aside, self.size.width))

    def on_click(self, event: events.Click) -> None:
        """Tell which tab it was."""
        edge = 0
        for number, title in enumerate(self._titles):
            edge += len(title) + 2
            if event.x < edge:
                self.post_message(self.Chosen(number))
                return
