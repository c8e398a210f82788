"""Restore drill: the newest backup restored into a scratch place, checked in full, thrown away.

It takes the way a restore takes up to the moment where that would stop the gateway: copied or
unpacked, hashed, read page by page, compared with its manifest. Nothing live is touched or
started. What came of it is written into the backup's manifest, good or bad.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import ExitCode, McpdbError, PrecheckError, VerificationError
from tui.core.models import Backup, Deployment
from tui.core.operation import (
    Check,
    Facts,
    Plan,
    PlannedStep,
    Progress,
    Record,
    Recovery,
    RecoveryAction,
    StepFinished,
    Steps,
    StepStarted,
    Tier,
    Verdict,
)
from tui.operations.cataloguing.catalogue import find_backup
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure, merged, recovered
from tui.services import compression, files, manifests
from tui.services.sqlite import copying, inspection
from tui.services.sqlite.connections import finished, translating
from tui.wording.clean import one_line
from tui.wording.quantities import duration, narrow_size, plural

COMPARED = ("sha256", "size", "pages", "revision", "rows")
_STAGE = "copy it into a scratch place, as a restore does"
_CHECK = "check every page, the foreign keys, tables and rows"
_RECORD = "write into its manifest what came of it, remove the scratch copy"


@dataclass(frozen=True, slots=True)
class Drill:
    """Prove that a backup can be restored, without touching anything live."""

    name: ClassVar[str] = "drill"

    deployment: Deployment
    backup: str = "latest"
    """Id, name or path of the backup, or `latest`."""
    trigger: str = "hand"
    scratch: str = ""
    """Folder for the scratch copy; the state folder beside the database by default."""

    @property
    def place(self) -> Path:
        """Where the scratch copy lies."""
        return Path(self.scratch) if self.scratch else self.deployment.state_dir

    def plan(self) -> Plan:
        """Say which backup is taken and what room it needs; changes nothing."""
        deployment = self.deployment
        backup = find_backup(deployment, self.backup)
        needed = _needed(backup)
        checks = []
        if deployment.read_only:
            checks.append(Check("read-only", Verdict.FAIL, "started with --read-only"))
        try:
            if self.scratch and not files.is_folder(self.place):
                raise PrecheckError(f"{one_line(self.scratch)} is no folder.")
            files.require_space(self.place, needed, "A drill")
            free = narrow_size(files.free_space(self.place), "down")
            checks.append(Check("space", Verdict.OK, f"{free} free"))
        except PrecheckError as error:
            checks.append(Check("space", Verdict.FAIL, str(error)))
        words = [backup.path.name, *(["--scratch", self.scratch] if self.scratch else [])]
        return Plan(
            operation=self.name,
            title=f"restore {backup.id} into a scratch place and check it",
            tier=Tier.LIGHT,
            subject=backup.id,
            basis={"backup": str(backup.path)},
            checks=checks,
            steps=(
                PlannedStep("stage", _STAGE),
                PlannedStep("check", _CHECK),
                PlannedStep("record", _RECORD, cancellable=False),
            ),
            command=command_line(deployment, "backup", "drill", *words),
            facts={"bytes": needed, "folder": str(self.place), "name": backup.path.name},
        )

    def steps(self, progress: Progress) -> Steps:
        """Copy or unpack, check, record."""
        backup = find_backup(self.deployment, self.backup)
        files.make_private(self.deployment.state_dir)
        files.probe_writable(self.place)
        scratch = files.partial(self.place, progress.operation_id)
        facts = {"scratch": str(scratch), "id": backup.id, "backup_path": str(backup.path)}
        yield StepStarted("stage", _STAGE, facts=facts)
        files.require_space(self.place, _needed(backup), "A drill")
        began = time.monotonic()
        try:
            digest = stage(backup, scratch, progress.tick)
            yield StepFinished("stage", {"sha256": digest})

            progress.checkpoint()
            yield StepStarted("check", _CHECK)
            report = _check(backup, scratch, progress)
        except VerificationError as error:
            # What is told must name the backup: the scratch copy is nothing to anybody.
            said = str(error).replace(one_line(scratch.name), one_line(backup.path.name))
            copying.discard(scratch)
            _record(backup, said, began, {"check_result": said})
            raise VerificationError(said) from error
        seconds = time.monotonic() - began
        yield StepFinished("check", {"seconds": seconds})

        yield StepStarted("record", _RECORD, cancellable=False)
        copying.discard(scratch)
        _record(backup, "ok", began, {"check": report.check, "check_result": "ok"})
        yield StepFinished("record")
        rows = sum(report.rows.values())
        return {
            "backup": backup.id,
            "name": backup.path.name,
            "seconds": seconds,
            "revision": report.revision,
            "rows": rows,
            "tables": len(report.rows),
            "check": report.check,
            "foreign_key_errors": report.foreign_key_errors,
            "manifest": backup.manifest is not None,
            "sentence": f"restorable: {backup.id}, {plural(len(report.rows), 'table')}, "
            f"{plural(rows, 'row')}, {duration(seconds)}",
        }

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Remove the scratch copy; nothing else was touched."""
        cause = failure(records)
        scratch = merged(records).get("scratch")
        actions = []
        if scratch and not recovered(records, "discard"):
            actions.append(
                RecoveryAction(
                    "discard", "remove the scratch copy", lambda _progress: _discard(Path(scratch))
                )
            )
        return Recovery(
            "undo",
            cause.sentence if cause else "A restore drill was cut short; nothing was changed.",
            actions,
            cause.exit_code if cause else ExitCode.FAILED,
            cause.outcome if cause else "cut short",
        )


