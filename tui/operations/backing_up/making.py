"""What a hot and a cold backup have in common: all but how the copy comes about."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tui.core.errors import Cancelled, ExitCode, McpdbError, VerificationError
from tui.core.models import Deployment, GatewayState
from tui.core.operation import (
    Progress,
    StepFinished,
    Steps,
    StepStarted,
)
from tui.operations.backing_up import second_location
from tui.operations.backing_up.publishing import describe, new_name, publish
from tui.operations.cataloguing.catalogue import next_sequence
from tui.operations.cataloguing.secret import fingerprint_of
from tui.services import compression, files, manifests
from tui.services.folder import opened
from tui.services.sharing import share
from tui.services.sqlite import copying, inspection
from tui.wording.clean import one_line
from tui.wording.quantities import size


@dataclass(frozen=True, slots=True)
class Making:
    """What every new backup is asked for with."""

    deployment: Deployment
    label: str = ""
    note: str = ""
    trigger: str = "hand"
    compress: bool | None = None
    """Whether it is compressed; None takes the deployment's setting."""

    @property
    def packs(self) -> bool:
        """Whether the result is compressed."""
        return self.deployment.compress if self.compress is None else self.compress

    def words(self, *more: str) -> tuple[str, ...]:
        """This request as a command line says it."""
        found = ["backup", "create", *more]
        if self.label:
            found += ["--label", self.label]
        if self.note:
            found += ["--note", self.note]
        if self.compress is not None:
            found.append("--compress" if self.compress else "--no-compress")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Draft:
    """A copy that is being made, and what is known of it before it is read."""

    id: str
    partial: Path
    state: GatewayState
    """The gateway's, before anything was done to it."""
    secret: str
    """Fingerprint of the encryption secret in force."""
    began: float

    @classmethod
    def begin(cls, making: Making, state: GatewayState, progress: Progress) -> Draft:
        """Make the folder, prove that it can be written, and see which secret is in force.

        Raises:
            PrecheckError: It cannot be written, or there is no such group.
        VerificationError: It is somebody else's link, or no folder.
        """
        deployment = making.deployment
        folder = deployment.backup_dir
        files.make_private(folder)
        with opened(folder):
            # Behind somebody else's link the catalogue would never find the backup again.
            pass
        share(folder, deployment.group)
        files.probe_writable(folder)
        return cls(
            id=manifests.new_id(),
            partial=files.partial(folder, progress.operation_id),
            state=state,
            secret=fingerprint_of(deployment, make_salt=True),
            began=time.monotonic(),
        )

    def as_facts(self) -> dict[str, str]:
        """For the journal."""
        return {"partial": str(self.partial), "id": self.id}


