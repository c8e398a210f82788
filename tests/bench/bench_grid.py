"""How long the row grid takes for a page: `python -m tests.bench.bench_grid`.

A source in memory gives rows at once, so what is measured is the grid alone: the key, taking the
page, and drawing every line of a screen of 140×45. Several tables: one as the gateway has them,
one of 2,000 columns, one of hostile text. Seconds are the processor's, so that other work on the
machine does not count. The measure is 33 ms for a page; memory must not grow with the rows that
went by.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from textual import on
from textual.app import App

from tui.app.glyphs import UNICODE
from tui.app.grid.asking import Wish
from tui.app.themes import THEMES, role_defaults
from tui.app.widgets.grid import RowGrid
from tui.core.models.rows import Cell, Page, PageRow, Relation, RelationColumn

ROWS = 10_000_000
MOST = 0.033
"""Seconds for a page, at worst 95 times of 100."""
HOSTILE = "[/x]\x1b[31m\u202eexe.gnp\u200b👩‍👩‍👧 e\u0301 שלום ｗｉｄｅ\n\t" * 90

Row = Callable[[int], tuple[Any, ...]]


def usual(number: int) -> tuple[Any, ...]:
    """50 columns as those of `tools`."""
    few = (
        f"{number:032x}", f"tool-{number}", "https://tool.example/a/path/of/some/length", "MCP",
        number % 2, number / 7, None, "", Cell(value=None, length=118, secret=True),
        '{"type": "object", "properties": {"city": {"type": "string"}}}', b"\0" * 16, number,
        "a text with spaces in it, long enough to be cut somewhere behind the second line " * 3,
    )  # fmt: skip
    return (few * 4)[:50]


def wide(number: int) -> tuple[Any, ...]:
    """2,000 short columns."""
    return (number, *(number % (n + 2) for n in range(1_999)))


def hostile(number: int) -> tuple[Any, ...]:
    """20 columns of 4 KB that have to be cleaned."""
    return tuple(f"{number}{n}{HOSTILE}"[:4_096] for n in range(20))


TABLES: dict[str, tuple[int, Row]] = {
    "usual": (50, usual),
    "2,000 columns": (2_000, wide),
    "hostile": (20, hostile),
}


class Source(App[None]):
    """A grid over rows that are made when they are wanted."""

    glyphs = UNICODE

    def __init__(self, columns: int, row: Row) -> None:
        super().__init__()
        names = tuple(f"column_{n}" for n in range(columns))
        declared = tuple(
            RelationColumn(name=name, declared="BOOLEAN" if n == 4 else "VARCHAR(255)")
            for n, name in enumerate(names)
        )
        self.relation = Relation(
            name="t", kind="table", columns=declared, identity=("rowid",), uses_rowid=True
        )
        self._names, self._row = names, row
        self.grid = RowGrid(frame="none")
        self.wishes = 0
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "mcpdb-dark"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our roles."""
        return role_defaults(self.current_theme)

    def now(self) -> Any:
        """No clock is drawn."""
        from datetime import UTC, datetime

        return datetime(2026, 8, 11, tzinfo=UTC)

    def compose(self) -> Any:
        """The grid alone."""
        yield self.grid

    @on(RowGrid.Want)
    def _answer(self, message: RowGrid.Want) -> None:
        self.give(message.wish)

    def give(self, wish: Wish) -> None:
        """Answer a wish."""
        self.wishes += 1
        page = self.page(wish)
        self.grid.take(page, wish)

    def page(self, wish: Wish) -> Page:
        """The rows of a wish."""
        match wish.kind:
            case "after":
                first = wish.anchor[0] + 1
            case "before":
                first = max(0, wish.anchor[0] - wish.limit)
            case "bottom":
                first = ROWS - wish.limit
            case "row":
                first = wish.number
            case _:
                first = 0
        last = min(first + wish.limit, ROWS)
        if wish.kind == "before":
            last = wish.anchor[0]
        rows = tuple(
            PageRow(identity=(n,), anchor=(n,), cells=self._row(n)) for n in range(first, last)
        )
        return Page(
            columns=self._names, rows=rows, before=first > 0, after=last < ROWS, first=first
        )


async def measure(columns: int, row: Row, pages: int) -> dict[str, float]:
    """Seconds for a page down, for one row down and for one column."""
    app = Source(columns, row)
    async with app.run_test(size=(140, 45)) as pilot:
        app.grid.show(app.relation)
        await pilot.pause()
        found = {}
        for name, act in (
            ("page", lambda: app.grid.action_page(1)),
            ("row", lambda: app.grid.action_move(1)),
            ("column", lambda: app.grid.action_sideways(1)),
        ):
            took = []
            for _ in range(pages):
                while app.grid.feed.is_reading:
                    await pilot.pause()
                begun = time.process_time()
                act()
                for y in range(app.grid.size.height):
                    app.grid.render_line(y)
                took.append(time.process_time() - begun)
                await asyncio.sleep(0)
            found[name] = statistics.median(took)
            found[f"{name}, 95 of 100"] = sorted(took)[int(len(took) * 0.95)]
        wish = Wish(kind="after", anchor=(app.grid.row.identity[0],), limit=100)
        begun = time.process_time()
        page = app.page(wish)
        made = time.process_time()
        app.grid.feed.window.of(page, 0)
        found["holding a page"] = time.process_time() - made
        found["(making it)"] = made - begun
    return found


async def memory(pages: int) -> tuple[int, int]:
    """Bytes that are held after some pages, and after ten times as many."""
    app = Source(*TABLES["usual"])
    async with app.run_test(size=(140, 45)) as pilot:
        app.grid.show(app.relation)
        await pilot.pause()
        tracemalloc.start()
        held = []
        for count in (pages, 9 * pages):
            for _ in range(count):
                app.grid.action_page(1)
                app.grid.render_line(1)
                while app.grid.feed.is_reading:
                    await asyncio.sleep(0)
            held.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
    return held[0], held[1]


def main() -> int:
    """Measure, print, and fail where a page takes longer than it may or memory grows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found: dict[str, Any] = {}
    for name, (columns, row) in TABLES.items():
        found[name] = asyncio.run(measure(columns, row, chosen.pages))
    few, many = asyncio.run(memory(max(100, chosen.pages // 10)))
    found["memory"] = {"few": few, "many": many}
    if chosen.json:
        print(json.dumps(found))
    else:
        for name in TABLES:
            print(name)
            for what, seconds in found[name].items():
                print(f"  {what:<22}{seconds * 1000:8.2f} ms")
        print(f"memory held {few / 2**20:.1f} MiB, after ten times as many pages "
              f"{many / 2**20:.1f} MiB")  # fmt: skip
    slow = any(found[name]["page, 95 of 100"] > MOST for name in TABLES)
    return int(slow or many > few * 1.5 + 2**20)


if __name__ == "__main__":
    sys.exit(main())
