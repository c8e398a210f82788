"""A database as large as a benchmark wants it, alone or on a real process gateway."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from tests.conftest import Site
from tui.core.models import ActivityEntry
from tui.core.operation import Operation
from tui.demo import deployment as demo
from tui.demo.folder import Pace
from tui.operations.execution.launch import follow, launch

T = TypeVar("T")

ROWS_PER_GB = 12_500_000
_FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
INSERT INTO bench_metrics
SELECT i, 'tool-' || (i % 500), '2026-08-11 01:13:58.' || (100000 + i % 899999), (i % 1000) / 7.0,
       i % 10 <> 0, CASE WHEN i % 5 = 0 THEN 'Timeout while calling the upstream server ' || i END
FROM n
"""


def cache_folder() -> Path:
    """Where benchmarks keep what is slow to make, from one run to the next."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "mcpdb-tui-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def big_file(rows: int, folder: Path | None = None) -> Path:
    """A database with one table of so many rows and a small one, in WAL mode; made once.

    It has a folder of its own, as a gateway's database has. Ten million rows are about 1 GB and
    take a minute to make.
    """
    path = (folder or cache_folder()) / f"rows-{rows}" / "mcp.db"
    if path.exists():
        return path
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as connection:
        connection.executescript(
            "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF;"
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);"
            "CREATE TABLE small_one (id INTEGER PRIMARY KEY, name TEXT);"
            "INSERT INTO small_one VALUES (1, 'the only one')"
        )
        _fill(connection, rows)
        connection.execute("PRAGMA journal_mode=WAL")
    partial.rename(path)
    return path


def _fill(connection: sqlite3.Connection, rows: int) -> None:
    """The large table, with an index as the gateway's large tables have one."""
    connection.execute(
        "CREATE TABLE bench_metrics (id INTEGER PRIMARY KEY, tool_id TEXT, timestamp TEXT,"
        " response_time REAL, is_success INTEGER, error TEXT)"
    )
    connection.execute(_FILL, {"rows": rows})
    connection.execute("CREATE INDEX bench_tool ON bench_metrics (tool_id)")
    connection.commit()


@contextmanager
def big_site(folder: Path, gigabytes: float) -> Iterator[Site]:
    """A small demo with one table more, so large that the file has about this size; WAL mode."""
    # A gateway that writes now and then makes `sqlite3 .backup`, the measure, begin again and
    # again: on a large file it would not end.
    place = demo.create_small(folder / "site", pace=Pace(interval=3_600.0))
    site = Site(place)
    with closing(sqlite3.connect(site.database)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=OFF")
        _fill(connection, int(gigabytes * ROWS_PER_GB))
        connection.execute("PRAGMA journal_mode=WAL")
    try:
        site.start()
        yield site
    finally:
        demo.stop(place)


def timed(function: Callable[[], T]) -> tuple[float, T]:
    """Seconds a call took, and what it gave."""
    began = time.perf_counter()
    value = function()
    return time.perf_counter() - began, value


def watched(site: Site, operation: Operation) -> tuple[ActivityEntry, float]:
    """Run an operation; how it ended, and the peak resident memory of its process in MiB."""
    journal_id = launch(operation, operation.plan().fingerprint)
    peak, last = 0.0, None
    for entry in follow(site.deployment, journal_id):
        last = entry
        peak = max(peak, _peak(entry.pid))
    assert last is not None
    assert last.exit_code == 0, last.sentence
    return last, peak


def _peak(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    line = next((row for row in status.splitlines() if row.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(line.split()[1]) / 1024


def seconds_of(entry: ActivityEntry, *steps: str) -> float:
    """Seconds of an operation's steps, from its journal."""
    return sum(line.seconds or 0.0 for line in entry.steps if line.step in steps)
