"""Tables with their row counts, and how those differ from the backup they are compared with."""

from __future__ import annotations

from datetime import datetime

from tui.app.baseline import baseline
from tui.app.listing.row import Column, Row
from tui.app.paint import Line, Span
from tui.app.seen import Seen
from tui.core.models import TableInfo
from tui.wording import quantities

EMPTY = "0 tables."


def listed(seen: Seen) -> list[TableInfo]:
    """Tables worth a line: with rows, not counted yet, just emptied, or the gateway's core.

    Internals are grouped away. A core table without rows is listed: that it is empty may be
    what somebody came to see.
    """
    if not seen.tables:
        return []
    from tui.services.sqlite.inspection import CORE_TABLES

    return [
        table
        for table in seen.tables
        if table.kind != "internal"
        and (table.rows != 0 or difference(seen, table) or table.name in CORE_TABLES)
    ]


def since_title(seen: Seen, now: datetime) -> str:
    """`since 02:00`, or the day for an older backup; empty without one."""
    backup = baseline(seen)
    if backup is None:
        return ""
    # Loaded already by the threads that read the catalogue.
    from tui.operations.cataloguing.baseline import since_words

    return f"since {since_words(backup, now)}"


def difference(seen: Seen, table: TableInfo) -> int | None:
    """Rows more or fewer than in the backup of `baseline`; None while it is not known."""
    backup = baseline(seen)
    if backup is None or backup.manifest is None or table.rows is None:
        return None
    return table.rows - backup.manifest.rows.get(table.name, 0)


def count_text(table: TableInfo) -> str:
    """`752,640`, or `…` while it is not counted."""
    return "…" if table.rows is None else quantities.count(table.rows)


def difference_text(seen: Seen, table: TableInfo) -> str:
    """`-38`, `+611`; the same is empty."""
    change = difference(seen, table)
    return f"{change:+,}" if change else ""


def columns(since: str) -> tuple[Column, ...]:
    """Columns of a list of tables."""
    return (
        Column("table", 20, grows=True, gap=2),
        Column("rows", 11, "right", gap=2),
        Column(since, 12, "right", gap=1),
    )


def rows(seen: Seen, changed: frozenset[str] = frozenset()) -> list[Row]:
    """A row for each table; the value of a changed one is bold."""
    result = []
    for table in listed(seen):
        change = difference(seen, table) or 0
        role = "attention" if change < 0 else ""
        bold = table.name in changed
        result.append(
            Row(
                table.name,
                (
                    Span(table.name),
                    Span(count_text(table), bold=bold),
                    Span(difference_text(seen, table), role, bold=bold),
                ),
            )
        )
    return result


def rest(seen: Seen) -> str:
    """`47 empty, 2 internal`: what is not listed."""
    tables = seen.tables or ()
    shown = {table.name for table in listed(seen)}
    empty = sum(1 for t in tables if t.kind != "internal" and t.name not in shown)
    internal = sum(1 for t in tables if t.kind == "internal")
    words = [f"{empty} empty"] if empty else []
    words += [f"{internal} internal"] if internal else []
    return ", ".join(words)


def note(seen: Seen, below: int, indent: str = "   ") -> Line:
    """`7 more, 47 empty, 2 internal`."""
    words = [f"{below} more"] if below else []
    words += [text] if (text := rest(seen)) else []
    return (Span(indent + ", ".join(words), "muted"),)


def title(seen: Seen) -> str:
    """`1 Tables · 71, 22 with rows`."""
    if seen.tables is None:
        return "1 Tables"
    tables = [table for table in seen.tables if table.kind != "internal"]
    if any(table.rows is None for table in tables):
        return f"1 Tables · {len(tables)}"
    filled = sum(1 for table in tables if table.rows)
    return f"1 Tables · {len(tables)}, {filled} with rows"


def empty_words(seen: Seen) -> str:
    """What stands where no table does."""
    if problem := seen.problem("tables"):
        return problem
    return "…" if seen.tables is None else EMPTY
