"""How fast ten million rows are browsed: `python -m tests.bench.bench_browse`.

The real program in a pseudo-terminal of 140×45, keys in and screen out, on a file that is made
once and kept (`--cache`, else the XDG cache). Measured is from the key to the moment at which its
answer came out of the terminal (`clock`). Others may work on the machine, so what counts (`own`)
is what the program used of the processor for it, all threads together; for keys beside work of
another thread it is the clock without the time for which the event loop was ready and had no
processor. Of what is done many times (a page, a key beside a running sort) 95 of 100 are told.
`own` is the best visit's, `clock` that of the visit in the middle.

Beside it in the same run: a bare Textual app, and a peer (harlequin or sqlit from PyPI, in an
environment of its own in the cache) for the first screen.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sqlite3
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.big import big_file, cache_folder
from tests.bench.first_screen import first_screens
from tests.bench.typist import Took, Typist

ROOT = Path(__file__).resolve().parents[2]
PAGE_DOWN, PAGE_UP = "\x1b[6~", "\x1b[5~"
PAGES, KEYS = 60, 40
SETTLED = 2.0
"""Seconds after which somebody who has seen the first screen presses a key."""
CELL = re.compile(r"id INTEGER  (\d+) ")
CURSOR = re.compile(r"▸[^\[\n]*\[")
HEADER = re.compile(r"│ +row +\S")


@dataclass(frozen=True)
class Limit:
    """What a figure may be at most."""

    most: float
    unit: str = "ms"
    is_tail: bool = False
    """95 of 100 are meant, not the one."""
    is_beside: bool = False
    """Another thread works meanwhile."""


LIMITS = {
    "first rows, key 1, nothing read before": Limit(100),
    "first rows of another table": Limit(100),
    "first rows by Enter at 80x24": Limit(100),
    "bottom": Limit(150),
    "top": Limit(150),
    "row N, not numbered yet": Limit(150),
    "row N, numbered": Limit(150),
    "bottom, sorted by an index": Limit(150),
    "page down": Limit(33, is_tail=True),
    "page up": Limit(33, is_tail=True),
    "a key while rows are numbered": Limit(50, is_tail=True, is_beside=True),
    "a key while a sort runs": Limit(50, is_tail=True, is_beside=True),
    "a key while a search runs": Limit(50, is_tail=True, is_beside=True),
    "a letter of a filter while it searches": Limit(50, is_tail=True, is_beside=True),
    "memory after top, bottom, top": Limit(100, "MiB"),
    "memory at most": Limit(100, "MiB"),
}


@dataclass
class Found:
    """What was measured, by its name: one list of pairs (own, clock) a visit."""

    visits: list[dict[str, list[tuple[float, float]]]] = field(default_factory=list)

    def begin(self) -> None:
        """Another visit."""
        self.visits.append(defaultdict(list))

    def add(self, name: str, took: Took) -> None:
        """One answer of this visit."""
        own = took.ready if LIMITS[name].is_beside else took.processor
        self.visits[-1][name].append((min(own, took.wall) * 1_000, took.wall * 1_000))

    def of(self, name: str) -> tuple[float, float]:
        """Own and clock; of memory the worst."""
        limit = LIMITS[name]
        pairs = [visit[name] for visit in self.visits if visit.get(name)]
        own, clock = (
            [_of_visit([pair[at] for pair in visit], limit) for visit in pairs] for at in (0, 1)
        )
        return (max if limit.unit == "MiB" else min)(own), statistics.median(clock)


def _of_visit(values: list[float], limit: Limit) -> float:
    if limit.is_tail:
        return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]
    return statistics.median(values)


def command(database: Path) -> list[str]:
    """Our program on a file; the engine is nobody's here."""
    return [sys.executable, "-m", "tui", "--db", str(database)]


ENVIRONMENT = {
    "DOCKER_HOST": "unix:///nonexistent",
    "COLORTERM": "truecolor",
    # Compiled once, as what is installed is; a checkout may forbid it.
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(cache_folder() / "compiled"),
}


def number(text: str) -> int:
    """The key of the row under the cursor; 0 while there is none."""
    found = CELL.search(text)
    return int(found[1]) if found else 0


def column(text: str) -> str:
    """The column under the cursor; empty while there is none."""
    header = ""
    for line in text.splitlines():
        if HEADER.search(line):
            header = line
        elif found := CURSOR.search(line):
            return header[found.end() :].split()[0] if header[found.end() :].strip() else ""
    return ""


