"""What the values of a table's columns are like, a column a line, and one of them in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.app.glyphs import Glyphs
from tui.app.grid.cells import drawn
from tui.app.listing.row import Column, Row
from tui.app.paint import Line, Span
from tui.core.models.rows import ColumnStatistics, RelationColumn
from tui.services.sqlite.sizes import NO_DBSTAT, Size
from tui.wording import quantities
from tui.wording.clean import one_line

EDGE = 40
"""Characters of the smallest and largest value."""
MANY = 1_000_000
"""Rows from which a column is looked at only on a wish: each is a pass over the whole table."""


def columns(width: int) -> tuple[Column, ...]:
    """Of the list; the edges have what room there is."""
    edge = max(10, min(36, (width - 44) // 2))
    return (
        Column("column", 16, grows=True, gap=1),
        Column("nulls", 9, "right", gap=1),
        Column("distinct", 9, "right", gap=2),
        Column("smallest", edge, gap=1),
        Column("largest", edge, gap=1),
    )


def rows(
    shown: Sequence[RelationColumn],
    known: Mapping[str, ColumnStatistics | str],
    reading: str,
    glyphs: Glyphs,
) -> list[Row]:
    """A row for each column.

    Args:
        shown: The columns.
        known: What is known of them; a sentence where it cannot be read.
        reading: The one that is being looked at.
        glyphs: Signs.
    """
    return [
        Row(each.name, _cells(each, known.get(each.name), each.name == reading, glyphs))
        for each in shown
    ]


def _cells(
    column: RelationColumn, found: ColumnStatistics | str | None, reading: bool, glyphs: Glyphs
) -> tuple[Span, ...]:
    name = Span(column.name)
    if found is None:
        return (name, Span(glyphs.more if reading else glyphs.dash, "muted"))
    if isinstance(found, str):
        return (name, Span("?", "attention"))
    nulls = Span(quantities.count(found.nulls), "" if found.nulls else "muted")
    if column.secret:
        return (name, nulls, Span(""), Span("masked", "muted"))
    distinct = glyphs.more if found.distinct is None else quantities.count(found.distinct)
    edges = [
        Span("", "muted") if found.nulls == found.rows or found.long
        else _value(edge, column, glyphs)
        for edge in (found.smallest, found.largest)
    ]  # fmt: skip
    role = "muted" if found.distinct is None else ""
    return (name, nulls, Span(distinct, role), *edges)


def _value(value: object, column: RelationColumn, glyphs: Glyphs) -> Span:
    cell = drawn(value, column, glyphs, EDGE)
    return Span(cell.text + (glyphs.more if cell.more else ""), "muted" if cell.muted else "")


def detail(
    column: RelationColumn, found: ColumnStatistics | str | None, glyphs: Glyphs
) -> tuple[Line, ...]:
    """What is known of one column."""
    head: Line = (Span(f" {one_line(column.name)}", bold=True),
                  Span(f"  {one_line(column.declared)}", "muted"))  # fmt: skip
    if found is None:
        return (head,)
    if isinstance(found, str):
        return (head, (Span(f" {one_line(found)}", "attention"),))
    lines: list[Line] = [(*head, Span(f"  {_kinds(found)}", "muted"))]
    if column.secret:
        lines.append((Span(" A secret: its values are not looked at.", "muted"),))
    elif found.long:
        lines.append((Span(" Holds a value over 1M: nothing was compared.", "muted"),))
    elif found.capped:
        words = " Too many rows without an index: different values were not counted."
        lines.append((Span(words, "muted"),))
    elif found.distinct == found.rows - found.nulls:
        words = "every value is there once" if found.distinct else "no value"
        lines.append((Span(f" {words}", "muted"),))
    elif found.top:
        spans = [Span(" most frequent  ", "muted")]
        for number, (value, count) in enumerate(found.top):
            spans += [Span("  " if number else ""), _value(value, column, glyphs),
                      Span(f" {quantities.count(count)}", "muted")]  # fmt: skip
        lines.append(tuple(spans))
    return tuple(lines)


def _kinds(found: ColumnStatistics) -> str:
    kinds = {**found.types, **({"NULL": found.nulls} if found.nulls else {})}
    if found.rows and not found.types:
        kinds = {"rows": found.rows, **kinds}
    told = ", ".join(f"{quantities.count(number)} {kind}" for kind, number in kinds.items())
    return told or "0 rows"


def size_words(found: Sequence[Size] | None) -> str:
    """`size 1.2M, 3 indexes 0.4M`; why it is not known where SQLite cannot tell."""
    if found is None:
        return NO_DBSTAT
    own = sum(each.bytes for each in found if not each.is_index)
    indexes = [each for each in found if each.is_index]
    if not found:
        return "no pages of its own"
    words = f"size {quantities.size(own)}"
    if indexes:
        of_all = quantities.size(sum(each.bytes for each in indexes))
        count = "1 index" if len(indexes) == 1 else f"{quantities.count(len(indexes))} indexes"
        words += f" + {count} {of_all}"
    return words
