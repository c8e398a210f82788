"""Runs command lines in forks of one process that has imported everything already.

A fresh interpreter spends nearly all of a short command on its imports, and the tests run hundreds
of them. What a fork does is what `python -m tui` does: its own process, folder, environment and
three streams, the same `main`, a real exit code. Start-up itself, imports and signals are tested
with fresh interpreters (`Cli.start`, test_imports.py, test_usage.py, test_signals.py).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_MODULES = (
    "tui.__main__", "tui.cli.main", "tui.cli.performing", "tui.operations.restore",
    "tui.operations.backup", "tui.operations.cataloguing.catalogue", "tui.operations.status",
)  # fmt: skip


class Warm:
    """The process that is forked; one for each process of tests."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.cli.warm", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], cwd=Path(__file__).parents[2],
            )  # fmt: skip
        self._ours = ours

    def run(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        streams: Sequence[IO[bytes]],
        timeout: float,
    ) -> int:
        """Run one command line to its end; its exit code, negative after a signal.

        Args:
            words: What stands behind `mcpdb-tui`.
            cwd: Its folder.
            env: Its whole environment.
            streams: Files for stdin, stdout and stderr.
            timeout: Seconds, after which the test fails.
        """
        asked = json.dumps([list(words), str(cwd), dict(env)]).encode()
        self._ours.settimeout(timeout)
        socket.send_fds(self._ours, [asked], [stream.fileno() for stream in streams])
        answer = self._ours.recv(64)
        assert answer, "the process that is forked has ended"
        return int(answer)

    def end(self) -> None:
        self._ours.close()
        self._process.wait(30)


def _serve(connection: socket.socket) -> None:
    for name in _MODULES:
        __import__(name)
    while True:
        asked, files, _flags, _address = socket.recv_fds(connection, 1 << 20, 3)
        if not asked:
            return
        child = os.fork()
        if child == 0:
            connection.close()
            _become(*json.loads(asked), files)
        for descriptor in files:
            os.close(descriptor)
        _pid, status = os.waitpid(child, 0)
        connection.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(words: Sequence[str], cwd: str, env: Mapping[str, str], files: Sequence[int]) -> None:
    """Be the command line; never returns to the server."""
    from tui.__main__ import main

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for standard, descriptor in enumerate(files):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["mcpdb-tui", *words]
    main()


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as served:
        _serve(served)
