"""What verifications found out about files that have no manifest to keep it in.

The journal of a verification names the file by device, inode, size and time of its last change:
as long as it is that file, what was found still counts. A bare file that was found whole stays
*unknown* all the same, for nothing says what it should be; `backup adopt` changes that. One that
was found damaged is damaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError
from tui.core.models import Backup, Deployment, FileIdentity
from tui.core.operation import Verdict
from tui.services import files, journal

_OF_ALL = "verify-all"
LOOKED_AT = 400
"""So many of the newest journals are looked through, by their names."""


def stamp(found: FileIdentity) -> list[int]:
    """What tells a file from any other, and from itself before a change."""
    return [found.device, found.inode, found.size, found.mtime_ns]


def checked(deployment: Deployment, backups: Iterable[Backup]) -> list[Backup]:
    """Add to bare files when they were last read whole, and what was found.

    Args:
        deployment: Whose journals.
        backups: Of the catalogue; those with a manifest come back as they are.
    """
    found = list(backups)
    bare = {b.id for b in found if b.manifest is None and b.verdict is not Verdict.FAIL}
    if not bare:
        return found
    told = _verdicts(deployment, bare)
    return [_judged(b, told[b.id]) if b.id in bare and b.id in told else b for b in found]


def _verdicts(deployment: Deployment, wanted: set[str]) -> dict[str, Mapping[str, Any]]:
    """The newest verdict about each file; only journals whose names may have one are read."""
    told: dict[str, Mapping[str, Any]] = {}
    all_read = False
    for path in reversed(journal.paths(deployment.state_dir)[-LOOKED_AT:]):
        _number, _stamp, *words = path.stem.split("-")
        if words[:2] == _OF_ALL.split("-"):
            interesting, all_read = not all_read, True
        else:
            interesting = words[:1] == ["verify"] and bool(set(words[1:2]) & (wanted - set(told)))
        if not interesting:
            continue
        for verdict in _results(path):
            told.setdefault(str(verdict["backup"]), verdict)
    return told


def _results(path: Path) -> Iterator[Mapping[str, Any]]:
    """What one journal says: each with `backup`, `file`, `problem` and `at`."""
    try:
        records = journal.read(path)
    except McpdbError:
        return
    for record in records:
        facts = record.get("facts")
        if record["kind"] == "step_finished" and isinstance(facts, dict) and "backup" in facts:
            yield {**facts, "at": record.get("at")}


def _judged(backup: Backup, verdict: Mapping[str, Any]) -> Backup:
    try:
        path = backup.path
        found = files.identity(path.with_name(backup.link_to) if backup.link_to else path)
        if found is None or verdict.get("file") != stamp(found):
            return backup
        at = datetime.fromisoformat(str(verdict["at"])).astimezone(UTC)
    except (McpdbError, ValueError, KeyError, OverflowError):
        return backup
    if problem := str(verdict.get("problem") or ""):
        return replace(backup, verdict=Verdict.FAIL, problem=problem, verified=at)
    return replace(backup, verified=at)
