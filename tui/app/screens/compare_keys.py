"""The keys of the compare screen, and why one of them does not work now."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.app import verbs
from tui.app.seen import Seen
from tui.app.ticks import is_bringable, why_not_table
from tui.app.widgets.groups import ASKS, EVERYWHERE, HERE
from tui.core.models import Comparison, TableDifference

KEYS: list[BindingType] = [
    Binding(
        "enter", "open", "rows", key_display="Enter", id="compare.open", group=HERE,
        tooltip="every row of this table that differs; there Enter shows both versions",
    ),
    Binding(
        "T", "bring_back", "bring rows back…", id="compare.bring_back", group=ASKS,
        tooltip="bring what is marked, or this table, back into live; types the name",
    ),
    Binding(
        "B", "restore", "restore all…", id="compare.restore", group=ASKS,
        tooltip="put the whole backup in place of the live database; types the name",
    ),
    Binding(
        "space", "mark", "mark", key_display="space", id="compare.mark", group=HERE,
        tooltip="mark this table for T; in its rows single ones",
    ),
    Binding(
        # Priority: over a slow line `/` and the words arrive in one piece.
        "slash", "filter", "filter", show=False, key_display="/", id="compare.filter", group=HERE,
        priority=True, tooltip="keep the tables that match; Esc clears",
    ),
    Binding(
        "R", "again", "again", show=False, id="compare.again", group=HERE,
        tooltip="compare again",
    ),
    Binding(
        # Priority: in the filter's field Esc would otherwise step back in the pane below.
        "escape", "back", "back", show=False, key_display="Esc", id="compare.back",
        group=EVERYWHERE, priority=True, tooltip="stop comparing; clear the filter; unmark; leave",
    ),
    Binding(
        "ctrl+c", "stop", "stop", show=False, id="compare.stop", group=EVERYWHERE,
        priority=True, tooltip="stop comparing",
    ),
    Binding("q", "leave", "back", id="compare.leave", group=EVERYWHERE, tooltip="leave"),
]  # fmt: skip

NOT_A_BACKUP = "T brings rows of a backup into live: compare one backup with live (c)."
_OF_RESULT = ("open", "mark", "filter", "bring_back", "restore")


def why_not(
    action: str,
    seen: Seen,
    found: Comparison | None,
    table: TableDifference | None,
    *,
    comparing: bool,
) -> str:
    """Say why a key is greyed; empty when it works.

    Args:
        action: Of the compare screen.
        seen: What is known of the deployment.
        found: What was found; None before the first result.
        table: Under the cursor.
        comparing: Whether a comparison is going on.
    """
    if found is None:
        waits = "It is still being compared." if comparing else "Nothing was compared."
        return waits if action in _OF_RESULT else ""
    match action:
        case "open" | "mark" if table is None:
            return "There is no table here."
        case "mark" | "bring_back" if not is_bringable(found):
            return NOT_A_BACKUP
        case "mark" if table is not None:
            return why_not_table(table)
        case "bring_back" if all(map(why_not_table, found.tables)):
            return "There is nothing to bring back: live lacks no row and has none otherwise."
        case "bring_back":
            return verbs.why_not_replace(seen, "T bring rows back…")
        case "restore" if not is_bringable(found):
            return "B restores a backup over live: compare one backup with live (c)."
        case "restore":
            return verbs.why_not_replace(seen, "B restore all…")
    return ""
