"""The activity log as rows, and the steps of one entry."""

from __future__ import annotations

from datetime import datetime

from tui.app.glyphs import SIGN_ROLES, Glyphs
from tui.app.listing.row import Column, Row
from tui.app.paint import Line, Span, line
from tui.app.seen import Seen
from tui.app.vitals import signed, verdict_sign
from tui.app.widgets.message import progress_words
from tui.core.models import ActivityEntry, StepLine
from tui.core.operation import Verdict
from tui.wording import migrated, quantities

FIELDS = ("who", "what", "result")
"""What a filter can name."""
EMPTY = "Nothing recorded yet. Every change made here or by cron will stand here."

COLUMNS = (
    Column("when", 12, gap=1),
    Column("what", 19, gap=1),
    Column("who", 7, gap=1),
    Column("took", 9, "right", gap=1),
    Column("result", 13, grows=True, gap=0),
)
COLUMNS_FULL = (
    Column("when", 15, gap=2),
    Column("who", 10, gap=1),
    Column("what", 19, gap=1),
    Column("took", 9, "right", gap=2),
    Column("result", 14, grows=True, gap=0),
)

_STEP_WORDS = {
    "pending": ("off", ""),
    "running": ("running", "running"),
    "done": ("ok", "ok"),
    "failed": ("fail", "FAIL"),
    "undone": ("warn", "undone"),
    "cut": ("warn", "cut"),
}


def what(entry: ActivityEntry) -> str:
    """`restore k7m2qd`."""
    return " ".join(word for word in (entry.operation, entry.subject) if word)


def result(entry: ActivityEntry) -> str:
    """How it ended in a few words."""
    if entry.state == "running":
        step = next((step for step in entry.steps if step.state == "running"), None)
        progress = progress_words(step) if step else ""
        return f"running  {progress}".strip()
    if entry.state == "cut":
        return "cut short"
    if entry.operation == "rehearse" and entry.state == "failed" and entry.sentence:
        return entry.sentence
    shout = {"rolled back": "ROLLED BACK", "failed": "FAIL"}.get(entry.outcome)
    if shout:
        return f"{shout}, exit {entry.exit_code}" if entry.exit_code else shout
    return entry.sentence or _facts(entry) or entry.outcome or entry.state


def _facts(entry: ActivityEntry) -> str:
    """What a good result was, in a few words."""
    words = [way] if (way := migrated.way(entry)) else []
    if entry.state == "done" and entry.operation in ("backup", "verify"):
        size = entry.result.get("size")
        if isinstance(size, int):
            words.append(quantities.narrow_size(size))
        words.append("verified")
    if entry.state == "done" and entry.down_seconds:
        words.append(f"down {quantities.duration(entry.down_seconds)}")
    return ", ".join(words)


def farewell(entry: ActivityEntry) -> str:
    """The message line's sentence when an operation ended."""
    if entry.operation in ("backup", "backup-cold") and entry.state == "done":
        took = quantities.duration(entry.seconds or 0.0)
        ident = str(entry.result.get("backup", ""))
        words = entry.sentence.removesuffix(".").removeprefix(f"{ident}, ") or _facts(entry)
        return f"backed up {ident}: {words}, {took}"
    if entry.sentence:
        return entry.sentence
    done = "done, " if entry.state == "done" and entry.down_seconds else ""
    return f"{what(entry)}: {done}{result(entry)}"


def sign(entry: ActivityEntry, glyphs: Glyphs) -> Span:
    """The sign in front of an entry."""
    if entry.state == "running":
        return Span(glyphs.sign("running"), "running")
    if entry.outcome == "cancelled":
        return Span(glyphs.sign("off"), "muted")
    return verdict_sign(glyphs, entry.verdict)


