"""Whether the process that wrote something still lives."""

from __future__ import annotations

import os
from pathlib import Path

import psutil


def boot_id() -> str:
    """Changes with every boot: pids of another boot mean nothing."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def start_time(pid: int) -> float:
    """When a process began (seconds since the epoch), 0 when there is none."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return 0.0


def is_alive(pid: int, started: float, boot: str) -> bool:
    """Whether the process with this pid and start time of this boot still runs.

    A zombie has ended once its last thread has; a pid that was given to another process is not
    the one meant.
    """
    if not pid or (boot and boot != boot_id()):
        return False
    try:
        process = psutil.Process(pid)
        return (
            abs(process.create_time() - started) < 0.05 and process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def tree(pid: int) -> tuple[int, ...]:
    """A process and all its descendants, as far as they can be seen."""
    try:
        process = psutil.Process(pid)
        return (pid, *(child.pid for child in process.children(recursive=True)))
    except psutil.Error:
        return ()


def me() -> tuple[int, float, str]:
    """Pid, start time and boot of this process: what `is_alive` takes."""
    return os.getpid(), start_time(os.getpid()), boot_id()
