"""Which locks lie on a database, read from `/proc/locks`: who writes, who reads.

In WAL mode SQLite locks bytes of `-shm`, else bytes of the database itself:
https://www.sqlite.org/walformat.html#locks and https://www.sqlite.org/lockingv3.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tui.services.files import identity

_WRITER, _CHECKPOINTER, _RECOVERY = 120, 121, 122
_READERS = range(123, 128)
_PENDING = 0x40000000
_SHARED = range(_PENDING + 2, _PENDING + 512)
_FIRST_NAMESPACE = 0xEFFFFFFC
"""Inode of the machine's own PID namespace: PROC_PID_INIT_INO of the kernel."""

Does = Literal["writes", "takes the WAL in", "reads"]


@dataclass(frozen=True, slots=True, order=True)
class Lock:
    """One lock of one process."""

    pid: int
    does: Does


def is_first_namespace() -> bool:
    """Whether every process of this machine can be seen from here."""
    try:
        return Path("/proc/self/ns/pid").stat().st_ino == _FIRST_NAMESPACE
    except OSError:
        return False


def locks(database: Path, table: Path = Path("/proc/locks")) -> frozenset[Lock]:
    """The locks on a database that belong to processes we can see.

    Args:
        database: The live file.
        table: The kernel's table.
    """
    found = set()
    for suffix in ("", "-shm"):
        file = identity(database.with_name(database.name + suffix))
        if file is None:
            continue
        for pid, exclusive, span in _of(file.inode, table):
            does = _meaning(suffix, exclusive=exclusive, span=span)
            if does is not None and pid > 0:
                found.add(Lock(pid, does))
    return frozenset(found)


def _of(inode: int, table: Path) -> Iterator[tuple[int, bool, range]]:
    """Pid, whether it is exclusive, and the bytes of each POSIX lock on an inode."""
    with suppress(OSError, ValueError, IndexError):
        for line in table.read_text(encoding="ascii").splitlines():
            # `7: POSIX  ADVISORY  WRITE 51877 fd:01:1048 120 120`; `-> ` marks who waits.
            words = line.split()
            if words[1] not in ("POSIX", "OFDLCK") or words[5].rpartition(":")[2] != str(inode):
                continue
            last = 1 << 62 if words[7] == "EOF" else int(words[7])
            yield int(words[4]), words[3] == "WRITE", range(int(words[6]), last + 1)


def _meaning(suffix: str, *, exclusive: bool, span: range) -> Does | None:
    def has(byte: int) -> bool:
        return span.start <= byte < span.stop

    if suffix == "-shm":
        if exclusive and (has(_WRITER) or has(_RECOVERY)):
            return "writes"
        if exclusive and has(_CHECKPOINTER):
            return "takes the WAL in"
        if any(has(byte) for byte in _READERS):
            return "reads"
        return None
    if exclusive and (has(_PENDING) or has(_PENDING + 1) or has(_SHARED.start)):
        return "writes"
    # In WAL mode every connection keeps a shared lock on the file: then it says nothing more.
    return "reads" if has(_SHARED.start) else None
