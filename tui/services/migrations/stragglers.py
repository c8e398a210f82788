"""Processes that a migration started and left behind, also those that left its session.

They are told by what they were started with: the address of the copy, which nobody else is given.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_PATIENCE = 2.0
"""Seconds for processes that start others while they are ended."""


def address(database: Path) -> str:
    """What the program that migrates a copy is told of where it lies."""
    return f"sqlite:///{database}"


def end_stragglers(database: Path) -> None:
    """End every process that was started to work on a copy.

    Args:
        database: The copy; only its absolute path counts, it need not be there any more.
    """
    mark = os.fsencode(f"DATABASE_URL={address(database)}")
    until = time.monotonic() + _PATIENCE
    # Once more after each round: one that was just being started shows up in the next.
    while _round(mark) and time.monotonic() < until:
        time.sleep(0.01)


def _round(mark: bytes) -> bool:
    """End those that are there now; whether there were any."""
    found = False
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                found = _end(int(entry.name), mark) or found
    return found


def _end(pid: int, mark: bytes) -> bool:
    """End a process that has the mark; whether it had."""
    process = os.pidfd_open(pid)
    try:
        # Opened first: whatever has this number now is what is read, and what is ended.
        if mark not in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            return False
        signal.pidfd_send_signal(process, signal.SIGKILL)
        return True
    finally:
        os.close(process)
