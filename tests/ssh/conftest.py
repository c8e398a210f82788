"""A real sshd on loopback, and the screen at the other end of it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.ssh.line import Line
from tests.terminal import Terminal

PROGRAM = Path(sys.executable).parent / "mcpdb-tui"
MARK = "MCPDB_SSH_TEST"
"""In the environment of everything that a test starts over SSH."""


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Server:
    """An sshd with keys of its own; every session has `environment`."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        program = shutil.which("sshd")
        if program is None:
            assert "CI" not in os.environ, "sshd is needed: apt-get install openssh-server"
            pytest.skip("there is no sshd here: apt-get install openssh-server")
        self.folder, self.mark = folder, secrets.token_hex(8)
        self.port = _free_port()
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        for name in ("host", "user"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)],
                check=True,
            )
        (folder / "authorized").write_bytes((folder / "user.pub").read_bytes())
        sets = " ".join(
            f'"{key}={value}"' for key, value in {**environment, MARK: self.mark}.items()
        )
        (folder / "config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\n"
            f"AuthorizedKeysFile {folder / 'authorized'}\nPidFile {folder / 'pid'}\n"
            "PermitRootLogin prohibit-password\nPasswordAuthentication no\nUsePAM no\n"
            f"StrictModes no\nPrintMotd no\nSetEnv {sets}\n"
        )
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            [program, "-D", "-e", "-f", str(folder / "config")], stderr=self._log
        )
        deadline = time.monotonic() + 30
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert time.monotonic() < deadline, (folder / "log").read_text()
            assert self._process.poll() is None, (folder / "log").read_text()
            time.sleep(0.02)

    def open(self, line: Line, command: str, *, columns: int = 140, rows: int = 45) -> Terminal:
        """A terminal with a program at the other end of a line."""
        words = [
            "ssh", "-tt", "-q", "-F", "none", "-i", str(self.folder / "user"), "-p", str(line.port),
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "IdentitiesOnly=yes", "root@127.0.0.1", command,
        ]  # fmt: skip
        return Terminal(words, cwd=self.folder, columns=columns, rows=rows)

    def processes(self) -> list[str]:
        """Command lines of what was started in its sessions and is still there."""
        found = []
        wanted = f"{MARK}={self.mark}".encode()
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (place / "cmdline").read_bytes().split(b"\0")
                if wanted in (place / "environ").read_bytes().split(b"\0"):
                    found.append(b" ".join(words).decode(errors="replace"))
        return [words for words in found if words]

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)
        self._log.close()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An sshd whose sessions reach no engine."""
    folder = tmp_path_factory.mktemp("sshd")
    environment = {
        "DOCKER_HOST": "unix:///nowhere/docker.sock",
        **{name: os.environ[name] for name in os.environ if name.startswith("XDG_")},
    }
    made = Server(folder, environment)
    yield made
    made.close()


@pytest.fixture
def lines(server: Server) -> Iterator[Callable[..., Line]]:
    """Make lines to the server."""
    made: list[Line] = []

    def make(delay: float = 0.0) -> Line:
        made.append(Line(server.port, delay))
        return made[-1]

    yield make
    for line in made:
        line.close()
