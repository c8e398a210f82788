"""The keys of one row's page, and of one value's."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.app.widgets.groups import ASKS, EVERYWHERE, HERE

MOVES: list[BindingType] = [
    Binding("j,down", "move(1)", "down", show=False, key_display="j k", id="row.down",
            group=EVERYWHERE, tooltip="next, previous line; arrows"),
    Binding("k,up", "move(-1)", "", show=False, id="row.up", group=EVERYWHERE),
    Binding("g,home", "edge(-1)", "top", show=False, key_display="g G", id="row.top",
            group=EVERYWHERE, tooltip="top, bottom"),
    Binding("G,end", "edge(1)", "", show=False, id="row.bottom", group=EVERYWHERE),
    Binding("ctrl+d,pagedown", "page(1)", "half page", show=False, key_display="ctrl+d u",
            id="row.page_down", group=EVERYWHERE, tooltip="half a page down, up; PgDn, PgUp"),
    Binding("ctrl+u,pageup", "page(-1)", "", show=False, id="row.page_up", group=EVERYWHERE),
    Binding("escape,q", "leave", "back", key_display="Esc", id="row.leave",
            group=EVERYWHERE, tooltip="back to where this was opened"),
]  # fmt: skip
ROW: list[BindingType] = [
    Binding("v", "view", "wide", id="row.view", group=HERE,
            tooltip="the value over the whole screen: text, JSON, or bytes"),
    Binding("y", "copy_value", "copy value", id="row.copy", group=HERE,
            tooltip="the value under the cursor (OSC 52)"),
    Binding("Y", "copy_row", "row as…", id="row.copy_row", group=HERE,
            tooltip="the row as JSON, CSV or INSERT, without secrets"),
    Binding("slash", "find", "find", key_display="/", id="row.find", group=HERE,
            tooltip="in names and values; / and Enter again: the next"),
    Binding("greater_than_sign", "follow", "follow", key_display=">", id="row.follow",
            group=HERE, tooltip="go to the row that this foreign key names; < comes back here"),
    Binding("m", "unmask", "unmask…", id="row.unmask", group=ASKS,
            tooltip="show this secret of this row; asks y or n, and is logged"),
    Binding("right_square_bracket", "tab(1)", "tabs", show=False, key_display="[ ]",
            id="row.next_tab", group=HERE, tooltip="fields, JSON, points here"),
    Binding("left_square_bracket", "tab(-1)", "", show=False, id="row.previous_tab", group=HERE),
    Binding("enter", "open", "fold", show=False, key_display="Enter", id="row.fold", group=HERE,
            tooltip="fold or unfold; of what points here: its rows"),
    Binding("n", "next(1)", "next row", show=False, key_display="n N", id="row.next", group=HERE,
            tooltip="next, previous row"),
    Binding("N", "next(-1)", "", show=False, id="row.previous", group=HERE),
    Binding("R", "read", "read again", show=False, id="row.read", group=EVERYWHERE,
            tooltip="read the row again"),
    *MOVES,
]  # fmt: skip
VALUE: list[BindingType] = [
    Binding("enter", "fold", "fold", key_display="Enter", id="value.fold", group=HERE,
            tooltip="fold or unfold this part"),
    Binding("slash", "find", "find", key_display="/", id="value.find", group=HERE,
            tooltip="a text; of bytes also 0x0d0a"),
    Binding("n", "next(1)", "next", key_display="n N", id="value.next", group=HERE,
            tooltip="next, previous match"),
    Binding("N", "next(-1)", "", show=False, id="value.previous", group=HERE),
    Binding("t", "turn", "as…", id="value.turn", group=HERE,
            tooltip="the same as JSON, as text, as bytes"),
    Binding("y", "copy_value", "copy", id="value.copy", group=HERE,
            tooltip="the value, as far as a clipboard takes it (OSC 52)"),
    *MOVES,
]  # fmt: skip
