"""Backups that the gateway's guide makes by hand: listed, inspected, adopted, restored."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import print_of, without_code
from tests.unit.shelf import Shelf
from tui.core.operation import Verdict
from tui.demo import deployment as demo
from tui.operations.adopt import Adopt
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.reads.looking import BackupFile
from tui.operations.restore import Restore
from tui.services.sqlite.inspection import revisions

LATEST = "mcp_backup_latest.db"


def stamp() -> str:
    """`$(date +%Y%m%d_%H%M%S)`."""
    return datetime.now().astimezone().strftime("%Y%m%d_%H%M%S")


def sqlite_backup(database: Path, target: Path) -> None:
    """`sqlite3 ./data/mcp.db ".backup TARGET"`, which is SQLite's backup API."""
    if tool := shutil.which("sqlite3"):
        subprocess.run([tool, str(database), f".backup {target}"], check=True)
        return
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def copy(database: Path, target: Path) -> None:
    """`cp ./data/mcp.db TARGET`."""
    subprocess.run(["cp", str(database), str(target)], check=True)


# --- in the catalogue -----------------------------------------------------------------------


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "data")
    with closing(sqlite3.connect(shelf.database)) as connection:
        connection.execute("INSERT INTO alembic_version VALUES ('7ab59991e017')")
        connection.commit()
    return shelf


@pytest.mark.parametrize("make", [copy, sqlite_backup])
@pytest.mark.parametrize("prefix", ["mcp_backup", "mcp_hotbackup"])
@pytest.mark.parametrize("inside", [True, False], ids=["data/backups", "data"])
def test_each_of_the_guides_backups_is_listed_and_inspected(
    shelf: Shelf, make: Callable[[Path, Path], None], prefix: str, inside: bool
) -> None:
    folder = shelf.folder if inside else shelf.database.parent
    path = folder / f"{prefix}_{stamp()}.db"
    make(shelf.database, path)
    before = print_of(shelf.database.parent)
    (found,) = read_catalogue(shelf.deployment).backups
    assert (found.path, found.kind, found.verdict) == (path, "file", Verdict.UNKNOWN)
    assert (found.revision, found.release) == ("7ab59991e017", "1.0.7")
    assert (found.size, found.problem) == (path.stat().st_size, "")
    assert BackupFile(path).counts()["one"] == 1
    assert print_of(shelf.database.parent) == before


@pytest.mark.parametrize("inside", [True, False], ids=["data/backups", "data"])
@pytest.mark.parametrize("prefix", ["mcp_backup", "mcp_hotbackup"])
def test_each_of_the_guides_backups_is_adopted_where_it_lies(
    shelf: Shelf, prefix: str, inside: bool
) -> None:
    folder = shelf.folder if inside else shelf.database.parent
    path = folder / f"{prefix}_{stamp()}.db"
    sqlite_backup(shelf.database, path)
    assert shelf.do(Adopt(shelf.deployment, path.name)).exit_code == 0
    assert find_backup(shelf.deployment, "latest").path == path
    assert path.with_name(path.name + ".json").is_file()


def test_a_latest_that_is_a_file_is_listed_and_adopted_and_never_the_newest(shelf: Shelf) -> None:
    path = shelf.database.parent / LATEST
    copy(shelf.database, path)
    (found,) = read_catalogue(shelf.deployment).backups
    assert (found.kind, found.link_to, found.revision) == ("latest", "", "7ab59991e017")
    assert shelf.do(Adopt(shelf.deployment, LATEST)).exit_code == 0
    (found,) = read_catalogue(shelf.deployment).backups
    assert (found.kind, found.verdict) == ("latest", Verdict.OK)
    assert read_catalogue(shelf.deployment).newest_verified is None, "its name moves on"


def test_a_latest_that_is_a_link_stands_for_the_file_it_points_to(shelf: Shelf) -> None:
    path = shelf.folder / f"mcp_backup_{stamp()}.db"
    sqlite_backup(shelf.database, path)
    link = shelf.folder / LATEST
    link.symlink_to(path.name)
    found = {b.path.name: b for b in read_catalogue(shelf.deployment).backups}
    assert (found[LATEST].link_to, found[path.name].link_to) == (path.name, "")
    assert read_catalogue(shelf.deployment).total_size == path.stat().st_size
    assert shelf.do(Adopt(shelf.deployment, LATEST)).exit_code == 0
    assert find_backup(shelf.deployment, LATEST).path == path
    assert find_backup(shelf.deployment, "latest").path == path
    assert link.is_symlink()
    assert not link.with_name(LATEST + ".json").exists()


# --- put back -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    """One gateway for all: each test leaves it healthy."""
    folder = Path(tempfile.mkdtemp(prefix="mcpdb-guide-"))
    site = Site(demo.create_small(folder / "site"))
    site.deployment = without_code(site.deployment)
    site.start()
    yield site
    demo.stop(site.folder)
    shutil.rmtree(folder)


def with_cp(site: Site, target: Path) -> None:
    """Method 1: stop, copy, start."""
    assert demo.stop(site.folder) == 0
    copy(site.database, target)
    site.start()


def with_backup(site: Site, target: Path) -> None:
    """Methods 2 and 3, and the guide's script: the gateway goes on."""
    sqlite_backup(site.database, target)


def with_latest_link(site: Site, target: Path) -> None:
    """The script's backup, and the name that the recovery of a lost database asks for."""
    made = target.with_name(f"mcp_backup_{stamp()}.db")
    sqlite_backup(site.database, made)
    target.symlink_to(made.name)


def tools_in(path: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM tools")}


@pytest.mark.parametrize(
    ("make", "name", "inside", "adopted"),
    [
        (with_cp, "mcp_backup_{}.db", False, False),
        (with_backup, "mcp_backup_{}.db", True, True),
        (with_backup, "mcp_hotbackup_{}.db", False, True),
        (with_cp, LATEST, False, False),
        (with_latest_link, LATEST, True, False),
    ],
    ids=["cp in data", "script in backups", "hot in data", "latest file", "latest link"],
)
def test_each_of_the_guides_backups_is_restored(
    served: Site, make: Callable[[Site, Path], None], name: str, inside: bool, adopted: bool
) -> None:
    folder = served.deployment.backup_dir if inside else served.database.parent
    path = folder / name.format(stamp())
    later = f"later-{make.__name__}-{inside}-{adopted}-{name}"
    make(served, path)
    served.add_tool(later)
    assert later in served.tools()
    found = find_backup(served.deployment, path.name)
    if adopted:
        assert served.do(Adopt(served.deployment, found.id)).exit_code == 0
    last = served.do(Restore(served.deployment, path.name))
    assert last.exit_code == 0, last.sentence
    served.wait_healthy()
    assert served.tools() == tools_in(found.path)
    assert later not in served.tools()
    assert served.integrity() == "ok"
    path.unlink()


def test_a_restore_names_the_revision_it_read_from_a_bare_file(served: Site) -> None:
    path = served.deployment.backup_dir / f"mcp_hotbackup_{stamp()}.db"
    sqlite_backup(served.database, path)
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        (expected,) = revisions(connection)
    plan = Restore(replace(served.deployment), path.name).plan()
    assert plan.forbidden is None
    assert plan.facts["from"]["revision"] == expected
    assert any("every page is checked" in c.text for c in plan.checks if c.name == "whole")
