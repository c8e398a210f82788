"""One revision in detail: what it does up and down, what it follows, when it came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tui.app.glyphs import Glyphs
from tui.app.listing.backups import when_words
from tui.app.listing.migration_marks import (
    REHEARSED,
    how_words,
    rehearsal_words,
    rehearsals_of,
)
from tui.app.paint import Line, Span, line
from tui.app.seen import Seen
from tui.app.vitals import signed
from tui.core.models import Backup, ContainerRef, Revision, Timeline
from tui.core.operation import Verdict
from tui.operations.cataloguing import backups_before
from tui.wording import quantities, rehearsals

if TYPE_CHECKING:
    from tui.services.migrations.effects import Effect

_SIGNS = {"!": "attention", "?": "muted"}
_LICENCE = re.compile(r"copyright|spdx-license|^#", re.IGNORECASE)
_HEADER = re.compile(r"^(revision id|revises|create date|authors?|location)\s*:", re.IGNORECASE)
_MOST = 12
"""Effects of one direction that are shown; the source shows the rest."""


def about(revision: Revision, seen: Seen, glyphs: Glyphs, now: datetime) -> tuple[Line, ...]:
    """Everything that is known of one revision."""
    timeline = seen.timeline
    if timeline is None:
        return ()
    return (
        line(Span(f" {revision.message}", bold=True)),
        (),
        _labelled("state", *state_line(revision, timeline, now)),
        *_release(revision),
        _labelled("after", f"{_after(revision)} (the chain decides, not dates)"),
        *_branch(revision),
        (),
        *_up(revision, seen),
        (),
        *_down(revision, seen),
        (),
        *_rehearsed(revision, seen, glyphs, now),
        *_backup(revision, seen, glyphs, now),
        *_doc(revision),
    )


def _labelled(label: str, *parts: str | Span) -> Line:
    return line(Span(f" {label:<10} ", "muted"), *parts)


# --- where it stands ----------------------------------------------------------------------


def state_line(revision: Revision, timeline: Timeline, now: datetime) -> Line:
    """The state in a sentence."""
    other = other_image(timeline)
    match revision.state:
        case "ahead":
            return (Span(f"ahead: in {other}, not in this database", "muted"),)
        case "pending":
            return (Span("pending: this code has it, the database does not", "running"),)
        case "unknown":
            words = "unknown: the database stands where this code has never been"
            return (Span(words, "danger"),)
    where = "current: where the database stands" if revision.state == "current" else "applied"
    role = "healthy" if revision.state == "current" else ""
    if revision.applied_by is None:
        return Span(where, role), Span("; when is not known: before our log", "muted")
    return Span(where, role), Span(f" since {how_words(revision, timeline.rehearsals, now)}")


def other_image(timeline: Timeline) -> str:
    """`image 1.0.7`: what the other local image is called."""
    return f"image {timeline.ahead_release or timeline.ahead_image}"


def _release(revision: Revision) -> Iterator[Line]:
    from tui.services.migrations.releases import released_on

    dated = f"file dated {revision.created[:10]}" if revision.created else ""
    if revision.release:
        day = released_on(revision.release.rstrip("+"))
        name = f"{revision.release} ({day})" if day else f"{revision.release} ends with it"
        yield _labelled("release", " · ".join(filter(None, [name, dated])))
    elif dated:
        yield _labelled("file", dated.removeprefix("file "))


def _after(revision: Revision) -> str:
    return " and ".join(revision.down) or "nothing: the first one"


def _branch(revision: Revision) -> Iterator[Line]:
    if revision.is_merge:
        yield _labelled("merge", f"joins {len(revision.down)} branches")
    if revision.branch_labels:
        yield _labelled("branch", ", ".join(revision.branch_labels))


# --- what it does ---------------------------------------------------------------------------


def _up(revision: Revision, seen: Seen) -> Iterator[Line]:
    from tui.services.migrations.effects import effects

    if not revision.source:
        yield _labelled("UP", Span("unknown: its source is not in the image", "muted"))
        return
    yield from _direction("UP", effects(revision.source, "upgrade"), seen, "changes nothing")


def _down(revision: Revision, seen: Seen) -> Iterator[Line]:
    from tui.services.migrations.effects import effects

    words = {
        "may refuse": Span("! may refuse", "attention", bold=True),
        "drops data": Span("! drops data", "attention", bold=True),
        "no-op": Span("no-op: the schema stays"),
        "no loss": Span("no loss"),
    }.get(revision.downgrade, Span("unknown", "muted"))
    yield _labelled("DOWN", words)
    if revision.source and revision.downgrade != "no-op":
        yield from _direction("", effects(revision.source, "downgrade"), seen, "")
    if revision.downgrade != "no-op" and _migrates_up(seen):
        holds = "holds only with an older image: " if _is_container(seen) else ""
        told = f"a downgrade {holds}{_starter(revision, seen)} migrates up again at its start"
        yield _labelled("", Span(told, "muted"))


def _migrates_up(seen: Seen) -> bool:
    return seen.deployment is not None and seen.deployment.migrates_at_start


def _is_container(seen: Seen) -> bool:
    return seen.deployment is not None and isinstance(seen.deployment.gateway, ContainerRef)


def _starter(revision: Revision, seen: Seen) -> str:
    """Whose start would run the revision again: `image 1.0.7`."""
    timeline = seen.timeline
    if not _is_container(seen) or timeline is None:
        return "the gateway"
    if revision in timeline.ahead:
        return other_image(timeline)
    release = timeline.release or (seen.gateway.release if seen.gateway else "")
    return f"image {release}" if release else "the image"


def _direction(label: str, told: Sequence[Effect], seen: Seen, nothing: str) -> Iterator[Line]:
    if not told:
        if nothing:
            yield _labelled(label, nothing)
        return
    for part in _grouped(told[:_MOST], seen):
        yield _labelled(label, *part)
        label = ""
    if len(told) > _MOST:
        yield _labelled(label, Span(f"{len(told) - _MOST} more; ] shows the source", "muted"))


def _grouped(told: Iterable[Effect], seen: Seen) -> Iterator[Line]:
    """A line for each effect; what is done in batch stands under its table."""
    from tui.services.migrations import effect_words

    table = ""
    for effect in told:
        if effect.batch and effect.table != table:
            yield (Span(effect_words.rebuilds(effect.table, _here(effect.table, seen))),)
        table = effect.table if effect.batch else ""
        yield _effect(effect, seen)


def _effect(effect: Effect, seen: Seen) -> Line:
    from tui.services.migrations import effect_words

    sign = Span(f"{effect.sign} ", _SIGNS.get(effect.sign, ""), bold=effect.sign in "+-!")
    role = {"raise": "attention", "sql": "muted"}.get(effect.what, "")
    here = _here(effect.name, seen) if effect.what == "table" else ""
    return sign, Span(effect_words.words(effect, here), role)


def _here(table: str, seen: Seen) -> str:
    """`; here: 12 rows`: how much of it there is."""
    found = next((known for known in seen.tables or () if known.name == table), None)
    if found is None or found.rows is None:
        return ""
    return f"; here: {quantities.plural(found.rows, 'row')}"


# --- what happened with it ------------------------------------------------------------------


def _rehearsed(revision: Revision, seen: Seen, glyphs: Glyphs, now: datetime) -> Iterator[Line]:
    reports = rehearsals_of(seen, revision.revision)
    if not reports:
        yield _labelled("rehearsed", Span("not yet; r rehearses it on a copy", "muted"))
        return
    newest = reports[0]
    run = next(run for run in newest.runs if run.revision == revision.revision)
    name, word = ("ok", "ok") if run.ok else ("fail", "FAIL")
    head, _ = rehearsal_words(newest, now)
    took = f", {quantities.duration(run.seconds)}" if run.ok else f": {run.error}"
    words = head.replace(" rehearsed", "", 1)
    yield _labelled("rehearsed", f"{words} ", *signed(glyphs, name, word), took)


def _backup(revision: Revision, seen: Seen, glyphs: Glyphs, now: datetime) -> Iterator[Line]:
    """The newest backup from before this revision."""
    found = newest_before(revision, seen)
    if found is None:
        yield _labelled("backup", Span("none from before it", "muted"))
        return
    name = {Verdict.OK: "ok", Verdict.FAIL: "fail", Verdict.WARN: "warn"}.get(
        found.verdict, "unknown"
    )
    when = when_words(found, now)
    yield _labelled(
        "backup", f"newest before it: {when} {found.id} ", *signed(glyphs, name, str(found.verdict))
    )


def newest_before(revision: Revision, seen: Seen) -> Backup | None:
    """The newest backup at a revision that comes before this one."""
    if seen.timeline is None:
        return None
    backups = seen.catalogue.backups if seen.catalogue else ()
    return backups_before.newest_before(revision, all_of(seen.timeline), backups)


def all_of(timeline: Timeline) -> tuple[Revision, ...]:
    """What is ahead, and what this code has."""
    return (*timeline.ahead, *timeline.revisions)


def _doc(revision: Revision) -> Iterator[Line]:
    """The docstring, without licence lines and what stands above already."""
    lines = [text.strip() for text in revision.doc.splitlines()]
    told = [text for text in lines if not _LICENCE.search(text) and not _HEADER.match(text)]
    while told and not told[0]:
        told.pop(0)
    if told and told[0].rstrip(".").casefold() == revision.message.rstrip(".").casefold():
        told.pop(0)
    paragraphs = " ".join(text or "\n" for text in told).split("\n")
    for paragraph in filter(None, (" ".join(text.split()) for text in paragraphs)):
        yield ()
        yield (Span(f" {paragraph}", "muted"),)


def of_rehearsal(key: str, seen: Seen, now: datetime) -> tuple[Line, ...]:
    """A rehearsal that is kept, and how its report is opened."""
    reports = seen.timeline.rehearsals if seen.timeline else ()
    report = next((item for item in reports if item.id == key.removeprefix(REHEARSED)), None)
    enter = line(" Enter opens the report; : rehearsal reports lists all that are kept.")
    if report is None:
        return (enter,)
    head, tail = rehearsal_words(report, now)
    told = f"{rehearsals.way(report)}   {rehearsals.ran(report)}"
    return (line(Span(f" {head} ", bold=True), tail), line(f" {told}"), (), enter)
