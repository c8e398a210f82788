"""Undo: reverse the last restore from the safety copy it kept; makes one of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tui.core.errors import NotFoundError
from tui.core.models import Backup
from tui.operations.activity import read_activity
from tui.operations.catalogue import find_backup, safety_dir
from tui.operations.restore import Restore
from tui.services import files, journal


@dataclass(frozen=True, slots=True)
class Undo(Restore):
    """A restore whose source is the last restore's safety copy."""

    name: ClassVar[str] = "undo"

    backup: str = ""
    """Path of the safety copy; empty means the last one."""

    def source(self) -> Backup:
        """The safety copy of the newest restore that is in place.

        Raises:
            NotFoundError: No restore is in place, or its safety copy is gone.
        """
        if self.backup:
            return find_backup(self.deployment, self.backup)
        for entry in read_activity(self.deployment):
            safety = str(entry.result.get("safety") or "")
            if entry.operation in ("restore", "undo") and safety and self._is_ours(entry.id):
                path = safety_dir(self.deployment) / safety
                if files.identity(path) is None:
                    raise NotFoundError(f"The safety copy {safety} is gone; nothing to undo with.")
                return find_backup(self.deployment, str(path))
        raise NotFoundError("Nothing to undo: no restore is in place.")

    def _is_ours(self, journal_id: str) -> bool:
        """Whether it was about this file: two databases of one folder share their journals."""
        records = journal.read(journal.path_of(self.deployment.state_dir, journal_id))
        about = records[0].get("deployment") or {}
        return Path(str(about.get("database", ""))).name == self.deployment.database.name
