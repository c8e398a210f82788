"""Verify backups again: every byte against its manifest, every page by SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from tui.core.errors import Cancelled, ExitCode, McpdbError, NotFoundError, VerificationError
from tui.core.models import Backup, Deployment
from tui.core.operation import (
    Check,
    Facts,
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
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.cataloguing.checked import stamp
from tui.operations.cataloguing.reading import read_whole
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure
from tui.services import files, manifests
from tui.wording.clean import one_line
from tui.wording.quantities import count, plural, when


def _read_only(deployment: Deployment) -> list[Check]:
    if deployment.read_only:
        return [Check("read-only", Verdict.FAIL, "started with --read-only")]
    return []


@dataclass(frozen=True, slots=True)
class BackupVerify:
    """Read a whole backup and compare it with what its manifest says.

    A file without manifest is read the same way; the journal keeps what was found (see
    `tui.operations.cataloguing.checked`).
    """

    name: ClassVar[str] = "verify"

    deployment: Deployment
    backup: str
    full: bool = False
    """`integrity_check` instead of `quick_check`."""

    def plan(self) -> Plan:
        """Say which file is read; changes nothing."""
        backup = find_backup(self.deployment, self.backup)
        words = ["backup", "verify", backup.path.name, *(["--full"] if self.full else [])]
        return Plan(
            operation=self.name,
            title=f"verify {backup.id}",
            tier=Tier.LIGHT,
            subject=backup.id,
            basis={"backup": str(backup.path)},
            checks=_read_only(self.deployment),
            steps=(PlannedStep("check", "read every byte and every page"),),
            command=command_line(self.deployment, *words),
            facts={"bytes": backup.size},
        )

    def steps(self, progress: Progress) -> Steps:
        """Read, compare, and keep the result, good or bad."""
        backup = find_backup(self.deployment, self.backup)
        yield StepStarted("check", "read every byte and every page")
        result = _verified(self.deployment, backup, progress, full=self.full)
        yield StepFinished("check", result)
        if problem := result.get("problem"):
            raise VerificationError(f"{problem} {_instead(self.deployment)}")
        return {**result, "sentence": _sentence(result)}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Nothing is left behind: the manifest was replaced whole or not at all."""
        return _nothing_left(records, "A verification was cut short; nothing was changed.")


