"""Adopt a file that somebody made by hand: read it whole and give it a manifest."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import BusyError, ExitCode, McpdbError
from tui.core.models import Backup, Deployment, Manifest
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
from tui.operations.annotate import words_check
from tui.operations.backing_up.publishing import describe
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.cataloguing.checked import stamp
from tui.operations.cataloguing.own_files import in_catalogue, one_name, read_only, writable
from tui.operations.cataloguing.reading import Whole, read_whole, require_finished
from tui.operations.command import command_line
from tui.operations.delete import at_rest
from tui.operations.execution.journaled import (
    failure,
    finished,
    merged,
    recovered,
    recovery_failure,
    started,
)
from tui.services import files, manifests
from tui.services.sharing import share
from tui.wording.clean import one_line
from tui.wording.quantities import count, size


@dataclass(frozen=True, slots=True)
class Adopt:
    """Write the manifest that a hand-made backup lacks; the file itself stays as it is.

    Its time is the file's own (nothing else tells when the content was true), and which
    encryption secret was in force is not known.
    """

    name: ClassVar[str] = "adopt"

    deployment: Deployment
    backup: str
    label: str = ""

    def plan(self) -> Plan:
        """Say which file is read and what forbids it; changes nothing."""
        deployment = self.deployment
        backup = find_backup(deployment, self.backup)
        words = ["backup", "adopt", backup.path.name]
        return Plan(
            operation=self.name,
            title=f"adopt {one_line(backup.path.name)} as {backup.id}",
            tier=Tier.LIGHT,
            subject=backup.id,
            basis={"backup": str(backup.path)},
            checks=self._checks(backup),
            steps=(
                PlannedStep("check", "read every byte and every page"),
                PlannedStep("record", "write its manifest", cancellable=False),
            ),
            command=command_line(
                deployment, *words, *(["--label", self.label] if self.label else [])
            ),
            facts={"bytes": backup.size},
        )

    def _checks(self, backup: Backup) -> list[Check]:
        deployment = self.deployment
        words = words_check(self.label)
        found = files.identity(backup.path)
        checks = [*read_only(deployment), *([words] if words else [])]
        checks += [_is_bare(backup), in_catalogue(deployment, backup)]
        checks += [one_name(deployment, backup, found), writable(backup), _whole(backup)]
        # After that: what has a `-wal` is not finished, whoever made it.
        checks.append(at_rest(backup))
        return checks

    def steps(self, progress: Progress) -> Steps:
        """Read it whole, then record what it is."""
        backup = find_backup(self.deployment, self.backup)
        before = files.identity(backup.path)
        if before is None:
            raise McpdbError(f"There is no {one_line(backup.path.name)} any more.")
        yield StepStarted("check", "read every byte and every page")
        began = time.monotonic()
        whole = read_whole(self.deployment, backup, progress)
        manifest = self._manifest(backup, whole, began, progress.operation_id)
        yield StepFinished("check", {"backup": backup.id, "file": stamp(before)})

        progress.checkpoint()
        facts = {"path": str(backup.path), "file": stamp(before), "manifest": manifest}
        yield StepStarted("record", "write its manifest", cancellable=False, facts=facts)
        result = _record(backup.path, stamp(before), manifest, self.deployment.group)
        yield StepFinished("record")
        return result

    def _manifest(
        self, backup: Backup, whole: Whole, began: float, operation_id: str
    ) -> dict[str, Any]:
        found = files.identity(backup.path)
        mtime = found.mtime_ns // 1_000_000 if found else 0
        now = datetime.now().astimezone()
        listed = read_catalogue(self.deployment).backups
        others = {b.id for b in listed if b.path != backup.path and not b.link_to}
        values = describe(
            whole.report,
            # The id that the catalogue called it by stays, so that people find it again.
            id=manifests.new_id() if backup.id in others else backup.id,
            kind=_kind(backup),
            taken=backup.taken.astimezone(),
            verified=now,
            # Numbers are milliseconds: by the file's own time, unless its clock was wrong.
            sequence=max(0, min(mtime, int(now.timestamp() * 1000))),
            seconds=time.monotonic() - began,
            trigger="adopt",
            method="adopted",
            clean_stop=None,
            image="",
            journal_mode=whole.report.journal_mode,
            label=self.label,
            parent=operation_id,
        )
        return {
            **values,
            "name": backup.path.name,
            "adopted": True,
            "source": self.deployment.database.name,
            "source_folder": str(self.deployment.database.parent),
            "compression": backup.compression,
            "stored_size": whole.stored_size,
            "stored_sha256": whole.stored_sha256,
            "secret_fingerprint": "",
        }

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Finish what was read whole and was about to be recorded; else nothing was done."""
        facts = merged(records)
        cannot = recovery_failure(records, "record")
        cut = started(records, "record") and not finished(records, "record")
        if cut and failure(records) is None and cannot is None:
            path, file, manifest = Path(facts["path"]), facts["file"], dict(facts["manifest"])
            group = self.deployment.group
            return Recovery(
                "finish",
                f"{one_line(path.name)} was read whole; its manifest is written.",
                (
                    RecoveryAction(
                        "record",
                        "write its manifest",
                        lambda _progress: _record(path, file, manifest, group),
                    ),
                ),
                ExitCode.DONE,
                "done",
            )
        if finished(records, "record") or recovered(records, "record"):
            words = f"{one_line(Path(facts['path']).name)} is adopted."
            return Recovery("finish", words, (), ExitCode.DONE, "done")
        cause = failure(records) or cannot
        return Recovery(
            "nothing",
            cause.sentence if cause else "Adopting was cut short; nothing was changed.",
            (),
            cause.exit_code if cause else ExitCode.FAILED,
            cause.outcome if cause else "cut short",
        )


