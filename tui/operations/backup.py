"""A hot backup: a consistent, verified copy while the gateway keeps running."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import ExitCode, McpdbError, PrecheckError
from tui.core.models import Deployment, GatewayState, Manifest
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
from tui.operations.catalogue import next_sequence
from tui.operations.command import command_line
from tui.operations.gateways import gateway_of, is_up, state_of
from tui.operations.journaled import failure, finished, merged, started
from tui.operations.looking import LiveDatabase
from tui.services import files, manifests, operator
from tui.services.migrations.releases import release_of
from tui.services.sqlite import copying, inspection
from tui.services.sqlite.connections import look, translating
from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size, size

HOLD = 4.0
"""Seconds a rollback-journal gateway's writes may wait: below its busy timeout of 5 s."""


def new_name(prefix: str, folder: Path, now: datetime | None = None) -> str:
    """A backup's file name in host local time; one that is taken waits for the next second.

    Args:
        prefix: `mcp_backup`, `mcp_hotbackup` or `mcp_safety`.
        folder: Where it will lie.
        now: The moment; the present one by default.
    """
    moment = now or datetime.now().astimezone()
    while True:
        name = f"{prefix}_{moment:%Y%m%d_%H%M%S}.db"
        path = folder / name
        if files.identity(path) is None and files.identity(manifests.path_for(path)) is None:
            return name
        if now is None:
            time.sleep(0.05)
            moment = datetime.now().astimezone()
        else:
            moment += timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class BackupCreate:
    """Copy the live database into the backup folder while the gateway runs."""

    name: ClassVar[str] = "backup"

    deployment: Deployment
    label: str = ""
    note: str = ""
    trigger: str = "hand"

    def plan(self) -> Plan:
        """Say how much is copied and whether it can be; changes nothing."""
        deployment = self.deployment
        live = LiveDatabase(deployment)
        facts = live.facts()
        needed = facts.size + facts.wal_size
        checks = [_readable(live, size(facts.size))]
        if deployment.read_only:
            checks.append(Check("read-only", Verdict.FAIL, "started with --read-only"))
        try:
            files.require_space(deployment.backup_dir, needed, "A backup")
            checks.append(
                Check("space", Verdict.OK, f"{narrow_size(facts.disk_free, 'down')} free")
            )
        except PrecheckError as error:
            checks.append(Check("space", Verdict.FAIL, str(error)))
        return Plan(
            operation=self.name,
            title="back up the database while the gateway runs",
            tier=Tier.LIGHT,
            subject=deployment.name,
            basis={"database": str(deployment.database), "inode": facts.inode},
            checks=checks,
            steps=(
                PlannedStep("copy", "copy the database in one read transaction"),
                PlannedStep("verify", "check every page, the foreign keys and the rows"),
                PlannedStep("publish", "give it its name and manifest", cancellable=False),
            ),
            command=command_line(deployment, "backup", "create"),
            facts={"bytes": needed, "folder": str(deployment.backup_dir)},
        )

    def steps(self, progress: Progress) -> Steps:
        """Copy, verify, publish."""
        deployment = self.deployment
        folder = deployment.backup_dir
        files.make_private(folder)
        files.probe_writable(folder)
        partial = files.partial(folder, progress.operation_id)
        identifier = manifests.new_id()
        state = state_of(gateway_of(deployment))
        yield StepStarted(
            "copy",
            "copy the database in one read transaction",
            facts={"partial": str(partial), "id": identifier},
        )
        needed = LiveDatabase(deployment).facts()
        files.require_space(folder, needed.size + needed.wal_size, "A backup")
        began = time.monotonic()
        taken = datetime.now().astimezone()
        with (
            look(deployment.database, gateway_up=lambda: is_up(deployment)) as opened,
            translating(deployment.database),
        ):
            copied = copying.copy(opened.connection, partial, progress.tick, hold=HOLD)
            copied = replace(copied, journal_mode=opened.journal_mode or copied.journal_mode)
        yield StepFinished("copy", {"restarts": copied.restarts})

        progress.checkpoint()
        yield StepStarted("verify", "check every page, the foreign keys and the rows")
        report = inspection.inspect(partial, progress.tick, progress.checkpoint)
        manifest = self._manifest(identifier, taken, began, report, copied, state, progress)
        yield StepFinished("verify", {"manifest": manifest})

        progress.checkpoint()
        final = folder / new_name("mcp_hotbackup", folder)
        yield StepStarted(
            "publish",
            "give it its name and manifest",
            cancellable=False,
            facts={"final": str(final)},
        )
        result = publish(partial, final, manifest)
        yield StepFinished("publish")
        return result

    def _manifest(
        self,
        identifier: str,
        taken: datetime,
        began: float,
        report: inspection.Report,
        copied: copying.Copied,
        state: GatewayState,
        progress: Progress,
    ) -> dict[str, Any]:
        now = datetime.now().astimezone()
        return describe(
            report,
            id=identifier,
            kind="hot",
            taken=taken,
            verified=now,
            seconds=time.monotonic() - began,
            trigger=self.trigger,
            method="backup-api",
            clean_stop=None,
            image=state.image or state.release,
            journal_mode=copied.journal_mode,
            sequence=next_sequence(self.deployment),
            label=self.label,
            note=self.note,
            parent=progress.operation_id,
        )

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Finish what was verified and was about to be published; remove everything else."""
        facts = merged(records)
        partial = Path(facts["partial"]) if "partial" in facts else None
        if started(records, "publish") and "final" in facts and "manifest" in facts:
            final, manifest = Path(facts["final"]), dict(facts["manifest"])
            cannot = any(record["kind"] == "recovery_failed" for record in records)
            if not finished(records, "publish") and partial is not None and not cannot:
                return Recovery(
                    "finish",
                    f"A backup was cut while it was given its name {one_line(final.name)}; "
                    "it is whole and will be published.",
                    (
                        RecoveryAction(
                            "publish",
                            "give it its name and manifest",
                            lambda _progress: publish(partial, final, manifest),
                        ),
                    ),
                    ExitCode.DONE,
                    "done",
                )
        cause = failure(records)
        actions = []
        if partial is not None:
            path, named = partial, facts.get("final")
            actions.append(
                RecoveryAction(
                    "discard",
                    "remove the unfinished copy",
                    lambda _progress: _discard(path, named and Path(named)),
                )
            )
        return Recovery(
            "undo",
            cause.sentence if cause else "A backup was cut short; nothing was kept.",
            actions,
            cause.exit_code if cause else ExitCode.FAILED,
            cause.outcome if cause else "cut short, undone",
        )


def _readable(live: LiveDatabase, text: str) -> Check:
    """Whether the live database can be read from here, with the exit code if it cannot."""
    try:
        live.tables()
    except McpdbError as error:
        return Check("database", Verdict.FAIL, str(error), error.exit_code)
    return Check("database", Verdict.OK, text)


def _discard(partial: Path, final: Path | None) -> Facts:
    """Remove the copy, and the manifest if that was all that got its name."""
    copying.discard(partial)
    if final is not None and files.identity(final) is None:
        files.remove(manifests.path_for(final))
    return {}


def describe(report: inspection.Report, **values: Any) -> dict[str, Any]:  # noqa: ANN401
    """A manifest's values, from what was found in the file and what is known about it.

    Args:
        report: What `inspect` found.
        values: The manifest's other fields; `taken` and `verified` as datetimes.
    """
    taken, verified = values.pop("taken"), values.pop("verified")
    offset = taken.strftime("%z")
    return Manifest(
        name="",
        taken=_utc(taken),
        utc_offset=f"{offset[:3]}:{offset[3:]}",
        verified=_utc(verified),
        who=operator.who(),
        host=operator.host(),
        size=report.size,
        page_size=report.page_size,
        pages=report.pages,
        sha256=report.sha256,
        revision=report.revision,
        release=release_of(report.revision),
        rows=report.rows,
        check=report.check,
        check_result="ok",
        foreign_key_errors=report.foreign_key_errors,
        sqlite_version=sqlite3.sqlite_version,
        **values,
    ).as_json()


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def publish(partial: Path, final: Path, values: dict[str, Any]) -> Facts:
    """Give a verified file its name; the manifest first, so that no name stands without one.

    Doing it again after a cut does what is left.

    Raises:
        PrecheckError: It cannot be written or renamed.
    """
    manifest = Manifest(**{**values, "name": final.name})
    there = files.identity(final)
    if files.identity(partial) is None and there is None:
        raise McpdbError(f"The verified copy {one_line(partial.name)} is gone.")
    if files.identity(partial) is not None and there is not None:
        # Not ours: somebody else took the name since it was chosen.
        raise McpdbError(f"{one_line(final.name)} was made by somebody else meanwhile; try again.")
    manifests.write_manifest(final, manifest)
    if files.identity(partial) is not None:
        try:
            partial.rename(final)
            files.fsync_folder(final.parent)
        except OSError as error:
            raise files.denied("write", final, error) from error
    return {
        "backup": manifest.id,
        "name": final.name,
        "path": str(final),
        "size": manifest.size,
        "seconds": manifest.seconds,
        "revision": manifest.revision,
        "rows": sum(manifest.rows.values()),
        "foreign_key_errors": manifest.foreign_key_errors,
    }
