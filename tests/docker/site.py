"""A real deployment as the product sees it, and questions about it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.docker.lab import Deployment as Lab
from tui.core.models import ActivityEntry, Deployment
from tui.core.operation import Operation
from tui.core.settings import Flags, load
from tui.operations.execution.launch import follow, launch
from tui.operations.finding.discover import discover
from tui.operations.finding.gateways import gateway_of


class RealSite:
    """A laboratory deployment, found by the product's own discovery."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    @property
    def deployment(self) -> Deployment:
        """Discovered anew: ids change when a container is made again."""
        settings = load(Flags(project_dir=str(self.lab.folder)), dict(os.environ), self.lab.folder)
        chosen = discover(settings).chosen
        assert chosen is not None
        return chosen

    def do(self, operation: Operation) -> ActivityEntry:
        journal_id = launch(operation, operation.plan().fingerprint)
        *_, last = follow(operation.deployment, journal_id)
        return last

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command line in the deployment's folder, without a terminal."""
        return subprocess.run(
            [sys.executable, "-m", "tui", "--project-dir", str(self.lab.folder), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def running(self) -> bool:
        gateway = gateway_of(self.deployment)
        assert gateway is not None
        return gateway.state().is_up

    def healthy(self) -> bool:
        gateway = gateway_of(self.deployment)
        assert gateway is not None
        return gateway.health().verdict == "healthy"

    def wait_healthy(self) -> None:
        self.lab.wait_healthy(180)

    def add_tool(self, name: str) -> None:
        self.lab.register_tool(name)

    def tools(self) -> set[str]:
        """What the gateway itself says it has."""
        return set(self.lab.tools())

    def owner_and_mode(self) -> tuple[int, int, int]:
        found = self.lab.database.stat()
        return found.st_uid, found.st_gid, found.st_mode & 0o7777

    def left_overs(self) -> list[Path]:
        return list((self.lab.folder / "data").rglob("*partial*"))


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Ask a database file, read-only."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def ask_finished(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Ask a finished file without leaving anything beside it."""
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        return connection.execute(sql).fetchall()
