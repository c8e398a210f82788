"""What a file begins with, for a file that should have been a database."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_KINDS = (
    (b"SQLite format 3\0", "SQLite"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"-- ", "SQL text"),
    (b"PRAGMA ", "SQL text"),
    (b"<", "markup"),
    (b"\0\0\0\0\0\0\0\0", "zeroes"),
)


def first_bytes(path: Path) -> str:
    """`gzip: 1f 8b 08 00 00 00 00 00`; empty when they cannot be read.

    Read by another process: closing a descriptor of the live file in this one would drop the
    locks that SQLite holds on it.
    """
    head = shutil.which("head")
    if head is None:
        return ""
    done = subprocess.run([head, "-c", "16", "--", str(path)], capture_output=True, check=False)
    if done.returncode or not done.stdout:
        return ""
    kind = next((name for magic, name in _KINDS if done.stdout.startswith(magic)), "")
    if not kind:
        kind = "no known header: encrypted or damaged"
    return f"{kind}: {done.stdout[:8].hex(' ')}"
