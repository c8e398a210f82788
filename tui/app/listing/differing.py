"""Rows that differ, as rows of a list and as both versions side by side; secrets masked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from tui.app.glyphs import Glyphs
from tui.app.listing.cells import WIDEST, cell_of
from tui.app.listing.row import Column, Row
from tui.app.paint import Span
from tui.app.ticks import Ticks
from tui.core.models import RowDifference, TableDifference
from tui.core.secrets import is_secret
from tui.wording.clean import one_line, printable
from tui.wording.comparisons import SIGNS

ROLES = {"removed": "attention", "added": "healthy", "changed": "running"}
"""The colour role of each kind's sign."""

_UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
_GOOD = ("name", "original_name", "display_name", "title", "slug", "full_name", "email",
         "user_email", "username", "uri", "url", "enabled", "is_active", "type", "version",
         "status")  # fmt: skip
"""Columns that tell a person most of a row, the best first."""
NARROW = 10
"""Columns below which a value that is cut says nothing."""
_LONG = 80
"""Characters from which on a value is no reading for a list."""


def name_of(table: TableDifference, row: RowDifference, mask: Sequence[str]) -> str:
    """What a person calls a row: its name, or its key; empty where only secrets would tell."""
    values = _values(row)
    for column in _GOOD[:11]:
        value = values.get(column)
        if isinstance(value, str) and value and not is_secret(table.table, column, mask):
            return one_line(value)
    known = zip(table.key, row.key, strict=False)
    return one_line(", ".join(str(v) for c, v in known if not is_secret(table.table, c, mask)))


def columns_of(
    table: TableDifference, rows: Sequence[RowDifference], mask: Sequence[str]
) -> list[str]:
    """The columns that are worth showing, the best first: the key, names, short readable ones."""
    names = list(dict.fromkeys(name for row in rows for name in _values(row)))
    keys = [name for name in names if name in table.key]
    good = [name for name in _GOOD if name in names and name not in keys]
    rest = [name for name in names if name not in keys and name not in good]
    readable = [
        name
        for name in (*good, *rest)
        if not is_secret(table.table, name, mask)
        and all(_is_short(_values(row).get(name)) for row in rows)
        and any(_values(row).get(name) not in (None, "") for row in rows)
    ]
    return [*keys, *readable]


def _is_short(value: object) -> bool:
    if isinstance(value, bytes):
        return False
    return not isinstance(value, str) or (len(value) <= _LONG and value[:1] not in ("{", "["))


def _values(row: RowDifference) -> Mapping[str, Any]:
    # Of a changed row what stands there now, for that is what somebody looks for.
    return row.after or row.before or {}


def grid(
    table: TableDifference,
    rows: Sequence[RowDifference],
    glyphs: Glyphs,
    room: int,
    *,
    mask: Sequence[str] = (),
    ticks: Ticks | None = None,
    words: bool = False,
) -> tuple[list[Column], list[Row]]:
    """Columns and rows of a list.

    Args:
        table: Whose rows.
        rows: From top to bottom.
        glyphs: Signs.
        room: Columns of the terminal for all of them.
        mask: The operator's own patterns of secret columns.
        ticks: What is ticked.
        words: Whether the kind of each stands there as a word, too.
    """
    columns = [Column("what", 7)] if words else []
    cells: list[list[Span]] = [
        [Span(row.kind, ROLES[row.kind])] if words else [] for row in rows
    ]  # fmt: skip
    differ = [one_line(", ".join(row.columns)) for row in rows]
    spare = room - sum(c.width + c.gap for c in columns)
    if any(differ):
        # Where rows are changed, which columns are is what somebody came to see.
        spare -= min(24, max(len("changed columns"), *map(cell_len, differ))) + 1
    for name in columns_of(table, rows, mask):
        values = [_cell(table, name, row, glyphs, mask) for row in rows]
        longest = max(cell_len(one_line(name)), *(cell_len(v.text) for v in values))
        width = min(longest, WIDEST)
        if width >= spare:
            width = spare - 1
            if width < NARROW:
                continue
        spare -= width + 1
        numbers = all(isinstance(_values(row).get(name), int | float | None) for row in rows)
        columns.append(Column(one_line(name), width, "right" if numbers else "left"))
        for line, value in zip(cells, values, strict=True):
            line.append(value)
    if any(differ):
        columns.append(Column("changed columns", 8, grows=True, gap=0))
        for line, text in zip(cells, differ, strict=True):
            line.append(Span(text))
    listed = [
        Row(
            str(number),
            tuple(line),
            Span(SIGNS[row.kind], ROLES[row.kind]),
            words=f"{row.kind} {name_of(table, row, mask)}",
            fields={"what": row.kind},
            marked=ticks is not None and ticks.has_row(table.table, row.key)
            and row.kind != "added",
        )
        for number, (row, line) in enumerate(zip(rows, cells, strict=True))
    ]  # fmt: skip
    return columns, listed


def _cell(
    table: TableDifference, name: str, row: RowDifference, glyphs: Glyphs, mask: Sequence[str]
) -> Span:
    value = _values(row).get(name)
    if isinstance(value, str) and _UUID.fullmatch(value) and name in table.key:
        return Span(value[:8] + glyphs.more)
    return cell_of(value, glyphs, masked=is_secret(table.table, name, mask))


@dataclass(frozen=True, slots=True)
class Version:
    """One column of a row on both sides."""

    name: str
    before: str | None
    """None: this side has no such row or column."""
    after: str | None
    differs: bool
    counts: bool
    """Whether the difference makes it another row; the gateway changes some by itself."""


def versions(
    table: TableDifference, row: RowDifference, glyphs: Glyphs, mask: Sequence[str] = ()
) -> list[Version]:
    """Every column on both sides: those that differ first, then those that do not count."""
    counted = {name.casefold() for name in row.columns}
    sides = [
        {name.casefold(): (name, value) for name, value in (side or {}).items()}
        for side in (row.before, row.after)
    ]
    found = []
    for folded in {**sides[0], **sides[1]}:
        name = (sides[0].get(folded) or sides[1][folded])[0]
        masked = is_secret(table.table, name, mask)
        before, after = (
            whole(side[folded][1], glyphs, masked=masked) if folded in side else None
            for side in sides
        )
        differs = row.kind == "changed" and not _is_same(sides[0], sides[1], folded)
        found.append(Version(one_line(name), before, after, differs, folded in counted))
    return sorted(found, key=lambda v: (not (v.differs and v.counts), not v.differs))


def _is_same(
    first: Mapping[str, tuple[str, Any]], second: Mapping[str, tuple[str, Any]], name: str
) -> bool:
    if name not in first or name not in second:
        return False
    before, after = first[name][1], second[name][1]
    return type(before) is type(after) and before == after


def whole(value: object, glyphs: Glyphs, *, masked: bool = False) -> str:
    """A value as it is, cleaned; a line break stays one."""
    if isinstance(value, str) and value and not masked:
        return printable(value).replace("\t", "    ")
    return cell_of(value, glyphs, masked=masked).text
