"""Rows 1 and 2: identity and vitals. They never move and stay in sight above every dialog."""

from __future__ import annotations

from textual.strip import Strip

from tui.app.paint import Line, fit, spread, width_of
from tui.app.vitals import identity_row, vitals_row
from tui.app.widgets.painted import Painted

_WORDINGS = (
    (True, 3, False),
    (True, 2, False),
    (False, 3, False),
    (False, 2, False),
    (False, 1, False),
    (False, 2, True),
)
"""Long or short words, blanks between facts, and at last without the least of them."""


class StatusRows(Painted):
    """The status line, in two rows; follows the app's `seen` and clock by itself."""

    DEFAULT_CSS = "StatusRows { height: 2; width: 1fr; dock: top; background: $surface; }"

    def on_mount(self) -> None:
        """Follow what is known, and the clock."""
        self.watch(self.app, "seen", self._changed)
        self.watch(self.app, "second", self._changed)

    def _changed(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Row 1 or row 2, in the longest wording that fits."""
        return self.draw(self._identity() if y == 0 else self._vitals())

    def _identity(self) -> Line:
        width = self.size.width
        for wide in (True, False):
            left, right = identity_row(self.seen, self.glyphs, self.now(), wide=wide)
            if width_of(left) + width_of(right) + 2 <= width:
                return spread(left, right, width)
        left, right = identity_row(self.seen, self.glyphs, self.now(), wide=False)
        # The time gives way first: gateway and state are what the row is for.
        return spread(left, right[:1], width) if width_of(left) < width else fit(left, width)

    def _vitals(self) -> Line:
        width = self.size.width
        now = self.now()
        for wide, gap, least in _WORDINGS:
            row = vitals_row(self.seen, self.glyphs, now, wide=wide, gap=gap, least=least)
            if width_of(row) <= width:
                break
        return row
