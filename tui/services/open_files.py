"""Who has a file open, how they write to it, and how far: what emptying a log must know.

Sources: proc_pid_fdinfo(5) for position and flags, fcntl(2) for leases.
"""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tui.services.live.holders import could_hold, describe, every_pid

Key = tuple[int, int]
"""Device and inode."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """One descriptor of one process that leads to a file."""

    pid: int
    descriptor: int
    writes: bool
    appends: bool
    """Each write goes to the end, wherever that is then: the file may be emptied."""

    @property
    def position(self) -> int | None:
        """Where it stands: behind its last write; None when it is gone or closed to us."""
        found = _fdinfo(self.pid, self.descriptor)
        return None if found is None else found[0]

    def describe(self) -> str:
        """Who it is, in words; foreign text."""
        return describe(self.pid).describe()


def open_files(
    keys: Collection[Key], *, besides: int = 0
) -> tuple[Mapping[Key, tuple[OpenFile, ...]], bool]:
    """Find who has which of some files open.

    Args:
        keys: Device and inode of each.
        besides: A process that does not count: the one that works on them.

    Returns:
        By device and inode those that are open, and whether every process of this PID namespace
        could be looked into: else "nobody" is not known to be true.
    """
    found: dict[Key, list[OpenFile]] = {}
    complete = True
    for pid in every_pid() if keys else ():
        if pid == besides:
            continue
        try:
            for key, opened in _of(pid, keys):
                found.setdefault(key, []).append(opened)
        except PermissionError:
            complete = complete and not could_hold(pid)
    return {key: tuple(opened) for key, opened in found.items()}, complete


def _of(pid: int, keys: Collection[Key]) -> Iterator[tuple[Key, OpenFile]]:
    try:
        entries = list(os.scandir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return
    for entry in entries:
        try:
            target = Path(entry.path).stat()
        except PermissionError:
            raise
        except OSError:
            continue
        key = (target.st_dev, target.st_ino)
        if key in keys:
            flags = (_fdinfo(pid, int(entry.name)) or (0, os.O_RDWR))[1]
            writes = flags & os.O_ACCMODE != os.O_RDONLY
            yield key, OpenFile(pid, int(entry.name), writes, bool(flags & os.O_APPEND))


def _fdinfo(pid: int, descriptor: int) -> tuple[int, int] | None:
    """Position and flags of another process's descriptor."""
    values: dict[str, str] = {}
    try:
        text = Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    for line in text.splitlines():
        name, _colon, value = line.partition(":")
        values[name] = value.strip()
    with suppress(KeyError, ValueError):
        return int(values["pos"]), int(values["flags"], 8)
    return None


@contextmanager
def alone(descriptor: int) -> Iterator[bool | None]:
    """Keep everybody else out of an open file for a moment, where the kernel does that.

    Args:
        descriptor: The only one that this process has of the file.

    Yields:
        True while nobody else on this machine has it open, in whatever container, and whoever
        opens it waits; False when somebody has; None where nothing can be said.
    """
    try:
        # Whoever wants in is told by a signal: one that is ignored, for the lease is short.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except BlockingIOError:
        yield False
        return
    except OSError:
        yield None
        return
    try:
        yield True
    finally:
        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def is_wanted(descriptor: int) -> bool:
    """Whether somebody waits to open a file that `alone` keeps."""
    try:
        return fcntl.fcntl(descriptor, fcntl.F_GETLEASE) != fcntl.F_WRLCK
    except OSError:
        return True
