"""When a restore was last proven to work: the newest drill, from manifests and journals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tui.core.errors import ExitCode
from tui.core.models import ActivityEntry, Catalogue, Deployment, LastDrill
from tui.operations.activity import read_activity

DRILL_WANTED = timedelta(days=45)
"""Without a drill for so long, somebody is told."""


def last_drill(
    deployment: Deployment,
    catalogue: Catalogue,
    activity: Sequence[ActivityEntry] | None = None,
) -> LastDrill | None:
    """The newest drill that came to a verdict; None when there was none.

    A manifest knows it for as long as its backup is kept, a journal for longer, and also for a
    file without a manifest.

    Args:
        deployment: Whose journals.
        catalogue: Its backups.
        activity: Its journals, where they have been read already.
    """
    entries = read_activity(deployment, steps=False) if activity is None else activity
    return newest_drill(catalogue, entries)


def newest_drill(catalogue: Catalogue, activity: Sequence[ActivityEntry]) -> LastDrill | None:
    """As `last_drill`, from backups and journals that were read already."""
    found = [*_of_manifests(catalogue), *_of_journals(activity)]
    return max(found, key=lambda drill: drill.at, default=None)


def _of_manifests(catalogue: Catalogue) -> list[LastDrill]:
    found = []
    for backup in catalogue.backups:
        manifest = backup.manifest
        if manifest is None or not manifest.drilled or backup.neighbour or backup.link_to:
            continue
        try:
            at = datetime.fromisoformat(manifest.drilled).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        found.append(
            LastDrill(
                at=at,
                backup=backup.id,
                result=manifest.drill_result or "unknown",
                seconds=manifest.drill_seconds,
            )
        )
    return found


def _of_journals(entries: Sequence[ActivityEntry]) -> list[LastDrill]:
    for entry in entries:
        if entry.operation != "drill" or entry.seconds is None:
            continue
        if entry.exit_code not in (ExitCode.DONE, ExitCode.VERIFICATION):
            continue
        good = entry.exit_code == ExitCode.DONE
        return [
            LastDrill(
                at=entry.started,
                backup=entry.subject,
                result="ok" if good else entry.sentence,
                seconds=float(entry.result.get("seconds") or entry.seconds),
            )
        ]
    return []
