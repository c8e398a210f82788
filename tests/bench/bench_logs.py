"""A flood of log lines, and a huge log: `python -m tests.bench.bench_logs`.

The real program in a pseudo-terminal of 140×45, keys in and screen out, while another process
writes `--rate` lines a second into the log file for `--seconds`. Measured is from the key to the
moment at which its answer came out of the terminal (`clock`); others may work on the machine, so
what counts (`own`) is the clock without the time for which the event loop was ready and had no
processor. Of the keys 95 of 100 are told. Nothing may be lost: in the end the program must have
counted exactly as many lines as were written.

Then a log file of `--gigabytes` is opened, and jumped to its end, its beginning and its end again.
Beside it in the same run: `tail -f` of the same flood, and `tail -n 40` of the same file.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.big import cache_folder
from tests.bench.typist import Took, Typist

ROOT = Path(__file__).resolve().parents[2]
KEY_LIMIT, OPEN_LIMIT, MEMORY_LIMIT = 50.0, 300.0, 250.0
"""Milliseconds a key, milliseconds to open or jump, MiB."""
TOTAL = re.compile(r"kept of ([\d,]+)")
CURSOR = re.compile(r"^▸.*$", re.MULTILINE)
OPEN_TRIES = 3

WRITER = r"""
import sys, time
path, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
shapes = [
    "2026-08-11 03:{m:02}:{s:02},{ms:03} - uvicorn.access - INFO - "
    '10.20.0.7:51544 - "POST /rpc HTTP/1.1" 200 OK n={n}\n',
    '{{"asctime": "2026-08-11 03:{m:02}:{s:02}", "name": "mcpgateway.services.tool_service", '
    '"levelname": "INFO", "message": "Invoked tool search n={n}", '
    '"@timestamp": "2026-08-11T01:{m:02}:{s:02}.{ms:03}000Z", "process_id": 1}}\n',
]
bad = "2026-08-11 03:{m:02}:{s:02},{ms:03} - mcpgateway.x - ERROR - failed n={n}\n"
began, n = time.monotonic(), 0
total = int(rate * seconds)
with open(path, "a", buffering=1 << 20) as log:
    while n < total:
        due = min(total, int((time.monotonic() - began) * rate))
        if due <= n:
            time.sleep(0.002)
            continue
        for n in range(n + 1, due + 1):
            second, ms = divmod(n * 1000 // rate, 1000)
            shape = bad if n % 5_000 == 0 else shapes[n & 1]
            log.write(shape.format(n=n, m=second // 60 % 60, s=second % 60, ms=ms))
        log.flush()
    log.write(f"2026-08-11 04:00:00,000 - bench - INFO - the flood is over n={n}\n")
print(n, time.monotonic() - began)
"""


@dataclass(frozen=True)
class Figure:
    """One line of the report."""

    name: str
    own: float
    clock: float
    limit: float
    unit: str = "ms"

    @property
    def is_ok(self) -> bool:
        """Within its limit."""
        return self.own <= self.limit

    def __str__(self) -> str:
        verdict = "ok" if self.is_ok else "NOT"
        own_and_clock = f"{self.own:9.1f}{self.clock:9.1f} {self.unit:<4}"
        return f"{self.name:<48}{own_and_clock}{self.limit:9.1f}  {verdict}"


def at(values: list[float], share: float) -> float:
    """The value below which that share of them lies."""
    return sorted(values)[max(0, -int(-len(values) * share // 1) - 1)]


def place(folder: Path) -> tuple[list[str], dict[str, str]]:
    """A database and a folder for logs; the command and its environment."""
    (folder / "logs").mkdir(parents=True)
    database = folder / "mcp.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE tools (id INTEGER PRIMARY KEY, name TEXT)")
        connection.commit()
    (folder / ".mcpdb").mkdir()
    environment = {
        "DOCKER_HOST": "unix:///nonexistent",
        "COLORTERM": "truecolor",
        "MCPDB_LOG_FILES": str(folder / "logs"),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(cache_folder() / "compiled"),
    }
    return [sys.executable, "-m", "tui", "--db", str(database)], environment


class Flood:
    """The keys that are pressed while lines come, and how long each took."""

    def __init__(self, terminal: Typist) -> None:
        self.terminal = terminal
        self.took: dict[str, list[Took]] = defaultdict(list)

    def press(self, name: str, keys: str, there: Callable[[str], object]) -> None:
        """Measure a key."""
        self.took[name].append(self.terminal.press(keys, there))

    def round(self) -> None:
        """Every kind of key once."""
        self.press("k pauses", "k", lambda s: "paused at" in s)
        for _ in range(3):
            was = CURSOR.findall(self.terminal.text)
            self.press("j moves", "j", lambda s, was=was: CURSOR.findall(s) != was)
        self.terminal.press("t", lambda s: "time UTC" in s)
        self.press("t times", "t", lambda s: "as logged" in s)
        self.terminal.press("tt", lambda s: "time " in s and "as logged" not in s)
        self.press("e next error", "e", lambda s: "at error" in s or "No later error" in s)
        self.press("f follows", "f", lambda s: "following ·" in s)
        self.terminal.press("/", lambda s: "Enter keeps" in s)
        typed = ""
        for letter in "tool":
            typed += letter
            self.press("a letter of a filter", letter, lambda s, t=typed: f"/ {t} " in s)
        # Not measured: a terminal's Esc is waited for, it may begin the name of another key.
        self.terminal.press("\x1b", lambda s: "Esc clears" not in s)


def counted_in(text: str) -> int:
    """How many lines the screen says that ever came; 0 where it does not say."""
    found = TOTAL.search(text)
    return int(found[1].replace(",", "")) if found else 0


def flood(folder: Path, rate: int, seconds: float) -> tuple[list[Figure], list[str]]:
    """Lines at a rate, keys meanwhile, and whether all were counted."""
    command, environment = place(folder)
    log = folder / "logs" / "mcpgateway.log"
    log.write_text("2026-08-11 03:00:00,000 - bench - INFO - before the flood\n")
    tail = subprocess.Popen(["tail", "-n", "0", "-F", str(log)], stdout=subprocess.DEVNULL)
    try:
        return _flooded(command, environment, log, rate, seconds, tail.pid)
    finally:
        tail.kill()
        tail.wait()


def _flooded(
    command: list[str],
    environment: dict[str, str],
    log: Path,
    rate: int,
    seconds: float,
    tail: int,
) -> tuple[list[Figure], list[str]]:
    notes: list[str] = []
    with Typist(command, cwd=ROOT, environment=environment) as terminal:
        terminal.press("", lambda s: "0 Home" in s)
        time.sleep(1.5)
        terminal.press("5", lambda s: "before the flood" in s)
        start = terminal.used()
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(log), str(rate), str(seconds)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        began, one = time.monotonic(), Flood(terminal)
        terminal.press("", lambda s: "/s, showing the newest" in s or rate < 2_000)
        while time.monotonic() - began < seconds - 6 and writer.poll() is None:
            one.round()
        # A terminal that nobody reads holds the program up, and lines are passed over then.
        while writer.poll() is None:
            terminal.pump(0.05)
        written, wrote_for = writer.communicate()[0].split()
        terminal.press("", lambda s: "the flood is over" in s, most=120)
        used = terminal.used().processor - start.processor
        # How many came stands there a picture later than the last of them.
        wanted = int(written) + 2
        with suppress(AssertionError):
            terminal.press("", lambda s: counted_in(s) == wanted, most=15)
        counted = counted_in(terminal.text)
        most = terminal.mebibytes[1]
    usage = Path(f"/proc/{tail}/stat").read_text().split()
    tail_used = (int(usage[13]) + int(usage[14])) / os.sysconf("SC_CLK_TCK")
    figures = [
        Figure(
            f"{name}, 95 of 100 ({len(all_)})",
            at([took.ready * 1_000 for took in all_], 0.95),
            at([took.wall * 1_000 for took in all_], 0.95),
            KEY_LIMIT,
        )
        for name, all_ in one.took.items()
    ]
    every = [took for all_ in one.took.values() for took in all_]
    figures.append(
        Figure(
            f"any key, 95 of 100 ({len(every)})",
            at([took.ready * 1_000 for took in every], 0.95),
            at([took.wall * 1_000 for took in every], 0.95),
            KEY_LIMIT,
        )
    )
    figures.append(Figure("memory at most", most, most, MEMORY_LIMIT, "MiB"))
    lost = abs(wanted - counted)
    figures.append(Figure("lines that were not counted", lost, lost, 0, ""))
    notes.append(
        f"{written} lines in {float(wrote_for):.1f} s ({int(written) / float(wrote_for):,.0f}/s); "
        f"processor: ours {used:.1f} s, tail -F {tail_used:.1f} s"
    )
    return figures, notes


def huge(cache: Path, gigabytes: float) -> Path:
    """A log file of that size, made once and kept."""
    path = cache / f"huge-{gigabytes:g}" / "logs" / "mcpgateway.log"
    size = int(gigabytes * 1_000_000_000)
    if path.exists() and path.stat().st_size >= size:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    line = (
        '2026-08-11 03:04:11,902 - uvicorn.access - INFO - 10.20.0.7:51544 - "POST /rpc" 200 OK\n'
    )
    block = (line * 12_000).encode()
    with path.open("wb") as log:
        log.write(b"2026-08-11 03:00:00,000 - bench - INFO - the very first line\n")
        while log.tell() < size:
            log.write(block)
        log.write(b"2026-08-11 05:00:00,000 - bench - INFO - the very last line\n")
    return path


def opening(folder: Path, log: Path) -> tuple[list[Figure], list[str]]:
    """The pane on a huge file: opened, at its end, at its beginning, at its end again."""
    command, environment = place(folder)
    environment["MCPDB_LOG_FILES"] = str(log)
    took: dict[str, list[Took]] = defaultdict(list)
    bare: list[float] = []
    last, first = "the very last line", "the very first line"
    for _ in range(OPEN_TRIES):
        began = time.perf_counter()
        subprocess.run(["tail", "-n", "40", str(log)], check=True, capture_output=True)
        bare.append((time.perf_counter() - began) * 1_000)
        with Typist(command, cwd=ROOT, environment=environment) as terminal:
            terminal.press("", lambda s: "0 Home" in s)
            time.sleep(1.5)
            took["open, key 5, at its end"].append(terminal.press("5", lambda s: last in s))
            terminal.press("]", lambda s: "[mcpgateway" in s or "mcpgateway.log]" in s)
            terminal.press("", lambda s: last in s)
            for _ in range(3):
                took["its first line, key g"].append(terminal.press("g", lambda s: first in s))
                took["its end, key G"].append(terminal.press("G", lambda s: last in s))
            most = terminal.mebibytes[1]
    figures = [
        Figure(
            name,
            min(t.ready for t in all_) * 1_000,
            statistics.median(t.wall for t in all_) * 1_000,
            OPEN_LIMIT,
        )
        for name, all_ in took.items()
    ]
    figures.append(Figure("memory at most, huge file", most, most, MEMORY_LIMIT, "MiB"))
    size = log.stat().st_size / 1e9
    return figures, [f"{size:.2f} GB; tail -n 40 of it takes {min(bare):.1f} ms"]


def main() -> int:
    """Measure, print, and fail where a figure misses its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=50_000, help="lines a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--gigabytes", type=float, default=1.0, help="0: no huge file")
    parser.add_argument("--cache", type=Path, help="where the huge file is kept")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    cache = chosen.cache or cache_folder()
    figures: list[Figure] = []
    notes: list[str] = []

    def tell(found: list[Figure], said: list[str]) -> None:
        figures.extend(found)
        notes.extend(said)
        if not chosen.json:
            print(*found, *said, sep="\n", flush=True)

    if not chosen.json:
        load = os.getloadavg()[0]
        print(f"{chosen.rate:,} lines/s for {chosen.seconds:g} s; load {load:.1f}")
        print(f"{'':<48}{'own':>9}{'clock':>9} {'':<4}{'limit':>9}")
    with tempfile.TemporaryDirectory(prefix="bench-logs-") as folder:
        if chosen.seconds:
            tell(*flood(Path(folder) / "flood", chosen.rate, chosen.seconds))
        if chosen.gigabytes:
            tell(*opening(Path(folder) / "huge", huge(cache, chosen.gigabytes)))
    if chosen.json:
        print(json.dumps({"notes": notes, "figures": [vars(figure) for figure in figures]}))
    return int(not all(figure.is_ok for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
