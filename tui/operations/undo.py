"""Undo: reverse the last restore from the safety copy it kept; makes one of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tui.core.errors import NotFoundError
from tui.core.models import Backup
from tui.operations.activity import read_activity
from tui.operations.catalogue import find_backup, read_catalogue, safety_dir
from tui.operations.restore import Restore
from tui.services import files, journal
from tui.wording.clean import one_line

_ALL = sys.maxsize
_TRIGGERS = ("restore", "undo", "bring-back")


@dataclass(frozen=True, slots=True)
class Undo(Restore):
    """A restore whose source is the last restore's safety copy."""

    name: ClassVar[str] = "undo"

    backup: str = ""
    """Path of the safety copy; empty means the last one."""

    def source(self) -> Backup:
        """The safety copy of the newest restore that is in place.

        The journals say which it is. Where they are lost, the safety copies' own manifests do.

        Raises:
            NotFoundError: No restore is in place, or its safety copy is gone.
        """
        if self.backup:
            return find_backup(self.deployment, self.backup)
        told, orphan = self._of_journals(), self._without_journal()
        if orphan is not None and (told is None or self._is_newer(orphan, told)):
            return orphan
        if told is None:
            raise NotFoundError("Nothing to undo: no restore is in place.")
        if files.identity(told) is None:
            name = one_line(told.name)
            raise NotFoundError(f"The safety copy {name} is gone; nothing to undo with.")
        return find_backup(self.deployment, str(told))

    def _of_journals(self) -> Path | None:
        """The safety copy of the newest restore or undo of this database that is in place."""
        # All of them: hourly backups alone are more than a screen's list within the 30 days.
        for entry in read_activity(self.deployment, limit=_ALL):
            safety = str(entry.result.get("safety") or "")
            if entry.operation in _TRIGGERS and safety and self._is_ours(entry.id):
                kept = str(entry.result.get("safety_path") or "")
                return Path(kept) if kept else safety_dir(self.deployment) / safety
        return None

    def _without_journal(self) -> Backup | None:
        """The newest safety copy of this database whose restore's journal is lost."""
        return max(self._orphans(), key=lambda backup: backup.sequence, default=None)

    def _orphans(self) -> Iterator[Backup]:
        state = self.deployment.state_dir
        for backup in read_catalogue(self.deployment).backups:
            manifest = backup.manifest
            if backup.kind != "safety" or manifest is None or backup.neighbour:
                continue
            # A copy that says nothing of its database is of this one only if none is beside it.
            own = manifest.source in ("", self.deployment.database.name)
            if not own or manifest.trigger not in _TRIGGERS or not manifest.parent:
                continue
            if files.identity(journal.path_of(state, Path(manifest.parent).name)) is None:
                yield backup

    def _is_newer(self, backup: Backup, told: Path) -> bool:
        """Whether a copy without journal is newer than the one that the journals name."""
        if files.identity(told) is None:
            return False
        return backup.sequence > find_backup(self.deployment, str(told)).sequence

    def _is_ours(self, journal_id: str) -> bool:
        """Whether it was about this file: two databases of one folder share their journals."""
        records = journal.read(journal.path_of(self.deployment.state_dir, journal_id))
        about = records[0].get("deployment") or {}
        return Path(str(about.get("database", ""))).name == self.deployment.database.name
