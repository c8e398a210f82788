"""Statistics of 7 Maintenance: the tables by size as rows, and the facts beside the plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tui.app.listing.row import Column, Row
from tui.app.paint import Line, Span
from tui.app.seen import Seen
from tui.core.models import FileFigures, Growth, TableFigures
from tui.operations.measuring import growth as growing
from tui.services.sqlite.sizes import NO_DBSTAT
from tui.wording import measured, quantities

UNUSED = "unused pages"
"""Key and name of the row that is no table."""

COLUMNS = (
    Column("table", 22, grows=True),
    Column("rows", 9, "right"),
    Column("data", 7, "right"),
    Column("indexes", 8, "right"),
    Column("total", 8, "right"),
    Column("share", 5, "right"),
    Column("in 31 days", 12, "right"),
)

ORDERS = ("total", "rows", "in 31 days", "table")
"""What `s` sorts by, one after the other."""

UNKNOWN = "?"


def columns(seen: Seen, order: str) -> tuple[Column, ...]:
    """The columns; the one that is sorted by is marked, and the last one says how many days."""
    days = growing.days_of(seen.growth.points) if seen.growth else 0
    since = f"in {quantities.plural(days, 'day')}" if days else ""
    return tuple(
        Column(
            ("*" if column.title == order and order != "total" else "")
            + (since if column.title == "in 31 days" else column.title),
            column.width,
            column.align,
            column.grows,
            column.gap,
        )
        for column in COLUMNS
    )


def rows(seen: Seen, order: str) -> list[Row]:
    """Every table, and the pages that no table uses."""
    figures = seen.figures
    if figures is None:
        return []
    found = [(table, _change(seen, figures, table)) for table in figures.tables]
    lines = [(_table(figures, table, change), table, change) for table, change in found]
    if figures.is_sized:
        unused = TableFigures(name=UNUSED, rows=figures.free_pages, data=figures.unused)
        change = _of_unused(seen, figures)
        lines.append((_unused(figures, change), unused, change))
    keys: dict[str, Callable[[tuple[Row, TableFigures, Any]], Any]] = {
        "total": lambda line: (-(line[1].total or 0), -(line[1].rows or 0), line[1].name),
        "rows": lambda line: (-(line[1].rows or 0), line[1].name),
        "in 31 days": lambda line: (-(line[2][0] if line[2] else 0), line[1].name),
        "table": lambda line: line[1].name.lower(),
    }
    return [row for row, _table, _change in sorted(lines, key=keys[order])]


def parts(seen: Seen, name: str) -> list[Row]:
    """What one table is made of: its own rows, and each of its indexes, the largest first."""
    figures = seen.figures
    table = next((t for t in figures.tables if t.name == name), None) if figures else None
    if figures is None or table is None:
        return []
    repeats = {repeat.index: repeat.by for repeat in figures.repeats}
    lines = [_part(figures, table.name, "its rows", table.data)]
    lines += [
        _part(figures, index.name, _repeats(repeats.get(index.name, "")), index.bytes)
        for index in figures.indexes
        if index.table == name
    ]
    return lines


def _repeats(other: str) -> str:
    return f"repeats {other}" if other else "index"


def _part(figures: FileFigures, name: str, what: str, size: int | None) -> Row:
    share = "" if size is None else measured.percent(figures.share(size))
    role = "attention" if what.startswith("repeats ") else "muted"
    return Row(name, (Span(name), Span(what, role), _size(size), Span(share)))


PARTS = (
    Column("table and indexes", 22, grows=True),
    Column("what", 30),
    Column("size", 8, "right"),
    Column("share", 5, "right"),
)


def _change(seen: Seen, figures: FileFigures, table: TableFigures) -> tuple[int, bool] | None:
    return growing.grown(seen.growth, figures, table.name) if seen.growth else None


def _of_unused(seen: Seen, figures: FileFigures) -> tuple[int, bool] | None:
    """How the unused pages grew, where anything told of them."""
    since = figures.taken - growing.WINDOW
    points = seen.growth.points if seen.growth else ()
    first = next((p for p in points if p.taken >= since and p.unused is not None), None)
    if first is None or first.unused is None or (figures.taken - first.taken).days < 1:
        return None
    return figures.unused - first.unused, False


def _changed(change: tuple[int, bool] | None) -> Span:
    if change is None:
        return Span("")
    return Span(f"{'~' * change[1]}{measured.signed_size(change[0])}")


def _size(value: int | None) -> Span:
    return Span(UNKNOWN, "attention") if value is None else Span(quantities.size(value))


def _table(figures: FileFigures, table: TableFigures, change: tuple[int, bool] | None) -> Row:
    total = table.total
    cells = (
        Span(table.name),
        Span("" if table.rows is None else quantities.count(table.rows)),
        _size(table.data),
        _size(table.indexes),
        _size(total),
        Span("" if total is None else measured.percent(figures.share(total))),
        _changed(change),
    )
    return Row(table.name, cells)


def _unused(figures: FileFigures, change: tuple[int, bool] | None) -> Row:
    cells = (
        Span(UNUSED, "muted"),
        Span(quantities.count(figures.free_pages), "muted"),
        Span(""),
        Span(""),
        Span(quantities.size(figures.unused)),
        Span(measured.percent(figures.share(figures.unused))),
        _changed(change),
    )
    return Row(UNUSED, cells)


# --- the plot --------------------------------------------------------------------------------


def values(seen: Seen, table: str) -> list[tuple[datetime, int]]:
    """What is drawn: the whole file, or one table with its indexes."""
    growth, figures = seen.growth, seen.figures
    if growth is None:
        return []
    if table and figures is not None:
        return [(p.taken, p.size) for p, _guess in growing.of_table(growth, figures, table)]
    return [(point.taken, point.size) for point in growth.points]


def title(seen: Seen, table: str, now: datetime, *, narrow: bool) -> str:
    """`Size since May 21, of the database without wal`; where there is less room, less."""
    known = values(seen, table)
    begin = known[0][0].astimezone(now.tzinfo) if known else None
    since = ""
    if begin is not None:
        day = begin.strftime("%b %d" if begin.year == now.year else "%Y-%m-%d")
        since = f" since {day}"
    if narrow:
        return f"Size{since}, {table or 'without wal'}"
    what = f"{table} and its indexes" if table else "the database without wal"
    return f"Size{since}, of {what}"


def aside(seen: Seen, table: str) -> str:
    """`+1.6M a day`; a table's is a guess where only rows are known."""
    growth, figures = seen.growth, seen.figures
    if growth is None:
        return ""
    if not table:
        return measured.per_day(growing.a_day(growth.points))
    if figures is None:
        return ""
    known = growing.of_table(growth, figures, table)
    words = measured.per_day(growing.a_day([point for point, _guess in known]))
    return f"{'~' if any(guess for _point, guess in known) else ''}{words}" if words else ""


