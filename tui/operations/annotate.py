"""What a person says about a backup: a pin, a label, a note; kept in its manifest."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import Backup, Deployment
from tui.core.operation import (
    Check,
    Plan,
    PlannedStep,
    Progress,
    Record,
    Recovery,
    StepFinished,
    Steps,
    StepStarted,
    Tier,
    Verdict,
)
from tui.operations.cataloguing.catalogue import find_backup
from tui.operations.cataloguing.own_files import in_catalogue, read_only, writable
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure
from tui.services import manifests
from tui.wording.clean import one_line

LABEL_LENGTH = 60
"""Characters of a label: what a line of the catalogue has room for."""
NOTE_LENGTH = 1_000
"""Characters of a note."""


def words_check(label: str, note: str | None = "") -> Check | None:
    """The check that forbids words no list can show; None when they are fine.

    Args:
        label: A backup's label.
        note: Its note; None where it is not changed.
    """
    for what, text, most in (("label", label, LABEL_LENGTH), ("note", note or "", NOTE_LENGTH)):
        if len(text) > most:
            told = f"The {what} has {len(text):,} characters; at most {most:,} are kept."
            return Check(what, Verdict.FAIL, told, ExitCode.USAGE)
        if one_line(text) != text:
            told = f"The {what} has characters that do not print, line breaks among them."
            return Check(what, Verdict.FAIL, told, ExitCode.USAGE)
    return None


@dataclass(frozen=True, slots=True)
class _Annotation:
    """What the operations have in common: one manifest is written anew."""

    name: ClassVar[str]

    deployment: Deployment
    backup: str

    def _changes(self) -> dict[str, Any]:
        """The manifest's new fields."""
        raise NotImplementedError

    def _said(self, backup: Backup) -> str:
        """What was done, in words."""
        raise NotImplementedError

    def _words(self, backup: Backup) -> list[str]:
        """The same as a command."""
        raise NotImplementedError

    def _own_checks(self) -> list[Check]:
        return []

    def plan(self) -> Plan:
        """Say what is written; changes nothing."""
        backup = find_backup(self.deployment, self.backup)
        checks = [*read_only(self.deployment), *self._own_checks()]
        if backup.manifest is None:
            name = one_line(backup.path.name)
            text = f"{name} has no manifest to keep it in; mcpdb-tui backup adopt gives it one."
            checks.append(Check("manifest", Verdict.FAIL, text))
        checks += [in_catalogue(self.deployment, backup), writable(backup)]
        return Plan(
            operation=self.name,
            title=f"{self._words(backup)[1]} {backup.id}",
            tier=Tier.LIGHT,
            subject=backup.id,
            basis={"backup": str(backup.path)},
            checks=checks,
            steps=(PlannedStep("write", "write its manifest anew", cancellable=False),),
            command=command_line(self.deployment, *self._words(backup)),
        )

    def steps(self, progress: Progress) -> Steps:
        """Write the manifest, whole or not at all."""
        backup = find_backup(self.deployment, self.backup)
        progress.checkpoint()
        changes = self._changes()
        before = {key: getattr(backup.manifest, key, None) for key in changes}
        yield StepStarted("write", "write its manifest anew", cancellable=False)
        manifests.amend(backup.path, self.deployment.group, **changes)
        self._tell_second(backup, changes)
        yield StepFinished("write", {"before": before})
        return {
            "backup": backup.id,
            "name": backup.path.name,
            "before": before,
            **changes,
            "sentence": self._said(backup),
        }

    def _tell_second(self, backup: Backup, changes: dict[str, Any]) -> None:
        """Say it of the copy as well: without the first file a pin must go on holding there.

        A second location that is away today is no reason to refuse.
        """
        manifest, place = backup.manifest, self.deployment.second_dir
        copy = Path(manifest.second) if manifest is not None and manifest.second else None
        if manifest is None or copy is None or place is None or copy.parent != place:
            return
        with suppress(McpdbError, OSError):
            known = manifests.read_manifest(copy)
            if known is not None and (known.id, known.sha256) == (manifest.id, manifest.sha256):
                manifests.amend(copy, self.deployment.group, **changes)

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Nothing is left behind: the manifest was replaced whole or not at all."""
        cause = failure(records)
        return Recovery(
            "nothing",
            cause.sentence if cause else "It was cut short; the manifest is as it was, or new.",
            (),
            cause.exit_code if cause else ExitCode.FAILED,
            cause.outcome if cause else "cut short",
        )


@dataclass(frozen=True, slots=True)
class Pin(_Annotation):
    """Keep a backup for ever, or no longer."""

    name: ClassVar[str] = "pin"

    pinned: bool = True

    def _changes(self) -> dict[str, Any]:
        return {"pinned": bool(self.pinned)}

    def _said(self, backup: Backup) -> str:
        if backup.pinned == self.pinned:
            return f"{backup.id} {'was' if self.pinned else 'was not'} pinned already"
        if self.pinned:
            return f"pinned {backup.id}: no rule and no delete removes it"
        return f"unpinned {backup.id}: the rules count for it again"

    def _words(self, backup: Backup) -> list[str]:
        return ["backup", "pin" if self.pinned else "unpin", backup.path.name]


@dataclass(frozen=True, slots=True)
class Relabel(_Annotation):
    """Give a backup another label, and another note."""

    name: ClassVar[str] = "label"

    label: str = ""
    """Empty takes it away."""
    note: str | None = None
    """None leaves it as it is; empty takes it away."""

    def _changes(self) -> dict[str, Any]:
        return {"label": self.label, **({} if self.note is None else {"note": self.note})}

    def _said(self, backup: Backup) -> str:
        text = f"labelled {backup.id}: {self.label}" if self.label else f"{backup.id} has no label"
        if self.note is None:
            return text
        return f"{text}; {'noted' if self.note else 'its note is gone'}"

    def _words(self, backup: Backup) -> list[str]:
        note = [] if self.note is None else ["--note", self.note]
        return ["backup", "label", backup.path.name, self.label, *note]

    def _own_checks(self) -> list[Check]:
        check = words_check(self.label, self.note)
        return [] if check is None else [check]