def _needed(backup: Backup) -> int:
    """Bytes of the database in a backup."""
    if backup.manifest is not None:
        return backup.manifest.size
    if compression.is_compressed(backup.path):
        with suppress(McpdbError):
            return compression.unpacked_size(backup.path)
    return backup.size


def stage(backup: Backup, target: Path, tick: files.Tick) -> str:
    """Put the database of a backup at `target`; its SHA-256, compared with the manifest's.

    Raises:
        VerificationError: It cannot be read or unpacked, or is not what it was.
        PrecheckError: No space, no permission.
    """
    copy = compression.decompress if compression.is_compressed(backup.path) else files.copy_bytes
    digest = copy(backup.path, target, tick)
    manifest = backup.manifest
    if manifest is not None and digest != manifest.sha256:
        raise VerificationError(
            f"FAIL sha256: expected {manifest.sha256[:12]}, found {digest[:12]}. "
            f"Do not restore {one_line(backup.path.name)}."
        )
    return digest


def _check(backup: Backup, scratch: Path, progress: Progress) -> inspection.Report:
    """Read the staged file by every check there is, then as the gateway would find it."""
    report = inspection.inspect(scratch, progress.tick, progress.checkpoint, full=True)
    manifest = backup.manifest
    if manifest is not None:
        inspection.expect(report, manifest.as_json(), COMPARED)
        if report.foreign_key_errors > manifest.foreign_key_errors:
            raise VerificationError(
                f"FAIL foreign keys: {report.foreign_key_errors} rows point nowhere, "
                f"{manifest.foreign_key_errors} did when it was made."
            )
    if not any(name != "alembic_version" for name in report.rows):
        raise VerificationError(f"{one_line(backup.path.name)} holds no table.")
    if manifest is not None and manifest.journal_mode == "wal":
        # A restore puts the source's mode back: prove that it can, and that it is read then.
        copying.set_journal_mode(scratch, "wal")
        with finished(scratch) as connection, translating(scratch):
            found = set(inspection.counts(connection, progress.checkpoint))
        if found != set(report.rows):
            raise VerificationError(f"{one_line(backup.path.name)} lost a table in WAL mode.")
    return report


def _record(backup: Backup, result: str, began: float, found: dict[str, Any]) -> None:
    """Write the result into the manifest; a bare file has none, the journal knows it anyway."""
    if backup.manifest is None:
        return
    now = datetime.now(UTC).isoformat()
    manifests.amend(
        backup.path,
        drilled=now,
        drill_result=result,
        drill_seconds=time.monotonic() - began,
        verified=now,
        **found,
    )


def _discard(scratch: Path) -> Facts:
    copying.discard(scratch)
    return {}