def _kind(backup: Backup) -> str:
    """What its name says: from now on it counts as such."""
    from tui.operations.cataloguing.entries import kind_of

    return kind_of(backup.path.name) or "file"


def _is_bare(backup: Backup) -> Check:
    name = one_line(backup.path.name)
    if backup.manifest is not None:
        return Check("manifest", Verdict.FAIL, f"{name} has a manifest: it is in the catalogue.")
    if files.identity(manifests.path_for(backup.path)) is not None:
        text = f"{name} has a manifest that is not understood: {backup.problem}"
        return Check("manifest", Verdict.FAIL, text, ExitCode.VERIFICATION)
    return Check("manifest", Verdict.OK, "it has none")


def _whole(backup: Backup) -> Check:
    try:
        require_finished(backup)
    except McpdbError as error:
        return Check("whole", Verdict.FAIL, str(error), error.exit_code)
    if backup.verdict is Verdict.FAIL:
        return Check("whole", Verdict.FAIL, backup.problem, ExitCode.VERIFICATION)
    return Check("whole", Verdict.UNKNOWN, f"{size(backup.size)}, read whole before it counts")


def _record(path: Path, file: Sequence[int], values: dict[str, Any], group: str) -> Facts:
    """Write the manifest if the file is still the one that was read; may be repeated.

    Raises:
        BusyError: It changed meanwhile.
        PrecheckError: The manifest cannot be written.
    """
    found = files.identity(path)
    if found is None or stamp(found) != list(file):
        raise BusyError(f"{one_line(path.name)} changed while it was read; nothing was changed.")
    manifest = Manifest(**values)
    manifests.write_manifest(path, manifest)
    share(manifests.path_for(path), group)
    rows = sum(manifest.rows.values())
    sentence = f"adopted {manifest.id}: {size(manifest.size)}, whole, {count(rows)} rows"
    if manifest.journal_mode == "wal":
        # A copy of the file alone: what was in its `-wal` at that moment nobody can tell now.
        sentence += "; if it was copied with cp, what its -wal held then is not in it"
    return {
        "backup": manifest.id,
        "name": manifest.name,
        "path": str(path),
        "revision": manifest.revision,
        "rows": rows,
        "taken": manifest.taken,
        "foreign_key_errors": manifest.foreign_key_errors,
        "sentence": sentence,
    }
