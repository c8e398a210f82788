"""Which process a pid file means, and whether it is still that one.

Numbers of processes are used again: after a crash or a reboot the number in a pid file may
belong to somebody else, who must never be taken for the gateway, let alone be killed.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tui.core.errors import McpdbError

_SLACK = 2.0
"""Seconds by which a process may seem younger than the file that names it: clocks tick."""


@dataclass(frozen=True, slots=True)
class Found:
    """The process of a pid file, or in words why there is none."""

    process: psutil.Process | None = None
    text: str = ""
    created: float = 0.0
    """When the process started, seconds since 1970."""
    user: str = ""
    command: str = ""


def look(path: Path, folder: Path) -> Found:
    """Find the process that `path` names.

    Args:
        path: The pid file: the number in its first line.
        folder: Where the gateway lives; a process that works there is believed even when the
            clock was set since.
    """
    try:
        written = path.stat().st_mtime
        words = path.read_bytes()[:100].split()
    except FileNotFoundError:
        return Found()
    except OSError as error:
        return Found(text=f"its pid file {path} cannot be read: {error.strerror}")
    number = words[0].decode(errors="backslashreplace") if words else ""
    if not number.isascii() or not number.isdecimal() or not 1 < int(number) < 2**31:
        return Found(text=f"its pid file {path} holds no process number") if words else Found()
    try:
        process = psutil.Process(int(number))
        if not lives(process):
            return Found(text="its pid file names a process that has ended")
        created = process.create_time()
        command = process.cmdline()
        ids = process.uids().effective, process.gids().effective
    except psutil.NoSuchProcess:
        return Found(text="its pid file names a process that has ended")
    except psutil.AccessDenied:
        return Found(text=f"process {number} of its pid file may not be looked at")
    if created > written + _SLACK and not _belongs(process, command, folder):
        name = shlex.join(command[:3]) or f"process {number}"
        return Found(text=f"its pid file is stale: {number} is another program now ({name})")
    return Found(process, "", created, f"{ids[0]}:{ids[1]}", shlex.join(command))


def _belongs(process: psutil.Process, command: list[str], folder: Path) -> bool:
    """Whether a process works in the gateway's folder or names it in its command."""
    place = str(folder.resolve())
    if any(place in word for word in command):
        return True
    with suppress(psutil.Error):
        return process.cwd() == place
    return False


def family(process: psutil.Process) -> list[psutil.Process]:
    """The process and all its descendants."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return [process]


def processes(pids: Iterable[int]) -> list[psutil.Process]:
    """Handles that notice when a number is used again; what has ended is left out."""
    found = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(pid))
    return found


def lives(process: psutil.Process) -> bool:
    """Whether it still runs.

    A zombie has let go of its files only once its last thread has ended: the main thread of a
    killed program is a zombie while others still hold the database's locks (measured: locked in
    10 of 40 kills of a busy gateway).
    """
    try:
        if not process.is_running() or process.status() == psutil.STATUS_DEAD:
            return False
        return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
    except psutil.NoSuchProcess:
        return False


def kill(process: psutil.Process) -> None:
    """Send SIGKILL; fine when it has ended meanwhile.

    Raises:
        McpdbError: It belongs to somebody else.
    """
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
    except psutil.AccessDenied as error:
        raise McpdbError(
            f"Process {process.pid} of the gateway does not stop and may not be killed by you; "
            f"run `sudo kill -9 {process.pid}`."
        ) from error
