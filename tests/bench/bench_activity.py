"""What an index of the activity log saves: `python -m tests.bench.bench_activity`.

Journals of years are written to the disk. Measured are the whole log read from the journals and
from the index, as `status` and a screen do, and the look after one more operation. The measure
is a ratio: with the index at most half of the time without.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tests.many_journals import NEWEST, write_journal, write_many
from tui.core.models import Deployment
from tui.operations.activity import read_activity, read_entry, running_entry
from tui.services import journal

MOST = 0.5
"""Of the time without an index."""


def timed(work: Callable[[], object], times: int = 5) -> float:
    """Median seconds of some runs."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def place(folder: Path, count: int) -> Deployment:
    """A deployment with so many journals."""
    (folder / "data").mkdir(parents=True)
    deployment = Deployment(
        name="forge", database=folder / "data" / "mcp.db", backup_dir=folder / "data" / "backups"
    )
    write_many(deployment, count)
    return deployment


def from_files(deployment: Deployment) -> object:
    """The whole log without an index."""
    return [read_entry(deployment, name) for name in journal.names(deployment.state_dir)]


def main() -> int:
    """Measure, print, and fail where the index does not save what it must."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--journals", type=int, default=5_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        deployment = place(Path(folder) / "many", chosen.journals)
        without = timed(lambda: from_files(deployment))
        made = timed(lambda: read_activity(deployment, steps=False), 1)
        indexed = timed(lambda: read_activity(deployment, steps=False))
        number = iter(range(chosen.journals + 1, chosen.journals + 99))

        def one_more() -> object:
            at = next(number)
            write_journal(deployment, at, "backup", NEWEST + timedelta(hours=at))
            return read_activity(deployment, steps=False)

        found = {
            "journals": chosen.journals,
            "from files": without,
            "index made": made,
            "from index": indexed,
            "one more": timed(one_more),
            "what runs": timed(lambda: running_entry(deployment)),
            "ratio": indexed / without,
        }
    if chosen.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            plain = f"{value:.2f}" if name in ("journals", "ratio") else f"{value * 1000:8.1f} ms"
            print(f"{name:<12} {plain}")
    return int(found["ratio"] > MOST)


if __name__ == "__main__":
    sys.exit(main())
