"""Start and stop the demo's gateway: `python -m tui.demo.control start|stop|running FOLDER`.

This is what `mcpdb.toml` of a demo names as the gateway's commands, so it is started often:
standard library only, and little of that.

Which process is the gateway is told by `gateway.pid`: its pid and, on a second line, when the
kernel started it, so that a pid that was given to somebody else is never taken for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

MARKER = ".mcpdb-demo"
"""Marks a folder as a demo and holds the gateway's own settings (JSON)."""

ENV_FILE = ".env"
"""The gateway's own variables, as Compose would give them to it."""

PID_FILE = "gateway.pid"
LOG_FILE = "logs/gateway.log"
BREAK_START = "break-start"
"""A file of this name breaks the next start; see `tui.demo.gateway`."""
BREAK_STOP = "break-stop"
"""While a file of this name is there, the gateway ignores SIGTERM."""

ALREADY_RUNNING = 75
"""Exit code of a gateway that found another one of the same folder."""
KILLED = 128 + signal.SIGKILL
"""Exit code of `stop` when the gateway had to be killed."""

_POLL = 0.005
_START_TIMEOUT = 10.0


def settings(folder: Path) -> dict[str, Any]:
    """Return what the marker says.

    `database` (a path in the folder), `port`, `interval` between two writes of the gateway and
    `stop_timeout` until a stop becomes a kill (seconds).

    Raises:
        FileNotFoundError: `folder` is no demo.
    """
    values: dict[str, Any] = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    return values


def variables(folder: Path) -> dict[str, str]:
    """Return what the demo's `.env` says; nothing where it was removed."""
    try:
        lines = (folder / ENV_FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines)
    return {name: value for name, equals, value in pairs if equals}


def started_at(pid: int) -> str | None:
    """When the kernel started a process, in clock ticks since boot; None when it is gone.

    A zombie counts as gone, it only waits to be collected; but only once its other threads have
    ended as well: until then they hold its files open and their locks.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name stands in brackets and may hold anything: count from the last one.
    fields = text[text.rindex(")") + 2 :].split()
    state, threads, started = fields[0], int(fields[17]), fields[19]
    return None if state in "ZX" and threads <= 1 else started


def gateway_pid(folder: Path) -> int | None:
    """Return the pid of the running gateway; None when none runs."""
    try:
        text = (folder / PID_FILE).read_text(encoding="ascii")
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None
    words = text.split()
    if len(words) != 2 or not words[0].isdecimal():
        return None
    pid = int(words[0])
    return pid if started_at(pid) == words[1] else None


def write_pid(folder: Path) -> None:
    """Record the calling process as the gateway of `folder`, in one rename."""
    pid = os.getpid()
    partial = folder / f"{PID_FILE}.{pid}"
    partial.write_text(f"{pid}\n{started_at(pid)}\n", encoding="ascii")
    partial.replace(folder / PID_FILE)


def start(folder: Path) -> int:
    """Start the gateway in the background, unless it runs.

    Returns as soon as the new process has said in `gateway.pid` who it is; whether it becomes
    healthy is for its health address to say.

    Returns:
        0, or 1 when the process ended or said nothing.
    """
    if gateway_pid(folder) is not None:
        return 0
    pid = _spawn(folder)
    deadline = time.monotonic() + _START_TIMEOUT
    while gateway_pid(folder) != pid:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            if code == ALREADY_RUNNING:
                return 0
            return _fail(f"The gateway ended at its start, exit {code}; see {folder / LOG_FILE}.")
        if time.monotonic() > deadline:
            return _fail(f"The gateway did not say its pid within {_START_TIMEOUT:.0f} s.")
        time.sleep(_POLL)
    return 0


def _spawn(folder: Path) -> int:
    """Run the gateway in a session of its own, its output appended to the log."""
    log = folder / LOG_FILE
    log.parent.mkdir(exist_ok=True)
    # The module must be found from a source tree too, wherever the command was typed.
    root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH", "")
    paths = [root, *filter(None, known.split(os.pathsep))]
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "tui.demo.gateway", str(folder)],
        {
            **os.environ,
            **variables(folder),
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        },
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        # Whoever asked may have had some blocked or ignored; the gateway must hear SIGTERM.
        setsigmask=[],
        setsigdef=[signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE],
    )


def stop(folder: Path) -> int:
    """Stop the gateway and wait until it is gone; killed after `stop_timeout` of the marker.

    Returns:
        0 when it ended by itself or did not run, 137 when it had to be killed.
    """
    pid = gateway_pid(folder)
    if pid is None:
        return 0
    started = started_at(pid)
    _signal(pid, signal.SIGTERM)
    timeout = float(settings(folder)["stop_timeout"])
    if _gone(pid, started, timeout):
        return 0
    _signal(pid, signal.SIGKILL)
    if not _gone(pid, started, timeout):
        return _fail(f"The gateway (pid {pid}) did not even end when it was killed.")
    return KILLED


def _signal(pid: int, number: int) -> None:
    # It may have ended between the look and the signal.
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _gone(pid: int, started: str | None, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while started_at(pid) == started and started is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def _fail(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


def _status(folder: Path) -> int:
    pid = gateway_pid(folder)
    text = "stopped" if pid is None else f"running, pid {pid}, port {settings(folder)['port']}"
    sys.stdout.write(f"{text}\n")
    return 0 if pid is not None else 1


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code (2 when the command line is wrong)."""
    commands = {
        "start": start,
        "stop": stop,
        "running": lambda folder: 0 if gateway_pid(folder) is not None else 1,
        "status": _status,
    }
    if len(arguments) != 2 or arguments[0] not in commands:
        sys.stderr.write("usage: python -m tui.demo.control start|stop|running|status FOLDER\n")
        return 2
    folder = Path(arguments[1])
    if not (folder / MARKER).is_file():
        sys.stderr.write(f"{folder} is not a demo: it holds no {MARKER}.\n")
        return 2
    return commands[arguments[0]](folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
