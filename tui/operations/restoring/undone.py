"""Which operation an undo takes back: of whom, when, under which number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError
from tui.core.models import ActivityEntry, Backup, Deployment
from tui.operations.activity import read_activity, read_entry


def undone(deployment: Deployment, safety: Backup) -> dict[str, Any]:
    """The operation that kept a safety copy, as journals, plans and results name it.

    Args:
        deployment: Whose database.
        safety: The copy that is put back.

    Returns:
        `operation`, `number` (0: not known), `at` (ISO 8601; empty: not known) and `who`; empty
        where nobody knows.
    """
    entry = _keeper(deployment, safety)
    if entry is not None:
        return named(entry)
    manifest = safety.manifest
    if manifest is None or not manifest.trigger:
        return {}
    # Its journal is lost: the copy says of itself what it was kept for.
    number = Path(manifest.parent).name.partition("-")[0]
    return {
        "operation": manifest.trigger,
        "number": int(number) if number.isdecimal() else 0,
        "at": safety.taken.isoformat(),
        "who": manifest.who,
    }


def named(entry: ActivityEntry) -> dict[str, Any]:
    """An operation of the log, by what `undone` names it."""
    return {
        "operation": entry.operation,
        "number": entry.number,
        "at": entry.started.isoformat(),
        "who": entry.who,
    }


def _keeper(deployment: Deployment, safety: Backup) -> ActivityEntry | None:
    parent = Path(safety.manifest.parent).name if safety.manifest is not None else ""
    if parent:
        try:
            return read_entry(deployment, parent)
        except McpdbError:
            pass  # lost
    for entry in read_activity(deployment, steps=False):
        kept = str(entry.result.get("safety_path") or "")
        if kept and Path(kept).name == safety.path.name:
            return entry
    return None
