"""The reports of rehearsals that are kept: JSON files in `.mcpdb/rehearsals/`, the newest 20.

They are ordered by the number in their names, whatever the clock did. What lies there and is
none of ours, cannot be read or was written by a newer mcpdb-tui is left alone and not listed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui.core.errors import McpdbError, NotFoundError, VerificationError
from tui.core.models import Deployment, MigrationAction, Rehearsal
from tui.operations.migrating.report_file import MAX_SIZE, decode, encode
from tui.services import files
from tui.services.sharing import share
from tui.wording.clean import one_line

KEPT = 20
"""So many reports are kept."""
FRESH = timedelta(hours=24)
"""For so long a report speaks for what would happen now."""
_NAME = re.compile(r"(\d{6})-\d{8}T\d{6}Z-[a-z0-9_-]+")
_AHEAD = timedelta(minutes=5)
"""By so much a clock may have been put back since."""


def folder(deployment: Deployment) -> Path:
    """Where the reports lie."""
    return deployment.state_dir / "rehearsals"


def save(deployment: Deployment, report: Rehearsal) -> Path:
    """Keep a report, and no more than the newest `KEPT`.

    Args:
        deployment: Whose.
        report: Named by its `id`.

    Returns:
        Its file.

    Raises:
        PrecheckError: It cannot be written.
        ValueError: Its id is no name of a journal.
    """
    if _NAME.fullmatch(report.id) is None:
        raise ValueError(report.id)
    place = folder(deployment)
    files.make_private(deployment.state_dir)
    files.make_private(place)
    path = place / f"{report.id}.json"
    files.write_atomically(path, encode(report))
    for shared in (place, path):
        with suppress(McpdbError):  # who else may read it decides nothing about a rehearsal
            share(shared, deployment.group)
    for old in _paths(deployment)[KEPT:]:
        with suppress(McpdbError):  # one too many harms nobody; the next report tries again
            files.remove(old)
    return path


def load(deployment: Deployment, name: str) -> Rehearsal:
    """Read one report.

    Args:
        deployment: Whose.
        name: Its id, the number of its operation, or `latest`.

    Raises:
        NotFoundError: There is none of this name.
        VerificationError: It is damaged, or was written by a newer mcpdb-tui.
        PrecheckError: It may not be read.
    """
    found = [path for path in _paths(deployment) if _is_meant(path, name)]
    if not found:
        raise NotFoundError(
            f"There is no rehearsal {one_line(name)} here; `migrations rehearsals` lists them."
            if name != "latest"
            else "Nothing was rehearsed here yet; `migrations rehearse` does it."
        )
    return _read(found[0])


def _is_meant(path: Path, name: str) -> bool:
    if name.isdecimal():
        return int(path.stem[:6]) == int(name)
    return name in ("latest", path.stem)


def listed(deployment: Deployment) -> tuple[Rehearsal, ...]:
    """Read the reports that can be read, newest first; at most `KEPT`."""
    found = []
    for path in _paths(deployment)[:KEPT]:
        with suppress(McpdbError):
            found.append(_read(path))
    return tuple(found)


def matching(
    deployment: Deployment,
    *,
    action: MigrationAction,
    target: str,
    image_id: str,
    before: Sequence[str],
) -> Rehearsal | None:
    """Return the newest report of the same thing, if all went well and it is of this day.

    Args:
        deployment: Whose.
        action: What was rehearsed.
        target: The revision it ends at, whole.
        image_id: Of the image it ran with; empty for an interpreter.
        before: Where the database stands.
    """
    for report in listed(deployment):
        if (
            report.action == action
            and report.target == target
            and report.image_id == image_id
            and sorted(report.before) == sorted(before)
        ):
            return report if report.ok and _is_fresh(report) else None
    return None


def _is_fresh(report: Rehearsal) -> bool:
    return -_AHEAD <= datetime.now(UTC) - report.taken <= FRESH


# --- files --------------------------------------------------------------------------------


def _paths(deployment: Deployment) -> list[Path]:
    """The files that are named like a report, newest first."""
    with suppress(OSError):
        found = [p for p in folder(deployment).iterdir() if p.suffix == ".json"]
        return sorted((p for p in found if _NAME.fullmatch(p.stem)), reverse=True)
    return []


def _read(path: Path) -> Rehearsal:
    with files.open_regular(path) as descriptor, open(descriptor, "rb", closefd=False) as stream:
        content = stream.read(MAX_SIZE + 1)
    report = decode(content, one_line(path.name))
    if report.id != path.stem:
        raise VerificationError(f"{one_line(path.name)} is the report of another rehearsal.")
    return report
