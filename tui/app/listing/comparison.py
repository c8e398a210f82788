"""A comparison as rows: the tables that differ, and what is said of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len

from tui.app.listing.row import Column, Row, between
from tui.app.paint import Line, Span
from tui.app.ticks import Ticks
from tui.core.models import Backup, Comparison, Side, TableDifference
from tui.wording.clean import one_line
from tui.wording.comparisons import differences, same_tables, table_note
from tui.wording.quantities import count, duration, plural

COLUMNS = (
    Column("table", 23, gap=1),
    Column("removed", 8, "right"),
    Column("added", 8, "right"),
    Column("changed", 8, "right", gap=2),
    Column("columns that changed", 16, grows=True, gap=0),
)
FIELDS = ("table",)
"""What a filter can name."""


def table_rows(found: Comparison, ticks: Ticks) -> list[Row]:
    """A row for each table that differs, and how many are the same."""
    rows = [_row(table, ticks) for table in found.tables]
    if rows and (same := same_tables(found)):
        rows.append(between(f"   {same}"))
    return rows


def _row(table: TableDifference, ticks: Ticks) -> Row:
    # What was not compared has no numbers: 0 would say that it is the same.
    known = not (table.only_in or table.problem)
    numbers = [
        Span(count(number) if known else "", "attention" if lost and number else "")
        for number, lost in ((table.removed, True), (table.added, False), (table.changed, False))
    ]
    note = Span(table_note(table), "attention" if table.problem or table.only_in else "")
    return Row(
        table.table,
        (Span(table.table, "" if table.differs else "muted"), *numbers, note),
        fields={"table": table.table},
        marked=ticks.has(table.table),
    )


def side_words(letter: str, side: Side, now: datetime, backups: Sequence[Backup] = ()) -> str:
    """`A backup Aug 11 02:00 k7m2qd`, `B live, read 03:14:09`; the word alone before it is read.

    Args:
        letter: `A` or `B`.
        side: Which; `taken` is empty while it was not read.
        now: Gives the zone.
        backups: Where the id of a side that was named otherwise is found.
    """
    taken = datetime.fromisoformat(side.taken).astimezone(now.tzinfo) if side.taken else None
    if side.word == "live":
        return f"{letter} live, read {taken:%H:%M:%S}" if taken else f"{letter} live"
    known = next((b for b in backups if side.word in (b.id, str(b.path), b.path.name)), None)
    name = one_line(known.id if known else side.name)
    taken = known.taken.astimezone(now.tzinfo) if known else taken
    if taken is None:
        return f"{letter} backup {name}"
    same_year = taken.year == now.year
    return f"{letter} backup {taken.strftime('%b %d %H:%M' if same_year else '%Y-%m-%d')} {name}"


def title_words(sides: Sequence[str], schema: str, width: int) -> tuple[str, str]:
    """Both ends of the title line; without `backup` where it would not fit.

    Args:
        sides: What `side_words` says of both.
        schema: What `schema_words` says; empty before it is known.
        width: Columns.
    """
    first, second = sides
    tail = f"{second} · {schema}" if schema else second
    if cell_len(first) + cell_len(tail) + 4 > width:
        first, tail = (text.replace(" backup ", " ", 1) for text in (first, tail))
    return first, tail


def gist(found: Comparison) -> list[str]:
    """What it comes to, in sentences."""
    lines = [f"In words: {one_line(found.words)}."]
    first, second = (one_line(side.revision) or "none" for side in (found.first, found.second))
    if first != second:
        lines.append(f"Revision {first} in A, {second} in B.")
    return lines


def compared_words(found: Comparison) -> str:
    """`compared 950,654 rows by key in 4.1 s`."""
    return f"compared {plural(found.rows, 'row')} by key in {duration(found.seconds)}"


def progress_words(done: int, total: int) -> str:
    """`comparing 312,000 of 950,654 rows  33 %`; an amount alone while nothing is counted."""
    if not total:
        return "comparing …"
    share = min(100, 100 * done // total)
    return f"comparing {count(min(done, total))} of {count(total)} rows  {share} %"


def detail_title(table: TableDifference) -> str:
    """`gateways · 3 removed since A`."""
    said = differences(table)
    return f"{one_line(table.table)} · {said} since A" if said else one_line(table.table)


def by_words(table: TableDifference) -> str:
    """How its rows are told apart: `by primary key id`."""
    if table.problem or table.only_in:
        return ""
    return f"by primary key {', '.join(table.key)}" if table.key else "by whole rows, no usable key"


def no_rows_words(table: TableDifference) -> str:
    """Why a table that is listed has no row to show."""
    note = table_note(table)
    if table.problem or table.only_in:
        return f"{note}."
    return f"No row counts as different{f': {note}' if note else ''}."


def more_words(below: int) -> Line:
    """`   18 more · Enter shows all`."""
    return (Span(f"   {count(below)} more · Enter shows all", "muted"),) if below > 0 else ()


def has_rows(table: TableDifference) -> bool:
    """Whether rows of it can be shown."""
    return bool(table.removed or table.added or table.changed) and not table.only_in


def first_of(found: Comparison, wanted: str) -> str:
    """The table to begin with: `wanted` if it differs, else the first that does."""
    differing = [table.table for table in found.tables if table.differs]
    return wanted if wanted in differing else next(iter(differing), "")
