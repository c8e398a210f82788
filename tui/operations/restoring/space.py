"""How much a restore writes, and where; whether there is room, as a plan says it."""

from __future__ import annotations

from pathlib import Path

from tui.core.errors import McpdbError, PrecheckError
from tui.core.models import Backup, DatabaseFacts
from tui.core.operation import Check, Verdict
from tui.operations.restoring.way import Way
from tui.services import files
from tui.wording.quantities import narrow_size

_RATIO = 5
"""How much larger a database is thought to be than a compressed file that does not say it."""


def size_of(backup: Backup) -> int:
    """Bytes of the database in a backup, compressed or not."""
    if backup.manifest is not None:
        return backup.manifest.size
    if not backup.compression:
        return backup.size
    from tui.services.compression import unpacked_size

    try:
        return unpacked_size(backup.path) or backup.size * _RATIO
    except McpdbError:
        return backup.size


def needed_in_folder(backup: Backup, live: int, wal: int, way: Way) -> int:
    """Bytes written into the database's own folder.

    Args:
        backup: What is staged there.
        live: Bytes of the live file.
        wal: Bytes of its WAL, which are taken in.
        way: A file that is overwritten grows to the backup's size, and its old pages go into a
            rollback journal.
    """
    staged = size_of(backup)
    if way.kind == "swap":
        return staged + wal
    return staged + wal + live + max(0, staged - live)


def space_check(folder: Path, needed: int, what: str, live: DatabaseFacts) -> Check:
    """Whether there is room for what puts another file, or rows, in place.

    Args:
        folder: Where it is written.
        needed: Bytes that are written there.
        what: What needs them, at the beginning of a sentence.
        live: The live database, on the disk that is shown.
    """
    try:
        files.require_space(folder, needed, what)
    except PrecheckError as error:
        return Check("space", Verdict.FAIL, str(error))
    text = f"{narrow_size(needed, 'up')} of {narrow_size(live.disk_free, 'down')} free"
    return Check("space", Verdict.OK, text)
