"""The figures of a database file: its pages, and what each table and its indexes take.

Reads only, as `tui.operations.reads` does: it opens the live file in the way that leaves nothing
behind, and holds no read for longer than it takes to measure one table or index.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from tui.core.models import FileFigures, IndexFigures, TableFigures
from tui.operations.reads.short_reads import ShortReads
from tui.services import files
from tui.services.sqlite import inspection
from tui.services.sqlite.connections import sidecar
from tui.services.sqlite.repeats import repeats
from tui.services.sqlite.sizes import by_table, sizes
from tui.services.sqlite.stopping import never

AUTO_VACUUM = ("none", "full", "incremental")
"""What the numbers of `PRAGMA auto_vacuum` mean."""

_SCHEMA = "sqlite_schema"


def measure(
    reads: ShortReads,
    cancelled: Callable[[], bool] = never,
    *,
    rows: Mapping[str, int] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FileFigures:
    """Measure a whole file: about a second for 400 MB, and as long again to count the rows.

    Args:
        reads: Of the live database or of a backup.
        cancelled: Asked often, from another thread.
        rows: Rows that were counted already; None: count them.
        now: The clock.

    Raises:
        Cancelled: `cancelled` said so, or `reads.cancel` was called.
        BusyError: It held up the gateway for too long, or the file is being replaced.
        McpdbError: It cannot be read.
    """
    began = time.monotonic()
    with reads.reading(cancelled) as connection:
        pages = _pragma(connection, "page_count")
        page_size = _pragma(connection, "page_size")
        free_pages = _pragma(connection, "freelist_count")
        auto_vacuum = AUTO_VACUUM[_pragma(connection, "auto_vacuum") % 3]
        names = [t.name for t in inspection.tables(connection) if _is_counted(t.kind, t.name)]
    with reads.reading(cancelled) as connection:
        found = sizes(connection, cancelled=never)
    with reads.reading(cancelled) as connection:
        twice = repeats(connection, {each.name: each.bytes for each in found or ()})
    counted: dict[str, int] = dict(rows or {})
    for name in names:
        if name not in counted:
            with reads.reading(cancelled) as connection:
                counted[name] = inspection.count(connection, name)
    path = reads.source.path
    wal = files.identity(sidecar(path, "-wal"))
    return FileFigures(
        path=path,
        taken=now(),
        seconds=time.monotonic() - began,
        size=pages * page_size,
        wal_size=wal.size if wal else 0,
        page_size=page_size,
        pages=pages,
        free_pages=free_pages,
        slack=None if found is None else sum(each.unused for each in found),
        journal_mode=reads.source.facts().journal_mode,
        auto_vacuum=auto_vacuum,
        disk_free=files.free_space(path.parent),
        tables=_tables(counted, None if found is None else by_table(found)),
        indexes=tuple(
            IndexFigures(name=each.name, table=each.table, bytes=each.bytes)
            for each in found or ()
            if each.is_index
        ),
        repeats=twice,
    )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA main.{name}").fetchone()
    return int(value)


def _is_counted(kind: str, name: str) -> bool:
    return kind == "table" or name == "alembic_version"


def _tables(
    rows: Mapping[str, int], sized: Mapping[str, tuple[int, int]] | None
) -> tuple[TableFigures, ...]:
    """Every table, the largest first; where sizes are not known, that with the most rows."""
    names = {*rows, *(sized or {})}
    found = []
    for name in names:
        data, indexes = (sized or {}).get(name, (None, None) if sized is None else (0, 0))
        found.append(TableFigures(name=name, rows=rows.get(name), data=data, indexes=indexes))
    return tuple(
        sorted(found, key=lambda table: (-(table.total or 0), -(table.rows or 0), table.name))
    )
