"""Which processes have a database open, told by the inodes of their open files."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from tui.core.models import Holder
from tui.services.files import identity

_CONTAINER = re.compile(r"[0-9a-f]{64}")
_KERNEL_THREAD = 0x00200000
"""Among the flags in `/proc/<pid>/stat`."""
SIDECARS = ("", "-wal", "-shm", "-journal")


def inodes(database: Path) -> frozenset[tuple[int, int]]:
    """Device and inode of a database and its sidecars, as far as they exist."""
    found = (identity(database.with_name(database.name + suffix)) for suffix in SIDECARS)
    return frozenset(file.key for file in found if file is not None)


def holders(
    files: Collection[tuple[int, int]], *, ignore: Collection[int] = ()
) -> tuple[list[Holder], bool]:
    """Find the processes that have one of `files` open.

    Args:
        files: Device and inode of each, see `inodes`.
        ignore: Pids that may hold them.

    Returns:
        The holders, and whether every process of this PID namespace could be looked into:
        without root only our own can, and then "nobody" is not known to be true.
    """
    complete = True
    found: list[Holder] = []
    for pid in every_pid():
        if pid in ignore:
            continue
        try:
            if _holds(pid, files):
                found.append(describe(pid))
        except PermissionError:
            complete = complete and not could_hold(pid)
    return found, complete


def could_hold(pid: int) -> bool:
    """Whether a process that is closed to us may have a database open.

    Kernel threads have no files. To root only the first process of the machine may be closed
    (it has rights that nobody else has), and that one starts others and opens no databases; what
    may be left of doubt is settled by the lock that is taken after the stop.
    """
    if pid == 1 and os.geteuid() == 0:
        return False
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        flags = int(fields.rpartition(")")[2].split()[6])
    except (OSError, ValueError, IndexError):
        # It has just ended, or shows us nothing at all.
        return Path(f"/proc/{pid}").exists()
    return not flags & _KERNEL_THREAD


def removed_but_open(
    database: Path, pids: Collection[int]
) -> tuple[int, tuple[tuple[int, str], ...]] | None:
    """Which of `pids` still has a database open that was removed.

    Args:
        database: The path it had; containers see it under another folder, so its name counts.
        pids: The gateway's processes as this host sees them.

    Returns:
        The pid, and the descriptors that lead to the file and to its WAL, each with its ending;
        None when nobody has it.
    """
    for pid in pids:
        found: dict[str, int] = {}
        with suppress(OSError, ValueError):
            for entry in os.scandir(f"/proc/{pid}/fd"):
                name = Path(entry.path).readlink().name
                for suffix in SIDECARS[:2]:
                    if name == f"{database.name}{suffix} (deleted)":
                        found[suffix] = int(entry.name)
        if "" in found:
            return pid, tuple((found[suffix], suffix) for suffix in sorted(found))
    return None


def lock_holder(database: Path) -> Holder | None:
    """Who holds the write lock of a database, else who has it open; None when nobody is seen.

    `/proc/locks` can be read without root: in WAL mode the lock lies on `-shm`, else on the
    database itself.
    """
    wanted = {str(inode) for _device, inode in inodes(database)}
    with suppress(OSError, ValueError):
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            # `7: POSIX ADVISORY WRITE 51877 fd:01:1048 1073741826 1073742335`
            words = line.split()
            if words[1:4] != ["POSIX", "ADVISORY", "WRITE"] or int(words[4]) <= 0:
                continue
            if words[5].rpartition(":")[2] in wanted and int(words[4]) != os.getpid():
                return describe(int(words[4]))
    found, _complete = holders(inodes(database), ignore=(os.getpid(),))
    return found[0] if found else None


def every_pid() -> Iterator[int]:
    """The processes of this PID namespace."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            yield int(entry.name)


def _holds(pid: int, files: Collection[tuple[int, int]]) -> bool:
    try:
        entries = list(os.scandir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return False
    for entry in entries:
        try:
            target = Path(entry.path).stat()
        except PermissionError:
            raise
        except OSError:
            continue
        if (target.st_dev, target.st_ino) in files:
            return True
    return False


def container_of(pid: int) -> str:
    """The id of the container a process runs in, or an empty text."""
    try:
        found = _CONTAINER.search(Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        return ""
    return found.group() if found else ""


def _is_ours(arguments: list[str]) -> bool:
    """Whether a command line is this product's, as a script or as `python -m tui`.

    The product's name in an argument (a folder's, say) makes nobody ours.
    """
    words = [word for word in arguments[:4] if word == "-m" or not word.startswith("-")]
    if any(Path(word).name == "mcpdb-tui" for word in words[:2]):
        return True
    return words[1:3] in (["-m", "tui"], ["-m", "tui.__main__"])


def describe(pid: int) -> Holder:
    """Who a process is: its command, its user, its container."""
    try:
        process = psutil.Process(pid)
        arguments = process.cmdline() or [process.name()]
        user = process.username()
    except psutil.Error:
        arguments, user = ["a process that just ended"], ""
    command = " ".join([Path(arguments[0]).name, *arguments[1:]])
    return Holder(
        pid=pid,
        command=command if len(command) <= 80 else command[:79] + "…",
        user=user,
        container=container_of(pid)[:12],
        ours=_is_ours(arguments),
    )
