"""What a `-wal` holds, counted from its frame headers by a process of its own.

Only SQLite touches a sidecar, and a file that one of our connections has open is read raw by
another process alone: so this file is also a program, which needs the standard library only.
Format: https://www.sqlite.org/fileformat.html#walformat
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HEADER, FRAME = 32, 24
_MAGIC = (0x377F0682, 0x377F0683)
_MOST = 200_000
"""Frames that are looked at: of a larger WAL the first ones say enough."""
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Frames:
    """What is in it."""

    commits: int
    """Transactions that were committed."""
    pages: int
    """Pages in them; a page that was written twice counts twice."""
    open_pages: int
    """Pages behind the last commit: of a transaction that was cut, and is worth nothing."""
    whole: bool = True
    """Whether all was looked at."""


def frames(wal: Path) -> Frames | None:
    """Count; None where it is no WAL that could be read."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(wal)],
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
        commits, pages, left, whole = map(int, done.stdout.split())
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return Frames(commits, pages, left, bool(whole))


def _count(path: str) -> tuple[int, int, int, int] | None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        header = os.pread(descriptor, HEADER, 0)
        if len(header) < HEADER:
            return None
        magic, _version, size, _sequence = struct.unpack(">4I", header[:16])
        if magic not in _MAGIC or not 512 <= size <= 65536:
            return None
        salts, commits, pages, left = header[16:24], 0, 0, 0
        at = HEADER
        for _ in range(_MOST):
            frame = os.pread(descriptor, FRAME, at)
            # Frames behind the last reset keep the salts of the round before.
            if len(frame) < FRAME or frame[8:16] != salts:
                return commits, pages, left, 1
            left += 1
            if struct.unpack(">I", frame[4:8])[0]:
                commits, pages, left = commits + 1, pages + left, 0
            at += FRAME + size
        return commits, pages, left, 0
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    found = _count(sys.argv[1])
    if found is None:
        raise SystemExit(1)
    sys.stdout.write(" ".join(map(str, found)))