def verify(
    making: Making,
    draft: Draft,
    copied: copying.Copied,
    progress: Progress,
    **known: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Read the whole copy and describe it.

    Args:
        making: What was asked for.
        draft: The copy.
        copied: How it went.
        progress: Ticked with the bytes that were read.
        known: The manifest's `kind`, `clean_stop` and `taken`.

    Returns:
        The manifest's values.

    Raises:
        VerificationError: A check failed.
    """
    report = inspection.inspect(draft.partial, progress.tick, progress.checkpoint)
    if not any(table != "alembic_version" for table in report.rows):
        # It would become `latest`, and in time push out what is worth keeping.
        raise VerificationError(
            "The database holds no table, so there is nothing to back up; a start of the gateway "
            "fills it, a restore brings the last backup back."
        )
    return describe(
        report,
        id=draft.id,
        verified=datetime.now().astimezone(),
        seconds=time.monotonic() - draft.began,
        trigger=making.trigger,
        method="backup-api",
        image=draft.state.image or draft.state.release,
        journal_mode=copied.journal_mode,
        sequence=next_sequence(making.deployment),
        label=making.label,
        note=making.note,
        parent=progress.operation_id,
        secret_fingerprint=draft.secret,
        source=making.deployment.database.name,
        source_folder=str(making.deployment.database.parent),
        **known,
    )


def name_for(making: Making, prefix: str) -> Path:
    """The name the plain backup will get, free now."""
    folder = making.deployment.backup_dir
    return folder / new_name(prefix, folder)


def finish(
    making: Making,
    draft: Draft,
    final: Path,
    manifest: dict[str, Any],
    progress: Progress,
    *,
    keep: bool = False,
) -> Steps:
    """Compress a verified copy if that is wished, publish it, copy it to the second place.

    Args:
        making: What is made.
        draft: The verified copy.
        final: The name it gets.
        manifest: What is known of it.
        progress: Told how far it is.
        keep: A wish to stop comes too late: the gateway was down for this copy.

    Returns:
        The result; with `ends_with` when the second copy was not made: the backup stands.
    """
    deployment, ready = making.deployment, draft.partial
    if making.packs:
        progress.checkpoint()
        ready = files.partial(deployment.backup_dir, f"{progress.operation_id}-packed")
        yield StepStarted("pack", "compress it and read it back", facts={"packed": str(ready)})
        manifest = _pack(draft.partial, ready, manifest, progress)
        final = final.with_name(final.name + compression.SUFFIX)
        yield StepFinished("pack", {"manifest": manifest, "final": str(final)})
        copying.discard(draft.partial)
    if not keep:
        progress.checkpoint()
    yield StepStarted(
        "publish",
        "give it its name and manifest",
        cancellable=False,
        facts={"final": str(final), "manifest": manifest},
    )
    result = dict(publish(ready, final, manifest, deployment.group))
    yield StepFinished("publish")
    if deployment.second_dir is not None:
        result |= yield from _second(deployment, final, progress)
    return {"sentence": sentence(result), **result}


def _pack(
    plain: Path, packed: Path, manifest: dict[str, Any], progress: Progress
) -> dict[str, Any]:
    """Compress it, and prove that the same database comes out of it again.

    Raises:
        VerificationError: It does not.
    """
    total = 2 * int(manifest["size"])
    stored = compression.compress(plain, packed, lambda done, _all: progress.tick(done, total))
    found = compression.digest_inside(
        packed, lambda done, _all: progress.tick(total // 2 + done, total)
    )
    if found != manifest["sha256"]:
        raise VerificationError("What was compressed does not unpack to the same bytes; not kept.")
    return {
        **manifest,
        "compression": "zstd",
        "stored_size": stored.size,
        "stored_sha256": stored.sha256,
    }


def _second(deployment: Deployment, final: Path, progress: Progress) -> Steps:
    """Copy the published backup; whatever goes wrong there is told and harms nothing here."""
    folder = deployment.second_dir or Path()
    place = second_location.Place.choose(folder, final.name, progress.operation_id)
    title = f"copy it to {one_line(str(folder))} and read it back there"
    yield StepStarted("second", title, facts=place.as_facts())
    problem, found = "", {}
    try:
        second_location.require_apart(deployment)
        manifest = manifests.read_manifest(final)
        if manifest is None:
            raise VerificationError(f"The manifest of {one_line(final.name)} is gone.")
        second_location.copy_there(final, manifest, place, progress.tick)
        second_location.name_there(place, manifest, deployment.group)
        found = second_location.record(final, place, deployment.group)
    except Cancelled:
        problem = "cancelled"
    except McpdbError as error:
        problem = str(error)
    except OSError as error:
        problem = str(files.denied("write", folder, error))
    if problem:
        problem = _tidied(place, problem)
        found = without_second(folder, problem)
    yield StepFinished("second", found)
    return found


def _tidied(place: second_location.Place, problem: str) -> str:
    try:
        second_location.discard_there(place)
    except McpdbError as error:
        return f"{problem.rstrip('.')}; {error}"
    return problem


def without_second(folder: Path, problem: str) -> dict[str, Any]:
    """How a backup ends whose second copy was not made."""
    return {
        "second_problem": problem,
        "ends_with": int(ExitCode.PARTLY),
        "outcome": "partly done",
        "sentence": (
            f"The backup is made and verified; its copy in {one_line(str(folder))} is not: "
            f"{one_line(problem)}"
        ),
    }


def sentence(result: dict[str, Any]) -> str:
    """What both front ends say of a new backup."""
    text = f"{result['backup']}, {size(int(result['size']))}, verified"
    if result.get("compression"):
        text += f", {size(int(result['stored_size']))} compressed"
    if result.get("second"):
        text += f"; copied to {one_line(str(Path(str(result['second'])).parent))}"
    return text + "."
