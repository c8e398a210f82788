"""Browsing a gateway's database changes nothing in it, holds up nobody, and stops no start."""

from __future__ import annotations

import json
import select
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Site
from tests.faults import NOBODY, ROOT, needs_root, print_of
from tests.programs import running
from tests.touring import as_user, tour
from tui.core.models import Deployment
from tui.demo import deployment as demo
from tui.demo.folder import Pace
from tui.operations.reads.browsing import Browser
from tui.operations.reads.looking import BackupFile, LiveDatabase

GATEWAY = 12_345
"""The user that the gateway runs as."""
COMMITS = 1_500
ROWS = 60_000


def browser_of(path: Path) -> Browser:
    """As the screen has it, of a database without a gateway that is known."""
    return Browser(LiveDatabase(Deployment(name="x", database=path, backup_dir=path.parent / "b")))


def busy_file(path: Path) -> Path:
    """Tools, and metrics enough that counting and sorting them takes a while."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            "PRAGMA journal_mode=WAL;"
            "CREATE TABLE tools (id INTEGER PRIMARY KEY, name TEXT, calls INTEGER);"
            "CREATE TABLE metrics (id INTEGER PRIMARY KEY,"
            " tool INTEGER REFERENCES tools (id), note TEXT);"
            "CREATE INDEX by_tool ON metrics (tool); BEGIN;"
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49)"
            " INSERT INTO tools SELECT i, 'tool-' || i, 0 FROM n;"
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"
            " INSERT INTO metrics SELECT i, i % 50, 'called ' || i FROM n; COMMIT"
        )
    return path


def sums(path: Path) -> list[str]:
    """Hashes of the database and its WAL, made by another process (it would drop our locks)."""
    files = [str(path), str(path.with_name(path.name + "-wal"))]
    done = subprocess.run(["sha256sum", *files], capture_output=True, text=True, check=True)
    return [line.split()[0] for line in done.stdout.splitlines()]


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="mcpdb-public-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def test_a_walk_over_an_idle_gateways_database_leaves_db_and_wal_as_they_were(
    tmp_path: Path,
) -> None:
    place = demo.create_small(tmp_path / "site", pace=Pace(interval=3_600.0))
    try:
        site = Site(place)
        site.start()
        site.add_tool("written-by-the-gateway")
        before = sums(site.database)
        assert site.database.with_name("mcp.db-wal").stat().st_size > 0
        read = list(tour(Browser(LiveDatabase(site.deployment))))
        assert "written-by-the-gateway" in repr(read)
        assert sums(site.database) == before
        site.add_tool("and-it-writes-on")
        assert site.tools() >= {"written-by-the-gateway", "and-it-writes-on"}
    finally:
        demo.stop(place)


class Writer:
    """`tests.unit.counted_writer` on a file."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-m", "tests.unit.counted_writer", str(path), str(COMMITS)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def is_done(self) -> bool:
        """Whether all is committed; what it says can be read without waiting."""
        assert self.process.stdout is not None
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def end(self) -> dict[str, Any]:
        said, _ = self.process.communicate(timeout=120)
        return json.loads(said)  # type: ignore[no-any-return]


def test_a_writing_gateway_has_no_errors_and_a_wal_hardly_larger_than_alone(
    tmp_path: Path,
) -> None:
    alone = Writer(busy_file(tmp_path / "alone.db"))
    alone.go()
    unwatched = alone.end()
    path = busy_file(tmp_path / "mcp.db")
    browser = browser_of(path)
    writer = Writer(path)
    reads = 0
    writer.go()
    while not writer.is_done():
        for _read in tour(browser):
            reads += 1
            if writer.is_done():
                break
    watched = writer.end()
    assert reads > 20
    assert (watched["commits"], watched["errors"]) == (COMMITS, [])
    assert unwatched["wal"] > 1_000 * 4_096, "so much was written that the WAL began anew"
    assert watched["wal"] <= 1.5 * unwatched["wal"]


@needs_root
@pytest.mark.parametrize("ended", ["cleanly", "killed"])
def test_a_stopped_one_looked_at_by_another_user_is_written_by_its_own_afterwards(
    public: Path, ended: str
) -> None:
    path = public / "mcp.db"
    as_user(GATEWAY, lambda: busy_file(path))
    if ended == "killed":
        with running("crashed", _with_one(path)) as program:
            program.process.wait()
        for part in public.iterdir():
            shutil.chown(part, GATEWAY, GATEWAY)
    for part in public.iterdir():
        part.chmod(0o644)
    before = print_of(public)

    read = as_user(NOBODY, lambda: repr(list(tour(browser_of(path)))))

    assert "called 60000" in read
    assert print_of(public) == before
    assert as_user(GATEWAY, lambda: _start(path)) == "wal"
    assert {part.stat().st_uid for part in public.iterdir()} == {GATEWAY}


def _with_one(path: Path) -> Path:
    """With the table that the program writes into."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript("CREATE TABLE one (n); INSERT INTO one VALUES (0)")
    return path


def _start(path: Path) -> str:
    """What a gateway does at its start: it writes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO metrics (tool, note) VALUES (1, 'started')")
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_a_finished_backup_of_a_wal_database_is_walked_with_nothing_beside_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    path = busy_file(folder / "mcp_backup_20260810_031500.db")
    assert [found.name for found in folder.iterdir()] == [path.name]
    before = print_of(folder)
    seen = set()
    for _read in tour(Browser(BackupFile(path))):
        seen.update(found.name for found in folder.iterdir())
    assert seen == {path.name}
    assert print_of(folder) == before
