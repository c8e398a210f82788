"""Row 3: the panes, the current one in brackets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.reactive import reactive
from textual.strip import Strip

from tui.app.paint import Line, Span, width_of
from tui.app.widgets.painted import Painted


@dataclass(frozen=True, slots=True)
class Tab:
    """One pane of the tab bar."""

    number: int
    title: str


class TabBar(Painted):
    """The tab bar; shows only panes that exist."""

    DEFAULT_CSS = "TabBar { height: 1; width: 1fr; }"

    current: reactive[int] = reactive(0)
    """Number of the pane in sight."""
    badge: reactive[str] = reactive("")
    """What stands in place of its name while it shows something else: `BACKUP k7m2qd`."""

    def __init__(self, tabs: Sequence[Tab]) -> None:
        super().__init__()
        self._tabs = tuple(tabs)

    def render_line(self, y: int) -> Strip:
        """All tabs, with blanks where there is room for them."""
        roomy, tight = self._row(" ", self._tabs), self._row("", self._tabs[1:])
        return self.draw(roomy if width_of(roomy) <= self.size.width else tight)

    def _row(self, blank: str, tabs: Sequence[Tab]) -> Line:
        spans: list[Span] = []
        for tab in tabs:
            label = f"{tab.number}{blank}{tab.title}"
            here = tab.number == self.current
            left, right = ("[", "]") if here else (" ", " ")
            if here and self.badge:
                label = self.badge
            role = "focus" if here else ""
            spans.append(Span(f"{left}{label}{right}", role, here, f"app.pane({tab.number})"))
            if blank:
                spans.append(Span(""))
        return tuple(spans)
