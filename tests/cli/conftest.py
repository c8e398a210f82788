"""The command line as a real process on a real small deployment."""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.warm import Warm
from tui.core.models import ActivityEntry, Deployment
from tui.demo import deployment as demo
from tui.demo.folder import Pace
from tui.operations.activity import read_activity
from tui.operations.finding.gateways import gateway_of, wait_healthy

PATIENCE = 60.0
"""Seconds until a condition that must come is given up."""


@dataclass(frozen=True)
class Done:
    """How one run ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait for a condition, whatever it takes; its value."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"did not come: {what}"
        time.sleep(0.02)
    return value


@functools.cache
def _warm() -> Warm:
    warm = Warm()
    atexit.register(warm.end)
    return warm


@dataclass
class Cli:
    """`mcpdb-tui` with options that always stand in front."""

    first: Sequence[str]
    cwd: Path
    env: dict[str, str] = field(default_factory=dict)

    def words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "tui", *self.first, *words]

    def environ(self) -> dict[str, str]:
        return {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock", **self.env}

    def __call__(self, *words: str, stdin: str = "") -> Done:
        if any(name.startswith("PYTHON") for name in self.env):
            return self._fresh(words)  # only a new interpreter looks at it
        with ExitStack() as opened:
            streams = [opened.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            streams[0].write(stdin.encode())
            streams[0].seek(0)
            code = _warm().run(
                [*self.first, *words],
                cwd=self.cwd,
                env=self.environ(),
                streams=streams,
                timeout=120,
            )
            for stream in streams:
                stream.seek(0)
            return Done(code, streams[1].read().decode(), streams[2].read().decode())

    def _fresh(self, words: Sequence[str]) -> Done:
        done = subprocess.run(
            self.words(*words),
            cwd=self.cwd,
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=120,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def json(self, *words: str) -> Done:
        return self(*words, "--json")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start it as a shell would: with the usual signals, whatever the tests' own are."""
        return subprocess.Popen(
            self.words(*words),
            cwd=self.cwd,
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=usual_signals,
        )


def usual_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Place:
    """One deployment, and the command line on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.deployment: Deployment = demo.describe(folder)
        self.cli = Cli(["--project-dir", str(folder)], folder.parent)

    @property
    def database(self) -> Path:
        return self.deployment.database

    def start(self) -> None:
        demo.start(self.folder)
        gateway = gateway_of(self.deployment)
        assert gateway is not None
        wait_healthy(gateway, lambda _done, _total: None)

    def running(self) -> bool:
        gateway = gateway_of(self.deployment)
        assert gateway is not None
        return gateway.state().is_up

    def back_up(self) -> str:
        """The id of a backup that was made now."""
        done = self.cli.json("backup", "create")
        assert done.code == 0, done
        found: str = done.document["data"]["operation"]["result"]["backup"]
        return found

    def in_step(self, step: str) -> ActivityEntry:
        """Wait until an operation is in this step."""

        def look() -> ActivityEntry | None:
            for entry in read_activity(self.deployment):
                states = {line.step: line.state for line in entry.steps}
                if entry.state == "running" and states.get(step) == "running":
                    return entry
            return None

        found: ActivityEntry = until(look, f"step {step}")
        return found

    def dawdle(self) -> None:
        """Let the next stops of the gateway take their time: it must be killed."""
        (self.folder / "break-stop").touch()


@pytest.fixture
def make_place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    made: list[Path] = []

    def make(
        *, running: bool = True, revision: str = "head", name: str = "", stop_timeout: float = 2.0
    ) -> Place:
        pace = Pace(interval=0.5, health_timeout=4.0, stop_timeout=stop_timeout)
        folder = tmp_path / (name or f"site{len(made)}")
        made.append(demo.create_small(folder, revision=revision, pace=pace))
        place = Place(made[-1])
        if running:
            place.start()
        return place

    yield make
    for folder in made:
        (folder / "break-stop").unlink(missing_ok=True)
        demo.stop(folder)


@pytest.fixture
def place(make_place: Callable[..., Place]) -> Place:
    """A deployment whose gateway runs and is healthy."""
    return make_place()


@pytest.fixture
def quiet(make_place: Callable[..., Place]) -> Place:
    """A deployment whose gateway is stopped."""
    return make_place(running=False)
