"""How a database grew: from its backups' manifests, from journals, and from a reading a day."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tui.core.models import (
    DAY,
    ActivityEntry,
    Backup,
    Deployment,
    FileFigures,
    Growth,
    Point,
)
from tui.operations.activity import read_activity
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.services import files
from tui.services.figures_store import FiguresStore

WINDOW = timedelta(days=31)
"""What a day's growth is the mean of, and what a table's growth is told over."""

ENOUGH = 0.5
"""Days between two points below which nothing is said of a day's growth."""

FOREVER = 3_652.5
"""Days beyond which it is not told how long a disk lasts: ten years."""


def read_growth(
    deployment: Deployment,
    *,
    backups: Sequence[Backup] | None = None,
    activity: Sequence[ActivityEntry] | None = None,
    figures: FileFigures | None = None,
) -> Growth:
    """Gather the points that anything recorded; keeps what is new, and one reading a day.

    Blocks for a moment: it may import sqlite-utils, and reads every manifest and journal that is
    not given.

    Args:
        deployment: Whose. With `read_only` nothing is kept.
        backups: The catalogue, where it is known.
        activity: The log, where it is known.
        figures: What was measured just now, for the day's reading; None: nothing was.
    """
    if backups is None:
        backups = read_catalogue(deployment).backups
    if activity is None:
        activity = read_activity(deployment, steps=False)
    fresh = {point.key: point for point in (*of_backups(backups), *of_runs(activity))}
    if figures is not None:
        daily = of_figures(figures)
        fresh[daily.key] = daily
    store = FiguresStore(deployment.state_dir)
    known = {point.key: point for point in store.points()}
    kept = _may_keep(deployment)
    new = [point for key, point in fresh.items() if known.get(key) != point]
    if new and kept:
        kept = store.add(new)
    points = sorted({**known, **fresh}.values(), key=lambda point: (point.taken, point.key))
    return Growth(points=tuple(points), kept=kept)


def _may_keep(deployment: Deployment) -> bool:
    """Only where a change has made the state folder: looking never makes it."""
    folder = deployment.state_dir
    if deployment.read_only or not files.is_folder(folder):
        return False
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=True)


def of_backups(backups: Iterable[Backup]) -> Iterable[Point]:
    """A point of each backup of this very database that has a manifest."""
    for backup in backups:
        manifest = backup.manifest
        if manifest is None or backup.neighbour or backup.link_to or backup.future_dated:
            continue
        # A rollback sets aside what did not work: that is no moment of the live file.
        if manifest.trigger == "rejected" or not manifest.size:
            continue
        yield Point(
            key=f"backup:{manifest.id}",
            taken=backup.taken.astimezone(UTC),
            size=manifest.size,
            rows=dict(manifest.rows),
        )


def of_runs(activity: Iterable[ActivityEntry]) -> Iterable[Point]:
    """A point of each run that looked: what a check found, or what a rebuilt file became.

    `figures` or `after` of its result: `bytes`, `pages`, `free_pages`.
    """
    for entry in activity:
        if entry.state != "done":
            continue
        for key in ("after", "figures"):
            found = entry.result.get(key)
            point = _of_run(entry, found) if isinstance(found, Mapping) else None
            if point is not None:
                yield point
                break


def _of_run(entry: ActivityEntry, found: Mapping[str, Any]) -> Point | None:
    size, pages = _number(found.get("bytes")), _number(found.get("pages"))
    if not size or not pages:
        return None
    free = _number(found.get("free_pages"))
    ended = entry.started + timedelta(seconds=entry.seconds or 0)
    return Point(
        key=f"run:{entry.id}",
        taken=ended.astimezone(UTC),
        size=size,
        unused=None if free is None else free * (size // pages),
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def of_figures(figures: FileFigures) -> Point:
    """The reading of a day; a later one of the same day takes its place."""
    taken = figures.taken.astimezone(UTC)
    return Point(
        key=f"daily:{taken:%Y-%m-%d}",
        taken=taken,
        size=figures.size,
        unused=figures.unused,
        wal=figures.wal_size,
        rows={t.name: t.rows for t in figures.tables if t.rows is not None},
        tables={t.name: t.total for t in figures.tables if t.total is not None},
    )


# --- what follows from them -----------------------------------------------------------------


def a_day(points: Sequence[Point]) -> float | None:
    """Bytes a day, over the last month of what is known; None while that cannot be told."""
    if not points:
        return None
    last = points[-1]
    first = next(point for point in points if point.taken >= last.taken - WINDOW)
    days = (last.taken - first.taken).total_seconds() / DAY
    return None if days < ENOUGH else (last.size - first.size) / days


def a_month_ago(points: Sequence[Point]) -> Point | None:
    """The last point that is a month older than the newest; None where none is."""
    if not points:
        return None
    limit = points[-1].taken - timedelta(days=30)
    return next((point for point in reversed(points) if point.taken <= limit), None)


def lasts(free: int, bytes_a_day: float | None) -> float | None:
    """Days until a disk is full; None where it does not grow, or that is not known."""
    return free / bytes_a_day if bytes_a_day is not None and bytes_a_day > 0 else None


def days_of(points: Sequence[Point]) -> int:
    """Over how many days a table's growth is told: a month, or what is known."""
    if len(points) < 2:
        return 0
    span = min(points[-1].taken - points[0].taken, WINDOW)
    return round(span.total_seconds() / DAY)


def of_table(growth: Growth, figures: FileFigures, name: str) -> tuple[tuple[Point, bool], ...]:
    """One table with its indexes over time, the oldest first, and whether each is a guess.

    What was measured counts. A manifest knows only rows: then their number times what a row takes
    now, which is a guess.
    """
    table = next((each for each in figures.tables if each.name == name), None)
    if table is None:
        return ()
    per_row = table.total / table.rows if table.total and table.rows else None
    found: list[tuple[Point, bool]] = []
    for point in growth.points:
        measured, rows = point.tables.get(name), point.rows.get(name)
        size, guess = measured, False
        if size is None and rows is not None and per_row is not None:
            size, guess = round(rows * per_row), True
        if size is not None:
            found.append((Point(key=point.key, taken=point.taken, size=size), guess))
    return tuple(found)


def grown(growth: Growth, figures: FileFigures, name: str) -> tuple[int, bool] | None:
    """By how many bytes a table grew in the window, and whether that is a guess."""
    table = next((each for each in figures.tables if each.name == name), None)
    points = of_table(growth, figures, name)
    since = figures.taken.astimezone(UTC) - WINDOW
    first = next(((point, guess) for point, guess in points if point.taken >= since), None)
    if table is None or table.total is None or first is None or len(points) < 2:
        return None
    return table.total - first[0].size, first[1]


def newest(points: Sequence[Point]) -> datetime | None:
    """When the last point was taken."""
    return points[-1].taken if points else None
