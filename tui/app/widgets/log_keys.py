"""The keys of a log."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.app.widgets.groups import EVERYWHERE, HERE

KEYS: list[BindingType] = [
    Binding(
        "f,G,end", "follow", "follow", key_display="f", id="logs.follow", group=HERE,
        tooltip="go to the newest line and stay there; also G, End",
    ),
    Binding(
        "e", "error(1)", "next error", key_display="e E", id="logs.next_error", group=HERE,
        tooltip="next, previous line of level error",
    ),
    Binding(
        "E", "error(-1)", "previous error", show=False, id="logs.previous_error", group=HERE,
        tooltip="previous line of level error",
    ),
    Binding(
        "enter", "unfold", "unfold", key_display="Enter", id="logs.unfold", group=HERE,
        tooltip="show what is folded into this line: traceback, rest of the JSON; fold it again",
    ),
    Binding(
        "w", "wrap", "wrap", id="logs.wrap", group=HERE,
        tooltip="break long lines, or cut them again",
    ),
    Binding(
        "t", "times", "times", id="logs.times", group=HERE,
        tooltip="local time, UTC, as logged, none",
    ),
    Binding(
        "space", "mark", "mark", key_display="space", id="logs.mark", group=HERE,
        tooltip="mark this line, for y and x",
    ),
    Binding(
        "n", "match(1)", "next", show=False, key_display="n N", id="logs.next_match",
        group=EVERYWHERE, tooltip="next, previous match of the filter, also of the last one",
    ),
    Binding("N", "match(-1)", "", show=False, id="logs.previous_match", group=EVERYWHERE),
    Binding("k,up", "move(-1)", "", show=False, key_display="k", id="logs.up", group=EVERYWHERE),
    Binding(
        "j,down", "move(1)", "down", show=False, key_display="j k", id="logs.down",
        group=EVERYWHERE, tooltip="next, previous line; arrows; upwards pauses",
    ),
    Binding("ctrl+u,pageup", "page(-1)", "", show=False, id="logs.page_up", group=EVERYWHERE),
    Binding(
        "ctrl+d,pagedown", "page(1)", "half page", show=False, key_display="ctrl+d u",
        id="logs.page_down", group=EVERYWHERE, tooltip="half a page down, up; PgDn, PgUp",
    ),
    Binding(
        "g,home", "top", "top", show=False, key_display="g", id="logs.top",
        group=EVERYWHERE, tooltip="oldest line; loads older ones; pauses",
    ),
]  # fmt: skip
