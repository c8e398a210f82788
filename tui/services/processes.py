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


def _stat(pid: int) -> tuple[str, int, float]:
    """State letter, number of threads, and seconds from the boot to the start of a process.

    Raises:
        OSError: There is none, or it may not be looked at.
    """
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    # The command's name stands in brackets and may hold anything: count from the last one.
    fields = text[text.rindex(")") + 2 :].split()
    return fields[0], int(fields[17]), int(fields[19]) / os.sysconf("SC_CLK_TCK")


def start_time(pid: int) -> float:
    """When a process began (seconds since the boot), 0 when there is none.

    Not since the epoch: that is told from the present time, so it changes whenever the clock
    is set, and a process that lives would be taken for another one.
    """
    try:
        return _stat(pid)[2]
    except OSError:
        return 0.0


def is_alive(pid: int, started: float, boot: str) -> bool:
    """Whether the process with this pid and start time of this boot still runs.

    A zombie has ended once its last thread has; a pid that was given to another process is not
    the one meant.
    """
    if not pid or (boot and boot != boot_id()):
        return False
    try:
        state, threads, began = _stat(pid)
    except (FileNotFoundError, ProcessLookupError):
        return False
    except OSError:
        return True
    ended = state == "X" or (state == "Z" and threads <= 1)
    return not ended and abs(began - started) < 0.05


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
