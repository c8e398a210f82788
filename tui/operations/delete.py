"""Delete one backup, because a person says so; what the last way back needs is refused.

The journal says first what is removed, then the file goes, then its manifest. A cut between the
two leaves a manifest without its file, which nothing lists, and which the next change or
`resume` removes: never a file that was verified and has lost its manifest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import ExitCode, McpdbError, NotFoundError, PrecheckError
from tui.core.models import Backup, Catalogue, Deployment
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
from tui.operations.cataloguing.catalogue import named, read_catalogue, require_read
from tui.operations.cataloguing.own_files import in_catalogue, one_name, read_only, writable
from tui.operations.command import command_line
from tui.operations.execution.journaled import (
    failure,
    finished,
    merged,
    recovered,
    recovery_failure,
)
from tui.services import files, manifests
from tui.services.folder import opened
from tui.services.live.holders import holders, inodes
from tui.services.sqlite.connections import sidecar
from tui.wording.clean import one_line
from tui.wording.quantities import plural, size

SIDECARS = ("-wal", "-shm", "-journal")


# --- removing, for whoever may ------------------------------------------------------------


def marked(backup: Backup) -> dict[str, Any]:
    """What a journal must say before a backup is removed, so that a cut can be finished.

    Raises:
        McpdbError: It is gone.
    """
    found = files.identity(backup.path)
    if found is None:
        raise NotFoundError(f"There is no {one_line(backup.path.name)} any more.")
    return {
        "path": str(backup.path),
        "device": found.device,
        "inode": found.inode,
        "mtime_ns": found.mtime_ns,
        "manifest": backup.manifest.id if backup.manifest else "",
        # Set aside together with a damaged original (see `tui.services.live.swap`).
        "sidecars": backup.kind == "safety",
    }


def remove(mark: Mapping[str, Any]) -> None:
    """Remove a file and then its manifest, as `marked` named them; may be repeated after a cut.

    Raises:
        BusyError: Another file has taken the name; neither it nor its manifest is touched.
        PrecheckError: One of them may not be removed.
    """
    path = Path(mark["path"])
    with opened(path.parent) as folder:
        folder.remove(path.name, (mark["device"], mark["inode"]), mark["mtime_ns"])
        names = [path.name + suffix for suffix in SIDECARS] if mark.get("sidecars") else []
        if mark.get("manifest") and _is_of(path, str(mark["manifest"])):
            names.append(manifests.path_for(path).name)
        for name in names:
            found = folder.identity(name)
            if found is not None:
                folder.remove(name, found.key)


def _is_of(path: Path, identifier: str) -> bool:
    """Whether the manifest at this name is still the removed file's."""
    with suppress(McpdbError):
        manifest = manifests.read_manifest(path)
        return manifest is not None and manifest.id == identifier
    return False


