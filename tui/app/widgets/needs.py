"""NEEDS YOU: at most two facts, each with the key that leads to its remedy."""

from __future__ import annotations

from textual.strip import Strip

from tui.app.paint import Line, Span, spread, width_of
from tui.app.panes import PANES
from tui.app.vitals import verdict_sign
from tui.app.widgets.painted import Painted
from tui.core.models import Need

_HEAD = " NEEDS YOU  "


class NeedsYou(Painted):
    """Two lines under the tabs of the home pane; they never move."""

    DEFAULT_CSS = "NeedsYou { height: 2; width: 1fr; }"

    def on_mount(self) -> None:
        """Follow what is known."""
        self.watch(self.app, "seen", self._changed)

    def _changed(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One fact a line, worst first."""
        needs = self.seen.needs[:2]
        if y < len(needs):
            return self.draw(self._fact(needs[y], y))
        if y == 0:
            words = " Nothing needs you." if self.seen.looked_at_needs else " …"
            return self.draw((Span(words, "muted"),))
        return self.draw(())

    def _fact(self, need: Need, y: int) -> Line:
        head = Span(_HEAD if y == 0 else " " * len(_HEAD), bold=True)
        sign = verdict_sign(self.glyphs, need.verdict)
        role = sign.role
        left = (head, sign, Span(" "), Span(need.text, role, need.verdict.value == "FAIL"))
        action = f"app.need({y})"
        words = f"{need.key} {need.action}".strip()
        right = (Span(f"  {words} ", "", False, action),)
        if width_of(left) + width_of(right) > self.size.width and len(need.action) > 12:
            pane = next((pane.title for pane in PANES if str(pane.number) == need.key), "")
            words = f"{need.key} {pane}".strip()
            right = (Span(f"  {words} ", "focus", True, action),)
        return spread(left, right, self.size.width)
