"""Before the stop: the private copy of the backup, and whether it is what was promised."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, McpdbError, PrecheckError, VerificationError
from tui.core.models import Backup, Deployment, FileIdentity
from tui.core.operation import Progress
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.restoring.restored import known_heads
from tui.operations.restoring.space import needed_in_folder, size_of
from tui.operations.restoring.way import Way
from tui.services import files
from tui.services.sqlite import copying, inspection
from tui.services.sqlite.connections import sidecar
from tui.wording.clean import one_line

SUFFIXES = ("-wal", "-shm", "-journal")
"""What SQLite has beside a database."""

_OTHERWISE = " `restore --write-through` writes into the live file instead."


def stage(
    deployment: Deployment, backup: Backup, staged: Path, way: Way, progress: Progress
) -> dict[str, Any]:
    """Copy or unpack the backup beside the live file and check the hash of what was read.

    Raises:
        VerificationError: It is not the file that its manifest describes.
        PrecheckError: No space, no permission, or no hard links where they are needed.
    """
    folder = deployment.database.parent
    files.probe_writable(folder)
    files.make_private(deployment.state_dir)
    files.make_private(way.keep_dir)
    files.probe_writable(way.keep_dir)
    wal = files.identity(sidecar(deployment.database, "-wal"))
    live = files.identity(deployment.database)
    needed = needed_in_folder(backup, live.size if live else 0, wal.size if wal else 0, way)
    files.require_space(folder, needed, "A restore")
    digest = _copy(backup, staged, progress)
    if way.kind == "swap":
        probe_link(staged, safety_dir(deployment))
    manifest = backup.manifest
    if manifest is not None and digest != manifest.sha256:
        raise _not_it(backup, manifest.sha256, digest)
    return {"sha256": digest, "bytes": size_of(backup)}


def _copy(backup: Backup, staged: Path, progress: Progress) -> str:
    """Hash of the database; a compressed file is first compared as it lies there."""
    if not backup.compression:
        return files.copy_bytes(backup.path, staged, progress.tick)
    from tui.services.compression import decompress

    manifest = backup.manifest
    if manifest is not None and manifest.stored_sha256:
        stored = files.sha256(backup.path, progress.tick)
        if stored != manifest.stored_sha256:
            raise _not_it(backup, manifest.stored_sha256, stored)
    return decompress(backup.path, staged, progress.tick)


def _not_it(backup: Backup, expected: str, found: str) -> VerificationError:
    return VerificationError(
        f"FAIL sha256: expected {expected[:12]}, found {found[:12]}. "
        f"Do not restore {one_line(backup.path.name)}."
    )


def probe_link(staged: Path, folder: Path, *, otherwise: str = _OTHERWISE) -> None:
    """Prove before anything stops that the old file can be kept by a hard link.

    Args:
        staged: A file on the live file's filesystem.
        folder: Where the link would be.
        otherwise: What else can be done, said behind the reason.

    Raises:
        PrecheckError: Another filesystem, or one without hard links.
    """
    probe = folder / staged.name
    try:
        os.link(staged, probe, follow_symlinks=False)
    except OSError as error:
        said = files.denied("make a hard link in", folder, error)
        raise PrecheckError(f"{said}{otherwise}") from error
    files.remove(probe)


def compare(
    deployment: Deployment, backup: Backup, staged: Path, way: Way, progress: Progress
) -> dict[str, Any]:
    """Check the staged file itself; one that will be swapped in becomes like the live file.

    Returns:
        What recovery and reading back need: which file it is, revision, rows, journal mode.

    Raises:
        VerificationError: It is not what its manifest says.
    """
    report = inspection.inspect(staged, progress.tick, progress.checkpoint)
    manifest = backup.manifest
    if manifest is not None:
        inspection.expect(
            report, manifest.as_json(), ("sha256", "size", "pages", "revision", "rows")
        )
    mode = manifest.journal_mode if manifest else report.journal_mode
    if way.kind == "swap":
        if mode == "wal":
            copying.set_journal_mode(staged, "wal")
        adopt_owner(staged, deployment.database)
    elif report.journal_mode == "wal":
        # What is written into the live file carries no mode of its own: it is set afterwards.
        copying.set_journal_mode(staged, "delete")
    files.fsync_file(staged)
    files.fsync_folder(staged.parent)
    found = _require(staged)
    return {
        "staged_device": found.device,
        "staged_inode": found.inode,
        "then_mode": mode,
        "revision": report.revision,
        "rows": report.rows,
        "heads": known_heads(deployment),
    }


def adopt_owner(
    staged: Path,
    live: Path,
    *,
    otherwise: str = _OTHERWISE,
) -> None:
    """Mode and owner as the live file's, or the folder's where there is none.

    Args:
        staged: The new file.
        live: Whose place it takes.
        otherwise: What else can be done, said behind the reason of a refusal.

    Raises:
        PrecheckError: We may not.
    """
    model = files.identity(live)
    folder = files.identity(live.parent)
    owner = model or folder
    if owner is None:
        raise McpdbError(f"{one_line(str(live.parent))} is gone.")
    found = _require(staged)
    try:
        if (owner.uid, owner.gid) != (found.uid, found.gid):
            os.chown(staged, owner.uid, owner.gid, follow_symlinks=False)
        staged.chmod(model.mode & 0o7777 if model else 0o600)
    except OSError as error:
        said = files.denied("give to its owner", staged, error)
        raise PrecheckError(f"{said}{otherwise if model else ''}") from error


def _require(path: Path) -> FileIdentity:
    found = files.identity(path)
    if found is None:
        raise McpdbError(f"{one_line(str(path))} is gone.")
    return found


def put_where_nothing_is(staged: Path, live: Path, aside: Path) -> list[str]:
    """There is no old file: a link fails if one has appeared, a rename would overwrite it.

    What a removed file has left beside it (a WAL, a journal) would be replayed into the new one
    and damage it, so it is set aside first.

    Args:
        staged: The new file.
        live: Where it goes.
        aside: What is set aside gets this name and its own ending.

    Returns:
        The names that were set aside.

    Raises:
        BusyError: A database appeared meanwhile.
        PrecheckError: It cannot be put there.
    """
    if files.identity(live) is not None:
        raise BusyError("A database appeared meanwhile; nothing was changed.")
    set_aside = []
    try:
        for suffix in SUFFIXES:
            left, kept = sidecar(live, suffix), sidecar(aside, suffix)
            if files.identity(left) is not None:
                left.rename(kept)
                set_aside.append(kept.name)
        if set_aside:
            files.fsync_folder(aside.parent)
            files.fsync_folder(live.parent)
        os.link(staged, live, follow_symlinks=False)
        files.fsync_folder(live.parent)
    except FileExistsError as error:
        raise BusyError("A database appeared meanwhile; nothing was changed.") from error
    except OSError as error:
        raise files.denied("write", live, error) from error
    files.remove(staged)
    return set_aside
