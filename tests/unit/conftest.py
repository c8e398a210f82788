"""Fixtures of the unit tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import hold
from tui.demo import deployment as demo
from tui.operations.backup import BackupCreate

__all__ = ["give_backup", "hold"]


@pytest.fixture(scope="session")
def give_backup(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Site], Path]:
    """Give a fresh small site the backup it would make: all of them begin alike."""
    site = Site(demo.create_small(tmp_path_factory.mktemp("made") / "site"))
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    made = {path.name: path.read_bytes() for path in site.deployment.backup_dir.iterdir()}

    def give(other: Site) -> Path:
        folder = other.deployment.backup_dir
        for left in folder.iterdir():
            left.unlink()
        for name, content in made.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)
        return folder / next(name for name in made if name.endswith(".db"))

    return give
