"""Reading a backup whole: every byte, every page, and every word of its manifest.

Verifying, adopting and everything else that must know what is in a file before it trusts it
reads it here; a compressed one is unpacked to a scratch copy, which is gone afterwards.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from tui.core.errors import McpdbError, VerificationError
from tui.core.models import Backup, Deployment
from tui.core.operation import Progress
from tui.services import compression, files, manifests
from tui.services.manifests import read_manifest
from tui.services.sqlite import inspection
from tui.services.sqlite.connections import sidecar
from tui.wording.clean import one_line

COMPARED = ("sha256", "size", "pages", "revision", "rows")
"""Of a manifest, what the file must agree with."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What a file turned out to be."""

    report: inspection.Report
    """Of the database."""
    stored_size: int = 0
    """Bytes of the compressed file; 0 when it is not compressed."""
    stored_sha256: str = ""


def read_whole(
    deployment: Deployment, backup: Backup, progress: Progress, *, full: bool = False
) -> Whole:
    """Read a backup and compare it with its manifest, if it has one.

    Args:
        deployment: In whose state folder the scratch copy of a compressed one lies.
        backup: Of the catalogue.
        progress: Told bytes; may raise to cancel.
        full: `integrity_check` instead of `quick_check`.

    Raises:
        VerificationError: Says which check failed.
        PrecheckError: It may not be read, or there is no space to unpack it.
    """
    require_finished(backup)
    # As it is now: whatever cannot be understood must not be taken for no manifest.
    manifest = read_manifest(backup.path)
    size, digest = 0, ""
    if backup.compression:
        found = files.identity(backup.path)
        size = found.size if found else 0
        digest = files.sha256(backup.path, progress.tick)
        if manifest is not None and digest != manifest.stored_sha256:
            raise VerificationError(
                f"FAIL sha256: expected {manifest.stored_sha256[:12]}, found {digest[:12]} "
                "in the compressed file."
            )
    with compression.unpacked(backup.path, progress.tick, folder=deployment.state_dir) as plain:
        report = inspection.inspect(plain, progress.tick, progress.checkpoint, full=full)
    if manifest is not None:
        inspection.expect(report, manifest.as_json(), COMPARED)
    return Whole(report, size, digest)


def require_finished(backup: Backup) -> None:
    """Refuse a file that has a `-wal` or `-journal`: what is in those is not in it.

    Raises:
        VerificationError: It has one.
    """
    if backup.compression:
        return
    for suffix in ("-wal", "-journal"):
        if files.identity(sidecar(backup.path, suffix)) is not None:
            name = one_line(backup.path.name)
            raise VerificationError(
                f"{name} has a {suffix} beside it, so it is not finished; `sqlite3 {name} "
                '"PRAGMA journal_mode=DELETE"` takes that in.'
            )


def require_bytes(deployment: Deployment, backup: Backup, progress: Progress) -> None:
    """Compare every byte of a backup with its manifest, before others are removed for its sake.

    Its size and its manifest say nothing of a disk that rots. One without a manifest is not read.

    Args:
        deployment: Whose.
        backup: The newest verified one.
        progress: Told bytes; may raise to cancel.

    Raises:
        VerificationError: It is not what it was. Its manifest says so from now on, and nothing
            is removed: the next prune counts without it.
    """
    manifest = backup.manifest
    if manifest is None:
        return
    expected = manifest.stored_sha256 or manifest.sha256
    try:
        found = files.sha256(backup.path, progress.tick)
        if found == expected:
            return
        problem = f"FAIL sha256: expected {expected[:12]}, found {found[:12]}"
    except VerificationError as error:
        problem = str(error).rstrip(".")
    with suppress(McpdbError):
        manifests.amend(
            backup.path,
            deployment.group,
            check_result=problem,
            verified=datetime.now(UTC).isoformat(),
        )
    raise VerificationError(
        f"{one_line(backup.path.name)}, the newest verified backup, is damaged ({problem}): "
        "nothing was removed. Make another backup before the next prune."
    )
