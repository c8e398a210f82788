"""The keys of 6 Doctor, and what its menu offers without one."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding, BindingType

from tui.app.panes.listed import ACTIONS, FILTER, MATCHES
from tui.app.widgets.groups import ASKS, HERE

KEYS: list[BindingType] = [
    Binding(
        "enter", "open", "explain", key_display="Enter", id="doctor.open", group=HERE,
        tooltip="what it means, at length, over the whole pane; and back",
    ),
    Binding(
        "F", "fix", "fix…", id="doctor.fix", group=ASKS,
        tooltip="put it right: shows what is done, then asks; types the name where data moves",
    ),
    Binding(
        "R", "again", "check again", id="doctor.again", group=HERE,
        tooltip="look again now; on integrity: read every page, which takes its time",
    ),
    FILTER,
    *MATCHES,
    Binding(
        "x", "save", "save report…", id="doctor.save", group=HERE,
        tooltip="write all that was found to a file",
    ),
    Binding(
        "y", "copy", "copy command", id="doctor.copy", group=HERE,
        tooltip="copy the lines that put it right by hand (OSC 52)",
    ),
    ACTIONS,
]  # fmt: skip

KEYLESS: Mapping[str, tuple[str, str]] = {
    "holder": ("who holds the lock", "the process or container, live, and what helps"),
    "space": ("what gives space back", "how much is free, and what could be removed"),
}
"""Actions without a key: title and what it does."""

MENU = ("open", "fix", "again", "copy", "save", "holder", "space")
