"""What a retention policy says of each backup, for the plan of a prune or a delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.content import Content

from tui.app.screens.lines import ATTENTION, BOLD, MUTED, line
from tui.core.operation import Plan
from tui.wording.clean import one_line
from tui.wording.quantities import middle, narrow_size, plural, prose

_ID, _SIZE = 7, 6
"""Columns of the id and of the size, with what separates them."""


def rulings_rows(plan: Plan, width: int) -> list[Content]:
    """Which backups go, then which stay, each with the rule; empty without rulings.

    Args:
        plan: Its facts have `rulings`: mappings with backup, name, size, keep, rule.
        width: Cells of a line.
    """
    rulings: list[Mapping[str, Any]] = list(plan.facts.get("rulings") or ())
    if not rulings:
        return []
    going = [ruling for ruling in rulings if not ruling["keep"]]
    staying = [ruling for ruling in rulings if ruling["keep"]]
    freed = narrow_size(sum(int(ruling["size"]) for ruling in going))
    rows = [line((f" GO  {plural(len(going), 'backup')}, {freed} come free", BOLD))]
    rows += [_row(ruling, width) for ruling in going] or [line(("   nothing goes", MUTED))]
    rows.append(line((f" STAY  {plural(len(staying), 'backup')}", BOLD)))
    rows += [_row(ruling, width) for ruling in staying] or [line(("   nothing stays", MUTED))]
    return rows


def _row(ruling: Mapping[str, Any], width: int) -> Content:
    """`   - k7m2qd  412M  mcp_hotbackup_20260811_020001.db  older than 7 days`."""
    goes = not ruling["keep"]
    names = min(40, max(24, width - 44))
    rule = one_line(str(ruling["rule"])).removeprefix("dropped: ").removeprefix("kept: ")
    head = f"{'-' if goes else ' '} {one_line(str(ruling['backup'])):<{_ID}}"
    size = f"{narrow_size(int(ruling['size'])):>{_SIZE - 1}}  "
    name = f"{middle(one_line(str(ruling['name'])), names):<{names}}  "
    room = max(0, width - 4 - len(head) - len(size) - len(name))
    return line(
        "   ",
        (head, ATTENTION if goes else ""),
        size,
        name,
        (prose(rule, room), "" if goes else MUTED),
    )
