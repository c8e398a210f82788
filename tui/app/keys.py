"""The keys that work in every pane."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.app.panes import PANES
from tui.app.widgets.groups import EVERYWHERE

NUMBERS = tuple(pane.number for pane in PANES if pane.number)
"""Keys of the panes but home."""

KEYS: list[BindingType] = [
    Binding(
        "0", "pane(0)", "home", show=False, key_display="0-9", id="app.pane_0",
        group=EVERYWHERE, tooltip="panes, 0 home",
    ),
    *(
        Binding(str(n), f"pane({n})", "", show=False, id=f"app.pane_{n}", group=EVERYWHERE)
        for n in NUMBERS
    ),
    Binding(
        "o", "operation", "operation", show=False, id="app.operation", group=EVERYWHERE,
        tooltip="the running operation",
    ),
    Binding(
        "u", "take_back", "take back", show=False, id="app.take_back", group=EVERYWHERE,
        tooltip="take back the last light change: pin, label",
    ),
    Binding(
        "R", "refresh", "refresh", show=False, id="app.refresh", group=EVERYWHERE,
        tooltip="read again",
    ),
    Binding(
        "colon,ctrl+p", "palette", "commands", key_display=":", id="app.palette",
        group=EVERYWHERE, tooltip="every command (ctrl+p)",
    ),
    Binding(
        "question_mark,f1", "help", "help", key_display="?", id="app.help",
        group=EVERYWHERE, tooltip="the keys that work here",
    ),
    Binding(
        "escape", "back", "back", show=False, key_display="Esc", id="app.back",
        group=EVERYWHERE, tooltip="one step back; never quits",
    ),
    Binding(
        "q,ctrl+q", "leave", "quit", key_display="q", id="app.leave", group=EVERYWHERE,
        tooltip="back, then quit; asks while work runs",
    ),
    Binding(
        "ctrl+c", "hint_quit", "quit?", show=False, id="app.hint_quit", group=EVERYWHERE,
        tooltip="says how to leave",
    ),
]  # fmt: skip
