"""Scheduled runs that did not do their work, since the last one that did."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import ActivityEntry, Backup, Deployment
from tui.operations.activity import read_activity
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.services import journal

SCHEDULED = ("backup", "backup-cold", "drill", "prune", "maintain", "rotate-logs")
"""Operations that a schedule runs."""
_BY_TIMER = ("cron", "systemd")


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedRun:
    """A scheduled run that was refused or failed."""

    id: str
    """Of its journal."""
    operation: str
    at: datetime
    exit_code: int
    refused: bool
    """It never began."""
    sentence: str


def missed_runs(
    deployment: Deployment, activity: Sequence[ActivityEntry] | None = None
) -> tuple[MissedRun, ...]:
    """Scheduled runs that came to nothing, newest first; one that went well forgets those before.

    Args:
        deployment: Whose journals.
        activity: Its journals, newest first, where they have been read already.
    """
    entries = read_activity(deployment, steps=False) if activity is None else activity
    well: set[str] = set()
    found = []
    for entry in sorted(entries, key=lambda entry: entry.number, reverse=True):
        kind = "backup" if entry.operation == "backup-cold" else entry.operation
        if kind not in SCHEDULED or kind in well or entry.state in ("running", "cut"):
            continue
        if entry.exit_code in (ExitCode.DONE, ExitCode.PARTLY):
            # Whoever made it: what was wanted is there.
            well.add(kind)
        elif _is_scheduled(deployment, entry):
            found.append(
                MissedRun(
                    id=entry.id,
                    operation=kind,
                    at=entry.started,
                    exit_code=int(entry.exit_code or ExitCode.FAILED),
                    refused=entry.outcome == "refused",
                    sentence=entry.sentence,
                )
            )
    return tuple(found)


def younger_than(deployment: Deployment, hours: float) -> Backup | None:
    """The newest verified backup if it is younger than so many hours: then none was missed."""
    newest = read_catalogue(deployment).newest_verified
    if newest is None or datetime.now(UTC) - newest.taken >= timedelta(hours=hours):
        return None
    return newest


def _is_scheduled(deployment: Deployment, entry: ActivityEntry) -> bool:
    """Whether a timer asked for it, told by its parent process or by its own request."""
    if entry.origin in _BY_TIMER:
        return True
    with suppress(McpdbError, IndexError, AttributeError):
        begun = journal.read(journal.path_of(deployment.state_dir, entry.id))[0]
        return str((begun.get("params") or {}).get("trigger", "")) == "schedule"
    return False
