"""Undo: reverse what last put another database in place, from the safety copy it kept.

That is a restore, an upgrade, a downgrade, a stamp, a reset …; an undo makes a safety copy of its
own, and so can be undone as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import NotFoundError
from tui.core.models import Backup
from tui.core.operation import Plan, Progress, Record, Recovery, Steps
from tui.operations.activity import read_activity
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue, safety_dir
from tui.operations.migrating import unbootstrap
from tui.operations.migrating.taking_back import switch_back, with_switch
from tui.operations.restore import Restore
from tui.operations.restoring.undone import undone
from tui.services import files, journal
from tui.wording.clean import one_line
from tui.wording.undone import undone_text

_TRIGGERS = (
    "restore",
    "undo",
    "bring-back",
    "import",
    "upgrade",
    "downgrade",
    "stamp",
    "reset",
    "bootstrap",
)
"""Operations that leave a safety copy of what stood there before."""


@dataclass(frozen=True, slots=True)
class Undo(Restore):
    """A restore whose source is the last safety copy."""

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

    def switch(self, backup: Backup) -> dict[str, Any] | None:
        """The image that the gateway had with this safety copy, if it has another one now."""
        return switch_back(self.deployment, backup.path)

    def plan(self) -> Plan:
        """Say what would happen; the image that fits the safety copy comes back with it."""
        if made := self._bootstrap():
            return unbootstrap.make_plan(self.deployment, made)
        source = self.source()
        plan = Restore.plan(self)
        return _saying(
            with_switch(plan, self.deployment, self.switch(source)),
            undone(self.deployment, source),
        )

    def moved(self, backup: Backup, expected: Mapping[str, Any]) -> dict[str, Any]:
        """See `Restore.moved`; and which operation is taken back."""
        found = Restore.moved(self, backup, expected)
        return {**found, "undoes": undone(self.deployment, backup)}

    def look_again(self, plan: Plan) -> Plan | None:
        """See `Restore.look_again`."""
        if made := self._bootstrap():
            now = unbootstrap.make_plan(self.deployment, made)
            return now if now.basis != plan.basis or now.checks != plan.checks else None
        return Restore.look_again(self, plan)

    def steps(self, progress: Progress) -> Steps:
        """Those of a restore; or what a bootstrap made is taken away again."""
        if self._bootstrap():
            return unbootstrap.steps(self.deployment, progress)
        return Restore.steps(self, progress)

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone."""
        if unbootstrap.is_one(records):
            return unbootstrap.recover(self.deployment, records)
        return Restore.recover(self, records)

    def _bootstrap(self) -> unbootstrap.Made | None:
        """The bootstrap that put the database where none was, if that is what came last."""
        return None if self.backup else unbootstrap.made_by_bootstrap(self.deployment)

    def _of_journals(self) -> Path | None:
        """The safety copy of the newest restore or undo of this database that is in place."""
        # All of them: hourly backups alone are more than a screen's list within the 30 days.
        for entry in read_activity(self.deployment, steps=False):
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


def _saying(plan: Plan, undoes: Mapping[str, Any]) -> Plan:
    """A plan that says which operation is taken back."""
    facts = {**plan.facts, "undoes": undoes}
    if text := undone_text(facts, datetime.now(UTC)):
        facts["notes"] = [f"Undoes {text}.", *facts.get("notes", ())]
    return replace(plan, facts=facts)
