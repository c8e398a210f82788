"""Writes the figures of the database to a CSV file that is named, in a thread."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import TYPE_CHECKING

from tui.app.saving_report import HINT, first_place, write_named
from tui.core.errors import McpdbError
from tui.wording.clean import one_line
from tui.wording.quantities import plural

if TYPE_CHECKING:
    from tui.app.panes.base import Pane
    from tui.core.models import FileFigures, Growth

_HEADING = ("what", "name", "when", "rows", "data", "indexes", "total", "unused", "wal", "from")


async def ask(pane: Pane) -> None:
    """Ask for the place, write, and say where it is.

    Args:
        pane: Whose `seen` is written; it says how that ended.
    """
    from tui.app.screens.export_path import PathLine, ask_path

    seen = pane.seen
    if seen.deployment is None or seen.figures is None:
        return
    deployment, now = seen.deployment, pane.now()
    lines = figures_lines(seen.figures, seen.growth)
    text = written(lines)
    ending = f"figures-{now:%Y%m%d-%H%M}.csv"
    home, place = await asyncio.to_thread(first_place, deployment, ending)

    async def named(typed: str | None) -> None:
        if not typed:
            return
        try:
            path = await asyncio.to_thread(write_named, deployment, typed, home, place.name, text)
        except McpdbError as error:
            pane.say(str(error), "danger")
        else:
            pane.say(f"saved {plural(len(lines), 'line')} to {one_line(str(path))}")

    await ask_path(pane.app, PathLine("Save the figures as", str(place), HINT, home), named)


def figures_lines(figures: FileFigures, growth: Growth | None) -> list[tuple[object, ...]]:
    """The file, each table, and each point of its growth; sizes in bytes, times in UTC."""
    taken = figures.taken.isoformat(timespec="seconds")
    lines: list[tuple[object, ...]] = [
        ("file", _plain(figures.path.name), taken, "", "", "", figures.size, figures.unused,
         figures.wal_size, "measured"),
    ]  # fmt: skip
    lines += [
        ("table", _plain(table.name), taken, table.rows, table.data, table.indexes, table.total,
         "", "", "measured")
        for table in figures.tables
    ]  # fmt: skip
    lines += [
        ("index", _plain(index.name), taken, "", "", index.bytes, index.bytes, "", "",
         f"of {index.table}")
        for index in figures.indexes
    ]  # fmt: skip
    lines += [
        ("point", _plain(figures.path.name), point.taken.isoformat(timespec="seconds"), "", "", "",
         point.size, point.unused, point.wal, point.key)
        for point in (growth.points if growth else ())
    ]  # fmt: skip
    return lines


def _plain(name: str) -> str:
    """A name that a spreadsheet does not take for a formula."""
    return f"'{name}" if name[:1] in ("=", "+", "-", "@", "\t", "\r") else name


def written(lines: list[tuple[object, ...]]) -> str:
    """As CSV, with a heading."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADING)
    writer.writerows(lines)
    return text.getvalue()
