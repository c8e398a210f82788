"""The report of a rehearsal as rows and lines of a screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui.app.glyphs import Glyphs
from tui.app.listing.row import Column, Row
from tui.app.paint import Span
from tui.app.screens.lines import (
    ATTENTION,
    BOLD,
    DANGER,
    HEALTHY,
    MUTED,
    hanging,
    line,
    say,
)
from tui.core.models import Rehearsal
from tui.wording import rehearsal_facts, rehearsals
from tui.wording.quantities import count
from tui.wording.rehearsal_facts import Fact

TABS = ("Report", "Schema diff", "Output")
START = "start"
"""Key of the row that is no revision."""
_INDENT = 11
_STYLES = {"ok": HEALTHY, "warn": ATTENTION, "fail": DANGER, "none": ""}
_SIGNS = {"+": "healthy", "-": "danger", "~": "attention"}

RUNS = (
    Column("revision", 12, gap=2),
    Column("took", 9, "right", gap=2),
    Column("what it did", 20, grows=True, gap=0),
)
PRINTED = (Column("printed", 20, grows=True, gap=0),)


def title(report: Rehearsal, total: int = 0) -> Content:
    """` ✓ ok   e198602c3c1e → 7ab59991e017   6 revisions, 1.2 s, on a copy now deleted`.

    Args:
        report: What was rehearsed.
        total: How many revisions were to be run; 0 when that is not known.
    """
    role, word = rehearsals.verdict(report)
    sign = {"ok": "✓", "fail": "✗"}[role]
    style = _STYLES[role]
    told = rehearsals.headline(report, total)
    return line(" ", (f"{sign} {word}", f"{style} bold" if role == "ok" else style), "   ", told)


def tabs(report: Rehearsal, current: int, width: int) -> Content:
    """`[Report]  Schema diff 14  Output 23`, and when it was rehearsed."""
    counts = ("", count(len(report.schema)), count(len(_printed(report))))
    parts: list[object] = [" "]
    for number, name in enumerate(TABS):
        words = f"{name} {counts[number]}".rstrip()
        parts.append((f"[{words}]", BOLD) if number == current else f" {words} ")
        parts.append(" ")
    head = line(*parts)
    tail = rehearsals.rehearsed(report)
    room = width - head.cell_length - 2
    return line(head, (f"{tail:>{room}} " if len(tail) <= room else "", MUTED))


def columns(report: Rehearsal, tab: int, width: int) -> tuple[Column, ...]:
    """Of one tab's list; a name is cut only where it leaves no room for a definition."""
    if tab != 1:
        return RUNS if tab == 0 else PRINTED
    names = [len(rehearsal_facts.change_name(item)) for item in report.schema]
    return (
        Column("", 1, gap=1),
        Column("kind", 10, gap=1),
        Column("name", min(max(names, default=4), max(20, width - 36)), gap=2),
        Column("definition", 16, grows=True, gap=0),
    )


def rows(report: Rehearsal, tab: int, glyphs: Glyphs) -> list[Row]:
    """Of one tab's list."""
    if tab == 0:
        return _runs(report, glyphs)
    return _schema(report) if tab == 1 else _printed(report)


def empty(report: Rehearsal, tab: int) -> str:
    """What stands where there are no rows."""
    if tab == 1:
        return "The schema stays as it is."
    if rehearsals.is_nothing(report):
        return rehearsals.NOTHING
    return "No revision was run." if tab == 0 else "It printed nothing."


def _runs(report: Rehearsal, glyphs: Glyphs) -> list[Row]:
    found = []
    for run in rehearsals.run_lines(report):
        sign = Span(glyphs.sign("ok" if run.ok else "fail"), "healthy" if run.ok else "danger")
        what = Span(run.what, "" if run.ok else "danger", bold=not run.ok)
        if run.revision:
            cells = (Span(run.name, bold=not run.ok), Span(run.took), what)
            found.append(Row(run.revision, cells, sign))
        else:
            # Its name is too long for the column of the revisions.
            told = " ".join(part for part in (run.name, run.what) if part)
            cells = (Span(START), Span(run.took), what._replace(text=told))
            found.append(Row(START, cells, sign))
    return found


def _schema(report: Rehearsal) -> list[Row]:
    return [
        Row(
            f"{number}",
            (
                Span(item.sign, _SIGNS[item.sign], bold=True),
                Span(item.kind, "muted"),
                Span(rehearsal_facts.change_name(item)),
                Span(item.detail, "muted"),
            ),
        )
        for number, item in enumerate(report.schema)
    ]


def _printed(report: Rehearsal) -> list[Row]:
    if report.failed is None and not report.output:
        return []
    return [
        Row(f"{number}", (Span(text or " "),))
        for number, text in enumerate(rehearsal_facts.output_lines(report))
    ]


def facts(found: Sequence[Fact], width: int) -> list[Content]:
    """What follows from it, label beside text."""
    rows_: list[Content] = []
    for fact in found:
        if fact.label in ("next", "error"):
            rows_.append(Content(""))
        words = say(fact.text, BOLD if fact.label == "live" else _STYLES[fact.role])
        rows_ += hanging(line(" ", (fact.label, MUTED)), words, width - 1, _INDENT)
    return rows_


def summary(report: Rehearsal, tab: int, width: int, key: str = "") -> list[Content]:
    """What stands below the other tabs: the line under the cursor whole, and a sum.

    Args:
        report: What was rehearsed.
        tab: Which tab.
        width: Columns.
        key: Of the row under the cursor.
    """
    words = rehearsal_facts.schema_summary(report) if tab == 1 else rehearsals.rehearsed(report)
    told = hanging(line(" "), say(words, MUTED), width - 1, 1)
    whole = _whole(report, tab, key)
    if len(whole) + 3 <= width and tab == 2:
        return told
    return [*(hanging(line(" "), say(whole, BOLD), width - 1, 1) if whole else ()), *told]


def _whole(report: Rehearsal, tab: int, key: str) -> str:
    """A line of a list that may be wider than the screen."""
    lines: Sequence[str]
    if tab == 1:
        lines = [rehearsal_facts.change(item) for item in report.schema]
    else:
        lines = rehearsal_facts.output_lines(report)
    return lines[int(key)] if key.isdecimal() and int(key) < len(lines) else ""
