"""The reports of rehearsals: one in full, or a line each; the words are `tui.wording`'s."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tui.cli.report.table import aligned, labelled
from tui.core.models import Rehearsal
from tui.wording import rehearsal_facts
from tui.wording import rehearsals as words
from tui.wording.quantities import when

EMPTY = "No rehearsal is kept here; `migrations rehearse` makes one."
_SIGNS = {"ok": "✓", "warn": "!", "fail": "✗", "none": "·"}


def report_lines(
    report: Rehearsal, *, stop: float | None = None, start: float | None = None
) -> Iterator[str]:
    """The verdict, each revision, what follows, and what is different afterwards.

    Args:
        report: What was rehearsed.
        stop: Seconds that the gateway's last stop took; None when not known.
        start: Seconds that its last start took.
    """
    role, word = words.verdict(report)
    yield f"{_SIGNS[role]} {word}  {words.headline(report)}"
    rows = [("✓" if r.ok else "✗", r.name, r.took, r.what) for r in words.run_lines(report)]
    if rows:
        yield from (f"  {line}" for line in aligned(rows, right=(2,)))
    lead_on = "mcpdb-tui migrations " + ("downgrade" if report.action == "downgrade" else "upgrade")
    facts = rehearsal_facts.facts(report, stop=stop, start=start, lead_on=lead_on)
    yield from labelled([(fact.label, fact.text) for fact in facts], "  ")
    if report.schema:
        yield f"SCHEMA  {rehearsal_facts.schema_summary(report)}"
        yield from (f"  {rehearsal_facts.change(item)}" for item in report.schema)
    if report.failed is not None or report.problem:
        yield "OUTPUT"
        yield from (f"  {line}" for line in rehearsal_facts.output_lines(report))
    yield f"{words.rehearsed(report)}; {report.id}"


def listed_lines(reports: Sequence[Rehearsal]) -> Iterator[str]:
    """A line a report."""
    if not reports:
        yield EMPTY
        return
    now = datetime.now(UTC)
    yield from aligned(
        [
            (
                _SIGNS[words.verdict(report)[0]],
                when(report.taken, now),
                report.who,
                words.in_a_list(report),
                report.id,
            )
            for report in reports
        ]
    )
