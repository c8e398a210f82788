"""The page of an operation that is going on."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from tui.app.screens.lines import ATTENTION, BOLD, MUTED, RUNNING, ends, headline, line, wrapped
from tui.app.screens.step_lines import is_revisions, remaining, running_step, step_lines
from tui.core.models import ActivityEntry
from tui.wording.clean import one_line
from tui.wording.quantities import duration, prose


def down_for(entry: ActivityEntry, now: datetime) -> float:
    """Seconds for which the gateway has been down, to this moment."""
    before = entry.down_seconds or 0.0
    if entry.down_since is None:
        return before
    return before + max(0.0, (now - entry.down_since).total_seconds())


def name_of(entry: ActivityEntry) -> str:
    """`restore k7m2qd`."""
    return one_line(f"{entry.operation} {entry.subject}".strip())


def title(entry: ActivityEntry) -> tuple[Content, Content]:
    """Row 3: what runs, how far it is, and whether the gateway serves."""
    at = running_step(entry)
    step = f"{at[0]} of {len(entry.steps)}" if at else "starting" if not entry.steps else "…"
    gateway = ("gateway DOWN ", ATTENTION) if entry.down_since else ("gateway up ", MUTED)
    return line(" ", ("» running", RUNNING), f"  {name_of(entry)}  {step}"), line(gateway)


def page(
    entry: ActivityEntry,
    width: int,
    now: datetime,
    name: str = "",
    since: datetime | None = None,
) -> list[Content]:
    """Steps with progress, the gateway's clock, what is left, and how to leave and come back.

    Args:
        entry: What runs.
        width: Columns.
        now: For what counts its seconds.
        name: What the running revision of a migration is called.
        since: When the running revision began, as far as this screen saw it.
    """
    head = line(" ", headline(entry.operation, entry.title or entry.subject))
    by = line(f"by {entry.who} · began {entry.started.astimezone():%H:%M:%S}")
    if head.cell_length + by.cell_length < width:
        rows = [ends(head, by, width), Content("")]
    else:
        # Both in full: the second takes the line that would be blank.
        rows = [head.truncate(width, ellipsis=True), line("   ", by)]
    rows += [
        *step_lines(entry, width, now),
        *_waiting(entry, width),
        Content(""),
        *_revision(entry, width, now, name, since),
        _gateway(entry, width, now),
        line((" left     ", MUTED), _left(entry, now)),
        Content(""),
    ]
    rows += [
        line(" ", piece)
        for piece in wrapped(
            f"You may leave: q goes back and the work goes on (pid {entry.pid}, its own session). "
            "To see it again: o from any pane, or start mcpdb-tui again, here or elsewhere. "
            "Other terminals see this page too and may cancel; the journal says who did.",
            width - 2,
        )
    ]
    return rows


def _waiting(entry: ActivityEntry, width: int) -> list[Content]:
    """What a person has to do now; the command in full, however long it is."""
    if not entry.waits_for:
        return []
    head = line((" waiting for you: run this in another terminal, within 10 min", ATTENTION))
    pieces = wrapped(one_line(entry.waits_for), width - 4)
    return [Content(""), head, *(line("   ", (piece, BOLD)) for piece in pieces)]


def revision_at(entry: ActivityEntry) -> tuple[int, int, str]:
    """Which revision of how many a migration is at, from 1, and its id; zeros where none runs."""
    at = running_step(entry)
    if at is None or not is_revisions(at[1].unit) or not at[1].total:
        return 0, 0, ""
    ident = one_line(at[1].unit.partition(" ")[2])
    return min(at[1].done, at[1].total), at[1].total, ident


def _revision(
    entry: ActivityEntry, width: int, now: datetime, name: str, since: datetime | None
) -> list[Content]:
    """`revision  3 of 6  d21698ae4a19 add rbac unique constraints  2.1 s`, counting."""
    number, total, ident = revision_at(entry)
    if not number:
        return []
    took = f"  {(now - since).total_seconds():.1f} s" if since is not None else ""
    head = f"{number} of {total}  "
    room = width - 11 - len(head) - len(took)
    told = prose(" ".join(part for part in (ident, one_line(name)) if part), room)
    return [line((" revision ", MUTED), head, (told, BOLD), took)]


def _gateway(entry: ActivityEntry, width: int, now: datetime) -> Content:
    clock = f"down so far  {down_for(entry, now):.1f} s "
    if entry.down_since:
        state = line((" gateway  ", MUTED), ("DOWN, calls to it fail", ATTENTION))
    elif entry.down_seconds:
        state = line((" gateway  ", MUTED), "up again")
    else:
        state = line((" gateway  ", MUTED), "up, still serving the old database")
        if not any(not step.gateway_up for step in entry.steps):
            state = line((" gateway  ", MUTED), "not touched by this")
    return ends(state, clock, min(width, 80))


def _left(entry: ActivityEntry, now: datetime) -> str:
    at = running_step(entry)
    if at is None:
        return "not known yet"
    number, step = at
    seconds = remaining(step, now)
    after = len(entry.steps) - number
    words = f"about {duration(seconds)} of this step" if seconds is not None else "this step"
    if after:
        words += f", then {after} more step{'s' if after > 1 else ''}"
    return words
