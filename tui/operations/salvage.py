"""Salvage: everything that can still be read of a damaged file, in a new file beside the backups.

The source is never written and never opened through SQLite: a process of its own copies it by
bytes, together with its WAL or journal, and the copy is read page by page. The new file is labelled
suspect, is never `latest`, and counts for no rule; the way on is a restore from it, or a restore
of the newest backup into which chosen rows of it are brought back.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import Deployment
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
from tui.operations.backing_up.inside_container import is_single_file
from tui.operations.backing_up.publishing import describe, new_name, publish
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.catalogue import next_sequence
from tui.operations.cataloguing.secret import fingerprint_of
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure, finished, merged, pending, recovered
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.salvaging import reading
from tui.operations.salvaging.source import Source, discard, make_scratch, resolve, scratch_of
from tui.services import files, manifests
from tui.services.folder import opened
from tui.services.sharing import share
from tui.services.sqlite import copying, inspection
from tui.wording import salvaged
from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size, size

PREFIX = "mcp_salvage"
_COPY = "copy the file by bytes, with its wal"
_READ = "read every page and write what is whole into a new file"
_CHECK = "check the new file"
_PUBLISH = "give it its name and manifest"


@dataclass(frozen=True, slots=True)
class Salvage:
    """Put what can be read of a damaged file into a new one."""

    name: ClassVar[str] = "salvage"

    deployment: Deployment
    source: str = ""
    """Id, name or path of a backup, a path of any file; empty for the live database."""

    def plan(self) -> Plan:
        """Say what is read and what it takes; changes nothing."""
        deployment = self.deployment
        source: Source | None = None
        checks = _read_only(deployment)
        try:
            source = resolve(deployment, self.source)
        except McpdbError as error:
            checks.append(Check("file", Verdict.FAIL, str(error), error.exit_code))
        else:
            checks += [*_file_checks(deployment, source), *_space_checks(deployment, source)]
        words = ["salvage", *([self.source] if self.source else [])]
        return Plan(
            operation=self.name,
            title=f"salvage {source.words if source else one_line(self.source) or 'the database'}",
            tier=Tier.LIGHT,
            subject=_subject(self, source),
            basis={"source": str(source.path) if source else self.source},
            checks=checks,
            steps=(
                PlannedStep("copy", _COPY),
                PlannedStep("read", _READ),
                PlannedStep("check", _CHECK),
                PlannedStep("publish", _PUBLISH, cancellable=False),
            ),
            command=command_line(deployment, *words),
            facts={
                "bytes": source.size + source.beside if source else 0,
                "folder": str(deployment.backup_dir),
                "path": str(source.path) if source else "",
            },
        )

    def steps(self, progress: Progress) -> Steps:
        """Copy, read, check, publish."""
        deployment, began = self.deployment, time.monotonic()
        source = resolve(deployment, self.source)
        folder, scratch = deployment.backup_dir, scratch_of(deployment, progress.operation_id)
        partial = files.partial(folder, progress.operation_id)
        files.make_private(folder)
        with opened(folder):
            # Behind somebody else's link the catalogue would never find the file.
            pass
        share(folder, deployment.group)
        files.probe_writable(folder)

        facts = {"scratch": str(scratch), "partial": str(partial), "source": str(source.path)}
        yield StepStarted("copy", _COPY, facts=facts)
        make_scratch(scratch)
        work, new = source.needed()
        files.require_space(scratch, work, "A salvage")
        files.require_space(folder, new, "A salvage")
        raw, problem = reading.copied(source, scratch, progress)
        yield StepFinished("copy", {"bytes": raw.size, "torn": raw.torn})

        progress.checkpoint()
        yield StepStarted("read", _READ)
        report, in_wal_mode = reading.read(
            deployment, raw, source.path.name, scratch, partial, progress
        )
        hidden = source.live and is_single_file(deployment)
        found = reading.facts_of(report, raw, source, problem, hidden_wal=hidden)
        yield StepFinished("read", {"rows": found["rows_read"], "strays": report.strays})

        progress.checkpoint()
        yield StepStarted("check", _CHECK)
        looked = inspection.inspect(partial, progress.tick, progress.checkpoint, full=True)
        manifest = describe(
            looked,
            id=manifests.new_id(),
            kind="salvage",
            taken=source.taken,
            verified=datetime.now().astimezone(),
            seconds=time.monotonic() - began,
            clean_stop=None,
            trigger="hand",
            method="salvage",
            image=state_of(gateway_of(deployment)).image,
            journal_mode="wal" if in_wal_mode else "delete",
            sequence=next_sequence(deployment),
            parent=progress.operation_id,
            secret_fingerprint=fingerprint_of(deployment, make_salt=True) if source.live else "",
            source=deployment.database.name,
            source_folder=str(deployment.database.parent),
            salvaged=found,
        )
        final = folder / new_name(PREFIX, folder)
        yield StepFinished("check", {"manifest": manifest, "final": str(final)})

        progress.checkpoint()
        yield StepStarted("publish", _PUBLISH, cancellable=False)
        result = _published(deployment, partial, final, manifest)
        discard(scratch)
        yield StepFinished("publish")
        return result

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Publish what was checked when it was cut; remove everything else."""
        deployment, facts, cause = self.deployment, merged(records), failure(records)
        wanted = "manifest" in facts and (cause is None or cause.step == "publish")
        scratch = Path(facts["scratch"]) if "scratch" in facts else None

        def clean(_progress: Progress) -> Facts:
            if scratch is not None:
                discard(scratch)
            return {}

        def put(_progress: Progress) -> Facts:
            return _published(
                deployment, Path(facts["partial"]), Path(facts["final"]), facts["manifest"]
            )

        def drop(_progress: Progress) -> Facts:
            copying.discard(Path(facts["partial"]))
            if "final" in facts and files.identity(Path(facts["final"])) is None:
                files.remove(manifests.path_for(Path(facts["final"])))
            return clean(_progress)

        if wanted:
            done = finished(records, "publish") or recovered(records, "publish")
            action = RecoveryAction("publish", _PUBLISH, put)
            tidy = RecoveryAction("clean", "remove what it worked on", clean)
            left = pending(records, [tidy] if done else [action, tidy])
            result = _result(Path(facts["final"]), facts["manifest"])
            code = ExitCode(int(result.get("ends_with", ExitCode.DONE)))
            words, outcome = str(result["sentence"]), str(result.get("outcome") or "done")
            return Recovery("finish", words, left, code, outcome, result)
        actions = [RecoveryAction("discard", "remove what it worked on", drop)]
        return Recovery(
            "undo",
            cause.sentence if cause else "A salvage was cut short; nothing was changed.",
            pending(records, actions) if "partial" in facts else (),
            cause.exit_code if cause else ExitCode.FAILED,
            cause.outcome if cause else "cut short, undone",
        )


