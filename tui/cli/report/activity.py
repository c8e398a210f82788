"""The reports of `activity`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tui.cli.report.progress import far
from tui.cli.report.table import aligned, fit, labelled
from tui.cli.report.words import entry_sign, local, result_words
from tui.core.models import ActivityEntry, StepLine
from tui.wording.quantities import duration, when
from tui.wording.undone import undone_short

EMPTY = "Nothing recorded yet. Every change made here or by cron will stand here."
_STEP_SIGNS = {
    "pending": "·",
    "running": "»",
    "done": "✓",
    "failed": "✗",
    "undone": "·",
    "cut": "!",
}


def list_lines(entries: Sequence[ActivityEntry]) -> Iterator[str]:
    """A line an operation."""
    if not entries:
        yield EMPTY
        return
    now = datetime.now(UTC)
    rows = [("", "op", "when", "who", "what", "took", "result")]
    rows += [
        (
            entry_sign(entry),
            str(entry.number),
            when(entry.started, now),
            entry.who,
            _what(entry),
            "" if entry.seconds is None else duration(entry.seconds),
            fit(result_words(entry), 60),
        )
        for entry in entries
    ]
    yield from aligned(rows, right=(1, 5))


def _what(entry: ActivityEntry) -> str:
    """`restore B12`, `undo of upgrade op 4`."""
    undoes = undone_short(entry.result) if entry.operation == "undo" else ""
    return f"undo of {undoes}" if undoes else f"{entry.operation} {entry.subject}".strip()


def entry_lines(entry: ActivityEntry) -> Iterator[str]:
    """One operation with all its steps."""
    down = "" if entry.down_seconds is None else duration(entry.down_seconds)
    rows = [
        ("op", f"{entry.number}  {_what(entry)}"),
        ("journal", entry.id),
        ("began", local(entry.started)),
        ("by", f"{entry.who} on {entry.host}" + (f", {entry.origin}" if entry.origin else "")),
        ("result", f"{entry_sign(entry)} {result_words(entry)}"),
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
