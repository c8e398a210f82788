"""The keys of the row grid."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.app.widgets.groups import EVERYWHERE, HERE

KEYS: list[BindingType] = [
    Binding(
        "enter", "open", "open row", key_display="Enter", id="grid.open", group=HERE,
        tooltip="every column of the row under the cursor",
    ),
    Binding(
        "space", "mark", "mark", show=False, key_display="space", id="grid.mark", group=HERE,
        tooltip="mark the row for y, Y and x, and go on; again: take the mark away",
    ),
    Binding(
        "V", "range", "mark a range", show=False, id="grid.range", group=HERE,
        tooltip="mark from here; go on and V again: to there. Also shift+arrows",
    ),
    Binding("shift+down", "extend(1)", "", show=False, id="grid.extend_down", group=HERE),
    Binding("shift+up", "extend(-1)", "", show=False, id="grid.extend_up", group=HERE),
    Binding(
        "j,down", "move(1)", "down", show=False, key_display="j k", id="grid.down",
        group=EVERYWHERE, tooltip="next, previous row; arrows",
    ),
    Binding("k,up", "move(-1)", "", show=False, id="grid.up", group=EVERYWHERE),
    Binding(
        "l,right", "sideways(1)", "columns", show=False, key_display="h l", id="grid.right",
        group=EVERYWHERE, tooltip="columns before and after; arrows",
    ),
    Binding("h,left", "sideways(-1)", "", show=False, id="grid.left", group=EVERYWHERE),
    Binding(
        "circumflex_accent", "column_edge(-1)", "first column", show=False, key_display="^ $",
        id="grid.first_column", group=EVERYWHERE, tooltip="first, last column",
    ),
    Binding(
        "dollar_sign", "column_edge(1)", "", show=False, id="grid.last_column", group=EVERYWHERE,
    ),
    Binding(
        "g,home", "edge(-1)", "top", show=False, key_display="g G", id="grid.top",
        group=EVERYWHERE, tooltip="first, last row",
    ),
    Binding("G,end", "edge(1)", "", show=False, id="grid.bottom", group=EVERYWHERE),
    Binding(
        "ctrl+d", "half_page(1)", "half page", show=False, key_display="ctrl+d u",
        id="grid.half_down", group=EVERYWHERE, tooltip="half a page down, up",
    ),
    Binding("ctrl+u", "half_page(-1)", "", show=False, id="grid.half_up", group=EVERYWHERE),
    Binding(
        "pagedown", "page(1)", "page", show=False, key_display="PgDn PgUp", id="grid.page_down",
        group=EVERYWHERE, tooltip="a page down, up",
    ),
    Binding("pageup", "page(-1)", "", show=False, id="grid.page_up", group=EVERYWHERE),
]  # fmt: skip
