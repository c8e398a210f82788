"""Routine of 7 Maintenance: what can be run, when it last was, and what it would take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tui.app.glyphs import SIGN_ROLES, Glyphs
from tui.app.listing.activity import result as result_words
from tui.app.listing.row import Column, Row
from tui.app.maintaining import make
from tui.app.paint import Line, Span
from tui.app.seen import Seen
from tui.app.verbs import Make
from tui.app.vitals import verdict_sign
from tui.core.models import ActivityEntry
from tui.operations.execution.registry import OPERATIONS
from tui.wording import quantities
from tui.wording.clean import one_line

COLUMNS = (
    Column("job", 12),
    Column("last run", 13),
    Column("result", 20, grows=True),
    Column("would take", 18, gap=0),
)

NEVER = "never, as far as the log goes back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing of the routine."""

    key: str
    title: str
    operation: str
    """Its name in the registry; a job whose operation this program has not is not listed."""
    params: Mapping[str, Any] = field(default_factory=dict)
    about: str
    """What it does, in a sentence or two."""
    words: tuple[str, ...]
    """The same as a command."""
    takes: Callable[[Seen], str] = lambda _seen: ""
    """What it would take, from what is known."""
    is_its: Callable[[ActivityEntry], bool] = lambda _entry: True
    """Whether a run of the operation was one of this job."""

    def make(self) -> Make:
        """Makes the operation."""
        return make(self.operation, self.params)


def _reads(seen: Seen) -> str:
    size = _size(seen)
    return f"reads {quantities.narrow_size(size, 'up')}" if size else ""


def _writes(seen: Seen) -> str:
    figures, size = seen.figures, _size(seen)
    if not size:
        return ""
    left = size - (figures.unused if figures else 0)
    return f"writes {quantities.narrow_size(left, 'up')}, asks how"


def _copies(seen: Seen) -> str:
    size = _size(seen)
    return f"copies {quantities.narrow_size(size, 'up')}, stops" if size else ""


def _size(seen: Seen) -> int:
    if seen.figures is not None:
        return seen.figures.size
    return seen.database.size if seen.database is not None else 0


def _is_quick(entry: ActivityEntry) -> bool:
    return entry.result.get("check") == "quick_check"


JOBS = (
    Job(
        key="maintain",
        words=("maintain",),
        title="weekly run",
        operation="maintain",
        about="A backup, integrity, foreign keys, ANALYZE and optimize, one after the other, as "
        "`maintain` does from cron. VACUUM is left out while the gateway runs.",
        takes=_reads,
    ),
    Job(
        key="check",
        words=("check",),
        title="integrity",
        operation="check",
        about="integrity_check of every page and index, then foreign keys. It reads only; the "
        "gateway goes on.",
        takes=_reads,
        is_its=lambda entry: not _is_quick(entry),
    ),
    Job(
        key="quick",
        words=("check", "--quick"),
        title="quick check",
        operation="check",
        params={"quick": True},
        about="quick_check of every page, then foreign keys: about ten times faster than "
        "integrity; it does not compare indexes with their tables.",
        takes=_reads,
        is_its=_is_quick,
    ),
    Job(
        key="analyze",
        words=("analyze", "--online"),
        title="ANALYZE",
        operation="analyze",
        params={"online": True},
        about="ANALYZE and optimize beside the gateway: SQLite counts what its query planner goes "
        "by. The gateway's plans change with its next connection.",
        takes=lambda _seen: "a short write",
    ),
    Job(
        key="vacuum",
        words=("vacuum", "--stop"),
        title="VACUUM",
        operation="vacuum",
        about="Writes the database anew without its unused pages. Enter asks how: with the gateway "
        "stopped, or beside it.",
        takes=_writes,
    ),
    Job(
        key="reindex",
        words=("reindex",),
        title="REINDEX",
        operation="reindex",
        about="Makes every index anew from its table, on a copy of the stopped file: for damage "
        "that only indexes have.",
        takes=_copies,
    ),
    Job(
        key="rotate-logs",
        words=("rotate-logs",),
        title="rotate logs",
        operation="rotate-logs",
        about="Copies the gateway's own log files aside and empties them. Docker's files are "
        "Docker's.",
    ),
    Job(
        key="salvage",
        words=("salvage",),
        title="salvage",
        operation="salvage",
        about="Reads what can still be read of a damaged file into a new one. The damaged one is "
        "never written.",
        takes=_reads,
    ),
)


def jobs() -> tuple[Job, ...]:
    """Those that this program can do."""
    return tuple(job for job in JOBS if job.operation in set(OPERATIONS))


def find(key: str) -> Job | None:
    """The job of a key."""
    return next((job for job in jobs() if job.key == key), None)


def last_of(seen: Seen, job: Job) -> ActivityEntry | None:
    """Its newest run, one that goes on included."""
    running = seen.running
    if running is not None and running.operation == job.operation:
        return running
    return next(
        (
            entry
            for entry in seen.activity or ()
            if entry.operation == job.operation and job.is_its(entry)
        ),
        None,
    )


def rows(seen: Seen, glyphs: Glyphs, now: datetime) -> list[Row]:
    """A line of each job."""
    return [_row(seen, job, glyphs, now) for job in jobs()]


def _row(seen: Seen, job: Job, glyphs: Glyphs, now: datetime) -> Row:
    entry = last_of(seen, job)
    sign, when, words = Span(glyphs.sign("off"), SIGN_ROLES["off"]), "…", ""
    if seen.activity is not None:
        when = "never"
    if entry is not None:
        local = entry.started.astimezone(now.tzinfo)
        when = local.strftime("%b %d %H:%M" if local.year == now.year else "%Y-%m-%d")
        words = result_words(entry)
        sign = verdict_sign(glyphs, entry.verdict)
        if entry.state == "running":
            sign = Span(glyphs.sign("running"), SIGN_ROLES["running"])
    cells = (Span(job.title), Span(when), Span(words), Span(job.takes(seen), "muted"))
    return Row(job.key, cells, sign)


def detail(seen: Seen, job: Job, now: datetime) -> tuple[Line, ...]:
    """What it does, and how it last ended."""
    entry = last_of(seen, job)
    lines: list[Line] = [(Span(f" {job.about}"),)]
    if entry is None:
        lines.append((Span(" last     ", "muted"), Span(NEVER)))
        return tuple(lines)
    local = entry.started.astimezone(now.tzinfo)
    took = f", {quantities.duration(entry.seconds)}" if entry.seconds is not None else ""
    who = f" by {one_line(entry.who)}" if entry.who else ""
    lines.append((Span(" last     ", "muted"), Span(f"{local:%Y-%m-%d %H:%M:%S}{took}{who}")))
    if entry.sentence:
        lines.append((Span(" result   ", "muted"), Span(entry.sentence)))
    return tuple(lines)
