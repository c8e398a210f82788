"""The folder of a demo: its marker, its `mcpdb.toml`, its port."""

from __future__ import annotations

import json
import random
import shutil
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import PrecheckError, UsageError
from tui.core.settings import PROJECT_FILE
from tui.demo import control

NAME = "demo"
"""What is typed to confirm."""

DATABASE = "data/mcp.db"
BACKUPS = "data/backups"
INTERVAL = 2.0
"""Seconds between two writes of the gateway."""
HEALTH_TIMEOUT = 15.0
STOP_TIMEOUT = 10.0
"""Seconds until a stop becomes a kill."""

_SECRET = "the-demo-has-nothing-to-hide"
"""What its gateway would encrypt with: every demo has the same."""

# Below the range the kernel takes ports for outgoing connections from, so that none of those
# takes the port between the creation and the start.
_PORTS = range(20_000, 32_000)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a demo's gateway is, in seconds."""

    interval: float = INTERVAL
    health_timeout: float = HEALTH_TIMEOUT
    stop_timeout: float = STOP_TIMEOUT


@contextmanager
def building(folder: Path, pace: Pace, port: int | None) -> Iterator[Path]:
    """Give an empty folder what every demo has, to be filled; half a demo is removed again.

    Raises:
        UsageError: The folder holds something.
        PrecheckError: It cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = folder.resolve()
        if any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty; give a new folder for the demo.")
        finished = False
        try:
            _furnish(folder, pace, port)
            yield folder
            finished = True
        finally:
            if not finished:
                shutil.rmtree(folder, ignore_errors=True)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise PrecheckError(f"The demo cannot be made in {folder}: {reason}.") from error


def _furnish(folder: Path, pace: Pace, port: int | None) -> None:
    """Make the folders, the marker and `mcpdb.toml`."""
    chosen = port if port is not None else free_port()
    marker = {
        "format": 1,
        "database": DATABASE,
        "port": chosen,
        "interval": pace.interval,
        "stop_timeout": pace.stop_timeout,
    }
    (folder / control.MARKER).write_text(json.dumps(marker) + "\n", encoding="utf-8")
    variables = folder / control.ENV_FILE
    variables.write_text(f"AUTH_ENCRYPTION_SECRET={_SECRET}\n", encoding="utf-8")
    variables.chmod(0o600)
    for path in ("data", BACKUPS, "logs"):
        (folder / path).mkdir(mode=0o700)
    project = folder / PROJECT_FILE
    project.write_text(_toml(folder, chosen, pace), encoding="utf-8")
    # Its commands are run: nobody else may write it, whatever the umask is.
    project.chmod(0o600)


def free_port() -> int:
    """A port of this host that nobody listens on now.

    Raises:
        PrecheckError: None was found.
    """
    for port in random.sample(_PORTS, 50):
        with socket.socket() as probe:
            # As the server does: a connection that just ended does not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise PrecheckError("No free port was found for the demo's gateway.")


def _toml(folder: Path, port: int, pace: Pace) -> str:
    def command(verb: str) -> str:
        words = [sys.executable, "-m", "tui.demo.control", verb, str(folder)]
        return f"[{', '.join(map(_quoted, words))}]"

    return f"""\
# A demo of mcpdb-tui: nothing here matters, try everything.
name = {_quoted(NAME)}
database = {_quoted(DATABASE)}
python = {_quoted(sys.executable)}
package = "tui.demo"
log_files = ["logs"]
cron_files = ["cron.d-mcp-backup"]

[gateway]
kind = "process"
start = {command("start")}
stop = {command("stop")}
pid_file = {_quoted(control.PID_FILE)}
health_url = "http://127.0.0.1:{port}/health"
health_timeout = {pace.health_timeout}
stop_timeout = {pace.stop_timeout + 5}
release = "demo 1.0.5"
migrates_at_start = false
"""


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's escapes are all among its own, but DEL must be one."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
