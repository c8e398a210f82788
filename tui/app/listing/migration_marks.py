"""What happened where the database stood at a revision: backups, restores, rehearsals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tui.app.glyphs import Glyphs
from tui.app.listing import backup_folds
from tui.app.listing.backups import when_words
from tui.app.listing.row import Row, between
from tui.app.paint import Line, Span, line
from tui.app.seen import Seen
from tui.core.models import ActivityEntry, Backup, Rehearsal, Revision
from tui.core.operation import Verdict
from tui.wording import quantities

MOST = 3
"""Kinds of operations that are told at one revision, the newest ones."""
REHEARSED = "rehearsal:"
"""Keys of rehearsals begin so; no revision has a colon."""
_RESTORES = ("restore", "undo", "downgrade", "upgrade", "stamp", "reset")
_NOTHING_CHANGED = ("", "failed", "refused", "cancelled")
_ROLES = {Verdict.FAIL: "danger", Verdict.WARN: "attention"}


def by_revision(seen: Seen) -> Mapping[str, list[Backup]]:
    """Backups grouped by their revision, newest first."""
    groups: dict[str, list[Backup]] = defaultdict(list)
    for backup in seen.catalogue.backups if seen.catalogue else ():
        if backup.revision and not backup.link_to:
            groups[backup.revision].append(backup)
    return groups


def twig(backups: Sequence[Backup], glyphs: Glyphs, now: datetime) -> Row:
    """`└ 23 backups here, newest Aug 11 02:00 ok`, on the dashboard."""
    newest = backups[0]
    word = f" {newest.verdict}" if newest.verdict is not Verdict.UNKNOWN else ""
    count = quantities.plural(len(backups), "backup")
    return between(f"   {glyphs.twig} {count} here, newest {when_words(newest, now)}{word}")


@dataclass(frozen=True, slots=True)
class Mark:
    """A line under a revision."""

    line: Line
    key: str = ""
    """What the cursor can stand on; empty where there is nothing to open."""


class Marks:
    """Everything that stands on the axis, by revision."""

    def __init__(self, seen: Seen, now: datetime) -> None:
        self._now = now
        self._backups = {
            name: own
            for name, listed in by_revision(seen).items()
            # A safety copy is no backup that somebody made: the operation that kept it is told.
            if (own := [backup for backup in listed if backup.kind != "safety"])
        }
        self._entries = _entries(seen)
        self._rehearsals = _rehearsals(seen)
        self._all = seen.timeline.rehearsals if seen.timeline else ()

    def at(self, revision: Revision) -> list[Mark]:
        """The lines under a revision: one of each kind, which tells of the newest."""
        name = revision.revision
        lines = [*self._since(revision), *self._of_backups(self._backups.get(name, ()))]
        kinds: dict[str, list[ActivityEntry]] = defaultdict(list)
        for entry in self._entries.get(name, ()):
            kinds[entry.operation].append(entry)
        lines += [self._of_entries(entries) for entries in list(kinds.values())[:MOST]]
        marks = [Mark(told) for told in lines]
        if reports := self._rehearsals.get(name, ()):
            marks.append(Mark(self._of_rehearsals(reports), REHEARSED + reports[0].id))
        return marks

    def knows(self, revision: str) -> bool:
        """Whether anything stands at a revision: such a one is not folded away."""
        return any(revision in part for part in (self._backups, self._entries, self._rehearsals))

    def _since(self, revision: Revision) -> Iterator[Line]:
        if revision.state != "current" or revision.applied_by is None:
            return
        yield line(Span(f"since {how_words(revision, self._all, self._now)}", "muted"))

    def _of_backups(self, backups: Sequence[Backup]) -> Iterator[Line]:
        if not backups:
            return
        single, folds = backup_folds.folded(backups)
        parts: list[Line] = [
            (Span(f"{len(f.backups)} files of {f.maker}", "muted"),) for f in folds
        ]
        if len(single) > 2:
            newest = single[0]
            words = f"{quantities.plural(len(single), 'backup')}, newest "
            parts.insert(0, (Span(words, "muted"), *self._backup(newest, short=True)))
        elif single:
            told = [
                self._backup(backup, after=before)
                for before, backup in zip([None, *single], single, strict=False)
            ]
            head = f"{quantities.plural(len(single), 'backup')}: " if len(single) > 1 else ""
            parts = [(Span(head, "muted"), *told[0]), *told[1:], *parts]
        yield _joined(parts)

    def _backup(self, backup: Backup, *, short: bool = False, after: Backup | None = None) -> Line:
        kind = {"file": f" file {backup.path.name}", "safety": " safety copy"}.get(backup.kind, "")
        pinned = " pinned" if backup.pinned else ""
        label = f' "{backup.label}"' if backup.label and backup.pinned else ""
        words = "" if short else f"{kind}{pinned}{label}"
        mark = "," if kind and not short and backup.kind == "file" else ""
        when = when_words(backup, self._now)
        if after is not None and when[:6] == when_words(after, self._now)[:6] and ":" in when:
            when = when[7:]  # of the same day as the one before it
        verdict = Span(f" {backup.verdict}", _ROLES.get(backup.verdict, "muted"))
        return Span(f"{when}{words}{mark}", "muted"), verdict

    def _of_entries(self, entries: Sequence[ActivityEntry]) -> Line:
        newest = self._of_entry(entries[0])
        if len(entries) == 1:
            return newest
        words = f"{quantities.plural(len(entries), entries[0].operation)}, newest "
        return (Span(words, "muted"), *newest)

    def _of_entry(self, entry: ActivityEntry) -> Line:
        subject = entry.subject if entry.operation == "restore" else ""
        what = " ".join(filter(None, [entry.operation, subject]))
        good = entry.state == "done"
        word = "" if good and entry.outcome in ("", "done") else entry.outcome or entry.state
        role = "muted" if good else "danger" if entry.exit_code == 5 else "attention"
        shown = word.upper() if word == "rolled back" else word
        when = moment_words(entry.started, self._now)
        return line(Span(f"{when} {what}", "muted"), Span(f" {shown}" if shown else "", role))

    def _of_rehearsals(self, reports: Sequence[Rehearsal]) -> Line:
        head, tail = rehearsal_words(reports[0], self._now)
        enter = Span(" · Enter: report", "muted")
        if len(reports) == 1:
            return line(Span(f"{head} ", "muted"), tail, enter)
        when = moment_words(reports[0].taken, self._now)
        words = f"{quantities.plural(len(reports), 'rehearsal')}, newest {when} "
        return line(Span(words, "muted"), tail, enter)


def how_words(revision: Revision, reports: Iterable[Rehearsal], now: datetime) -> str:
    """`Jul 09 22:16 by upgrade op 24 (dana); rehearsed before, 0.4 s`."""
    by = revision.applied_by
    if by is None:
        return "not known"
    number = f" op {by.number}" if by.number else ""
    who = f" ({by.who})" if by.who else ""
    words = f"{moment_words(by.at, now)} by {by.operation}{number}{who}"
    if not by.rehearsal:
        return words
    report = next((r for r in reports if r.id == by.rehearsal), None)
    run = (
        next((r for r in report.runs if r.revision == revision.revision), None) if report else None
    )
    took = f", {quantities.duration(run.seconds)}" if run else ""
    return f"{words}; rehearsed before{took}"


def rehearsal_words(report: Rehearsal, now: datetime) -> tuple[str, Span]:
    """`Aug 10 17:31 rehearsed with image 1.0.7` and `ok, 1.2 s`."""
    # An interpreter has no name that says more than its path.
    named = f"image {report.release}" if report.release else report.image
    with_what = f" with {named}" if report.image_id else ""
    verb = "rehearsed" if report.action == "upgrade" else f"{report.action} rehearsed"
    seconds = sum(run.seconds for run in report.runs)
    head = f"{moment_words(report.taken, now)} {verb}{with_what}:"
    if report.ok:
        return head, Span(f"ok, {quantities.duration(seconds)}", "muted")
    return head, Span("FAIL", "danger", bold=True)


def moment_words(moment: datetime, now: datetime) -> str:
    """`Aug 11 02:00` in the zone of `now`; of another year `2025-11-03`."""
    local = moment.astimezone(now.tzinfo)
    return local.strftime("%b %d %H:%M" if local.year == now.year else "%Y-%m-%d")


def rehearsals_of(seen: Seen, revision: str) -> Sequence[Rehearsal]:
    """Reports in which a revision was run, newest first."""
    reports = seen.timeline.rehearsals if seen.timeline else ()
    return [r for r in reports if any(run.revision == revision for run in r.runs)]


def _rehearsals(seen: Seen) -> Mapping[str, list[Rehearsal]]:
    groups: dict[str, list[Rehearsal]] = defaultdict(list)
    for report in seen.timeline.rehearsals if seen.timeline else ():
        failed = report.failed.revision if report.failed else ""
        for name in (failed,) if failed else report.after or (report.target,):
            groups[name].append(report)
    return groups


def _entries(seen: Seen) -> Mapping[str, list[ActivityEntry]]:
    """Restores and the like, at the revision where the database stood after them."""
    groups: dict[str, list[ActivityEntry]] = defaultdict(list)
    revisions = {b.id: b.revision for b in seen.catalogue.backups} if seen.catalogue else {}
    for entry in seen.activity or ():
        if entry.operation not in _RESTORES or entry.state not in ("done", "failed"):
            continue
        if entry.state == "failed" and entry.outcome in _NOTHING_CHANGED:
            continue
        if entry.state == "done" and entry.operation in ("upgrade", "stamp"):
            continue  # the revision's own date tells of it
        for name in _where(entry, revisions):
            groups[name].append(entry)
    return groups


def _where(entry: ActivityEntry, revisions: Mapping[str, str]) -> Iterable[str]:
    result = entry.result
    for key in ("after", "before") if entry.state == "done" else ("before", "after"):
        names = result.get(key)
        if isinstance(names, list | tuple) and names:
            return [str(name) for name in names]
    known = str(result.get("revision") or "") or revisions.get(entry.subject, "")
    return [known] if known and entry.operation in ("restore", "undo") else []


def _joined(parts: Sequence[Line]) -> Line:
    result: list[Span] = []
    for part in parts:
        if result:
            result.append(Span(" · ", "muted"))
        result += part
    return tuple(result)
