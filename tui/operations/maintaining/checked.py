"""What our own journals say of the last check of the file that stands at the live path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tui.core.models import ActivityEntry

REPLACING = ("restore", "undo", "upgrade", "downgrade", "stamp", "reset", "bootstrap")
"""Operations that put another database at the live path."""


def replaced(activity: Sequence[ActivityEntry]) -> datetime | None:
    """When another database was put at the live path; what was checked before is gone with it.

    Args:
        activity: Newest first.
    """
    return next(
        (
            e.started
            for e in activity
            if e.operation in REPLACING
            and e.exit_code in (0, 14)
            and not e.outcome.startswith(("rolled back", "gateway not back"))
        ),
        None,
    )


def last_found(activity: Sequence[ActivityEntry]) -> Mapping[str, Any] | None:
    """The newest check: `integrity`, `check`, `checked_at` and, where it was told, `indexes`.

    Args:
        activity: Newest first.
    """
    since = replaced(activity)
    newest: tuple[datetime, Mapping[str, Any]] | None = None
    for entry in activity:
        at = _at(entry.result)
        if at is None or not entry.result.get("integrity") or (since and at <= since):
            continue
        if newest is None or at > newest[0]:
            newest = (at, entry.result)
    return newest[1] if newest is not None else None


def verdict(activity: Sequence[ActivityEntry]) -> tuple[str, datetime] | None:
    """Result and moment of the newest check; None where there was none."""
    found = last_found(activity)
    at = _at(found) if found is not None else None
    return (str(found["integrity"]), at) if found is not None and at is not None else None


def last_vacuum(activity: Sequence[ActivityEntry]) -> ActivityEntry | None:
    """The newest operation that really ran VACUUM: a routine may have left it out.

    Args:
        activity: Newest first.
    """
    return next((e for e in activity if e.state == "done" and _vacuumed(e)), None)


def _vacuumed(entry: ActivityEntry) -> bool:
    steps = ("vacuum", "vacuum-online")
    return any(line.step in steps and line.state == "done" for line in entry.steps)


def _at(result: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(result.get("checked_at"))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