class Visit:
    """One run of the program, from its start to its end."""

    def __init__(self, terminal: Typist, found: Found, rows: int) -> None:
        self.terminal, self.found, self.rows = terminal, found, rows

    def press(self, name: str, keys: str, there: Callable[[str], object]) -> None:
        """Measure a key."""
        self.found.add(name, self.terminal.press(keys, there))

    def do(self, keys: str, there: Callable[[str], object]) -> None:
        """Press a key that is not measured."""
        self.terminal.press(keys, there)

    def moves(self, name: str, keys: str, busy: Callable[[str], bool]) -> None:
        """Press keys in turn while something runs; each is answered when the cell moves."""
        start = column(self.terminal.text)
        for turn in range(KEYS):
            self.terminal.settle()
            before = column(self.terminal.text)
            key = keys[turn % len(keys)]
            took = self.terminal.press(
                key, lambda s, was=before: column(s) not in ("", was) or not busy(s)
            )
            if column(self.terminal.text) not in ("", before):
                self.found.add(name, took)
            if not busy(self.terminal.text):
                break
        time.sleep(SETTLED / 4)
        self.terminal.settle()
        if column(self.terminal.text) not in ("", start):
            self.do("h", lambda s: column(s) == start)

    # --- what is done ---------------------------------------------------------------------

    def opening(self) -> None:
        """The first rows, while nothing is counted yet; another table, and back."""
        self.do("", lambda s: "0 Home" in s and "bench_metrics" in s)
        time.sleep(SETTLED)
        self.press("first rows, key 1, nothing read before", "1", lambda s: "tool-1 " in s)
        for _ in range(5):
            self.do("j", lambda s: "the only one" in s)
            self.press("first rows of another table", "k", lambda s: "tool-1 " in s)
        self.do("\r", lambda s: "▸  " in s and number(s) == 1)

    def jumps(self) -> None:
        """Top, bottom, row N before and after the rows have numbers."""
        self.press("bottom", "G", lambda s: number(s) == self.rows)
        self.row("row N, not numbered yet", self.rows // 2)
        self.press("top", "g", lambda s: number(s) == 1)

    def row(self, name: str, wanted: int) -> None:
        """Go to a row by its number."""
        self.do(":", lambda s: "or type:" in s)
        self.do(f"row {wanted}", lambda s: f"Row NUMBER {wanted}" in s)
        self.press(name, "\r", lambda s: number(s) == wanted)

    def walk(self, key: str, name: str, pages: int) -> None:
        """Page after page, each measured."""
        for _ in range(pages):
            was = number(self.terminal.text)
            self.press(name, key, lambda s, was=was: number(s) not in (0, was))

    def busy(self) -> None:
        """Keys beside what takes long: numbering, a sort without index, a search for nothing."""
        self.moves("a key while rows are numbered", "lh", lambda _s: True)
        self.do("l", lambda s: "tool_id TEXT" in s)
        self.do("l", lambda s: "timestamp TEXT" in s)
        waits = "rows … of"
        self.do("s", lambda s: "timestamp ↑" in s and waits in s)
        self.moves("a key while a sort runs", "lh", lambda s: waits in s)
        self.do("", lambda s: waits not in s)
        self.do("s", lambda s: "timestamp ↓" in s and waits in s)
        self.do("s", lambda s: "timestamp ↑" not in s and "timestamp ↓" not in s)
        self.do("", lambda s: waits not in s)
        self.do("/", lambda s: "a word, or where" in s)
        for letter in "no-such-word":
            line = self.terminal.text.splitlines()[3].rstrip()
            typed = line[line.find("/") + 2 :].split("  ")[0] if "or where" not in line else ""
            self.press(
                "a letter of a filter while it searches",
                letter,
                lambda s, wanted=typed + letter: f"/ {wanted}" in s,
            )
        self.do("\r", lambda s: "Enter keeps" not in s)
        if waits not in self.terminal.text:
            self.do("R", lambda s: waits in s)
        self.moves("a key while a search runs", "lh", lambda s: waits in s)
        self.do("\x1b", lambda s: "no-such-word" not in s and waits not in s)

    def sorted_by_index(self) -> None:
        """The bottom in the order of an index."""
        for _ in range(6):
            self.terminal.send("h")
        self.do("l", lambda s: "tool_id TEXT" in s)
        self.do("s", lambda s: "tool_id ↑" in s and "rows 1-" in s)
        self.press("bottom, sorted by an index", "G", lambda s: "tool_id TEXT  tool-99 " in s)

    def remember_memory(self) -> None:
        """What it takes by now, and what it took at most."""
        now, most = self.terminal.mebibytes
        self.found.visits[-1]["memory after top, bottom, top"] = [(now, now)]
        self.found.visits[-1]["memory at most"] = [(most, most)]


def visit(database: Path, rows: int, found: Found) -> None:
    """Everything, in one run of the program."""
    found.begin()
    with Typist(command(database), cwd=ROOT, environment=ENVIRONMENT) as terminal:
        one = Visit(terminal, found, rows)
        one.opening()
        one.jumps()
        one.walk(PAGE_DOWN, "page down", PAGES)
        one.do("G", lambda s: number(s) == rows)
        one.walk(PAGE_UP, "page up", PAGES)
        for n in range(1, 20):
            one.row("row N, numbered", rows * n // 20 + n)
            one.walk(PAGE_DOWN, "page down", 3)
        one.do("g", lambda s: number(s) == 1)
        one.remember_memory()
        one.busy()
        one.sorted_by_index()
        most = terminal.mebibytes[1]
        found.visits[-1]["memory at most"] = [(most, most)]
    with Typist(command(database), cwd=ROOT, environment=ENVIRONMENT, columns=80, rows=24) as small:
        one = Visit(small, found, rows)
        one.do("", lambda s: "bench_metrics" in s)
        time.sleep(SETTLED)
        one.do("1", lambda s: "1Tables]" in s.replace(" ", "") and "bench_metrics" in s)
        one.press("first rows by Enter at 80x24", "\r", lambda s: "tool-1 " in s)


# --- the report ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of the report."""

    name: str
    own: float
    clock: float
    limit: float
    unit: str

    @property
    def is_ok(self) -> bool:
        """Within its limit."""
        return self.own <= self.limit

    def __str__(self) -> str:
        verdict = "ok" if self.is_ok else "NOT"
        return (
            f"{self.name:<44}{self.own:9.1f}{self.clock:9.1f} {self.unit:<4}"
            f"{self.own / self.limit:7.2f}{self.limit:9.1f}  {verdict}"
        )


def lines_of(found: Found) -> list[Line]:
    """What was measured, against its limits."""
    return [
        Line(name + (", 95 of 100" if limit.is_tail else ""), *found.of(name), limit.most,
             limit.unit)
        for name, limit in LIMITS.items()
    ]  # fmt: skip


def first_screen_lines(shown: dict[str, list[Took]]) -> list[Line]:
    """Our first screen against a bare Textual app's and a peer's."""
    if not shown:
        return []
    # In turns, so that others on the machine hinder all of them: the best of each is compared.
    best = {name: min(took.wall for took in all_) * 1_000 for name, all_ in shown.items()}
    middle = statistics.median(took.wall for took in shown["ours"]) * 1_000
    limits = {"1.25 of bare Textual": 1.25 * best["bare Textual"]}
    for name in best.keys() - {"ours", "bare Textual"}:
        limits[f"half of {name}"] = best[name] / 2
    return [
        Line(f"first screen (at most {what})", best["ours"], middle, limit, "ms")
        for what, limit in limits.items()
    ]


def counting(database: Path) -> float:
    """Seconds that SQLite takes to read the table once: no first rows may wait for that."""
    began = time.perf_counter()
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("SELECT count(*) FROM bench_metrics NOT INDEXED").fetchone()
    return time.perf_counter() - began


def main() -> int:
    """Measure, print, and fail where a figure misses its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--visits", type=int, default=3)
    parser.add_argument("--screens", type=int, default=5, help="of each program; 0: none")
    parser.add_argument("--cache", type=Path, help="where the file and the peer are kept")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    cache = chosen.cache or cache_folder()
    database = big_file(chosen.rows, cache)
    # What a first start shows is not what is measured.
    (database.parent / ".mcpdb").mkdir(exist_ok=True)
    loads = [os.getloadavg()[0]]
    shown, why = first_screens(command(database), ENVIRONMENT, database, cache, chosen.screens)
    found = Found()
    for _ in range(chosen.visits):
        visit(database, chosen.rows, found)
        loads.append(os.getloadavg()[0])
    lines = [*lines_of(found), *first_screen_lines(shown)]
    whole = counting(database)
    told: dict[str, Any] = {
        "load": loads, "processors": os.cpu_count(), "whole read, s": whole, "without": why,
        "first screens, s": {n: [took.wall for took in all_] for n, all_ in shown.items()},
    }  # fmt: skip
    if chosen.json:
        measured = {line.name: [line.own, line.clock, line.limit, line.unit] for line in lines}
        print(json.dumps({**told, "lines": measured}))
    else:
        print(f"{chosen.rows:,} rows, {chosen.visits} visits; load of the machine"
              f" {min(loads):.1f}-{max(loads):.1f} on {os.cpu_count()} processors;"
              f" reading the table once takes {whole * 1_000:.0f} ms")  # fmt: skip
        print(f"{'':<44}{'own':>9}{'clock':>9} {'':<4}{'ratio':>7}{'limit':>9}")
        for line in lines:
            print(line)
        for sentence in why:
            print(sentence)
    return int(not all(line.is_ok for line in lines))


if __name__ == "__main__":
    sys.exit(main())