# --- planning -----------------------------------------------------------------------------


def _subject(operation: Salvage, source: Source | None) -> str:
    if source is None or source.live:
        return operation.deployment.name
    return source.backup.id if source.backup is not None else one_line(source.path.name)


def _read_only(deployment: Deployment) -> list[Check]:
    if deployment.read_only:
        return [Check("read-only", Verdict.FAIL, "started with --read-only")]
    blocked = deployment.blocked("database")
    if blocked is not None:
        return [Check("database", Verdict.FAIL, blocked.text)]
    return []


def _file_checks(deployment: Deployment, source: Source) -> list[Check]:
    beside = f", and {size(source.beside)} of wal or journal" if source.beside else ""
    checks = [Check("file", Verdict.OK, f"{size(source.size)}{beside}; it is only read")]
    if source.live and is_single_file(deployment):
        text = "only the file itself is mounted: its wal is inside the container and not read"
        checks.append(Check("wal", Verdict.WARN, text))
    if source.live and state_of(gateway_of(deployment)).is_up:
        text = (
            "the gateway runs: what it writes meanwhile may be missing. Stop it first for a copy "
            "of one moment"
        )
        checks.append(Check("gateway", Verdict.WARN, text))
    return checks


def _space_checks(deployment: Deployment, source: Source) -> list[Check]:
    work, new = source.needed()
    try:
        for folder, needed in _added_up(deployment, work, new):
            files.require_space(folder, needed, "A salvage")
    except McpdbError as error:
        return [Check("space", Verdict.FAIL, str(error), error.exit_code)]
    free = narrow_size(files.free_space(deployment.backup_dir), "down")
    return [Check("space", Verdict.OK, f"{free} free")]


def _added_up(deployment: Deployment, work: int, new: int) -> list[tuple[Path, int]]:
    """What each filesystem must have room for."""
    places = (deployment.state_dir, deployment.backup_dir)
    one, other = (files.filesystem_of(place) for place in places)
    if one == other:
        return [(places[0], work + new)]
    return [(places[0], work), (places[1], new)]


# --- doing --------------------------------------------------------------------------------


def _published(
    deployment: Deployment, partial: Path, final: Path, manifest: dict[str, Any]
) -> dict[str, Any]:
    """Give the file its name; doing it again after a cut does what is left."""
    publish(partial, final, manifest, deployment.group)
    found = manifest["salvaged"]
    if found["source_live"] and (why := _why_suspect(found)):
        # Nothing may be deleted or overwritten for its sake until it was checked or replaced.
        suspicion.mark(deployment, why)
    return _result(final, manifest)


def _why_suspect(found: dict[str, Any]) -> str:
    """Why what was read is damaged for certain, in a sentence; empty where that is not known."""
    if found["pages_damaged"] and not found["torn"]:
        return f"{found['pages_damaged']} damaged pages were found in it."
    if not (refused := found["unreadable_bytes"] + found["unreadable_beside"]):
        return ""
    return f"The disk did not give {refused:,} bytes of it, its wal or its journal."


def _result(final: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    found = manifest["salvaged"]
    result = {
        "backup": manifest["id"],
        "name": final.name,
        "path": str(final),
        "size": manifest["size"],
        "revision": manifest["revision"],
        "foreign_key_errors": manifest["foreign_key_errors"],
        "salvaged": found,
        "sentence": f"{one_line(final.name)}: {salvaged.sentence(found)}",
    }
    if not found["complete"]:
        result |= {"ends_with": int(ExitCode.PARTLY), "outcome": "partly salvaged"}
    return result
