"""A panel of lines that keys scroll once it has the focus."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.app.widgets.groups import EVERYWHERE
from tui.app.widgets.panel import TextPanel


class DetailPanel(TextPanel, can_focus=True):
    """What is known of the thing under a list's cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "j,down", "scroll_by(1)", "scroll", key_display="j k", id="detail.down",
            group=EVERYWHERE, tooltip="a line down, up; arrows",
        ),
        Binding("k,up", "scroll_by(-1)", "", show=False, id="detail.up", group=EVERYWHERE),
        Binding(
            "ctrl+d,pagedown", "scroll_page(1)", "half page", show=False, key_display="ctrl+d u",
            id="detail.page_down", group=EVERYWHERE, tooltip="half a page down, up; PgDn, PgUp",
        ),
        Binding("ctrl+u,pageup", "scroll_page(-1)", "", show=False, id="detail.page_up",
                group=EVERYWHERE),
        Binding(
            "g,home", "scroll_by(-1000000)", "top", show=False, key_display="g G",
            id="detail.top", group=EVERYWHERE, tooltip="top, bottom",
        ),
        Binding("G,end", "scroll_by(1000000)", "", show=False, id="detail.bottom",
                group=EVERYWHERE),
    ]  # fmt: skip

    def action_scroll_by(self, count: int) -> None:
        """Move by some lines."""
        self.scroll_lines(count)

    def action_scroll_page(self, direction: int) -> None:
        """Move by half a page."""
        self.scroll_lines(direction * max(1, self.inner_height // 2))
