"""The reports of `activity`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tui.cli.report.progress import far
from tui.cli.report.table import aligned, fit, labelled
from tui.cli.report.words import entry_sign, local
from tui.core.models import ActivityEntry, StepLine
from tui.wording.entries import result, what
from tui.wording.quantities import count, duration, when

EMPTY = "Nothing recorded yet. Every change made here or by cron will stand here."
_STEP_SIGNS = {
    "pending": "·",
    "running": "»",
    "done": "✓",
    "failed": "✗",
    "undone": "·",
    "cut": "!",
}


def list_lines(entries: Sequence[ActivityEntry], of: int, not_kept: int = 0) -> Iterator[str]:
    """A line an operation.

    Args:
        entries: Those that are listed.
        of: How many there are in all.
        not_kept: How many older ones there were.
    """
    if not entries:
        yield f"None of {count(of)} entries matches." if of else EMPTY
        return
    now = datetime.now(UTC)
    rows = [("", "op", "when", "who", "what", "took", "result")]
    rows += [
        (
            entry_sign(entry),
            str(entry.number),
            when(entry.started, now),
            entry.who,
            what(entry),
            "" if entry.seconds is None else duration(entry.seconds),
            fit(result(entry), 60),
        )
        for entry in entries
    ]
    yield from aligned(rows, right=(1, 5))
    if len(entries) < of:
        yield f"{count(len(entries))} of {count(of)} entries"
    if not_kept:
        yield f"{count(not_kept)} older ones are not kept any more"


def entry_lines(entry: ActivityEntry) -> Iterator[str]:
    """One operation with all its steps."""
    down = "" if entry.down_seconds is None else duration(entry.down_seconds)
    rows = [
        ("op", f"{entry.number}  {what(entry)}"),
        ("journal", entry.id),
        ("began", local(entry.started)),
        ("by", f"{entry.who} on {entry.host}" + (f", {entry.origin}" if entry.origin else "")),
        ("result", f"{entry_sign(entry)} {result(entry)}"),
        ("why", entry.sentence if entry.state != "done" else ""),
        ("took", "" if entry.seconds is None else duration(entry.seconds)),
        ("down", down),
        ("command", entry.command),
    ]
    yield from labelled([(label, text) for label, text in rows if text])
    if entry.steps:
        yield "STEPS"
        yield from ("  " + line for line in aligned([_step(step) for step in entry.steps]))


def _step(step: StepLine) -> tuple[str, ...]:
    took = "" if step.seconds is None else duration(step.seconds)
    if step.state == "running" and step.done:
        took = far(step)
    return (f"{_STEP_SIGNS[step.state]} {step.state}", step.title, took, step.text)
