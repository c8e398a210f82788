"""Room for the shared memory of a WAL database, before it is opened as the only one.

The first connection to a WAL file cuts `-shm` to nothing and lets it grow again. Where the disk
is full the write into the mapped page then ends the whole process with SIGBUS instead of an
error (seen on ext4, which gives freed blocks back only with its next commit). So it is asked
beforehand. Standard library only: the helper that owns a live file stands on it.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOM = 128 * 1024
"""Bytes for the first part of the index, with folder and journal entries around it."""

SHARE = 256
"""One byte of index for so many bytes of WAL: 8 for each frame of at least 536, and some air."""


def has_room(database: Path) -> bool:
    """Whether the disk has room for what opening this database makes beside it.

    Args:
        database: The live file; one that is not there, or whose disk does not answer, has room:
            SQLite itself says what is wrong.
    """
    try:
        found = os.statvfs(database.parent)
        wal = database.with_name(database.name + "-wal")
        size = wal.stat().st_size if wal.exists() else 0
    except OSError:
        return True
    # `f_bfree` counts blocks that ext4 keeps for itself and gives to nobody, not even to root.
    return found.f_bavail * found.f_frsize >= ROOM + size // SHARE
