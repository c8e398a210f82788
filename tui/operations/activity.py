"""What was done here, by whom, and how it ended: read from the journals alone."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError, NotFoundError
from tui.core.models import ActivityEntry, Deployment, StepLine
from tui.core.operation import Record
from tui.operations.execution import waiting
from tui.operations.recording import index
from tui.services import journal, processes

ALL = sys.maxsize
RELEASE_FROM = "release"
"""From this step until the gateway has started nobody else may have the live file open."""


def read_activity(
    deployment: Deployment,
    limit: int = ALL,
    *,
    steps: bool = True,
    rebuilt: Callable[[int], None] = lambda _journals: None,
) -> tuple[ActivityEntry, ...]:
    """The newest operations, newest first, running ones on top.

    Where there are many, what ended is taken from an index rather than read again.

    Args:
        deployment: Whose database.
        limit: At most so many.
        steps: With the steps of what ended; without them it is quicker.
        rebuilt: Told from how many journals the index was made anew.
    """
    stamps = index.stamps(deployment.state_dir)
    wanted = {name: stamps[name] for name in sorted(stamps, reverse=True)[:limit]}
    if len(wanted) <= index.FEW:
        found = {name: _entry(journal.path_of(deployment.state_dir, name)) for name in wanted}
    else:
        found = _from_index(deployment.state_dir, wanted, stamps, steps, rebuilt)
    entries = [entry for name in wanted if (entry := found.get(name)) is not None]
    return tuple(sorted(entries, key=lambda entry: entry.state != "running"))


def _from_index(
    state_dir: Path,
    wanted: Mapping[str, index.Stamp],
    exist: Iterable[str],
    steps: bool,
    rebuilt: Callable[[int], None],
) -> dict[str, ActivityEntry | None]:
    """What the index knows, and what it does not from the journals: then it knows that, too."""
    with index.Index.opened(state_dir) as opened:
        known = (opened.recalled(wanted, steps=steps) if opened is not None else None) or {}
        read = {n: _entry(journal.path_of(state_dir, n)) for n in wanted if n not in known}
        if opened is not None:
            ended = [e for e in read.values() if e is not None and e.state in ("done", "failed")]
            if ended:
                opened.keep([index.Kept(wanted[e.id], e) for e in ended], exist)
            if opened.made:
                rebuilt(len(ended))
            if not steps:
                # The same as it will be from the index: a screen sees no change where none is.
                read.update({entry.id: replace(entry, steps=()) for entry in ended})
    return {**known, **read}


def read_entry(deployment: Deployment, journal_id: str) -> ActivityEntry:
    """One operation with all its steps.

    Raises:
        NotFoundError: There is no such journal.
    """
    entry = _entry(journal.path_of(deployment.state_dir, journal_id))
    if entry is None:
        raise NotFoundError(f"There is no journal {journal_id}.")
    return entry


def running_entry(deployment: Deployment) -> ActivityEntry | None:
    """The operation that is going on now, whoever started it."""
    # Only the newest can run: the lock lets no second one begin before the first has ended. But
    # any number may have been refused since.
    names = reversed(journal.names(deployment.state_dir))
    begun = (name for name in names if not journal.names_refusal(name))
    for name in itertools.islice(begun, 5):
        entry = _entry(journal.path_of(deployment.state_dir, name))
        if entry is not None and entry.state == "running":
            return entry
    return None


def unfinished(
    deployment: Deployment, activity: Sequence[ActivityEntry] | None = None
) -> tuple[ActivityEntry, ...]:
    """The operations that were cut short, oldest first; looking changes nothing.

    Args:
        deployment: Whose journals.
        activity: All of them, where they have been read already.
    """
    entries = read_activity(deployment, steps=False) if activity is None else activity
    return tuple(
        entry
        for entry in reversed(entries)
        if entry.state == "cut"
        and not journal.is_over(journal.path_of(deployment.state_dir, entry.id))
    )


def is_anything_open(deployment: Deployment) -> bool:
    """Whether a journal has no end: an operation runs, or was cut."""
    return any(not journal.is_over(path) for path in journal.paths(deployment.state_dir))


def wants_release(deployment: Deployment) -> bool:
    """Whether viewers must have closed every connection to the live file."""
    entry = running_entry(deployment)
    if entry is None:
        return False
    states = {line.step: line.state for line in entry.steps}
    if RELEASE_FROM not in states:
        return False
    begun = states[RELEASE_FROM] in ("running", "done")
    # A recovery may have to own the file again, whatever had been reached before it.
    recovering = any(step.startswith("recovery:") for step in states)
    return begun and (recovering or states.get("start") not in ("done", "failed"))


def entry_of(path: Path, records: Sequence[Record]) -> ActivityEntry | None:
    """Make an entry from a journal's records; None when it never began."""
    if not records or records[0]["kind"] != "begun":
        return None
    begun = records[0]
    ended = next((r for r in records if r["kind"] == "ended"), None)
    started = _time(begun["at"])
    writer = next((r for r in reversed(records) if r["kind"] in ("resumed", "begun")), begun)
    lines = _lines(begun, records)
    alive = ended is None and processes.is_alive(
        int(writer.get("pid", 0)), float(writer.get("started", 0)), str(writer.get("boot", ""))
    )
    suspended = records[-1] if records[-1]["kind"] == "suspended" else None
    verdict = ended or suspended or {}
    if ended is not None:
        state = "done" if ended.get("exit") == 0 else "failed"
    else:
        state = "running" if alive and suspended is None else "cut"
    if not alive:
        # Ended or not: a step that was cut does not run any more.
        lines = [replace(s, state="cut") if s.state == "running" else s for s in lines]
    down_since, down = _downtime(records)
    last = _time(records[-1]["at"])
    return ActivityEntry(
        id=path.stem,
        number=int(path.stem[:6]),
        operation=str(begun["operation"]),
        subject=str(begun.get("subject", "")),
        title=str(begun.get("title", begun["operation"])),
        started=started,
        who=str(begun.get("who", "")),
        host=str(begun.get("host", "")),
        origin=str(begun.get("origin", "")),
        pid=int(writer.get("pid", 0)),
        command=str(begun.get("command", "")),
        state=state,  # type: ignore[arg-type]
        exit_code=int(verdict.get("exit", 1)) if verdict else None,
        outcome=str(verdict.get("outcome", "")),
        sentence=str(verdict.get("sentence", "")),
        seconds=(last - started).total_seconds() if ended else None,
        cancellable=state == "running" and _cancellable(records),
        steps=tuple(lines),
        result=dict((ended or {}).get("result", {})),
        down_since=down_since if ended is None else None,
        down_seconds=down,
    )


