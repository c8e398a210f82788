"""What a salvage brought back of each table, on the page of its result: the worst first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.content import Content

from tui.app.screens.lines import ATTENTION, DANGER, HEALTHY, MUTED, hanging, line, say
from tui.wording import salvaged
from tui.wording.clean import one_line

_SIGNS = {"ok": ("✓", HEALTHY), "warn": ("!", ATTENTION), "FAIL": ("✗", DANGER)}
_NAME = 28
"""Columns of a table's name at most."""
_GAPS = 2
"""Places of a table that are shown; the manifest beside the file has more."""


def salvage_lines(result: Mapping[str, Any], width: int) -> list[Content]:
    """The report per table, then what else is to be known."""
    found = result["salvaged"]
    tables = list(found.get("tables") or ())
    wide = min(_NAME, max((len(one_line(str(each["name"]))) for each in tables), default=0))
    rows: list[Content] = [line((" tables", MUTED))]
    for table in tables:
        sign, style = _SIGNS[salvaged.verdict_of(table)]
        name = say(one_line(str(table["name"]))).truncate(wide, ellipsis=True, pad=True)
        head = line(" ", (sign, style), " ", name, "  ")
        rows += hanging(head, say(salvaged.table_words(table)), width - 1, head.cell_length)
        for gap in list(table.get("gaps") or ())[:_GAPS]:
            rows += hanging(line("     "), say(one_line(str(gap)), MUTED), width - 1, 5)
    if more := int(found.get("tables_left_out") or 0):
        rows.append(line((f"   and {more:,} more: the manifest beside the file has them", MUTED)))
    rows.append(Content(""))
    for number, text in enumerate(salvaged.remarks(found)):
        rows += hanging(line((" known" if not number else "", MUTED)), say(text), width - 1, 10)
    return rows
