"""The keys of 2 Backups, and what its menu offers without one."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding, BindingType

from tui.app.panes.listed import ACTIONS, FILTER, MATCHES
from tui.app.widgets.groups import ASKS, HERE

KEYS: list[BindingType] = [
    Binding(
        "b", "back_up", "back up", id="backups.create", group=HERE,
        tooltip="back up now: hot, the gateway keeps running",
    ),
    Binding(
        "B", "restore", "restore…", id="backups.restore", group=ASKS,
        tooltip="put this backup in place of the live database; types the name",
    ),
    Binding(
        "c", "compare", "compare", id="backups.compare", group=HERE,
        tooltip="what differs between this backup and live; of two marked between those",
    ),
    Binding(
        "t", "verify", "verify", id="backups.verify", group=HERE,
        tooltip="read this backup whole and check it; or all that are marked",
    ),
    ACTIONS,
    FILTER,
    *MATCHES,
    Binding(
        "enter", "open", "open", key_display="Enter", id="backups.open", group=HERE,
        tooltip="its tables and rows in 1 Tables; read-only",
    ),
    Binding(
        "T", "bring_back", "tables or rows…", id="backups.bring_back", group=ASKS,
        tooltip="restore tables or rows out of this backup into live; types the name",
    ),
    Binding(
        "Z", "undo", "undo…", id="backups.undo", group=ASKS,
        tooltip="undo the last restore, upgrade, reset …; types the name",
    ),
    Binding(
        "space", "mark", "mark", key_display="space", id="backups.mark", group=HERE,
        tooltip="mark several; Esc unmarks",
    ),
    Binding(
        "p", "pin", "pin", id="backups.pin", group=HERE,
        tooltip="keep it whatever the policy says, or no longer (u takes it back)",
    ),
    Binding(
        "l", "label", "label", id="backups.label", group=HERE,
        tooltip="change its label (u takes it back)",
    ),
    Binding(
        "D", "delete", "delete…", id="backups.delete", group=ASKS,
        tooltip="delete this backup; types its id",
    ),
    Binding(
        "P", "prune", "prune…", id="backups.prune", group=ASKS,
        tooltip="delete what no rule keeps: which and why is shown; types the name",
    ),
    Binding(
        "s", "sort", "sort", id="backups.sort", group=HERE,
        tooltip="by this column the other way round, then by the next one",
    ),
    Binding(
        "v", "view", "view", id="backups.view", group=HERE,
        tooltip="the detail over the whole pane, and back",
    ),
    Binding(
        "y", "copy", "copy path", id="backups.copy", group=HERE,
        tooltip="copy the backup's path (OSC 52)",
    ),
]  # fmt: skip

KEYLESS: Mapping[str, tuple[str, str]] = {
    "drill": ("drill", "restore it into a scratch place and check it there; nothing live starts"),
    "salvage": ("salvage", "read what is left of this file into a new one, with a report"),
    "adopt": ("adopt", "read it whole and give it a manifest: then it is one of ours"),
    "back_up_cold": ("back up cold…", "stop the gateway, copy, start it again; asks y or n"),
    "verify_all": ("verify all", "read every backup whole and check it"),
}
"""Actions without a key: title and what it does."""

MENU = (
    "open", "compare", "restore", "bring_back", "verify", "drill", "salvage", "adopt", "pin",
    "label", "copy", "delete", "prune", "back_up_cold", "undo",
)  # fmt: skip
