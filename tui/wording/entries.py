"""What an entry of the activity log says of itself, in the words of every list."""

from __future__ import annotations

from tui.core.models import ActivityEntry
from tui.wording import migrated, quantities
from tui.wording.undone import undone_short


def what(entry: ActivityEntry) -> str:
    """`restore k7m2qd`, `undo of upgrade op 4`."""
    if entry.operation == "undo" and (undoes := undone_short(entry.result)):
        return f"undo of {undoes}"
    return " ".join(word for word in (entry.operation, entry.subject) if word)


def result(entry: ActivityEntry, progress: str = "") -> str:
    """How it ended in a few words.

    Args:
        entry: Of the log.
        progress: How far a running one is.
    """
    if entry.state == "running":
        return f"running  {progress}".strip()
    if entry.state == "cut":
        return "cut short"
    if entry.operation == "rehearse" and entry.state == "failed" and entry.sentence:
        return entry.sentence
    shout = {"rolled back": "ROLLED BACK", "failed": "FAIL"}.get(entry.outcome)
    if shout:
        return f"{shout}, exit {entry.exit_code}" if entry.exit_code else shout
    if entry.outcome == "refused":
        return f"refused, exit {entry.exit_code}: {entry.sentence}"
    return entry.sentence or facts(entry) or entry.outcome or entry.state


def facts(entry: ActivityEntry) -> str:
    """What a good result was, in a few words."""
    words = [way] if (way := migrated.way(entry)) else []
    if entry.state == "done" and entry.operation in ("backup", "verify"):
        size = entry.result.get("size")
        if isinstance(size, int):
            words.append(quantities.narrow_size(size))
        words.append("verified")
    if entry.state == "done" and entry.down_seconds:
        words.append(f"down {quantities.duration(entry.down_seconds)}")
    return ", ".join(words)
