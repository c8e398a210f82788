"""The migration timeline at a glance, for the home pane."""

from __future__ import annotations

from datetime import datetime

from tui.app.glyphs import Glyphs
from tui.app.listing import migration_graph as graphs
from tui.app.listing.migration_detail import all_of
from tui.app.listing.migration_marks import by_revision, twig
from tui.app.listing.migration_words import (
    STATE_ROLES,
    border_words,
    sign,
    standing,
    state_words,
)
from tui.app.listing.row import Column, Row, between
from tui.app.paint import Line, Span
from tui.app.seen import Seen

COLUMNS = (
    Column("revision", 12, gap=1),
    Column("release", 7, gap=1),
    Column("state", 13, gap=1),
    Column("message", 20, grows=True, gap=0),
)


def rows(seen: Seen, glyphs: Glyphs, now: datetime) -> list[Row]:
    """Newest first; what no image knows on top, backups under their revision."""
    timeline = seen.timeline
    if timeline is None:
        return []
    backups = by_revision(seen)
    result: list[Row] = []
    placed = {item.revision for item in timeline.ahead}
    for ident in timeline.unknown:
        if ident not in placed:
            cells = (Span(ident), Span(""), Span("unknown", "danger"), Span("in no image here"))
            result.append(Row(ident, cells, Span("?", "danger", bold=True)))
    border = border_words(seen, short=True)
    for revision in graphs.ordered(all_of(timeline)):
        if border and revision.revision not in placed:
            rule = glyphs.rule * 2
            words = (Span(border, "muted"), Span(f" {rule}", "border"))
            result.append(between(Span(f" {rule} ", "border"), *words))
            border = ""
        quiet = "muted" if revision.state in ("pending", "ahead") else ""
        cells = (
            Span(revision.revision, bold=revision.state == "current"),
            Span(revision.release, "muted"),
            Span(state_words(revision, now, "before log"), STATE_ROLES.get(revision.state, "")),
            Span(revision.message, quiet),
        )
        result.append(Row(revision.revision, cells, sign(revision, glyphs)))
        if revision.revision in backups:
            result.append(twig(backups[revision.revision], glyphs, now))
    return result


def title(seen: Seen, *, dashboard: bool = True) -> Line:
    """`3 Migrations · 107 applied`; in the summary where the database stands, if that is well."""
    timeline = seen.timeline
    if timeline is None or not timeline.revisions:
        return (Span("3 Migrations"),)
    if not dashboard and timeline.ahead and not timeline.pending and not timeline.problem:
        return (Span("3 Migrations · "), *standing(seen))
    mark = "~" if timeline.stale else ""
    return (Span(f"3 Migrations · {mark}{timeline.applied} applied"),)


def aside(seen: Seen, *, dashboard: bool = True) -> Line:
    """Where the database stands beside the code; in the summary also what is ahead."""
    timeline = seen.timeline
    if timeline is None or (timeline.problem and not timeline.unknown):
        return ()
    stands = standing(seen)
    if dashboard or not timeline.ahead or timeline.unknown:
        return stands
    short = timeline.ahead_release or timeline.ahead_image
    ahead = Span(f"{short} here is {len(timeline.ahead)} ahead", "muted")
    return (*stands, Span(" · ", "muted"), ahead) if timeline.pending else (ahead,)
