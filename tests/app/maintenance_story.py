"""The deployment of the shell's story with its figures, its growth and its settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.app.shell_story import DEPLOYMENT, NOW, SEEN, ago, changed, entry, shell
from tui.core.models import FileFigures, Growth, IndexFigures, Point, Repeat, TableFigures
from tui.operations.measuring.tuning import settings_of

PAGE = 4096
MIB = 2**20


def mib(number: float) -> int:
    return round(number * MIB)


def table(name: str, rows: int, data: float, indexes: float) -> TableFigures:
    return TableFigures(name=name, rows=rows, data=mib(data), indexes=mib(indexes))


FIGURES = FileFigures(
    path=DEPLOYMENT.database,
    taken=ago(seconds=2),
    seconds=1.9,
    size=105_626 * PAGE,
    wal_size=mib(8.1),
    page_size=PAGE,
    pages=105_626,
    free_pages=9_874,
    slack=mib(12.1),
    journal_mode="wal",
    auto_vacuum="none",
    disk_free=61 * 2**30,
    tables=(
        table("tool_metrics", 752_640, 57.7, 181.8),
        table("performance_metrics", 118_204, 38.8, 25.2),
        table("structured_log_entries", 41_230, 19.1, 42.2),
        table("tool_metrics_hourly", 18_233, 2.2, 1.9),
        table("tools", 280, 1.3, 0.6),
        TableFigures(name="sqlite_schema", data=mib(0.1), indexes=0),
    ),
    indexes=(
        IndexFigures(name="ix_tool_metrics_tool_id_timestamp", table="tool_metrics",
                     bytes=mib(109.8)),
        IndexFigures(name="ix_tool_metrics_tool_id", table="tool_metrics", bytes=mib(72.0)),
    ),
    repeats=(
        Repeat(index="ix_tool_metrics_tool_id", table="tool_metrics",
               by="ix_tool_metrics_tool_id_timestamp", bytes=mib(72.0)),
        Repeat(index="ix_structured_log_entries_level", table="structured_log_entries",
               by="ix_structured_log_entries_level_at", bytes=mib(18.0)),
    ),
)  # fmt: skip


def _points() -> tuple[Point, ...]:
    """A reading a day since May 21, and a backup each week; a restore took some of it back."""
    found = []
    for day in range(82):
        taken = FIGURES.taken - timedelta(days=81 - day)
        size = mib(327 + day * 1.05 + (3.0 if day % 7 < 3 else 0.0))
        rows = {"tool_metrics": 600_000 + day * 1_800, "tools": 281}
        if day == 81:
            size = FIGURES.size
        measured = {"tool_metrics": mib(190 + day * 0.6), "tools": mib(2.1 - day * 0.002)}
        if day % 7 == 0:
            found.append(Point(key=f"backup:b{day:02}", taken=taken - timedelta(hours=1),
                               size=size, rows=rows))  # fmt: skip
        if day > 20:
            found.append(Point(key=f"daily:{taken:%Y-%m-%d}", taken=taken, size=size, rows=rows,
                               unused=mib(30 + day * 0.1), tables=measured))  # fmt: skip
    return tuple(found)


GROWTH = Growth(points=_points(), kept=True)
SETTINGS = tuple(
    settings_of(
        {"journal_mode": "wal", "page_size": "4096", "auto_vacuum": "none", "encoding": "UTF-8",
         "user_version": "0", "application_id": "0"},
        "1.0.5",
        {"SQLITE_TIMEOUT": "30"},
    )
)  # fmt: skip
RUNS = (
    entry(36, operation="check", started=ago(days=1, hours=23), seconds=12.9, who="dana",
          sentence="integrity_check ok, every foreign key fits.",
          result={"check": "integrity_check"}, command="mcpdb-tui check"),
    entry(35, operation="vacuum", started=ago(days=33), seconds=31.2, who="dana",
          sentence="VACUUM gave back 39M: 413M → 374M.", command="mcpdb-tui vacuum --stop"),
    entry(30, operation="maintain", started=ago(days=2), seconds=44.0, who="cron", state="failed",
          exit_code=11, outcome="refused", sentence="A restore is running.",
          command="mcpdb-tui maintain"),
)  # fmt: skip

KNOWN = replace(
    SEEN,
    figures=FIGURES,
    growth=GROWTH,
    tuning=SETTINGS,
    activity=(*RUNS, *(SEEN.activity or ())),
)


def known(**other):
    return replace(KNOWN, **other)


__all__ = ["DEPLOYMENT", "FIGURES", "GROWTH", "KNOWN", "NOW", "SETTINGS", "changed", "known",
           "mib", "shell"]  # fmt: skip
