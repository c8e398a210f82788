"""What a plan does to the rows of each table, told from counts before and after."""

from __future__ import annotations

from textual.content import Content

from tui.app.screens.lines import BOLD, MUTED, line, say
from tui.core.operation import Plan, TableChange
from tui.wording.clean import one_line
from tui.wording.quantities import count, middle

_NOT_ROWS = "Row counts only: a changed or replaced row is not seen."


def difference(change: TableChange) -> int:
    """Rows more or less; a table that is on one side only counts with all its rows."""
    return (change.then or 0) - (change.now or 0)


def gained(plan: Plan) -> list[TableChange]:
    """Tables that will have more rows."""
    return [change for change in plan.changes if difference(change) > 0]


def lost(plan: Plan) -> list[TableChange]:
    """Tables that will have fewer rows."""
    return [change for change in plan.changes if difference(change) < 0]


def _side(rows: int | None) -> str:
    return "none" if rows is None else count(rows)


def summary(plan: Plan, room: int, *, more_rows: bool) -> str:
    """As many tables as fit into `room` columns, and how many more there are."""
    changes = gained(plan) if more_rows else lost(plan)
    if not plan.changes:
        return "rows were not compared"
    parts: list[str] = []
    for change in changes:
        part = f"{one_line(change.table)} {difference(change):+,}"
        if parts and len(", ".join([*parts, part])) > room - 16:
            break
        parts.append(part)
    nothing = "no table has more rows" if more_rows else "no table has fewer rows"
    text = ", ".join(parts) or nothing
    if more := len(changes) - len(parts):
        text += f", {count(more)} more: j"
    return text


def tables(plan: Plan, width: int, changes: list[TableChange]) -> list[Content]:
    """One line a table: how many rows now, and then."""
    if not plan.changes:
        return [say("rows were not compared", MUTED)]
    if not changes:
        return [say("no table", MUTED)]
    room = max(12, width - 34)
    rows = [
        line(
            f"{middle(one_line(change.table), room):<{room}}",
            (f"{difference(change):>+10,}", BOLD),
            (f"  {_side(change.now):>9} → {_side(change.then)}", MUTED),
        )
        for change in changes
    ]
    rows += [say(_NOT_ROWS, MUTED)] if width >= len(_NOT_ROWS) else []
    return rows
