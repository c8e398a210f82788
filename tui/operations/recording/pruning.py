"""Keeping the activity log within bounds: journals that nothing needs any more go, oldest first.

The runner does it at the end of an operation, under the database's lock. Every removal is one
`unlink`: a cut anywhere leaves some of them for the next time and nothing half done. What stays,
whatever its age, is decided from the journal itself and from what names it:

- what has not ended, is not understood, or is about another database of the same folder;
- what a manifest, a half-made file or any other file of ours names;
- what says which file was kept as a safety copy, while that file is there;
- the last of its kind, and the last of its kind that went well: who looks for the last backup,
  drill, check or undo finds it;
- what moved the database between revisions: the timeline is followed through all of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import FORMAT, ActivityEntry, Deployment
from tui.core.operation import Record
from tui.operations.activity import read_activity
from tui.operations.cataloguing.catalogue import safety_dir
from tui.services import files, journal

_JOURNAL = re.compile(rb"\d{6}-\d{8}T\d{6}Z-[a-z0-9_-]+")
_REFUSED = re.compile(r"-refused-\d+$")
_SMALL = 1024 * 1024
"""Bytes of a file that may name a journal; a manifest has a few thousand."""
_TIMELINE = (
    "upgrade", "downgrade", "stamp", "bootstrap", "reset", "restore", "undo"
)  # fmt: skip
_WENT_WELL = (ExitCode.DONE, ExitCode.PARTLY, ExitCode.UNHEALTHY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of the log is kept."""

    newest: int = 2_000
    """Journals of what ran, or was noted."""
    days: int = 400
    """Age from which one goes although it is among them."""
    least: int = 500
    """So many of the newest stay whatever the clock says: it may be wrong."""
    refused: int = 500
    """Journals of what was refused and never ran."""
    timeline: int = 2_000
    """Journals of what moved the database between revisions."""
    batch: int = 50
    """With fewer to remove nothing is looked at."""


BOUNDS = Bounds()
_NAMING = (".json", ".partial")
"""Files whose content or name may name a journal."""


def prune_journals(deployment: Deployment, bounds: Bounds = BOUNDS) -> int:
    """Remove the journals that have outlived their use; call it with the lock held.

    Args:
        deployment: Whose journals.
        bounds: How much is kept.

    Returns:
        How many were removed. What cannot be looked at or removed stays.
    """
    names = journal.names(deployment.state_dir)
    old = outlived(names, bounds, datetime.now(UTC))
    if len(old) < max(1, bounds.batch):
        return 0
    try:
        needed = _named(deployment)
        last = _last_of_each(read_activity(deployment, steps=False), bounds)
        kept_files = set(_kept_files(deployment))
    except (OSError, McpdbError):
        return 0  # Not everything that may need one could be looked at.
    removed = 0
    for name in old:
        path = journal.path_of(deployment.state_dir, name)
        if name in needed or name in last or not _may_go(path, deployment, kept_files):
            continue
        with suppress(OSError):
            path.with_suffix(".progress").unlink(missing_ok=True)
            path.unlink()
            removed += 1
    return removed


def outlived(names: Sequence[str], bounds: Bounds, now: datetime) -> list[str]:
    """The ids that the bounds leave out, oldest first; told by their names alone.

    Args:
        names: All ids, oldest first.
        bounds: How much is kept.
        now: What an age is counted from.
    """
    refused = [name for name in names if _REFUSED.search(name)]
    ran = [name for name in names if not _REFUSED.search(name)]
    before = now - timedelta(days=bounds.days)
    beyond = set(ran[: -bounds.newest] if bounds.newest else ran)
    beyond.update(name for name in ran[: -bounds.least or len(ran)] if _moment(name) < before)
    beyond.update(refused[: -bounds.refused or len(refused)])
    return [name for name in names if name in beyond]


def _moment(name: str) -> datetime:
    """When a journal began, by its name."""
    with suppress(ValueError):
        return datetime.strptime(name[7:23], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return datetime.max.replace(tzinfo=UTC)


def _named(deployment: Deployment) -> set[str]:
    """Every journal that a file of ours names.

    Raises:
        OSError: A folder that may have such files cannot be looked through.
    """
    state = deployment.state_dir
    folders = [deployment.database.parent, deployment.backup_dir, state, safety_dir(deployment)]
    if deployment.second_dir is not None:
        if not any(path.suffix == ".json" for path in deployment.second_dir.iterdir()):
            # It is away, with its manifests: where it is mounted stands an empty folder.
            raise FileNotFoundError(deployment.second_dir)
        folders.append(deployment.second_dir)
    found: set[str] = set()
    for folder in folders:
        if folder.is_dir():
            for path in folder.iterdir():
                found.update(_names_in(path))
    for folder in (path for path in state.iterdir() if path.is_dir() and not path.is_symlink()):
        if folder != journal.folder(state):
            for path in folder.iterdir():
                found.update(_names_in(path))
    return found


def _names_in(path: Path) -> Iterator[str]:
    """The journals that a file's name or its small content names."""
    spoken = [path.name.encode(errors="surrogateescape")]
    if path.suffix in _NAMING and path.is_file() and not path.is_symlink():
        if path.stat().st_size > _SMALL:
            return
        spoken.append(path.read_bytes())
    for content in spoken:
        yield from (match.decode() for match in _JOURNAL.findall(content))


def _last_of_each(entries: Iterable[ActivityEntry], bounds: Bounds) -> set[str]:
    """The newest of each kind, the newest that went well, and the timeline."""
    kept: set[str] = set()
    seen: set[tuple[str, bool]] = set()
    timeline = 0
    for entry in sorted(entries, key=lambda entry: entry.id, reverse=True):
        well = entry.exit_code in _WENT_WELL
        for kind in ((entry.operation, False), *([(entry.operation, True)] if well else [])):
            if kind not in seen:
                seen.add(kind)
                kept.add(entry.id)
        if entry.operation in _TIMELINE and entry.outcome != "refused":
            timeline += 1
            if timeline <= bounds.timeline:
                kept.add(entry.id)
    return kept


def _kept_files(deployment: Deployment) -> Iterator[tuple[int, int]]:
    """Device and inode of everything that may be a safety copy."""
    for folder in (safety_dir(deployment), deployment.backup_dir):
        if folder.is_dir():
            for path in folder.iterdir():
                found = files.identity(path)
                if found is not None:
                    yield found.key


def _may_go(path: Path, deployment: Deployment, kept: Collection[tuple[int, int]]) -> bool:
    """Whether a journal is over, understood, ours, and tells of no file that is still there."""
    try:
        records = journal.read(path)
        begun = records[0]
        if begun["kind"] != "begun" or begun.get("format") != FORMAT:
            return False
        ended = next(record for record in records if record["kind"] == "ended")
        about = (begun.get("deployment") or {}).get("database") or ""
        if about and Path(str(about)).name != deployment.database.name:
            return False
        return not _tells_of_a_file(records, ended.get("result") or {}, kept)
    except (McpdbError, IndexError, KeyError, StopIteration, AttributeError, TypeError):
        return False


def _tells_of_a_file(
    records: Sequence[Record],
    result: Mapping[str, object],
    kept: Collection[tuple[int, int]],
) -> bool:
    safety = str(result.get("safety_path") or "")
    if safety and files.identity(Path(safety)) is not None:
        return True
    facts = (record.get("facts") or {} for record in records)
    return any((one.get("live_device"), one.get("live_inode")) in kept for one in facts)
