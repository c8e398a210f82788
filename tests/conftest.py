"""What every test may use: a real process gateway on a real database, and what to ask of it."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.faults import wait_for
from tui.core.models import ActivityEntry, Deployment, ProcessRef
from tui.core.operation import Operation
from tui.demo import deployment as demo
from tui.operations.execution.launch import follow, launch
from tui.operations.finding.gateways import gateway_of

# A busy machine is slow to think something up; that is no finding.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")

ROOT = Path(__file__).resolve().parents[1]


class Site:
    """A small deployment with a running process gateway, and questions about it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.deployment: Deployment = demo.describe(folder)

    @property
    def database(self) -> Path:
        return self.deployment.database

    def url(self, path: str) -> str:
        ref = self.deployment.gateway
        assert isinstance(ref, ProcessRef)
        return ref.health_url.removesuffix("/health") + path

    def start(self) -> None:
        demo.start(self.folder)
        self.wait_healthy()

    def wait_healthy(self) -> None:
        wait_for(self.healthy, "the gateway is healthy", 60.0)

    def add_tool(self, name: str) -> None:
        request = urllib.request.Request(
            self.url("/tools"),
            data=json.dumps({"name": name}).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status in (200, 201)

    def tools(self) -> set[str]:
        """What the gateway itself says it has."""
        with urllib.request.urlopen(self.url("/tools"), timeout=10) as answer:
            listed = json.loads(answer.read())
        rows = listed["tools"] if isinstance(listed, dict) else listed
        return {row["name"] if isinstance(row, dict) else row for row in rows}

    def healthy(self) -> bool:
        gateway = gateway_of(self.deployment)
        assert gateway is not None
        return gateway.health().verdict == "healthy"

    def running(self) -> bool:
        gateway = gateway_of(self.deployment)
        assert gateway is not None
        return gateway.state().is_up

    def integrity(self) -> str:
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as connection:
            return str(connection.execute("PRAGMA integrity_check").fetchone()[0])

    def do(self, operation: Operation) -> ActivityEntry:
        """Plan, launch in a process of its own, follow to the end."""
        journal_id = launch(operation, operation.plan().fingerprint)
        *_, last = follow(self.deployment, journal_id)
        return last

    def left_overs(self) -> list[Path]:
        """Half-made files that nobody should leave."""
        return [p for p in self.folder.rglob("*partial*") if "__pycache__" not in p.parts]


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Make deployments; their gateways end with the test."""
    made: list[Path] = []

    def make(*, running: bool = True, revision: str = "head") -> Site:
        folder = demo.create_small(tmp_path / f"site{len(made)}", revision=revision)
        made.append(folder)
        site = Site(folder)
        if running:
            site.start()
        return site

    yield make
    for folder in made:
        demo.stop(folder)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """One deployment whose gateway runs and is healthy."""
    return make_site()


@pytest.fixture(autouse=True)
def _own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or leaves anything in the developer's own folders."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg-cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg-config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg-state"))
    for name in [name for name in os.environ if name.startswith("MCPDB_")]:
        if name not in ("MCPDB_LAB_CACHE", "MCPDB_REQUIRE_DOCKER"):
            monkeypatch.delenv(name)


@pytest.fixture
def faulty_runner(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make the next operations' processes meet a fault; see `tests.faulty_runner`."""

    def arm(*words: str) -> None:
        monkeypatch.setattr(
            "tui.operations.execution.launch.runner_command",
            lambda: [sys.executable, "-m", "tests.faulty_runner", *words],
        )
        monkeypatch.setenv("PYTHONPATH", str(ROOT))

    return arm
