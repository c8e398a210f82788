"""The copy of a backup in another place: written there, read back there, then named."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui.core.errors import NotFoundError, PrecheckError, VerificationError
from tui.core.models import Deployment, Manifest
from tui.operations.backing_up.publishing import publish, utc
from tui.operations.cataloguing.catalogue import folders
from tui.services import files, manifests
from tui.services.sharing import share
from tui.services.sqlite import copying
from tui.wording.clean import one_line


@dataclass(frozen=True, slots=True)
class Place:
    """Where a copy goes: chosen and journaled before anything is written."""

    partial: Path
    final: Path

    @classmethod
    def choose(cls, folder: Path, name: str, operation_id: str) -> Place:
        """The copy's names; the backup's own name where nobody has it.

        Two hosts may keep their copies in one folder and back up in the same second: then the
        operation's number is added.
        """
        final = folder / name
        taken = (final, manifests.path_for(final))
        if any(os.path.lexists(path) for path in taken):
            stem, dot, rest = name.partition(".")
            final = folder / f"{stem}_{operation_id[:6]}{dot}{rest}"
        return cls(files.partial(folder, operation_id), final)

    def as_facts(self) -> dict[str, str]:
        """For the journal."""
        return {"second_partial": str(self.partial), "second_final": str(self.final)}


def is_listed(deployment: Deployment, folder: Path) -> bool:
    """Whether a folder is one of the catalogue's, under whatever name: no second place at all.

    A copy there would be taken for one more backup, and the rules would count both.
    """
    return any(_is_same(folder, path) for path, _whole in folders(deployment))


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one == other or one.samefile(other)
    except OSError:
        return False


def require_apart(deployment: Deployment) -> None:
    """Refuse a second place that is not there, or that the catalogue lists already.

    Raises:
        NotFoundError: There is no such folder.
        PrecheckError: It is one of the catalogue's, or may not be looked at.
    """
    folder = deployment.second_dir or Path()
    require_folder(folder, deployment.backup_dir)
    if is_listed(deployment, folder):
        raise PrecheckError(
            f"{one_line(str(folder))} is looked through for backups already: it is no second "
            "place. Give a folder on another disk."
        )


def require_folder(folder: Path, backup_dir: Path) -> None:
    """Refuse a place that is not there, or is no second one.

    It is never made: behind a mount that is missing today, the folder would be made on the disk
    that the copy is to survive.

    Raises:
        NotFoundError: There is no such folder.
        PrecheckError: It is the backup folder itself, or may not be looked at.
    """
    text = one_line(str(folder))
    if not files.is_folder(folder):
        raise NotFoundError(
            f"There is no folder {text} for the second copy: is it mounted? It is made once, by "
            f"hand: mkdir -m 700 {text}."
        )
    try:
        same = backup_dir.is_dir() and folder.samefile(backup_dir)
    except OSError as error:
        raise files.denied("look into", folder, error) from error
    if same:
        raise PrecheckError(f"{text} is the backup folder itself: it is no second place.")


def copy_there(source: Path, manifest: Manifest, place: Place, tick: files.Tick) -> None:
    """Copy a published backup and compare what that filesystem gives back.

    Args:
        source: The backup.
        manifest: Its manifest.
        place: Where it goes; the caller discards it after a failure.
        tick: Bytes done and in all: each byte is written once and read once; may raise to
            cancel.

    Raises:
        McpdbError: No such folder, no space, no permission, or it reads back otherwise.
    """
    folder = place.partial.parent
    require_folder(folder, source.parent)
    size = manifest.stored_size or manifest.size
    files.require_space(folder, size, "The second copy")
    files.probe_writable(folder)
    files.copy_bytes(source, place.partial, lambda done, _total: tick(done, 2 * size))
    _forget_cached(place.partial)
    expected = manifest.stored_sha256 or manifest.sha256
    found = files.sha256(place.partial, lambda done, _total: tick(size + done, 2 * size))
    if found != expected:
        raise VerificationError(
            f"FAIL sha256: {one_line(str(folder))} gives back other bytes than were written: "
            f"expected {expected[:12]}, found {found[:12]}."
        )


def _forget_cached(path: Path) -> None:
    """Let go of the pages in memory, so that reading back asks the filesystem."""
    with files.open_regular(path) as descriptor, suppress(OSError):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def name_there(place: Place, manifest: Manifest, group: str) -> None:
    """Give the copy its name and its manifest.

    Raises:
        McpdbError: The name was taken meanwhile, or cannot be written.
    """
    publish(place.partial, place.final, manifest.as_json(), group)


def record(source: Path, place: Place, group: str) -> dict[str, Any]:
    """Note in the backup's own manifest where its copy is; may be repeated.

    Raises:
        McpdbError: The manifest cannot be read or written.
    """
    manifest = manifests.read_manifest(source)
    if manifest is not None:
        known = replace(manifest, second=str(place.final), second_verified=utc(datetime.now(UTC)))
        manifests.write_manifest(source, known)
        share(manifests.path_for(source), group)
    return {"second": str(place.final)}


def discard_there(place: Place) -> None:
    """Remove a half-made copy, and its manifest if that was all that got its name.

    Raises:
        PrecheckError: It may not be removed.
    """
    try:
        copying.discard(place.partial)
        if files.identity(place.final) is None:
            files.remove(manifests.path_for(place.final))
    except OSError as error:
        raise files.denied("remove", place.partial, error) from error
