"""What a prune removes: the ruling on both locations, and a look at each file that would go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError
from tui.core.models import Backup, Deployment, Policy, Ruling
from tui.operations.backing_up.second_copies import second_copies
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.cataloguing.retention import rule, verified
from tui.operations.delete import marked
from tui.operations.undo import Undo
from tui.services import files
from tui.services.live.holders import holders, inodes
from tui.services.sqlite.connections import sidecar


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file that goes, and which file it was when that was decided."""

    backup: Backup
    size: int
    """Bytes."""
    mark: Mapping[str, Any]
    """What the journal keeps before it is removed: which file it is."""
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy says of everything there is."""

    rulings: tuple[Ruling, ...]
    dropped: tuple[Dropped, ...]
    verified: tuple[Backup, ...]
    """Backups in the first location that count toward the minimum, newest first."""

    @property
    def freed(self) -> int:
        """Bytes that are free afterwards."""
        return sum(item.size for item in self.dropped)

    @property
    def relied_on(self) -> Backup | None:
        """The backup that must be whole before others go; safety copies are none of it."""
        if self.verified and any(item.backup.kind != "safety" for item in self.dropped):
            return self.verified[0]
        return None


def decide(
    deployment: Deployment, policy: Policy, now: datetime, *, guide: bool = False
) -> Decision:
    """Rule on everything in both locations, and look at the files that would go."""
    backups = read_catalogue(deployment).backups
    needed = _needed_by_undo(deployment)
    first = rule(backups, policy, now, undo=needed, guide=guide)
    copies = second_copies(deployment, backups)
    second = tuple(
        replace(ruling, name=str(copy.path))
        for copy, ruling in zip(copies, rule(copies, policy, now), strict=True)
    )
    rulings: list[Ruling] = []
    dropped: list[Dropped] = []
    judged = list(zip((*backups, *copies), (*first, *second), strict=True))
    in_use = _in_use([backup for backup, ruling in judged if not ruling.keep])
    for backup, ruling in judged:
        item = None if ruling.keep or backup.path in in_use else _looked_at(backup, ruling)
        if item is not None:
            dropped.append(item)
        elif not ruling.keep:
            ruling = replace(ruling, keep=True, rule="kept: in use, or another name points to it")
        rulings.append(ruling)
    return Decision(tuple(rulings), tuple(dropped), verified(backups, now))


def _needed_by_undo(deployment: Deployment) -> set[str]:
    with suppress(McpdbError):
        return {Undo(deployment).source().id}
    return set()


def _in_use(backups: Sequence[Backup]) -> set[Path]:
    """The files that somebody has open: a database may have been adopted that is in use."""
    with suppress(McpdbError):
        known = {backup.path: inodes(backup.path) for backup in backups}
        together = frozenset().union(*known.values())
        if together and holders(together)[0]:
            return {path for path, files_of in known.items() if holders(files_of)[0]}
    return set()


def _looked_at(backup: Backup, ruling: Ruling) -> Dropped | None:
    """Which file it is now; None unless it is a plain one with a single name, and at rest."""
    with suppress(McpdbError):
        found = files.identity(backup.path)
        if found is None or not files.is_regular(found) or found.links != 1:
            return None
        if backup.kind != "safety" and any(
            files.identity(sidecar(backup.path, suffix)) for suffix in ("-wal", "-journal")
        ):
            return None
        return Dropped(backup, found.size, marked(backup), ruling)
    return None
