"""What a real backup writes: a manifest and a journal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tui.core.models import Deployment
from tui.demo import deployment as demo
from tui.operations.backup import BackupCreate
from tui.operations.execution.launch import follow, launch
from tui.services import journal


@dataclass(frozen=True)
class Real:
    """One deployment with one backup; its gateway never ran."""

    deployment: Deployment
    manifest: Path
    records: bytes
    """Of the backup's journal."""


def real_samples(folder: Path) -> Real:
    """Make it."""
    deployment = demo.describe(demo.create_small(folder / "site"))
    operation = BackupCreate(deployment)
    ident = launch(operation, operation.plan().fingerprint)
    *_, last = follow(deployment, ident)
    assert last.exit_code == 0, last
    (manifest,) = deployment.backup_dir.glob("*.json")
    records = journal.path_of(deployment.state_dir, ident).read_bytes()
    return Real(deployment, manifest, records.rstrip(b"\0"))
