"""The line above a log: its sources, the chosen one in brackets, and how it comes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message
from textual.strip import Strip

from tui.app.paint import Line, Span, spread, width_of
from tui.app.widgets.painted import Painted


class LogBar(Painted):
    """`[Merged]  container forge-gateway-1  logs/mcpgateway.log  activity     following …`."""

    DEFAULT_CSS = "LogBar { height: 1; width: 1fr; }"

    @dataclass
    class Chosen(Message):
        """A source was clicked."""

        number: int

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ("Merged",)
        self._current = 0
        self._aside = ""

    def show(self, names: Sequence[str], current: int, aside: str) -> None:
        """Show other sources or words."""
        told = (tuple(names), current, aside)
        if told != (self._names, self._current, self._aside):
            self._names, self._current, self._aside = told
            self.refresh()

    def action_choose(self, number: int) -> None:
        """A source was clicked."""
        self.post_message(self.Chosen(number))

    def render_line(self, y: int) -> Strip:
        """The sources, as many as there is room for."""
        aside: Line = (Span(f"{self._aside} ", "muted"),)
        room = self.size.width - width_of(aside) - 2
        whole = self._sources(range(len(self._names)))
        if width_of(whole) > room:
            place = Span(f" {self._current + 1} of {len(self._names)}", "muted")
            whole = (*self._sources(self._fitting(room - width_of((place,)))), place)
        return self.draw(spread(whole, aside, self.size.width, self.glyphs.more))

    def _fitting(self, room: int) -> range:
        """The chosen source, and as many behind it, then before it, as there is room for."""
        first, end = self._current, self._current + 1
        while end < len(self._names) and width_of(self._sources(range(first, end + 1))) <= room:
            end += 1
        while first > 0 and width_of(self._sources(range(first - 1, end))) <= room:
            first -= 1
        return range(first, end)

    def _sources(self, numbers: Sequence[int]) -> Line:
        spans: list[Span] = []
        for number in numbers:
            here = number == self._current
            left, right = ("[", "]") if here else (" ", " ")
            action = f"choose({number})"
            text = f"{left}{self._names[number]}{right}"
            spans.append(Span(f" {text}", "focus" if here else "", here, action))
        return tuple(spans)
