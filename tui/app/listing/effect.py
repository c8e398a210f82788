"""What can be brought back, with what is ticked of it, and what the ticked rows would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.app.glyphs import SIGN_ROLES, Glyphs, sign_of
from tui.app.listing.row import Column, Row
from tui.app.paint import Line, Span
from tui.app.ticks import Ticks, why_not_table
from tui.core.models import Comparison, TableDifference
from tui.core.operation import Check, Plan, Verdict
from tui.wording import plans
from tui.wording.quantities import count, plural

COLUMNS = (
    Column("table", 24, grows=True),
    Column("missing", 9, "right"),
    Column("otherwise", 9, "right", gap=2),
    Column("ticked", 12, gap=0),
)
ROW_MARK = "\0"
"""Between a table's name and a ticked row's number in a key of the list; no name has it."""
NOTHING_TICKED: Line = (Span(" Nothing is ticked: nothing would change.", "muted"),)


def listed(found: Comparison) -> list[TableDifference]:
    """The tables of which something can be brought back."""
    return [table for table in found.tables if not why_not_table(table)]


def tick_rows(found: Comparison, ticks: Ticks, glyphs: Glyphs) -> list[Row]:
    """A row for each table, and below it one for each of its rows that is ticked by itself."""
    result = []
    for table in listed(found):
        name, rows = table.table, ticks.rows.get(table.table, {})
        said = "all of it" if name in ticks.tables else plural(len(rows), "row") if rows else ""
        cells = (name, _number(table.removed), _number(table.changed), said)
        result.append(Row(name, tuple(map(Span, cells)), marked=ticks.has(name)))
        result += [
            Row(
                f"{name}{ROW_MARK}{number}",
                tuple(map(Span, (f"  {glyphs.twig} {words or 'a row'}", "", "", "this row"))),
                marked=True,
            )
            for number, words in enumerate(rows.values())
        ]
    return result


def _number(value: int) -> str:
    return count(value) if value else ""


def effect(plan: Plan, glyphs: Glyphs) -> tuple[Line, ...]:
    """What the plan would do: per table, in all, how long the gateway is down, what forbids it.

    Args:
        plan: Of bringing back; its facts have `effect` and `effect_words`.
        glyphs: Signs.
    """
    rows: list[Mapping[str, Any]] = [
        row for row in plan.facts["effect"] if row["added"] or row["replaced"]
    ]
    width = max((len(str(row["table"])) for row in rows), default=0)
    # What forbids it comes first: it must not be below the last line that fits.
    lines = [_check(check, glyphs) for check in plan.checks if check.verdict is Verdict.FAIL]
    lines += [(Span(f" {row['table']!s:<{width}}  "), Span(_row_words(row))) for row in rows]
    lines.append((Span(" in all  ", "muted"), Span(str(plan.facts["effect_words"]), bold=True)))
    lines.append((Span(" stays   ", "muted"), Span("rows that only live has; nothing is removed")))
    lines.append((Span(" down    ", "muted"), Span(plans.down(plan))))
    others = (Verdict.WARN, Verdict.UNKNOWN)
    return (*lines, *(_check(check, glyphs) for check in plan.checks if check.verdict in others))


def _check(check: Check, glyphs: Glyphs) -> Line:
    sign = sign_of(check.verdict)
    head = f" {glyphs.sign(sign)} {check.verdict.value} "
    role = SIGN_ROLES[sign]
    return Span(head, role), Span(f"{check.name}: {check.text}", role)


def _row_words(row: Mapping[str, Any]) -> str:
    """`38 added, 1 replaced (38 belong to the ticked ones)`."""
    words = f"{plural(row['added'], 'row')} added, {count(row['replaced'])} replaced"
    why = []
    if row["related"]:
        why.append(f"{count(row['related'])} point to what comes back")
    if row["parents"]:
        why.append(f"{count(row['parents'])} needed by what comes back")
    return f"{words} ({', '.join(why)})" if why else words