@dataclass(frozen=True, slots=True)
class VerifyAll:
    """Verify several backups, or all of this database; a bad one does not stop the others."""

    name: ClassVar[str] = "verify-all"

    deployment: Deployment
    backups: tuple[str, ...] = ()
    """Ids, names or paths; none means all that the catalogue has of this database."""
    full: bool = False

    def __post_init__(self) -> None:
        """Parameters come back from JSON as lists."""
        object.__setattr__(self, "backups", tuple(self.backups))

    def plan(self) -> Plan:
        """Say which files are read; changes nothing."""
        deployment = self.deployment
        chosen = self._chosen()
        checks = _read_only(deployment)
        if not chosen:
            text, code = "There is no backup yet.", ExitCode.NOT_FOUND
            if unread := read_catalogue(deployment).unread:
                text, code = unread[0], ExitCode.PRECHECK
            checks.append(Check("backups", Verdict.FAIL, text, code))
        words = ["backup", "verify", *(self.backups or ["--all"]), *["--full"][: self.full]]
        return Plan(
            operation=self.name,
            title=f"verify {plural(len(chosen), 'backup')}",
            tier=Tier.LIGHT,
            subject=deployment.name,
            basis={"backups": [str(backup.path) for backup in chosen]},
            checks=checks,
            steps=tuple(PlannedStep(backup.id, _title(backup)) for backup in chosen),
            command=command_line(deployment, *words),
            facts={"bytes": sum(backup.size for backup in chosen)},
        )

    def _chosen(self) -> list[Backup]:
        if self.backups:
            found = [find_backup(self.deployment, word) for word in self.backups]
            return list({backup.path: backup for backup in found}.values())
        listed = read_catalogue(self.deployment).backups
        return [b for b in listed if not b.link_to and not b.neighbour]

    def steps(self, progress: Progress) -> Steps:
        """Read one after the other and keep each result."""
        results: list[Facts] = []
        for backup in self._chosen():
            progress.checkpoint()
            yield StepStarted(backup.id, _title(backup))
            try:
                result = _verified(self.deployment, backup, progress, full=self.full)
            except Cancelled:
                raise
            except McpdbError as error:
                # Not read, so nothing is known of it: may not be opened, gone meanwhile.
                result = {"backup": backup.id, "name": backup.path.name, "unread": str(error)}
            results.append(result)
            yield StepFinished(backup.id, result)
        return _summary(results)

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Nothing is left behind; what was verified before a cut is recorded."""
        done = sum(record["kind"] == "step_finished" for record in records)
        return _nothing_left(
            records,
            f"Verifying was cut short after {plural(done, 'backup')}; what was found is recorded.",
        )


def _title(backup: Backup) -> str:
    return f"read {one_line(backup.path.name)}"


def _verified(
    deployment: Deployment, backup: Backup, progress: Progress, *, full: bool
) -> dict[str, Any]:
    """Read one backup and keep the verdict in its manifest.

    Returns:
        What was found; `problem` says which check failed.

    Raises:
        McpdbError: It could not be read, so there is no verdict.
    """
    before = files.identity(backup.path)
    if before is None:
        raise NotFoundError(f"There is no {one_line(str(backup.path))}.")
    known: dict[str, Any] = {
        "backup": backup.id,
        "name": backup.path.name,
        "file": stamp(before),
        "manifest": backup.manifest is not None,
    }
    try:
        whole = read_whole(deployment, backup, progress, full=full)
    except VerificationError as error:
        _keep(deployment, backup, str(error), "")
        return {**known, "problem": str(error)}
    report = whole.report
    _keep(deployment, backup, "ok", report.check)
    return {
        **known,
        "sha256": report.sha256,
        "revision": report.revision,
        "rows": sum(report.rows.values()),
        "check": report.check,
        "foreign_key_errors": report.foreign_key_errors,
    }


def _keep(deployment: Deployment, backup: Backup, verdict: str, check: str) -> None:
    """Write a verdict into the manifest as it stands now: it may have been relabelled."""
    if backup.manifest is None:
        return
    changes = {"check": check} if check else {}
    now = datetime.now(UTC).isoformat()
    manifests.amend(backup.path, deployment.group, check_result=verdict, verified=now, **changes)


def _instead(deployment: Deployment) -> str:
    """What to restore instead of a damaged backup."""
    good = read_catalogue(deployment).newest_verified
    if good is None:
        return "Do not restore this one; there is no other verified backup."
    return (
        f"Do not restore this one; newest good: {good.id} of {when(good.taken, datetime.now(UTC))}."
    )


def _sentence(result: Facts) -> str:
    told = "" if result["manifest"] else ", without a manifest to compare with"
    return f"{result['backup']}: {result['check']} ok, {count(int(result['rows']))} rows{told}"


def _summary(results: Sequence[Facts]) -> Facts:
    """What came of all of them; a damaged one decides the exit code before an unread one."""
    bad = [result for result in results if result.get("problem")]
    unread = [result for result in results if result.get("unread")]
    good = len(results) - len(bad) - len(unread)
    sentence = f"{good} of {plural(len(results), 'backup')} ok"
    for word, some, key in (("damaged", bad, "problem"), ("not read", unread, "unread")):
        if some:
            first = f"{one_line(str(some[0]['name']))}: {some[0][key]}"
            sentence += f", {len(some)} {word}, first {first.rstrip('.')}"
    facts: dict[str, Any] = {
        "results": list(results),
        "good": good,
        "bad": [result["backup"] for result in bad],
        "unread": [result["backup"] for result in unread],
        "sentence": f"{sentence}.",
    }
    if bad:
        return {**facts, "ends_with": int(ExitCode.VERIFICATION), "outcome": "damaged found"}
    if unread:
        return {**facts, "ends_with": int(ExitCode.PARTLY), "outcome": "partly read"}
    return facts


def _nothing_left(records: Sequence[Record], cut: str) -> Recovery:
    cause = failure(records)
    if cause is not None and cause.outcome == "cancelled":
        done = sum(record["kind"] == "step_finished" for record in records)
        words = f"Cancelled after {plural(done, 'backup')}." if done else cause.sentence
        return Recovery("nothing", words, (), cause.exit_code, cause.outcome)
    return Recovery(
        "nothing",
        cause.sentence if cause else cut,
        (),
        cause.exit_code if cause else ExitCode.FAILED,
        cause.outcome if cause else "cut short",
    )
