"""From a verified file to a backup of the catalogue: its name, its manifest, who may read it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError, VerificationError
from tui.core.models import Manifest
from tui.core.operation import Facts
from tui.services import files, manifests, operator
from tui.services.compression import SUFFIX
from tui.services.migrations.releases import release_of
from tui.services.sharing import share
from tui.services.sqlite import inspection
from tui.wording.clean import one_line

HOT, COLD = "mcp_hotbackup", "mcp_backup"
"""How the names of backups begin, as the gateway's guide has them."""


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
        if not _is_taken(folder / name):
            return name
        if now is None:
            time.sleep(0.05)
            moment = datetime.now().astimezone()
        else:
            moment += timedelta(seconds=1)


def _is_taken(path: Path) -> bool:
    """Whether a name is taken, be it by a compressed file or by a manifest alone."""
    packed = path.with_name(path.name + SUFFIX)
    return any(
        files.identity(taken) is not None
        for name in (path, packed)
        for taken in (name, manifests.path_for(name))
    )


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
        taken=utc(taken),
        utc_offset=f"{offset[:3]}:{offset[3:]}",
        verified=utc(verified),
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


def utc(moment: datetime) -> str:
    """A moment as manifests have it: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat()


def publish(partial: Path, final: Path, values: dict[str, Any], group: str = "") -> Facts:
    """Give a verified file its name; the manifest first, so that no name stands without one.

    Doing it again after a cut does what is left.

    Args:
        partial: The file as it was written.
        final: The name it gets.
        values: Its manifest's; the name is filled in.
        group: Who may read both beside the owner.

    Returns:
        What a result says of the backup.

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
    known = _manifest_at(final)
    if known is not None and known.id != manifest.id:
        raise McpdbError(f"{one_line(final.name)} is being made by somebody else too; try again.")
    share(partial, group)
    manifests.write_manifest(final, manifest)
    share(manifests.path_for(final), group)
    if files.identity(partial) is not None:
        try:
            partial.rename(final)
            files.fsync_folder(final.parent)
        except OSError as error:
            raise files.denied("write", final, error) from error
    return summary(final, manifest)


def _manifest_at(final: Path) -> Manifest | None:
    """The manifest of this name; one that is not understood is overwritten, as ever."""
    with suppress(VerificationError):
        return manifests.read_manifest(final)
    return None


def summary(final: Path, manifest: Manifest) -> dict[str, Any]:
    """What a result says of a backup."""
    return {
        "backup": manifest.id,
        "kind": manifest.kind,
        "name": final.name,
        "path": str(final),
        "size": manifest.size,
        "stored_size": manifest.stored_size or manifest.size,
        "compression": manifest.compression,
        "seconds": manifest.seconds,
        "revision": manifest.revision,
        "rows": sum(manifest.rows.values()),
        "foreign_key_errors": manifest.foreign_key_errors,
    }