def rows(seen: Seen, glyphs: Glyphs, now: datetime, *, full: bool = False) -> list[Row]:
    """Newest first, what runs on top."""
    listed = []
    for entry in seen.activity or ():
        moment = entry.started.astimezone(now.tzinfo)
        clock = "%b %d %H:%M:%S" if full else "%b %d %H:%M"
        when = Span(moment.strftime(clock if moment.year == now.year else "%Y-%m-%d"))
        took = Span("" if entry.seconds is None else quantities.duration(entry.seconds))
        role = {Verdict.FAIL: "danger", Verdict.WARN: "attention"}.get(entry.verdict, "")
        who, words, end = Span(entry.who), Span(what(entry)), Span(result(entry), role)
        cells = (when, who, words, took, end) if full else (when, words, who, took, end)
        fields = dict(zip(FIELDS, (entry.who, words.text, end.text), strict=True))
        listed.append(
            Row(
                entry.id,
                cells,
                sign(entry, glyphs),
                words=f"{entry.verdict} {entry.sentence}",
                fields=fields,
                moment=entry.started,
            )
        )
    return listed


def title(seen: Seen) -> str:
    """`4 Activity`, with how many there are."""
    return f"4 Activity · {len(seen.activity)}" if seen.activity else "4 Activity"


def aside(seen: Seen) -> Line:
    """`3 need a look`."""
    bad = sum(1 for e in seen.activity or () if e.verdict in (Verdict.WARN, Verdict.FAIL))
    return (
        (Span(f"{bad} need a look" if bad != 1 else "1 needs a look", "attention"),) if bad else ()
    )


def empty_words(seen: Seen) -> str:
    """What stands where no entry does."""
    if problem := seen.state_problem or seen.problem("activity"):
        return problem
    return "…" if seen.activity is None else EMPTY


def find(seen: Seen, ident: str) -> ActivityEntry | None:
    """The entry with this id."""
    return next((entry for entry in seen.activity or () if entry.id == ident), None)


def _step(step: StepLine, number: int, glyphs: Glyphs, now: datetime) -> Line:
    name, word = _STEP_WORDS[step.state]
    began = step.started.astimezone(now.tzinfo).strftime("%H:%M:%S") if step.started else ""
    took = quantities.duration(step.seconds) if step.seconds is not None else ""
    tail = step.text or (progress_words(step) if step.state == "running" else "")
    return line(
        Span(f" {began:<8} ", "muted"),
        Span(f"{number:>2} "),
        Span(f"{glyphs.sign(name)} {word:<7}", SIGN_ROLES[name], name == "fail"),
        Span(f" {took:>9}  ", "muted"),
        Span(step.title, "muted" if step.state == "pending" else ""),
        Span(f"  {tail}" if tail else "", "muted"),
    )


def detail(entry: ActivityEntry, glyphs: Glyphs, now: datetime) -> tuple[Line, ...]:
    """Steps, how it ended, and the same as a command."""
    lines: list[Line] = [
        _step(step, number, glyphs, now) for number, step in enumerate(entry.steps, 1)
    ]
    if entry.sentence:
        lines.append(line(Span(" result   ", "muted"), Span(entry.sentence)))
    lines += [
        line(Span(f" {label:<9}", "muted"), Span(text)) for label, text in migrated.told(entry)
    ]
    if entry.down_seconds:
        down = quantities.duration(entry.down_seconds)
        lines.append(line(Span(" down     ", "muted"), Span(down)))
    if entry.exit_code is not None:
        lines.append(line(Span(" exit     ", "muted"), Span(str(entry.exit_code))))
    if entry.state == "cut":
        words = signed(glyphs, "warn", "its process is gone; the next change finishes or undoes it")
        lines.append(line(Span(" state    ", "muted"), *words))
    if entry.command:
        lines.append(line(Span(" command  ", "muted"), Span(entry.command)))
    return tuple(lines)


def detail_title(entry: ActivityEntry) -> str:
    """`op 31 · restore k3p9wd`."""
    return f"op {entry.number} · {what(entry)}"


def detail_aside(entry: ActivityEntry) -> str:
    """`from 10.20.0.9, by li`."""
    return f"from {entry.origin}, by {entry.who}" if entry.origin else f"by {entry.who}"
