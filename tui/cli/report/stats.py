"""The report of `stats`: the file, its tables, and how it grew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tui.cli.report.table import aligned, labelled
from tui.core.models import FileFigures, Growth
from tui.operations.measuring.growth import a_day, a_month_ago, days_of, grown, lasts
from tui.wording.clean import one_line
from tui.wording.measured import (
    NO_POINT,
    NO_SIZES,
    ONE_POINT,
    file_words,
    lasts_words,
    per_day,
    percent,
    points_words,
    repeat_line,
    repeats_words,
    signed_size,
)
from tui.wording.plots import plot
from tui.wording.quantities import count, narrow_size, plural, size

UNKNOWN = "?"
PLOT_LINES = 8
PLOT_COLUMNS = 72


def stats_lines(figures: FileFigures, growth: Growth) -> Iterator[str]:
    """The file, its tables by size, indexes that repeat others, and where points came from."""
    daily = a_day(growth.points)
    free = narrow_size(figures.disk_free, "down")
    unused = f"{size(figures.unused)} on {plural(figures.free_pages, 'page')}"
    before = a_month_ago(growth.points)
    rows = [
        ("database", f"{file_words(figures)}, {one_line(str(figures.path))}"),
        ("wal", size(figures.wal_size)),
        ("mode", f"journal_mode {figures.journal_mode}, auto_vacuum {figures.auto_vacuum}"),
        ("unused", f"{unused} ({percent(figures.share(figures.unused))})"),
    ]
    if figures.slack is not None:
        share = percent(figures.share(figures.slack))
        rows.append(("slack", f"{size(figures.slack)} on pages in use ({share})"))
    rows.append(("growth", per_day(daily) or "not known yet"))
    if before is not None:
        rows.append(("a month ago", size(before.size)))
    rows.append(("disk", f"lasts {_disk(figures, daily)}; {free} free"))
    yield from labelled(rows)
    yield ""
    yield from _table_lines(figures, growth)
    yield ""
    if not figures.is_sized:
        yield NO_SIZES
    for repeat in figures.repeats:
        yield f"! {repeat_line(repeat)} ({_size(repeat.bytes)})"
    if figures.repeats:
        yield repeats_words(figures.repeats)
    yield f"points: {points_words(growth)}"


def _disk(figures: FileFigures, daily: float | None) -> str:
    words = lasts_words(lasts(figures.disk_free, daily), daily)
    return words.replace("it does not grow", "for ever: the database does not grow")


def _size(value: int | None) -> str:
    return UNKNOWN if value is None else size(value)


def _table_lines(figures: FileFigures, growth: Growth) -> Iterator[str]:
    days = days_of(growth.points)
    since = f"in {plural(days, 'day')}" if days else ""
    rows = [("table", "rows", "data", "indexes", "total", "share", since)]
    for table in figures.tables:
        share = "" if table.total is None else percent(figures.share(table.total))
        change = grown(growth, figures, table.name) if days else None
        told = "" if change is None else f"{'~' * change[1]}{signed_size(change[0])}"
        rows.append(
            (
                table.name,
                "" if table.rows is None else count(table.rows),
                _size(table.data),
                _size(table.indexes),
                _size(table.total),
                share,
                told,
            )
        )
    yield from aligned(rows, right=(1, 2, 3, 4, 5, 6))


def index_lines(figures: FileFigures) -> Iterator[str]:
    """Each index, the largest first, and the other that does its work."""
    if not figures.is_sized:
        yield NO_SIZES
        return
    repeats = {repeat.index: repeat.by for repeat in figures.repeats}
    rows = [("index", "table", "size", "share", "repeats")]
    rows += [
        (
            index.name,
            index.table,
            size(index.bytes),
            percent(figures.share(index.bytes)),
            repeats.get(index.name, ""),
        )
        for index in figures.indexes
    ]
    yield from aligned(rows, right=(2, 3))
    if figures.repeats:
        yield repeats_words(figures.repeats)


def growth_lines(growth: Growth, columns: int, *, ascii_only: bool) -> Iterator[str]:
    """The plot, and every point behind it."""
    values = [(point.taken, point.size) for point in growth.points]
    drawn = plot(values, min(columns, PLOT_COLUMNS), PLOT_LINES, ascii_only=ascii_only)
    if not drawn:
        yield ONE_POINT if values else NO_POINT
    yield from drawn
    if not values:
        return
    rows = [("when", "size", "unused", "from")]
    for point in growth.points:
        when = point.taken.astimezone().strftime("%Y-%m-%d %H:%M")
        unused = "" if point.unused is None else size(point.unused)
        rows.append((when, size(point.size), unused, point.key.replace(":", " ", 1)))
    yield ""
    yield from aligned(rows, right=(1, 2))
    if daily := per_day(a_day(growth.points)):
        yield daily


def stats_data(figures: FileFigures, growth: Growth) -> dict[str, Any]:
    """For `--json`."""
    daily = a_day(growth.points)
    return {
        "database": figures,
        "unused": figures.unused,
        "growth": {
            "bytes_a_day": daily,
            "disk_lasts_days": lasts(figures.disk_free, daily),
            "points": growth.points,
            "kept": growth.kept,
        },
    }
