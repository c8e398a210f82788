"""A new database, built aside by the gateway's own bootstrap and checked before it is used.

It is made in the operation's scratch folder, where neither gateway nor screen looks, and moved
beside the live file only when it is whole: like every file that is put there.
"""

from __future__ import annotations

import errno
import os
from contextlib import closing
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError, VerificationError
from tui.core.models import Deployment, FileIdentity
from tui.core.operation import Progress
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.migrating.rehearsing import discard, place_of
from tui.services import files
from tui.services.migrations.running import Event, Job, MigrationFailedError, Ran, run
from tui.services.sqlite import copying, inspection
from tui.services.sqlite.connections import connect, translating
from tui.wording.clean import one_line

NEEDED = 8 * 1024 * 1024
"""Bytes that a new database may take while it is made; release 1.0.7's takes 2.1 MB and a WAL."""

ABOUT = 10.0
"""Seconds that building takes, where it was never done here."""


def build(deployment: Deployment, operation_id: str, progress: Progress) -> dict[str, Any]:
    """Have the gateway's code make a new database aside.

    Returns:
        What is known of it: `image`, `release`, `heads`, `user`, `seconds_bootstrap`.

    Raises:
        MigrationFailedError: Its bootstrap failed; nothing was changed.
        PrecheckError: No space, no permission.
        DockerError: There is no engine or image.
        NotFoundError: Nothing here has the gateway's code.
    """
    folder, keep = deployment.database.parent, safety_dir(deployment)
    files.probe_writable(folder)
    for private in (deployment.state_dir, keep):
        files.make_private(private)
    files.probe_writable(keep)
    files.require_space(folder, NEEDED, "A new database")
    place = place_of(deployment, operation_id)
    files.make_private(place.parent)
    ran = _run(deployment, place, progress)
    return {
        "image": ran.image,
        "release": ran.release,
        "heads": list(ran.heads),
        "user": None if ran.user is None else list(ran.user),
        "seconds_bootstrap": round(ran.seconds, 3),
    }


def _run(deployment: Deployment, place: Path, progress: Progress) -> Ran:
    def told(event: Event) -> None:
        if event.total:
            progress.tick(event.number, event.total, "revisions")

    try:
        return run(
            deployment,
            Job(action="bootstrap"),
            place,
            on_event=told,
            checkpoint=progress.checkpoint,
        )
    except MigrationFailedError as error:
        # Whatever the gateway's code says of it: a full disk is no fault of the migrations.
        files.require_space(place.parent, NEEDED // 8, "A new database")
        text = str(error)
        done = "" if "nothing was changed" in text.lower() else " Nothing was changed."
        raise MigrationFailedError(f"{text}{done}", error.ran) from error


def check(
    deployment: Deployment, built: dict[str, Any], staged: Path, progress: Progress
) -> dict[str, Any]:
    """Check the new file by itself, give it its owner, and put it beside the live one.

    Args:
        deployment: Whose.
        built: What `build` returned.
        staged: Its name from now on, beside the live file.
        progress: Told how far it is.

    Returns:
        What recovery and reading back need: which file it is, revision, rows, journal mode.

    Raises:
        VerificationError: It is not whole, has no tables, or does not stand at the head.
        PrecheckError: We may not give it to its owner, or there is no space.
    """
    place = place_of(deployment, progress.operation_id)
    made = files.identity(place)
    if made is None or not made.size:
        raise VerificationError(
            "The gateway's bootstrap ended without an error and made no database. "
            "Nothing was changed."
        )
    mode = _fold(place)
    report = inspection.inspect(place, progress.tick, progress.checkpoint)
    _require_complete(report, built["heads"])
    if mode == "wal":
        copying.set_journal_mode(place, "wal")
    _give(place, deployment.database, built["user"])
    files.fsync_file(place)
    _move(place, staged, progress)
    found = files.identity(staged)
    if found is None:
        raise McpdbError(f"{one_line(staged.name)} is gone.")
    _probe_link(staged, safety_dir(deployment))
    discard(deployment, progress.operation_id)
    return {
        "staged_device": found.device,
        "staged_inode": found.inode,
        "then_mode": mode,
        "revision": report.revision,
        "rows": report.rows,
        "tables": len(report.rows) - ("alembic_version" in report.rows),
    }


def _fold(path: Path) -> str:
    """Take in the WAL that the bootstrap may have left; the journal mode the file had."""
    with translating(path), closing(connect(path, "mode=rw")) as connection:
        mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    copying.set_journal_mode(path, "delete")
    return mode


def _require_complete(report: inspection.Report, heads: list[str]) -> None:
    """Refuse a file that the gateway would have to make again.

    Raises:
        VerificationError: Says what is missing.
    """
    if not any(table != "alembic_version" for table in report.rows):
        raise VerificationError("The new database has no tables. Nothing was changed.")
    if not report.revision:
        raise VerificationError("The new database has no revision. Nothing was changed.")
    if heads and sorted(report.revision.split()) != sorted(heads):
        raise VerificationError(
            f"The new database is at {one_line(report.revision)}, the gateway's code ends at "
            f"{one_line(' '.join(heads))}. Nothing was changed."
        )


def _give(place: Path, live: Path, user: list[int] | None) -> None:
    """Owner and mode as the live file's; where there is none worth it, the gateway's user's.

    Raises:
        PrecheckError: We may not.
    """
    model, folder = files.identity(live), files.identity(live.parent)
    if folder is None:
        raise McpdbError(f"{one_line(str(live.parent))} is gone.")
    uid, gid = _owner(model, folder, user)
    found = files.identity(place)
    try:
        if found is not None and (found.uid, found.gid) != (uid, gid):
            os.chown(place, uid, gid, follow_symlinks=False)
        place.chmod(model.mode & 0o7777 if model is not None and model.size else 0o600)
    except OSError as error:
        raise files.denied("give to its owner", place, error) from error


def _owner(
    model: FileIdentity | None, folder: FileIdentity, user: list[int] | None
) -> tuple[int, int]:
    if model is not None and model.size:
        return model.uid, model.gid
    if user is not None:
        return user[0], user[1]
    return (model.uid, model.gid) if model is not None else (folder.uid, folder.gid)


def _move(place: Path, staged: Path, progress: Progress) -> None:
    """Move it beside the live file; where that is another filesystem, copy it."""
    try:
        place.rename(staged)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise files.denied("write", staged, error) from error
        owner = place.stat()
        files.copy_bytes(place, staged, progress.tick)
        try:
            os.chown(staged, owner.st_uid, owner.st_gid, follow_symlinks=False)
            staged.chmod(owner.st_mode & 0o7777)
        except OSError as refused:
            raise files.denied("give to its owner", staged, refused) from refused
    files.fsync_folder(staged.parent)


def _probe_link(staged: Path, folder: Path) -> None:
    """Prove before anything stops that the old file can be kept by a hard link.

    Raises:
        PrecheckError: Another filesystem, or one without hard links.
    """
    probe = folder / staged.name
    try:
        os.link(staged, probe, follow_symlinks=False)
    except OSError as error:
        raise files.denied("make a hard link in", folder, error) from error
    files.remove(probe)