def facts(seen: Seen, table: str) -> tuple[Line, ...]:
    """What stands beside the plot."""
    if table:
        return _table_facts(seen, table)
    figures, growth = seen.figures, seen.growth or Growth()
    daily = growing.a_day(growth.points)
    before = growing.a_month_ago(growth.points)
    size = figures.size if figures else (growth.points[-1].size if growth.points else None)
    free = figures.disk_free if figures else seen.database.disk_free if seen.database else None
    known = seen.growth is not None
    rows = [
        ("now", _say(size)),
        ("a month ago", _say(before.size) if before else "not known" if known else "…"),
        ("unused pages", _say(figures.unused if figures else None)),
        ("slack in pages", _slack(figures)),
        ("wal now", _say(figures.wal_size if figures else None)),
        (
            "disk lasts",
            measured.lasts_words(growing.lasts(free, daily), daily)
            if free is not None and known
            else "…",
        ),
    ]
    return tuple(_fact(*row) for row in rows)


def _table_facts(seen: Seen, table: str) -> tuple[Line, ...]:
    figures, growth = seen.figures, seen.growth or Growth()
    found = next((t for t in figures.tables if t.name == table), None) if figures else None
    if figures is None or found is None:
        return ()
    change = growing.grown(growth, figures, table)
    told = "not known" if change is None else f"{'~' * change[1]}{measured.signed_size(change[0])}"
    twice = sum(1 for repeat in figures.repeats if repeat.table == table)
    return (
        _fact("now", _say(found.total)),
        _fact("rows", "" if found.rows is None else quantities.count(found.rows)),
        _fact("indexes", _say(found.indexes)),
        _fact("repeat others", quantities.count(twice)),
        _fact(f"in {growing.days_of(growth.points)} days", told),
        (Span("Esc the whole file", "muted"),),
    )


def _say(size: int | None) -> str:
    return "…" if size is None else quantities.size(size)


def _slack(figures: FileFigures | None) -> str:
    """What pages in use hold nothing in."""
    if figures is None:
        return "…"
    return UNKNOWN if figures.slack is None else quantities.size(figures.slack)


def _fact(label: str, text: str) -> Line:
    return (Span(f"{label:<15}", "muted"), Span(f"{text:>10}"))


# --- words -----------------------------------------------------------------------------------


def empty(seen: Seen) -> str:
    """What the list says while it has no rows."""
    if problem := seen.problem("figures"):
        return problem
    return "counting …"


def no_plot(seen: Seen, table: str) -> str:
    """What stands in the plot's place."""
    growth = seen.growth
    if growth is None:
        return seen.problem("growth") or "…"
    if table and seen.figures is not None and not seen.figures.is_sized:
        return measured.NO_SIZES
    return measured.ONE_POINT if growth.points else measured.NO_POINT


def stands(seen: Seen) -> str:
    """The message line: where points come from, and indexes that repeat others."""
    parts: Sequence[str] = ()
    if seen.growth is not None:
        parts = [f"points: {measured.points_words(seen.growth)}"]
    if seen.figures is not None:
        if not seen.figures.is_sized:
            parts = [*parts, NO_DBSTAT]
        elif words := measured.repeats_words(seen.figures.repeats):
            parts = [*parts, words]
    return " · ".join(parts)


def counted(seen: Seen, now: datetime) -> str:
    """`counted 03:14:20 in 1.9 s`."""
    figures = seen.figures
    if figures is None:
        return "" if seen.problem("figures") else "counting …"
    local = figures.taken.astimezone(now.tzinfo)
    again = " · counting again …" if seen.counting else ""
    return f"counted {local:%H:%M:%S} in {quantities.duration(figures.seconds)}{again}"


def repeats_detail(figures: FileFigures) -> tuple[str, ...]:
    """A line of each index that repeats another."""
    return tuple(measured.repeat_line(repeat) for repeat in figures.repeats)
