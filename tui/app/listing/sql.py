"""What the SQL console says around its editor and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len, set_cell_size

from tui.app.listing.row import Column, Row
from tui.app.paint import Line, Span, line
from tui.app.sql_history import Remembered
from tui.core.models.queries import Caps
from tui.wording import quantities
from tui.wording.clean import one_line
from tui.wording.queries import took

TABS = ("Result", "Plan", "History")
LONGEST = 600
"""Characters of a sentence: SQLite repeats words of any length."""
EMPTY = "Type a SELECT. Tables: Tab completes."
HOW_TO_RUN = " Enter runs when the statement ends with ;   F5 runs it anyway"
HISTORY_COLUMNS = (
    Column("when", 12, gap=2),
    Column("asked", 13, gap=2),
    Column("statement", 20, grows=True),
)


def limits(caps: Caps | None) -> str:
    """`stops at 30 s or 10,000 rows`; empty while that is not known."""
    if caps is None:
        return ""
    rows = "" if caps.rows is None else f" or {quantities.plural(caps.rows, 'row')}"
    return f"stops at {caps.seconds:g} s{rows}"


def source_words(backup: str, state: str = "") -> str:
    """What is asked, and why that changes nothing: `live · read-only: mode=ro + authorizer`.

    Args:
        backup: Its id; empty for the live database.
        state: Why it cannot be asked now.
    """
    name = f"backup {backup}" if backup else "live"
    how = "read-only copy + authorizer" if backup else "read-only: mode=ro + authorizer"
    return f" {name} · {state or how}"


def tabs(current: int) -> Line:
    """`[Result]  Plan  History`."""
    return tuple(
        Span(f"{'  ' if n else ''}[{word}]", "focus")
        if n == current
        else Span(f"{'  ' if n else ''}{word}", "muted")
        for n, word in enumerate(TABS)
    )


def running_words(seconds: float, rows: int) -> str:
    """`4,112 rows · 3.21 s · running`."""
    return f"{quantities.plural(rows, 'row')} · {took(seconds)} · running"


def wrong_lines(sql: str, place: tuple[int, int], why: str, width: int) -> tuple[Line, ...]:
    """The line that SQLite does not understand, a caret under the place, and why.

    Args:
        sql: The statement.
        place: Line and column from 1; 0 where it is not known.
        why: The sentence.
        width: Columns that there are; of a longer line what stands around the place is shown.
    """
    number, column = place
    said = line("  ", Span(quantities.prose(one_line(why), LONGEST), "attention"))
    if not number:
        return (said,)
    text = sql.split("\n")[number - 1]
    before, behind = one_line(text[: column - 1]), one_line(text[column - 1 :])
    head = f"  {number}  "
    room = max(8, width - len(head) - 1)
    if cell_len(before) + cell_len(behind) > room:
        before = _end_of(before, room * 2 // 3)
        behind = _beginning_of(behind, room - cell_len(before))
    caret = " " * (len(head) + cell_len(before)) + "^"
    return (
        line(Span(head, "muted"), before, behind),
        line(Span(caret, "attention", True)),
        said,
    )


def _end_of(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    kept = text[-width:]
    while cell_len(kept) > width - 1:
        kept = kept[1:]
    return f"…{kept}"


def _beginning_of(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)) + "…"


def plan_lines(steps: Sequence[str]) -> tuple[Line, ...]:
    """EXPLAIN QUERY PLAN, a step a line."""
    if not steps:
        return (line(Span("  A PRAGMA has no plan.", "muted")),)
    return tuple(line(f"  {one_line(step)}") for step in steps)


def history_rows(known: Sequence[Remembered], now: datetime) -> tuple[Row, ...]:
    """The statements, newest first; the key is the place among them."""
    return tuple(
        Row(
            str(number),
            (
                Span(_when(entry.at.astimezone(now.tzinfo), now), "muted"),
                Span(f"backup {entry.of}" if entry.of else "live", "muted"),
                Span(" ".join(entry.sql.split())[:400]),
            ),
        )
        for number, entry in reversed(list(enumerate(known)))
    )


def _when(at: datetime, now: datetime) -> str:
    return at.strftime("%b %d %H:%M" if at.year == now.year else "%Y-%m-%d")
