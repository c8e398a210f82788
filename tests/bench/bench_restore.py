"""Downtime of a restore: `python -m tests.bench.bench_restore --gigabytes 1.25`.

The measure is a bare stop and start of the same gateway, until its health address answers, in
the same run and in turns with restores. A restore may keep it down half a second longer,
whatever the file's size; its process may take 100 MiB.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from tests.bench.big import big_site, timed, watched
from tests.conftest import Site
from tui.operations.backup import BackupCreate
from tui.operations.finding.gateways import gateway_of
from tui.operations.restore import Restore


def bare(site: Site) -> float:
    """Seconds without a gateway when it is only stopped and started."""
    gateway = gateway_of(site.deployment)
    assert gateway is not None

    def turn() -> None:
        gateway.stop()
        gateway.start()
        site.wait_healthy()

    return timed(turn)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.25)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    more, peaks = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        big_site(Path(folder), options.gigabytes) as site,
    ):
        entry, _peak = watched(site, BackupCreate(site.deployment))
        backup = str(entry.result["backup"])
        print(f"database {site.database.stat().st_size / 1e9:.2f} GB")
        for number in range(options.rounds):
            measure = bare(site)
            site.add_tool(f"written-before-restore-{number}")
            entry, peak = watched(site, Restore(site.deployment, backup))
            down = entry.down_seconds or 0.0
            more.append(down - measure)
            peaks.append(peak)
            safety = site.deployment.state_dir / "safety" / str(entry.result["safety"])
            safety.unlink()
            print(
                f"round {number + 1}: bare stop and start {measure:.2f} s, restore down "
                f"{down:.2f} s, in all {entry.seconds or 0.0:.1f} s, process {peak:.0f} MiB"
            )
    print(f"restore down - bare stop and start  {statistics.median(more):+.2f} s  (at most +0.50)")
    print(f"memory of the operation             {max(peaks):.0f} MiB  (at most 100)")


if __name__ == "__main__":
    main()
