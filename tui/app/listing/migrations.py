"""The migration timeline as rows, and one revision in detail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from tui.app.glyphs import Glyphs
from tui.app.listing.backups import when_words
from tui.app.listing.row import Column, Row, between
from tui.app.paint import Line, Span, line
from tui.app.seen import Seen
from tui.core.models import Backup, Revision
from tui.core.operation import Verdict
from tui.wording import quantities

COLUMNS = (
    Column("revision", 12, gap=1),
    Column("release", 7, gap=1),
    Column("state", 13, gap=1),
    Column("message", 20, grows=True, gap=0),
)

_ROLES = {"pending": "running", "unknown": "danger", "applied": "", "current": "healthy"}


def sign(revision: Revision, glyphs: Glyphs) -> Span:
    """Applied, current or ahead."""
    mark = {"current": glyphs.current, "applied": glyphs.applied}.get(revision.state, glyphs.ahead)
    return Span(mark, _ROLES.get(revision.state, "muted"))


def state_words(revision: Revision, now: datetime) -> str:
    """`current`, `pending`, or when it was applied as far as we watched."""
    if revision.state != "applied":
        return revision.state
    if revision.applied is None:
        return "before log"
    local = revision.applied.astimezone(now.tzinfo)
    return local.strftime("%b %d %H:%M" if local.year == now.year else "%Y-%m-%d")


def by_revision(seen: Seen) -> Mapping[str, list[Backup]]:
    """Backups grouped by their revision, newest first."""
    groups: dict[str, list[Backup]] = defaultdict(list)
    for backup in seen.catalogue.backups if seen.catalogue else ():
        if backup.revision and not backup.link_to:
            groups[backup.revision].append(backup)
    return groups


def _twig(backups: list[Backup], glyphs: Glyphs, now: datetime) -> Row:
    newest = backups[0]
    word = f" {newest.verdict}" if newest.verdict is not Verdict.UNKNOWN else ""
    count = quantities.plural(len(backups), "backup")
    return between(f"   {glyphs.twig} {count} here, newest {when_words(newest, now)}{word}")


def rows(seen: Seen, glyphs: Glyphs, now: datetime) -> list[Row]:
    """Newest first; what the code does not know on top, backups under their revision."""
    timeline = seen.timeline
    if timeline is None:
        return []
    backups = by_revision(seen)
    result: list[Row] = []
    for ident in timeline.unknown:
        cells = (Span(ident), Span(""), Span("unknown", "danger"), Span("not in this image"))
        result.append(Row(ident, cells, Span("?", "danger", bold=True)))
    for revision in timeline.revisions:
        muted = "muted" if revision.state == "pending" else ""
        merge = " (merge)" if revision.is_merge else ""
        cells = (
            Span(revision.revision, bold=revision.state == "current"),
            Span(revision.release, "muted"),
            Span(state_words(revision, now), _ROLES.get(revision.state, "")),
            Span(revision.message + merge, muted),
        )
        result.append(
            Row(
                revision.revision,
                cells,
                sign(revision, glyphs),
                words=revision.state,
                fields={"state": revision.state},
                moment=revision.applied,
            )
        )
        if revision.revision in backups:
            result.append(_twig(backups[revision.revision], glyphs, now))
    return result


def title(seen: Seen) -> str:
    """`3 Migrations · 107 applied`."""
    if seen.timeline is None or not seen.timeline.revisions:
        return "3 Migrations"
    return f"3 Migrations · {seen.timeline.applied} applied"


def aside(seen: Seen) -> Line:
    """Where the database stands beside the code."""
    timeline = seen.timeline
    if timeline is None or timeline.problem:
        return ()
    if seen.database is not None and not seen.database.exists:
        return (Span("there is no database", "danger", bold=True),)
    if timeline.unknown:
        return (Span(f"{timeline.unknown[0]} is not in this image", "danger", bold=True),)
    if timeline.pending:
        return (Span(f"{timeline.pending} pending", "attention"),)
    if not timeline.current:
        return (Span("never migrated", "attention"),)
    return (Span("database = running code"),)


def empty_words(seen: Seen) -> str:
    """What stands where no revision does."""
    if problem := seen.problem("timeline"):
        return problem
    if seen.timeline is None:
        return "…"
    return seen.timeline.problem or "No migrations known."


def find(seen: Seen, ident: str) -> Revision | None:
    """The revision with this id, as the code has it."""
    revisions = seen.timeline.revisions if seen.timeline else ()
    return next((revision for revision in revisions if revision.revision == ident), None)


def _labelled(label: str, text: str, role: str = "") -> Line:
    return line(Span(f" {label:<10}", "muted"), Span(text, role))


def detail(revision: Revision, seen: Seen, now: datetime) -> tuple[Line, ...]:
    """What is known of one revision."""
    words = {
        "pending": "pending: this code has it, the database does not",
        "current": "current: where the database stands",
        "applied": "applied",
        "unknown": "unknown",
    }[revision.state]
    when = f", {state_words(revision, now)}" if revision.state == "applied" else ""
    result: list[Line] = [
        _labelled("message", revision.message),
        _labelled("state", words + when, _ROLES.get(revision.state, "")),
    ]
    if revision.release:
        result.append(_labelled("release", f"{revision.release} ends with it"))
    after = " and ".join(revision.down) or "nothing: the first one"
    result.append(_labelled("after", f"{after} (the chain decides, not dates)"))
    if revision.created:
        result.append(_labelled("file", f"dated {revision.created}"))
    if revision.branch_labels:
        result.append(_labelled("branch", ", ".join(revision.branch_labels)))
    for backup in by_revision(seen).get(revision.revision, [])[:5]:
        result.append(
            _labelled("backup", f"{when_words(backup, now)} {backup.id} {backup.verdict}")
        )
    doc = [text for text in revision.doc.splitlines() if text.strip()]
    if doc:
        result += [(), *((Span(f" {text}", "muted"),) for text in doc)]
    return tuple(result)
