"""The demo's gateway: a small process that owns the database as the real one does.

What it has in common with the real gateway, because operations must cope with it:

- It keeps a connection open, sets WAL mode on it, and writes on its own account.
- `GET /health` answers HTTP 200 even when its JSON says `unhealthy`.
- A clean stop (SIGTERM, exit 0) leaves `-wal` and `-shm` behind, with commits in them.
- It does not work with revisions that its own code does not ship.

What is different: it **does not migrate at its start**, which is why a demo can stand for ever
before its last two revisions; and it never creates a missing database, it says `unhealthy`.

Faults for trying things out: a file `break-start` in the folder is used up by the next start. Its
first word says how that start fails, `unhealthy` (runs, never becomes healthy; also when the file
is empty) or `exit` (ends with code 3); a second word says how many starts it lasts. While
`break-stop` exists, SIGTERM is ignored.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui.demo import control

if TYPE_CHECKING:
    from tui.demo.store import Store

_BROKEN = "Database not ready after 3 attempts (the demo was told to break this start)"


def log(logger: str, text: str, level: str = "INFO") -> None:
    """Write one line as the gateway formats it: local time with milliseconds, no zone."""
    now = datetime.now().astimezone()
    stamp = f"{now:%Y-%m-%d %H:%M:%S},{now.microsecond // 1000:03d}"
    emit(f"{stamp} - {logger} - {level} - {text}")


def emit(line: str) -> None:
    """Append a line to the log in one write; a full disk does not end the gateway."""
    with contextlib.suppress(OSError):
        os.write(1, f"{line}\n".encode())


def breakage(folder: Path) -> str:
    """Use up one start of `break-start`: `unhealthy`, `exit`, or empty when nothing is broken."""
    file = folder / control.BREAK_START
    try:
        words = file.read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return ""
    mode = words[0] if words else "unhealthy"
    left = int(words[1]) - 1 if len(words) > 1 and words[1].isdecimal() else 0
    if left > 0:
        file.write_text(f"{mode} {left}\n", encoding="utf-8")
    else:
        file.unlink()
    return mode


def work(store: Store, interval: float, stopping: threading.Event) -> None:
    """Call a tool every `interval` seconds until `stopping` is set."""
    import sqlite3

    service = "mcpgateway.services.tool_service"
    number = 0
    while not stopping.wait(interval):
        number += 1
        try:
            name, error = store.call_a_tool(number)
        except sqlite3.Error as failure:
            log(service, f"Failed to record metrics: {failure}", "ERROR")
            continue
        if error:
            log(service, f"Tool invocation failed: {name}: {error}", "WARNING")
        elif number % 5 == 0:
            _log_as_json(name, number)
        else:
            log(service, f"Invoked tool {name}")


def _log_as_json(name: str, number: int) -> None:
    """The real gateway mixes JSON lines into its text."""
    import json

    from tui.demo.store import timestamp

    line = {
        "@timestamp": f"{timestamp().replace(' ', 'T')}Z",
        "level": "INFO",
        "logger": "mcpgateway.services.metrics_buffer_service",
        "message": f"Flushed 5 metrics, the last of {name}",
        "process_id": os.getpid(),
        "batch": number // 5,
    }
    emit(json.dumps(line))


def run(folder: Path) -> int:
    """Be the gateway of `folder` until SIGTERM; returns an exit code when it cannot start."""
    # Held for as long as the process lives; a second gateway of the same folder ends here.
    lock = os.open(folder / "gateway.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return control.ALREADY_RUNNING
    stopping = threading.Event()

    def on_signal(number: int, _frame: object) -> None:
        if (folder / control.BREAK_STOP).exists():
            log("mcpgateway.main", f"Signal {number} is ignored: {control.BREAK_STOP}", "WARNING")
        else:
            stopping.set()

    # Heard before the pid is told: whoever reads it may stop the gateway at once.
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.umask(0o077)
    control.write_pid(folder)
    return _serve(folder, stopping)


def _serve(folder: Path, stopping: threading.Event) -> int:
    # These cost more than everything above together, so the pid is told first.
    from tui.demo.http_api import Server
    from tui.demo.store import Store

    values = control.settings(folder)
    log("mcpgateway.main", "Starting MCP Gateway (demo)")
    broken = breakage(folder)
    store = Store(folder / values["database"])
    # Asked in any case: a start that fails late has the database open like any other.
    problem = store.problem()
    if broken:
        problem = _BROKEN
    if problem:
        log("mcpgateway.main", f"Error during startup: {problem}", "ERROR")
    if broken == "exit":
        # The real one tries for a while too; and so the start command returns before the end.
        stopping.wait(0.3)
        log("uvicorn.error", "Application startup failed. Exiting.", "ERROR")
        return 3
    port = values["port"]
    try:
        server = Server(("127.0.0.1", port), store, log, _BROKEN if broken else "")
    except OSError as error:
        log("uvicorn.error", f"Port {port}: {error.strerror}", "ERROR")
        return 1
    threading.Thread(target=server.serve_forever, args=(60.0,), daemon=True).start()
    log("uvicorn.error", f"Uvicorn running on http://127.0.0.1:{port}")
    if not problem:
        log("mcpgateway.main", "Application startup complete.")
    if not broken:
        writer = (store, values["interval"], stopping)
        threading.Thread(target=work, args=writer, daemon=True).start()
    stopping.wait()
    _shut_down(store)
    return 0


def _shut_down(store: Store) -> None:
    """End with exit code 0 and the WAL left as it is."""
    import sqlite3

    log("mcpgateway.main", "Shutting down MCP Gateway")
    # A write that is going on ends first; the lock is kept, so that no other one begins.
    store.lock.acquire(timeout=1.0)
    try:
        store.last_words()
    except sqlite3.Error as error:
        log("mcpgateway.main", f"Not written at shutdown: {error}", "WARNING")
    log("mcpgateway.main", "Application shutdown complete.")
    # Not closed: closing the last connection would take in the WAL and delete it, and a clean
    # stop of the real gateway leaves it behind too.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])))
