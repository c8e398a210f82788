"""The steps of an operation, one line each, with amounts, rates and times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from tui.app.screens.lines import ATTENTION, DANGER, HEALTHY, MUTED, RUNNING, line, say
from tui.core.models import ActivityEntry, StepLine
from tui.wording.clean import one_line
from tui.wording.quantities import count, duration, narrow_size, plural, prose, size

_SIGNS = {
    "pending": ("·", MUTED, "not yet"),
    "running": ("»", RUNNING, "running"),
    "done": ("✓", HEALTHY, ""),
    "failed": ("✗", DANGER, "FAIL"),
    "undone": ("·", ATTENTION, "undone"),
    "cut": ("!", ATTENTION, "cut short"),
}
RECOVERY = "recovery:"
"""How the journal names the steps of a recovery."""
_RATE_AFTER = 0.5
"""Seconds after which a rate is more than noise."""


def step_lines(entry: ActivityEntry, width: int, now: datetime) -> list[Content]:
    """Every step; the running one with its bar, and the line from which there is no cancel."""
    rows: list[Content] = []
    crossed = recovering = False
    for number, step in enumerate(entry.steps, 1):
        if step.step.startswith(RECOVERY) and not recovering:
            crossed = recovering = True
            rows.append(line("   ", ("── finished or undone by itself ──", ATTENTION)))
        if not step.cancellable and not crossed:
            crossed = True
            if number > 1:
                rows.append(_no_return(width))
        rows.append(_step(number, step, width))
        if step.state == "running" and step.done:
            rows.append(_progress(step, width, now))
    return rows


def _no_return(width: int) -> Content:
    text = " C cancels until here; below it finishes or undoes itself "
    rule = max(4, min(width, 100) - len(text) - 4)
    before = max(2, rule - 6)
    return line("   ", ("─" * before + text + "─" * (rule - before), ATTENTION))


def _step(number: int, step: StepLine, width: int) -> Content:
    sign, style, word = _SIGNS[step.state]
    room = max(24, min(60, width - 35))
    title = prose(one_line(step.title), room - 2)
    head = line("  ", (sign, style), f"{number:>2}  ", f"{title:<{room}}")
    facts: list[str] = [word] if word else []
    if step.state == "done" and step.total:
        facts.append(amount(step.total, step.unit))
    if step.text:
        facts.append(one_line(step.text))
    if step.seconds is not None and step.state != "pending":
        facts.append(duration(step.seconds))
        if step.state == "done" and step.seconds >= _RATE_AFTER and step.total:
            facts.append(_rate(step.total / step.seconds, step.unit))
    tail = say("   ".join(fact for fact in facts if fact), MUTED if step.state == "pending" else "")
    return line(head, tail).truncate(width, ellipsis=True)


def amount(number: int, unit: str, *, narrow: bool = False) -> str:
    """So much of a unit: `412.1M`, `1,204 rows`, `12 s`."""
    if unit == "bytes":
        return narrow_size(number) if narrow else size(number)
    if is_revisions(unit):
        return plural(number, "revision")
    return f"{count(number)} {'s' if unit == 'seconds' else unit}"


def is_revisions(unit: str) -> bool:
    """Whether revisions are counted; the id of the one that runs may stand behind the word."""
    return unit.partition(" ")[0] == "revisions"


def _rate(per_second: float, unit: str) -> str:
    if unit == "seconds" or is_revisions(unit):
        return ""
    return f"{amount(round(per_second), unit, narrow=True)}/s"


def _elapsed(step: StepLine, now: datetime) -> float:
    return (now - step.started).total_seconds() if step.started else 0.0


def remaining(step: StepLine, now: datetime) -> float | None:
    """Seconds the running step still takes at its rate so far; None when that is not known."""
    elapsed = _elapsed(step, now)
    if not step.total or not step.done or elapsed < _RATE_AFTER:
        return None
    if step.unit == "seconds" or is_revisions(step.unit):
        return None
    return max(0.0, elapsed * (step.total - step.done) / step.done)


def _progress(step: StepLine, width: int, now: datetime) -> Content:
    """Bar, per cent, amount, rate and time left; without a total never a per cent."""
    elapsed = _elapsed(step, now)
    rate = _rate(step.done / elapsed, step.unit) if elapsed >= _RATE_AFTER else ""
    if not step.total:
        return line(" " * 8, f"{amount(step.done, step.unit)}   {rate}")
    cells = max(10, min(60, width - 46))
    if is_revisions(step.unit):
        # The one that is named has only begun; how long each takes differs by far.
        share = min(1.0, (step.done - 1) / step.total)
        bar = (("█" * int(cells * share), RUNNING), ("░" * (cells - int(cells * share)), MUTED))
        return line(" " * 8, *bar, f"  revision {count(step.done)} of {count(step.total)}")
    share = min(1.0, step.done / step.total)
    full = int(cells * share)
    done = amount(step.done, step.unit, narrow=True)
    total = amount(step.total, step.unit, narrow=True)
    left = remaining(step, now)
    facts = [f"{int(share * 100)} %", f"{done} of {total}", rate, duration(left) if left else ""]
    if step.unit == "seconds":
        facts = [f"{done} of at most {total}"]
    return line(
        " " * 8,
        ("█" * full, RUNNING),
        ("░" * (cells - full), MUTED),
        "  " + "   ".join(fact for fact in facts if fact),
    )


def running_step(entry: ActivityEntry) -> tuple[int, StepLine] | None:
    """The step that is going on, and its number from 1."""
    return next(
        ((n, step) for n, step in enumerate(entry.steps, 1) if step.state == "running"), None
    )


def summary(entry: ActivityEntry) -> str:
    """`1 to 6 ok · 7 FAIL · 8 not yet`: which steps went how."""
    parts = [
        _runs([step for step in entry.steps if not step.step.startswith(RECOVERY)]),
        _runs([step for step in entry.steps if step.step.startswith(RECOVERY)]),
    ]
    return " · by itself then: ".join(part for part in parts if part)


def _runs(steps: Sequence[StepLine]) -> str:
    words = {
        "done": "ok",
        "failed": "FAIL",
        "undone": "undone",
        "cut": "cut short",
        "running": "running",
        "pending": "not reached",
    }
    runs: list[tuple[str, int, int]] = []
    for number, step in enumerate(steps, 1):
        word = words[step.state]
        if runs and runs[-1][0] == word:
            runs[-1] = (word, runs[-1][1], number)
        else:
            runs.append((word, number, number))
    return " · ".join(
        f"{first} {word}" if first == last else f"{first} to {last} {word}"
        for word, first, last in runs
    )
