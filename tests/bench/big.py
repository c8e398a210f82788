"""A deployment whose database is as large as a benchmark wants it, on a real process gateway."""

from __future__ import annotations

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


@contextmanager
def big_site(folder: Path, gigabytes: float) -> Iterator[Site]:
    """A small demo with one table more, so large that the file has about this size; WAL mode.

    The table has an index, as the gateway's large tables have.
    """
    # A gateway that writes now and then makes `sqlite3 .backup`, the measure, begin again and
    # again: on a large file it would not end.
    place = demo.create_small(folder / "site", pace=Pace(interval=3_600.0))
    site = Site(place)
    with closing(sqlite3.connect(site.database)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute(
            "CREATE TABLE bench_metrics (id INTEGER PRIMARY KEY, tool_id TEXT, timestamp TEXT,"
            " response_time REAL, is_success INTEGER, error TEXT)"
        )
        connection.execute(_FILL, {"rows": int(gigabytes * ROWS_PER_GB)})
        connection.execute("CREATE INDEX bench_tool ON bench_metrics (tool_id)")
        connection.commit()
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
