"""A second Docker engine that a test may stop, kill and start again: nobody else works with it.

It has a data folder and a socket of its own beside the laboratory's; the images come from the
laboratory's archives the first time.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.docker.lab import private_engine
from tests.docker.lab.base import LabError, cache_dir


class SpareEngine:
    """Docker as systemd has it: `stop` ends the containers too, `start` brings them back."""

    @property
    def address(self) -> str:
        with self._instead():
            return private_engine.address()

    def start(self) -> None:
        """A start that gave up waiting for its containerd is tried again, as its unit would."""
        with self._instead():
            try:
                private_engine.start()
            except LabError:
                private_engine.start()

    def stop(self) -> None:
        """As `systemctl stop docker`: its containers end with it."""
        with self._instead():
            private_engine.stop()

    def kill(self) -> None:
        """As the OOM killer does it: the containers go on, nobody answers."""
        with self._instead():
            pid = private_engine.status().pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            # Its containerd as well: the next engine would wait for the old one's socket. The
            # containers are children of neither.
            left = cache_dir() / "spare/exec/containerd/containerd.pid"
            with suppress(OSError, ValueError):
                os.kill(int(left.read_text()), signal.SIGKILL)
            deadline = time.monotonic() + 10
            while private_engine.status().pid is not None:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def answers(self) -> bool:
        with self._instead():
            return private_engine.answers(private_engine.address())

    @contextmanager
    def _instead(self) -> Iterator[None]:
        """The laboratory's own functions, on another folder."""
        folder = cache_dir() / "spare"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(private_engine, "home", lambda: folder)
            yield


if __name__ == "__main__":
    {"start": SpareEngine.start, "stop": SpareEngine.stop, "kill": SpareEngine.kill}[sys.argv[1]](
        SpareEngine()
    )
