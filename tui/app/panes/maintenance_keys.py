"""The keys of 7 Maintenance, and what its menu offers without one."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding, BindingType

from tui.app.panes.listed import ACTIONS, FILTER, MATCHES
from tui.app.widgets.groups import ASKS, HERE

KEYS: list[BindingType] = [
    Binding(
        "enter", "open", "open", key_display="Enter", id="maintenance.open", group=HERE,
        tooltip="the plan of a job, never its run; a table's own growth; a setting's values",
    ),
    Binding(
        "r", "run", "run", id="maintenance.run", group=HERE,
        tooltip="run the job; one that stops the gateway asks first",
    ),
    Binding(
        "V", "vacuum", "VACUUM…", id="maintenance.vacuum", group=ASKS,
        tooltip="give back unused pages: gateway stopped, or beside it; asks which",
    ),
    Binding(
        "s", "sort", "sort", id="maintenance.sort", group=HERE, tooltip="by size, rows, growth",
    ),
    Binding(
        "R", "count", "count again", id="maintenance.count", group=HERE,
        tooltip="measure every table and index again",
    ),
    Binding(
        "right_square_bracket", "tab(1)", "tabs", key_display="[ ]", id="maintenance.next_tab",
        group=HERE, tooltip="routine, statistics, tuning",
    ),
    Binding("left_square_bracket", "tab(-1)", "", show=False, id="maintenance.previous_tab",
            group=HERE),
    Binding(
        "x", "save", "save figures…", id="maintenance.save", group=HERE,
        tooltip="write the figures and every point to a CSV file",
    ),
    FILTER,
    *MATCHES,
    Binding(
        "y", "copy", "copy command", id="maintenance.copy", group=HERE,
        tooltip="copy the same as a command (OSC 52)",
    ),
    ACTIONS,
]  # fmt: skip

KEYLESS: Mapping[str, tuple[str, str]] = {
    "routine": ("routine", "jobs, their last runs and results"),
    "statistics": ("statistics", "size over time, tables by size, indexes that repeat others"),
    "tuning": ("tuning", "every setting of the database and who can change it"),
}
"""Actions without a key: title and what it does."""

MENUS = (
    ("open", "run", "vacuum", "copy"),
    ("open", "sort", "count", "save"),
    ("open", "copy"),
)
"""Actions of the menu, by tab."""
