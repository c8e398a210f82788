"""What a plan does to the rows of each table, as lines of a screen."""

from __future__ import annotations

from textual.content import Content

from tui.app.screens.lines import BOLD, MUTED, line, say
from tui.core.operation import Plan
from tui.wording import plans
from tui.wording.plans import RowLine
from tui.wording.quantities import middle, prose


def summary(plan: Plan, room: int, *, more_rows: bool) -> str:
    """As many tables as fit into `room` columns, and how many more there are."""
    if not plans.is_compared(plan):
        return plans.NOT_COMPARED
    found = plans.back(plan) if more_rows else plans.lost(plan)
    return plans.summary(found, room, none=plans.none_of(more_rows=more_rows))


def tables(plan: Plan, width: int, found: list[RowLine]) -> list[Content]:
    """One line a table: how many rows, and which."""
    if not plans.is_compared(plan):
        return [say(plans.NOT_COMPARED, MUTED)]
    if not found:
        return [say("no table", MUTED)]
    by_name = plans.is_by_name(plan)
    room = max(12, width - 34)
    if by_name:
        # Names need more room than two numbers.
        room = min(room, max(len(row.table) for row in found))
    left = width - room - 13
    rows = [
        line(
            f"{middle(row.table, room):<{room}}",
            (f"{row.amount:>10}", BOLD),
            (f"  {prose(row.note, left) if by_name else _aligned(row.note)}", MUTED),
        )
        for row in found
    ]
    only_counted = not by_name and width >= len(plans.COUNTS_ONLY)
    rows += [say(plans.COUNTS_ONLY, MUTED)] if only_counted else []
    return rows


def _aligned(note: str) -> str:
    """`280 → 318` with its first number set to the right."""
    now, arrow, then = note.partition(" → ")
    return f"{now:>9}{arrow}{then}"
