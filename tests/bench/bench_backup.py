"""Hot backup beside `sqlite3 .backup`: `python -m tests.bench.bench_backup --gigabytes 1.25`.

The measure is the `sqlite3` command's own `.backup` of the same file in the same run, first and
second in turns. The copy may take 1.15 times that, copy and verification together 2.5 times; the
operation's process may take 100 MiB.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from tests.bench.big import big_site, seconds_of, timed, watched
from tests.conftest import Site
from tui.core.models import ActivityEntry
from tui.operations.backup import BackupCreate


def peer(site: Site, target: Path) -> float:
    target.unlink(missing_ok=True)
    command = ["sqlite3", str(site.database), f".backup '{target}'"]
    seconds, _done = timed(lambda: subprocess.run(command, check=True))
    target.unlink()
    return seconds


def ours(site: Site) -> tuple[ActivityEntry, float]:
    entry, peak = watched(site, BackupCreate(site.deployment))
    Path(str(entry.result["path"])).unlink()
    return entry, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.25)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if shutil.which("sqlite3") is None:
        raise SystemExit("The sqlite3 command is the measure, and it is not here.")
    copies, wholes, peaks = [], [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        big_site(Path(folder), options.gigabytes) as site,
    ):
        print(f"database {site.database.stat().st_size / 1e9:.2f} GB")
        for number in range(options.rounds):
            measure = peer(site, Path(folder) / "peer.db")
            entry, peak = ours(site)
            copy, verify = seconds_of(entry, "copy"), seconds_of(entry, "verify")
            copies.append(copy / measure)
            wholes.append((copy + verify) / measure)
            peaks.append(peak)
            print(
                f"round {number + 1}: .backup {measure:.2f} s, copy {copy:.2f} s, verification "
                f"{verify:.2f} s, process {peak:.0f} MiB"
            )
    print(f"hot backup / .backup             {statistics.median(copies):.2f}  (at most 1.15)")
    print(f"with verification / .backup      {statistics.median(wholes):.2f}  (at most 2.50)")
    print(f"memory of the operation          {max(peaks):.0f} MiB  (at most 100)")


if __name__ == "__main__":
    main()
