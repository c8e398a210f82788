"""Fixtures of the unit tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import hold
from tests.injection.arena import Arena, Arenas, lent
from tui.demo import deployment as demo
from tui.operations.backup import BackupCreate

__all__ = ["give_backup", "hold"]


@pytest.fixture(scope="session")
def give_backup(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Site], Path]:
    """Give a fresh small site the backup it would make: all of them begin alike."""
    site = Site(demo.create_small(tmp_path_factory.mktemp("made") / "site"))
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    made = {path.name: path.read_bytes() for path in site.deployment.backup_dir.iterdir()}
    # As long as it stands, its backups are a neighbour's to every other site.
    site.database.unlink()

    def give(other: Site) -> Path:
        folder = other.deployment.backup_dir
        for left in folder.iterdir():
            left.unlink()
        for name, content in made.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)
        return folder / next(name for name in made if name.endswith(".db"))

    return give


@pytest.fixture(scope="session")
def _arenas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arenas]:
    arenas = Arenas(tmp_path_factory.mktemp("arena"))
    yield arenas
    arenas.close()


@pytest.fixture
def arena(_arenas: Arenas) -> Callable[..., Arena]:
    """Give a running site with one backup; `disk` and `apart` put parts on small filesystems."""

    def give(*, disk: str = "", apart: str = "") -> Arena:
        return lent(_arenas, disk=disk, apart=apart)

    return give
