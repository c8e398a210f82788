"""Verify a backup again: every byte against its manifest, every page by SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar

from tui.core.errors import ExitCode, VerificationError
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
from tui.operations.catalogue import find_backup
from tui.operations.command import command_line
from tui.operations.journaled import failure
from tui.services.manifests import write_manifest
from tui.services.sqlite import inspection

COMPARED = ("sha256", "size", "pages", "revision", "rows")


@dataclass(frozen=True, slots=True)
class BackupVerify:
    """Read a whole backup and compare it with what its manifest says."""

    name: ClassVar[str] = "verify"

    deployment: Deployment
    backup: str
    full: bool = False
    """`integrity_check` instead of `quick_check`."""

    def plan(self) -> Plan:
        """Say which file is read; changes nothing."""
        backup = find_backup(self.deployment, self.backup)
        checks = []
        if self.deployment.read_only:
            checks.append(Check("read-only", Verdict.FAIL, "started with --read-only"))
        return Plan(
            operation=self.name,
            title=f"verify {backup.id}",
            tier=Tier.LIGHT,
            subject=backup.id,
            basis={"backup": str(backup.path)},
            checks=checks,
            steps=(PlannedStep("check", "read every byte and every page"),),
            command=command_line(self.deployment, "backup", "verify", backup.path.name),
            facts={"bytes": backup.size},
        )

    def steps(self, progress: Progress) -> Steps:
        """Read, compare, and write the result into the manifest, good or bad."""
        backup = find_backup(self.deployment, self.backup)
        yield StepStarted("check", "read every byte and every page")
        try:
            report = inspection.inspect(
                backup.path, progress.tick, progress.checkpoint, full=self.full
            )
            if backup.manifest is not None:
                inspection.expect(report, backup.manifest.as_json(), COMPARED)
        except VerificationError as error:
            self._record(backup, str(error), "")
            raise
        self._record(backup, "ok", report.check)
        yield StepFinished("check", {"sha256": report.sha256})
        return {
            "backup": backup.id,
            "name": backup.path.name,
            "sha256": report.sha256,
            "revision": report.revision,
            "rows": sum(report.rows.values()),
            "check": report.check,
            "foreign_key_errors": report.foreign_key_errors,
            "manifest": backup.manifest is not None,
        }

    def _record(self, backup: Backup, verdict: str, check: str) -> None:
        if backup.manifest is None:
            return
        manifest = replace(
            backup.manifest,
            check=check or backup.manifest.check,
            check_result=verdict,
            verified=datetime.now(UTC).isoformat(),
        )
        write_manifest(backup.path, manifest)

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Nothing is left behind: the manifest was replaced whole or not at all."""
        cause = failure(records)
        return Recovery(
            "nothing",
            cause.sentence if cause else "A verification was cut short; nothing was changed.",
            (),
            cause.exit_code if cause else ExitCode.FAILED,
            cause.outcome if cause else "cut short",
        )
