"""One line above a list that says what is true of all of it."""

from __future__ import annotations

from collections.abc import Callable

from textual.strip import Strip

from tui.app.paint import Line, spread
from tui.app.widgets.painted import Painted


class HeadLine(Painted):
    """A line with two ends, worked out for the width there is; without words it takes no room."""

    DEFAULT_CSS = "HeadLine { height: 1; width: 1fr; &.-empty { display: none; } }"

    def __init__(self) -> None:
        super().__init__()
        self._words: Callable[[int], tuple[Line, Line]] = lambda _width: ((), ())

    def show(self, words: Callable[[int], tuple[Line, Line]]) -> None:
        """Take other words, from how many columns there are."""
        self._words = words
        self.set_class(not words(1_000)[0], "-empty")
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Both ends."""
        left, right = self._words(self.size.width)
        return self.draw(spread(left, right, self.size.width))
