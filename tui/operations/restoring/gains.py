"""What a restore gives back and takes away: by name where that is cheap, else counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tui.core.errors import McpdbError
from tui.core.models import Comparison, RowKind, TableDifference
from tui.core.operation import TableChange
from tui.operations.compare import compare, names
from tui.operations.comparing import compare_words
from tui.operations.reads.looking import BackupFile, LiveDatabase
from tui.operations.restoring.situation import Situation

BUDGET = 2.0
"""Seconds that looking for names may take."""
LARGEST = 200 * 1024 * 1024
"""Bytes of either database above which only rows are counted."""
_NAMED = 3
"""So many rows of a table are named."""


class _TooLongError(Exception):
    """Names would take longer than a plan may."""


def gains(s: Situation) -> tuple[tuple[TableChange, ...], dict[str, Any]]:
    """The tables that change, and what is shown of them; see `tui.wording.plans` for the keys."""
    readable = s.live.exists and not s.live.problem and not s.backup.compression
    rows = _named(s) if readable and max(s.live.size, s.backup.size) <= LARGEST else {}
    if rows:
        return _changes(rows), rows
    return _counted(s), {}


def _named(s: Situation) -> dict[str, Any]:
    """By primary key, with names of configuration; nothing where that takes too long."""
    deadline = time.monotonic() + BUDGET

    def checkpoint() -> None:
        if time.monotonic() > deadline:
            raise _TooLongError

    try:
        path = str(s.backup.path)
        found = compare(s.deployment, path, checkpoint=checkpoint)
        return _told(s, found, path, checkpoint)
    except (_TooLongError, McpdbError):
        # The checks say what is wrong with either file; names are a service on top.
        return {}


def _told(
    s: Situation, found: Comparison, path: str, checkpoint: Callable[[], None]
) -> dict[str, Any]:
    def some(difference: TableDifference, kind: RowKind, number: int) -> dict[str, Any]:
        table = difference.table
        wanted = number and not difference.only_in and table in compare_words.CONFIGURATION
        called = (
            names(s.deployment, path, "live", table, kind, _NAMED, checkpoint=checkpoint)
            if wanted
            else ()
        )
        return {"table": table, "rows": number, "names": list(called)}

    told = sorted(found.tables, key=lambda d: compare_words.order(d.table))
    back, lost, changed = [], [], []
    for d in told:
        removed, added = d.removed, d.added
        if d.only_in == "first":
            removed = d.rows_first
        elif d.only_in == "second":
            added = d.rows_second
        if removed or d.only_in == "first":
            back.append(some(d, "removed", removed))
        if added or d.only_in == "second":
            lost.append(some(d, "added", added))
        if d.changed:
            changed.append(
                {**some(d, "changed", d.changed), "columns": list(d.columns_changed[:_NAMED])}
            )
    tables = found.same + len(told)
    nothing = not any(d.differs for d in told) and found.first.revision == found.second.revision
    return {
        "back": back,
        "lost": lost,
        "changed": changed,
        "same": found.same,
        "counts": {d.table: [d.rows_second, d.rows_first] for d in told},
        "only": {d.table: d.only_in for d in told if d.only_in},
        "nothing": (
            f"Nothing would change: the live database equals this backup in all {tables} tables."
            if nothing
            else ""
        ),
    }


def _changes(rows: dict[str, Any]) -> tuple[TableChange, ...]:
    """Row counts of the tables whose number of rows changes."""
    only = rows["only"]
    return tuple(
        TableChange(
            table,
            None if only.get(table) == "first" else now,
            None if only.get(table) == "second" else then,
        )
        for table, (now, then) in rows["counts"].items()
        if now != then or table in only
    )


def _counted(s: Situation) -> tuple[TableChange, ...]:
    """Row counts now and then, of the tables where they differ."""
    then: dict[str, int] = {}
    now: dict[str, int] = {}
    try:
        manifest = s.backup.manifest
        if manifest is None and s.backup.compression:
            return ()
        then = dict(manifest.rows) if manifest else BackupFile(s.backup.path).counts()
        now = LiveDatabase(s.deployment).counts() if s.live.exists and not s.live.problem else {}
    except McpdbError:
        # The checks say what is wrong with either file; counts are a service on top.
        return ()
    return tuple(
        TableChange(table, now.get(table), then.get(table))
        for table in (*then, *(t for t in now if t not in then))
        if now.get(table) != then.get(table) and table != "alembic_version"
    )
