"""When each job of an installed schedule runs next, and how it ended last."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tui.core.errors import McpdbError, UsageError
from tui.core.models import ActivityEntry
from tui.services import timers
from tui.services.crontab import as_cron_runs_it
from tui.services.timers import At

_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "nightly": ("backup", "backup-cold"),
    "weekly": ("drill",),
    "maintain": ("maintain",),
    "logs": ("rotate-logs",),
}
"""By the jobs' words, what each of them does first."""
_FIRST: Mapping[str, tuple[str, ...]] = {
    "nightly": ("backup", "create"),
    "weekly": ("backup", "drill"),
    "maintain": ("maintain",),
    "logs": ("rotate-logs",),
}
_CALENDAR = re.compile(r"^OnCalendar=(?:(\w{3}) )?\*-\*-\* (\d\d:\d\d):00$", re.MULTILINE)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One job of a schedule."""

    job: str
    """`nightly`, `weekly`, `maintain`, `logs`."""
    at: str
    """When: `02:00`, `Sun 03:30`."""
    next: datetime
    """By this host's clock; systemd adds up to two minutes."""
    last: datetime | None = None
    """When its work was last begun, whoever asked for it."""
    last_exit: int | None = None
    last_text: str = ""


def runs(
    kind: str, where: str, lines: Sequence[str], activity: Sequence[ActivityEntry], now: datetime
) -> tuple[JobRun, ...]:
    """The jobs of one installed schedule.

    Args:
        kind: `systemd` or `cron`.
        where: The units' folder.
        lines: The units' names, or the lines of the crontab block.
        activity: What was done here.
        now: With the zone of this host.
    """
    found = _of_units(Path(where), lines) if kind == "systemd" else _of_lines(lines)
    return tuple(_run(job, at, activity, now) for job, at in found)


def _run(job: str, at: At, activity: Sequence[ActivityEntry], now: datetime) -> JobRun:
    mine = [e for e in activity if e.operation in _OPERATIONS[job] and e.state != "running"]
    last = max(mine, key=lambda entry: entry.number, default=None)
    return JobRun(
        job=job,
        at=str(at),
        next=next_of(at, now),
        last=last.started if last else None,
        last_exit=last.exit_code if last else None,
        last_text=(last.sentence or last.outcome) if last else "",
    )


def next_of(at: At, now: datetime) -> datetime:
    """The next time of that kind; one that the clock leaves out is that of the day after."""
    local = now.astimezone().replace(tzinfo=None)
    begin = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    for days in range(9):
        moment = begin + timedelta(days=days)
        if moment > local and (not at.day or _DAYS[moment.weekday()] == at.day):
            return moment.astimezone()
    raise ValueError("a week has every day")


def _of_units(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, At]]:
    for name in names:
        job = name.removesuffix(".timer").rpartition("-")[2]
        if not name.endswith(".timer") or job not in _OPERATIONS:
            continue
        with suppress(McpdbError):
            if found := _CALENDAR.search(timers.read_unit(folder / name) or ""):
                text = f"{found[1]} {found[2]}" if found[1] else found[2]
                yield job, At.parse(text, weekly=bool(found[1]))


def _of_lines(lines: Sequence[str]) -> Iterator[tuple[str, At]]:
    for line in lines:
        if line.startswith(("#", "@")) or not line.strip():
            continue
        with suppress(ValueError, IndexError, UsageError):
            minute, hour, _day, _month, day = line.split(" ", 5)[:5]
            words = shlex.split(as_cron_runs_it(line).partition(" 2>&1)")[0])
            at = At(int(hour), int(minute), _DAYS[(int(day) - 1) % 7] if day != "*" else "")
            for job, first in _FIRST.items():
                places = [n for n, word in enumerate(words) if word == first[0]]
                if any(tuple(words[n : n + len(first)]) == first for n in places):
                    yield job, at
                    break