# --- the operation ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove one backup and its manifest."""

    name: ClassVar[str] = "delete"

    deployment: Deployment
    backup: str
    """Id, file name or path of the backup; `latest` is none, for it means another every day."""

    def plan(self) -> Plan:
        """Say what would be lost and what forbids it; changes nothing."""
        catalogue = read_catalogue(self.deployment)
        backup = self._named(catalogue)
        return Plan(
            operation=self.name,
            title=f"delete the backup {backup.id}, {one_line(backup.path.name)}",
            tier=Tier.REPLACING,
            subject=backup.id,
            basis={"backup": str(backup.path), **marked(backup)},
            checks=self._checks(backup, catalogue),
            steps=(PlannedStep("remove", "remove the file, then its manifest", cancellable=False),),
            command=command_line(
                self.deployment, "backup", "delete", backup.path.name, "--confirm", backup.id
            ),
            facts={
                "subject_kind": "backup",
                "from": {
                    "id": backup.id,
                    "name": backup.path.name,
                    "kind": backup.kind,
                    "label": backup.label,
                    "taken": backup.taken.isoformat(),
                    "size": backup.size,
                },
            },
        )

    def _named(self, catalogue: Catalogue) -> Backup:
        """The entry that is meant: never what a link leads to.

        Raises:
            NotFoundError: None is called that.
            PrecheckError: It is a link, or no backup at all.
        """
        if "/" in self.backup:
            found = next((b for b in catalogue.backups if str(b.path) == self.backup), None)
        else:
            found = named(catalogue, self.backup)
        word = one_line(self.backup)
        if found is not None and found.link_to:
            target = one_line(found.link_to)
            raise PrecheckError(f"{word} is a symbolic link to {target}; name that. Left alone.")
        if found is not None:
            return found
        if Path(self.backup).name in catalogue.strangers:
            raise PrecheckError(f"{word} is no backup; it is left alone.")
        require_read(catalogue)
        raise NotFoundError(f"No backup is called {word}. `backup list` shows them.")

    def _checks(self, backup: Backup, catalogue: Catalogue) -> list[Check]:
        deployment = self.deployment
        found = files.identity(backup.path)
        checks = [
            *read_only(deployment),
            _kept(backup, catalogue),
            _owned(deployment, backup),
            in_catalogue(deployment, backup),
            one_name(deployment, backup, found),
            at_rest(backup),
            writable(backup),
        ]
        warnings = (
            self._undo(backup),
            _linked(backup, catalogue),
            _second(backup),
        )
        return [*checks, *(warning for warning in warnings if warning is not None)]

    def _undo(self, backup: Backup) -> Check | None:
        """Whether it is what `undo` would bring back."""
        if backup.kind != "safety":
            return None
        from tui.operations.undo import Undo

        with suppress(McpdbError):
            if Undo(self.deployment).source().path == backup.path:
                text = "the last restore kept it: without it `undo` is not possible any more"
                return Check("undo", Verdict.WARN, text)
        return None

    def steps(self, progress: Progress) -> Steps:
        """Mark it in the journal, remove it."""
        backup = self._named(read_catalogue(self.deployment))
        progress.checkpoint()
        mark = marked(backup)
        result = _result(backup)
        yield StepStarted(
            "remove",
            "remove the file, then its manifest",
            cancellable=False,
            facts={"deleting": mark, "told": result},
        )
        remove(mark)
        yield StepFinished("remove")
        return result

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Finish what was begun: the decision was confirmed, and half of it helps nobody."""
        facts = merged(records)
        mark, told = facts.get("deleting"), facts.get("told") or {}
        cause = failure(records)
        if mark is None:
            return Recovery(
                "nothing",
                cause.sentence if cause else "A delete was cut short; nothing was changed.",
                (),
                cause.exit_code if cause else ExitCode.FAILED,
                cause.outcome if cause else "cut short",
            )
        cannot = cause or recovery_failure(records, "remove")
        if finished(records, "remove") or recovered(records, "remove"):
            return Recovery("finish", str(told.get("sentence", "")), (), ExitCode.DONE, "done")
        if cannot is None:
            return Recovery(
                "finish",
                str(told.get("sentence", "")),
                (
                    RecoveryAction(
                        "remove",
                        "remove the file, then its manifest",
                        lambda _progress: _again(mark, told),
                    ),
                ),
                ExitCode.DONE,
                "done",
            )
        if _stands(mark):
            return Recovery(
                "nothing", f"{cannot.sentence} It is still there.", (), cannot.exit_code, "failed"
            )
        name = manifests.path_for(Path(mark["path"])).name
        words = f"The file is gone, {one_line(name)} is not: {cannot.sentence}"
        return Recovery("finish", words, (), ExitCode.PARTLY, "partly done")


def _again(mark: Mapping[str, Any], told: Facts) -> Facts:
    remove(mark)
    return told


def _stands(mark: Mapping[str, Any]) -> bool:
    """Whether the file that was to go is still there, as far as can be seen."""
    try:
        found = files.identity(Path(mark["path"]))
    except McpdbError:
        return True
    key = (mark["device"], mark["inode"], mark["mtime_ns"])
    return found is not None and (*found.key, found.mtime_ns) == key


def _result(backup: Backup) -> dict[str, Any]:
    label = f" ({one_line(backup.label)})" if backup.label else ""
    return {
        "backup": backup.id,
        "name": backup.path.name,
        "size": backup.size,
        "sentence": f"deleted {backup.id}{label}, {size(backup.size)}: "
        f"{one_line(backup.path.name)}",
    }


# --- what forbids it ----------------------------------------------------------------------


def is_verified_own(backup: Backup) -> bool:
    """Whether it counts as a verified backup of this database: what is never the last to go."""
    return (
        backup.verdict is Verdict.OK
        and backup.kind in ("hot", "cold")
        and not backup.neighbour
        and not backup.link_to
        and not backup.future_dated
    )


def _kept(backup: Backup, catalogue: Catalogue) -> Check:
    if backup.pinned:
        text = f"{backup.id} is pinned; mcpdb-tui backup unpin {backup.id} allows it."
        return Check("kept", Verdict.FAIL, text)
    others = [b for b in catalogue.backups if b.path != backup.path and is_verified_own(b)]
    if others:
        stay = plural(len(others), "other verified backup")
        return Check("kept", Verdict.OK, f"{stay} {'stays' if len(others) == 1 else 'stay'}")
    if is_verified_own(backup):
        text = f"{backup.id} is the last verified backup; make another one first."
        return Check("kept", Verdict.FAIL, text)
    return Check("kept", Verdict.WARN, "there is no other verified backup")


def _owned(deployment: Deployment, backup: Backup) -> Check:
    if backup.neighbour and backup.manifest is not None:
        source, folder = backup.manifest.source, backup.manifest.source_folder
        other = f"{one_line(source)}, another database of this folder"
        if source == deployment.database.name:
            other = f"another database, {one_line(str(Path(folder) / source))}"
        text = f"it is of {other}; delete it from there."
        return Check("database", Verdict.FAIL, text)
    return Check("database", Verdict.OK, one_line(deployment.database.name))


def at_rest(backup: Backup) -> Check:
    """Nobody has it open, and it is finished: else it may be a database that is in use."""
    name = one_line(backup.path.name)
    wal = next((s for s in ("-wal", "-journal") if files.identity(sidecar(backup.path, s))), "")
    if wal and backup.kind != "safety":
        text = f"{name} has a {wal} beside it: it may be a database that is in use."
        return Check("use", Verdict.FAIL, text, ExitCode.BUSY)
    found, complete = holders(inodes(backup.path))
    if found:
        text = f"{one_line(found[0].describe())} has {name} open."
        return Check("use", Verdict.FAIL, text, ExitCode.BUSY)
    if not complete:
        return Check("use", Verdict.UNKNOWN, "not every process can be looked into")
    return Check("use", Verdict.OK, "nobody has it open")


def _linked(backup: Backup, catalogue: Catalogue) -> Check | None:
    links = [
        b.path.name
        for b in catalogue.backups
        if b.link_to == backup.path.name and b.path.parent == backup.path.parent
    ]
    if not links:
        return None
    text = f"{one_line(links[0])} is a link to it and will lead nowhere"
    return Check("link", Verdict.WARN, text)


def _second(backup: Backup) -> Check | None:
    if backup.manifest is None or not backup.manifest.second:
        return None
    return Check("second", Verdict.WARN, f"its copy {one_line(backup.manifest.second)} stays")
