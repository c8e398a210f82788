"""What can go wrong, as data, and how the operation's own process makes it really happen.

Every fault is the real thing: signals are sent, a filesystem is filled to its last byte, a folder
becomes immutable, a filesystem is shut down so that the kernel answers EIO. Nothing is mocked.
This module is loaded into the process that meets the fault, so it imports no test tools.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_EXT4_SHUTDOWN = 0x8004587D
"""`EXT4_IOC_SHUTDOWN`: from then on the kernel answers EIO, as for a disk that died."""

_SIGNALS = {
    "kill": signal.SIGKILL,
    "cancel": signal.SIGINT,
    "sigterm": signal.SIGTERM,
    "hangup": signal.SIGHUP,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that happens at one place, once."""

    kind: str
    """See `KINDS`."""
    at: str
    """A place, see `tests.injection.places`."""
    folder: str = ""
    """Which folder or filesystem, or the deployment's folder; `inject` fills it in."""

    def __str__(self) -> str:
        """As a test's id."""
        return f"{self.kind}@{self.at}"


KINDS = {
    "kill": "SIGKILL to the operation's process: no except, no finally, no exit handler runs",
    "kill-helper": "SIGKILL to its helpers, the swap helper among them",
    "kill-all": "both at once",
    "cancel": "SIGINT",
    "sigterm": "SIGTERM",
    "hangup": "SIGHUP",
    "enospc": "the filesystem of `folder` is filled to its last byte",
    "eacces": "`folder` becomes immutable: not even root may make, rename or remove a name in it",
    "eio": "the filesystem of `folder` is shut down: every access answers EIO",
    "started": "another operator starts the gateway",
    "start-fails": "the gateway's next start ends with code 3",
    "unhealthy": "the gateway's next start runs and never becomes healthy",
    "stop-hangs": "the gateway ignores SIGTERM from now on",
    "gateway-dies": "SIGKILL to the gateway",
    "run": "the shell runs `folder`: for what only a test knows how to do",
    "hold": "the process stands still until `folder` + `.go` is there, or for a minute",
}


def happen(fault: Fault) -> None:
    """Make it happen in and around this process, now."""
    kind = fault.kind
    if kind in ("kill-helper", "kill-all"):
        kill_helpers(os.getpid())
    if kind in _SIGNALS or kind == "kill-all":
        os.kill(os.getpid(), _SIGNALS.get(kind, signal.SIGKILL))
    elif kind == "enospc":
        fill(Path(fault.folder))
    elif kind == "eacces":
        set_immutable(Path(fault.folder), True)
    elif kind == "eio":
        shut_down(Path(fault.folder))
    elif kind == "started":
        control(fault.folder, "start")
    elif kind in ("start-fails", "unhealthy"):
        how = "exit" if kind == "start-fails" else "unhealthy"
        (Path(fault.folder) / "break-start").write_text(f"{how} 1\n")
    elif kind == "stop-hangs":
        (Path(fault.folder) / "break-stop").touch()
    elif kind == "gateway-dies":
        pid = (Path(fault.folder) / "gateway.pid").read_text().split()[0]
        os.kill(int(pid), signal.SIGKILL)
    elif kind == "run":
        subprocess.run(
            ["sh", "-c", fault.folder],
            check=True,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    elif kind == "hold":
        _hold(Path(fault.folder))


def kill_helpers(pid: int) -> None:
    """SIGKILL every process that `pid` has started, but not a gateway that is just being born."""
    import psutil

    with suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.Error):
                if not any("tui.demo." in word for word in child.cmdline()):
                    child.kill()


def fill(folder: Path, leave: int = 0) -> Path:
    """Take all space of a filesystem but `leave` bytes; the file that takes it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            found = os.statvfs(folder)
            left = found.f_bavail * found.f_frsize - leave
            if left <= 0:
                break
            stream.write(b"\0" * min(left, 1 << 20))
    return filler


def set_immutable(folder: Path, wanted: bool) -> None:
    """Let nobody, not even root, change the names in a folder; or let them again."""
    subprocess.run(["chattr", "+i" if wanted else "-i", str(folder)], check=True)


def shut_down(folder: Path) -> None:
    """Make the filesystem of `folder` (ext4) answer EIO until it is mounted anew.

    What was not synced is lost, as it is with a disk that dies or a machine without power.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, _EXT4_SHUTDOWN, struct.pack("I", 2))
    finally:
        os.close(descriptor)


def control(folder: str, verb: str) -> None:
    """Another operator does this to the process gateway of a folder."""
    subprocess.run(
        [sys.executable, "-m", "tui.demo.control", verb, folder],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def _hold(gate: Path) -> None:
    reached, go = gate.with_suffix(".reached"), gate.with_suffix(".go")
    reached.touch()
    deadline = time.monotonic() + 60
    while not go.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def as_words(faults: tuple[Fault, ...], marks: Path) -> list[str]:
    """The words that make `tests.injection.process` meet these faults."""
    return [str(marks), json.dumps([asdict(fault) for fault in faults])]
