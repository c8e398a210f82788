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
from tui.operations.recording.filtering import FIELDS as FIELDS
from tui.operations.recording.filtering import fields_of, not_kept, text_of
from tui.wording import entries, migrated, quantities
from tui.wording.entries import what as what

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
    Column("who", 9, gap=1),
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


def result(entry: ActivityEntry) -> str:
    """How it ended in a few words; of a running one how far it is."""
    step = next((step for step in entry.steps if step.state == "running"), None)
    return entries.result(entry, progress_words(step) if step else "")


def farewell(entry: ActivityEntry) -> str:
    """The message line's sentence when an operation ended."""
    if entry.operation in ("backup", "backup-cold") and entry.state == "done":
        took = quantities.duration(entry.seconds or 0.0)
        ident = str(entry.result.get("backup", ""))
        words = entry.sentence.removesuffix(".").removeprefix(f"{ident}, ") or entries.facts(entry)
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
        # That it was by sudo stands in the detail: the column is for the person.
        who = Span(entry.who.removesuffix(" via sudo"))
        words, end = Span(what(entry)), Span(result(entry), role)
        cells = (when, who, words, took, end) if full else (when, words, who, took, end)
        listed.append(
            Row(
                entry.id,
                cells,
                sign(entry, glyphs),
                words=text_of(entry, now),
                fields=fields_of(entry),
                moment=entry.started,
            )
        )
    return listed


class Rows:
    """The rows as they were made last: thousands are not made again for every change elsewhere."""

    def __init__(self, *, full: bool = False) -> None:
        """Remember nothing yet.

        Args:
            full: With seconds, and who before what.
        """
        self._full = full
        self._log: tuple[ActivityEntry, ...] | None = None
        self._look: tuple[object, ...] = ()
        self._made: list[Row] = []
        self.not_kept = 0
        """How many older entries there were."""

    def of(self, seen: Seen, glyphs: Glyphs, now: datetime) -> list[Row]:
        """The rows of what is known now."""
        look = (glyphs, now.tzinfo, now.utcoffset(), now.year)
        if self._log is not seen.activity or self._look != look:
            self._log, self._look = seen.activity, look
            self._made = rows(seen, glyphs, now, full=self._full)
            self.not_kept = not_kept(seen.activity or ())
        return self._made


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


def detail(
    entry: ActivityEntry, glyphs: Glyphs, now: datetime, *, opened: bool = True
) -> tuple[Line, ...]:
    """Steps, how it ended, and the same as a command.

    Args:
        entry: Of the log.
        glyphs: What the terminal can show.
        now: Its zone is the one that times are shown in.
        opened: Whether its steps have been read.
    """
    lines: list[Line] = [
        _step(step, number, glyphs, now) for number, step in enumerate(entry.steps, 1)
    ]
    if not opened:
        lines.append(line(Span(f" steps    {glyphs.more}", "muted")))
    if entry.sentence:
        lines.append(line(Span(" result   ", "muted"), Span(entry.sentence)))
    lines += [
        line(Span(f" {label:<9}", "muted"), Span(text)) for label, text in migrated.told(entry)
    ]
    if entry.down_seconds:
        down = quantities.duration(entry.down_seconds)
        planned = entry.result.get("planned_down")
        if isinstance(planned, int | float) and planned:
            down += f"; the plan said about {quantities.duration(float(planned))}"
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
