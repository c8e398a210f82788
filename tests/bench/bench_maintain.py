"""The weekly routine beside the same steps by hand: `python -m tests.bench.bench_maintain`.

The measure is the `sqlite3` command on a copy of the same file in the same run: `.backup`,
`integrity_check`, `foreign_key_check`, `ANALYZE`, `VACUUM`, one after the other, as the gateway's
guide has them. The routine may take 1.2 times that; it also verifies its backup, compares the new
file with the old one, and reads it back. Stopping and starting the gateway is left out: by hand it
has to be done as well. The operation's process may take 100 MiB.
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
from tui.demo import deployment as demo
from tui.operations.maintain import Maintain

BY_HAND = ("PRAGMA integrity_check", "PRAGMA foreign_key_check", "ANALYZE", "VACUUM")
GATEWAY = ("stop", "start", "release")


def by_hand(copy: Path) -> dict[str, float]:
    """Seconds of each step on a copy of the file."""
    backup = copy.with_name("by-hand.db")
    words = {".backup": f".backup '{backup}'", **{step: step for step in BY_HAND}}
    took = {}
    for name, word in words.items():
        command = ["sqlite3", str(copy), word]
        seconds, done = timed(
            lambda command=command: subprocess.run(  # type: ignore[misc]
                command, check=True, capture_output=True, text=True
            )
        )
        assert name != "PRAGMA integrity_check" or done.stdout.strip() == "ok"
        took[name] = seconds
    backup.unlink()
    return took


def ours(site: Site) -> tuple[dict[str, float], float]:
    """Seconds of each step of the routine, and the peak of its process in MiB."""
    entry, peak = watched(site, Maintain(site.deployment, stop=True))
    assert entry.exit_code == 0, entry.sentence
    steps = {line.step: seconds_of(entry, line.step) for line in entry.steps}
    for made in site.deployment.backup_dir.iterdir():
        made.unlink()
    for kept in (site.deployment.state_dir / "safety").iterdir():
        kept.unlink()
    return {step: seconds for step, seconds in steps.items() if step not in GATEWAY}, peak


def told(took: dict[str, float]) -> str:
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in took.items() if seconds >= 0.05)
    return f"{sum(took.values()):.1f} s ({parts})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.25)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if shutil.which("sqlite3") is None:
        raise SystemExit("The sqlite3 command is the measure, and it is not here.")
    ratios, peaks = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        big_site(Path(folder), options.gigabytes) as site,
    ):
        print(f"database {site.database.stat().st_size / 1e9:.2f} GB")
        for number in range(options.rounds):
            demo.stop(site.folder)
            copy = Path(folder) / "copy.db"
            shutil.copyfile(site.database, copy)
            site.start()
            measure = by_hand(copy)
            copy.unlink()
            routine, peak = ours(site)
            ratios.append(sum(routine.values()) / sum(measure.values()))
            peaks.append(peak)
            print(f"round {number + 1}: by hand {told(measure)}\n         routine {told(routine)}")
    print(f"routine / by hand                {statistics.median(ratios):.2f}  (at most 1.20)")
    print(f"memory of the operation          {max(peaks):.0f} MiB  (at most 100)")


if __name__ == "__main__":
    main()
