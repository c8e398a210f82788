"""A database without a gateway, backups of it, and operations on them in this very process."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.programs import two_tables
from tui.core.models import ActivityEntry, Deployment, Manifest
from tui.core.operation import Operation
from tui.operations.activity import read_entry
from tui.operations.backing_up.publishing import describe
from tui.operations.execution import runner
from tui.operations.execution.recovery import finish_all
from tui.operations.execution.running import Run
from tui.services import compression, journal, manifests
from tui.services.locks import DatabaseLock
from tui.services.operator import origin
from tui.services.sqlite import inspection


def quiet(_done: int = 0, _total: int = 0) -> None:
    """Tell nobody."""


class Shelf:
    """A small database, and the folder of its backups."""

    def __init__(self, folder: Path, name: str = "mcp.db") -> None:
        folder.mkdir(exist_ok=True)
        database = two_tables(folder / name, mode="delete")
        self.deployment = Deployment(name="shelf", database=database, backup_dir=folder / "backups")
        self.folder.mkdir(mode=0o700, exist_ok=True)

    @property
    def folder(self) -> Path:
        return self.deployment.backup_dir

    @property
    def database(self) -> Path:
        return self.deployment.database

    def bare(self, name: str, folder: Path | None = None) -> Path:
        """A copy that somebody made by hand."""
        path = (folder or self.folder) / name
        with (
            closing(sqlite3.connect(self.database)) as source,
            closing(sqlite3.connect(path)) as target,
        ):
            source.backup(target)
        return path

    def made(self, name: str, *, day: int = 1, folder: Path | None = None, **more: Any) -> Path:
        """A backup with its manifest, as the product makes them; `.zst` is compressed."""
        plain = self.bare(name.removesuffix(".zst"), folder)
        report = inspection.inspect(plain, quiet, quiet)
        path, stored = plain, None
        if name.endswith(".zst"):
            path = plain.with_name(name)
            stored = compression.compress(plain, path, quiet)
            plain.unlink()
        taken = datetime(2026, 1, day, 2, 0, tzinfo=UTC)
        values = {
            "id": manifests.new_id(), "kind": "hot", "taken": taken, "verified": taken,
            "sequence": int(taken.timestamp() * 1000), "seconds": 0.1, "trigger": "hand",
            "method": "backup-api", "clean_stop": None, "image": "", "journal_mode": "delete",
            "source": self.database.name, "compression": "zstd" if stored else "",
            "stored_size": stored.size if stored else 0,
            "stored_sha256": stored.sha256 if stored else "",
        }  # fmt: skip
        known = {key: value for key, value in more.items() if key in ("taken", "verified")}
        described = describe(report, **{**values, **known})
        described |= {k: v for k, v in more.items() if k not in known} | {"name": path.name}
        manifests.write_manifest(path, Manifest(**described))
        path.chmod(0o600)
        return path

    def do(self, operation: Operation) -> ActivityEntry:
        """Carry it out as its process would: lock, recovery, plan, journal, end."""
        deployment = operation.deployment
        lock = DatabaseLock(deployment.state_dir)
        lock.acquire(origin(), operation.name)
        try:
            finish_all(deployment, lock.descriptor, lambda _journal_id: None)
            plan = operation.plan()
            runner._check(plan, "")
            writer, records = runner.begin(operation, deployment, plan, origin())
            run = Run(operation, writer, records, cancelled=lambda: False, lock=lock.descriptor)
            run.execute()
            writer.close(ended=journal.has_ended(records))
        finally:
            lock.release()
        return read_entry(deployment, writer.id)


@contextmanager
def seen_by_all() -> Iterator[Shelf]:
    """A shelf in a place that every user may pass."""
    with tempfile.TemporaryDirectory(prefix="mcpdb-shelf-") as place:
        Path(place).chmod(0o755)
        shelf = Shelf(Path(place) / "data")
        shelf.database.parent.chmod(0o755)
        yield shelf


def amended(path: Path, **changes: Any) -> None:
    """Change a manifest as a stranger would."""
    manifest = manifests.path_for(path)
    manifest.write_text(json.dumps({**json.loads(manifest.read_bytes()), **changes}))


def aged(path: Path, seconds: float) -> None:
    """Set a file's own time."""
    os.utime(path, (seconds, seconds))


def flip(path: Path, offset: int = -20) -> None:
    """Damage one byte."""
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(bytes(content))