def _entry(path: Path) -> ActivityEntry | None:
    try:
        records = journal.read(path)
        entry = entry_of(path, records)
        if entry is not None and entry.state == "cut":
            # Its process may have ended between the two looks. What a dead one wrote is final.
            records = journal.read(path)
            entry = entry_of(path, records)
    except (McpdbError, KeyError, ValueError, TypeError, AttributeError, OverflowError):
        # A journal that cannot be understood is not worth the whole list.
        return None
    if entry is None or entry.state != "running":
        return entry
    progress = journal.read_progress(path)
    steps = entry.steps
    if progress is not None:
        step, done, total, unit = progress
        steps = tuple(
            replace(line, done=done, total=total, unit=unit)
            if line.step == step and line.state == "running"
            else line
            for line in steps
        )
    return replace(entry, steps=steps, waits_for=waiting.waited_for(records, steps))


def _lines(begun: Record, records: Sequence[Record]) -> list[StepLine]:
    """The announced steps, filled with what happened, then what recovery added."""
    lines: dict[str, StepLine] = {
        step["step"]: StepLine(
            step=step["step"],
            title=step["title"],
            state="pending",
            cancellable=step.get("cancellable", True),
            gateway_up=step.get("gateway_up", True),
        )
        for step in begun.get("steps", ())
    }
    for record in records:
        match record["kind"]:
            case "step_started":
                known = lines.get(record["step"])
                lines[record["step"]] = StepLine(
                    step=record["step"],
                    title=record["title"],
                    state="running",
                    started=_time(record["at"]),
                    cancellable=record.get("cancellable", True),
                    gateway_up=known.gateway_up if known else True,
                )
            case "step_finished":
                # Work whose very purpose is to see whether it fails goes on behind a failure.
                why = str((record.get("facts") or {}).get("step_failed") or "")
                told = {**record, "text": why} if why else record
                _close(lines, record["step"], "failed" if why else "done", told)
            case "failed" if record.get("step") in lines:
                _close(lines, record["step"], "failed", record)
            case "recovery_started":
                key = f"recovery:{record['action']}"
                lines[key] = StepLine(
                    step=key,
                    title=record["title"],
                    state="running",
                    started=_time(record["at"]),
                    cancellable=False,
                )
            case "recovery_finished":
                _close(lines, f"recovery:{record['action']}", "done", record)
            case "recovery_failed":
                _close(lines, f"recovery:{record['action']}", "failed", record)
    return list(lines.values())


def _close(lines: dict[str, StepLine], step: str, state: str, record: Record) -> None:
    line = lines.get(step)
    if line is None:
        return
    seconds = (_time(record["at"]) - line.started).total_seconds() if line.started else None
    text = str(record.get("text") or record.get("error") or "")
    lines[step] = replace(line, state=state, seconds=seconds, text=text)  # type: ignore[arg-type]


def _downtime(records: Sequence[Record]) -> tuple[datetime | None, float | None]:
    since: datetime | None = None
    down: float | None = None
    for record in records:
        facts: dict[str, Any] = record.get("facts") or {}
        if facts.get("gateway_down") and since is None:
            since = _time(record["at"])
        if facts.get("gateway_up") and since is not None:
            down = (down or 0.0) + (_time(record["at"]) - since).total_seconds()
            since = None
    return since, down


def _cancellable(records: Sequence[Record]) -> bool:
    """Whether the step that runs now, and with it the operation, may still be cancelled."""
    if any(record["kind"] in ("failed", "recovery_started", "resumed") for record in records):
        return False
    started = [record for record in records if record["kind"] == "step_started"]
    return not started or bool(started[-1].get("cancellable", True))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
