"""Why a verb of 2 Backups cannot be done to the row under the cursor."""

from __future__ import annotations

from tui.app import verbs
from tui.app.listing.backup_folds import PREFIX
from tui.app.listing.backups import MAKING
from tui.app.seen import Seen
from tui.core.models import Backup
from tui.core.operation import Verdict

_ONE = (
    "open", "mark", "compare", "restore", "bring_back", "verify", "copy", "pin", "label", "drill",
    "salvage", "adopt", "delete", "actions",
)  # fmt: skip
"""What is done to one backup."""
_OF_FOLDS = ("open", "mark", "verify", "actions")
_OF_MAKING = ("open", "actions")
_CHANGES = {
    "verify": "t verify",
    "drill": "drill",
    "salvage": "salvage",
    "adopt": "adopt",
    "pin": "p pin",
    "label": "l label",
    "delete": "D delete…",
    "prune": "P prune…",
    "back_up": "b back up",
    "verify_all": "verify all",
}


def why_not(action: str, seen: Seen, key: str, backup: Backup | None, marked: bool) -> str:
    """Say why an action is greyed; empty when it can be done.

    Args:
        action: Of the pane.
        seen: What is known.
        key: Of the row under the cursor.
        backup: Under the cursor; None on a fold, on one in the making, and in an empty list.
        marked: Whether others are marked: `t` is for those.
    """
    if action in _ONE and backup is None and not (marked and action == "verify"):
        reason = _of_row(action, key)
        if reason:
            return reason
    if backup is not None and (reason := _of_backup(action, backup)):
        return reason
    match action:
        case "undo":
            return verbs.why_not_undo(seen, "Z undo…")
        case "restore":
            return verbs.why_not_replace(seen, "B restore…")
        case "bring_back":
            return verbs.why_not_replace(seen, "T tables or rows…")
        case "back_up_cold":
            return verbs.why_not_gateway(seen, "back up cold…")
        case "verify_all" | "prune" if not (seen.catalogue and seen.catalogue.backups):
            return "There is no backup here; b makes one."
    return verbs.why_not_change(seen, _CHANGES[action]) if action in _CHANGES else ""


def _of_row(action: str, key: str) -> str:
    if key.startswith(PREFIX):
        return "" if action in _OF_FOLDS else "These are several files; Enter shows each."
    if key.startswith(MAKING):
        return "" if action in _OF_MAKING else "It is still being made; o shows it."
    return "There is no backup here; b makes one."


def _of_backup(action: str, backup: Backup) -> str:
    ours = backup.manifest is not None
    bad = backup.problem or "this backup is damaged"
    match action:
        case "restore" if backup.verdict is Verdict.FAIL:
            return f"B restore… is off: {bad.removesuffix('.')}."
        case "bring_back" if backup.verdict is Verdict.FAIL:
            return f"T tables or rows… is off: {bad.removesuffix('.')}."
        case "drill" if backup.verdict is Verdict.FAIL:
            return f"drill is off: {bad.removesuffix('.')}."
        case "pin" if not ours:
            return "p pin is off: it has no manifest to say so; a has adopt."
        case "label" if not ours:
            return "l label is off: it has no manifest to hold one; a has adopt."
        case "adopt" if ours:
            return "adopt is off: it has a manifest, it is one of ours."
        case "delete" if backup.pinned:
            return "D delete… is off: it is pinned; p unpins it."
        case "delete" if backup.neighbour:
            return "D delete… is off: it is of another database of this folder."
    return ""
