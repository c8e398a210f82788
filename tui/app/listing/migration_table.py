"""The timeline as rows of its pane: what is ahead, where the image ends, what came when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tui.app.glyphs import Glyphs
from tui.app.listing import migration_graph as graphs
from tui.app.listing.migration_detail import all_of, other_image
from tui.app.listing.migration_marks import Marks
from tui.app.listing.migration_words import STATE_ROLES, border_words, sign, state_words
from tui.app.listing.row import Column, Row, between
from tui.app.paint import Line, Span
from tui.app.seen import Seen
from tui.core.models import Revision, Timeline

UNKNOWN = "?:"
"""Keys of revisions that no image here knows begin so."""
FIELDS = ("state", "downgrade", "release")
"""What a filter can name."""

_RISKS = {"may refuse": "attention", "no loss": "muted", "no-op": "muted", "unknown": "muted"}
"""Most downgrades drop data: a colour for each of them would say nothing."""
_WIDEST_GRAPH = 18
"""Columns; what is wider is cut, the revision never."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of the timeline, which depend on each other."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def table(
    seen: Seen,
    glyphs: Glyphs,
    now: datetime,
    *,
    width: int,
    unfolded: Collection[str] | None = (),
) -> Table:
    """The timeline, newest first, with everything that stands on its axis.

    Args:
        seen: What is known.
        glyphs: Signs and lines.
        now: The host's time.
        width: Columns of the list, for what goes across it.
        unfolded: Keys of folded branches that are open; None opens all.
    """
    timeline = seen.timeline
    if timeline is None:
        return Table(_columns((), 0), ())
    shown = all_of(timeline)
    lines = graphs.ASCII if glyphs.ascii else graphs.UNICODE
    branching = graphs.branches(shown)
    marks = Marks(seen, now)
    keep = {r.revision for r in shown if r.state == "current" or marks.knows(r.revision)}
    nodes = graphs.drawn(shown, lines=lines, keep=keep, unfolded=unfolded)
    lanes = max(5, min(_WIDEST_GRAPH, graphs.width_of(nodes))) if branching else 0
    known = {item.revision: item for item in shown}
    result = [*_unknown(timeline, lanes)]
    border = _Border(timeline, seen, glyphs, width)
    for node in nodes:
        if node.folded:
            result.append(_fold(node, lanes, lines))
            continue
        revision = known[node.key]
        result += border.above(revision)
        result.append(_row(revision, node, glyphs, now, lanes))
        rail = node.below if branching else glyphs.side
        # Behind the cursor; in a graph behind the places of sign and mark too.
        lead = f"{rail:<{lanes}}  " if branching else ""
        sign_ = Span(" ") if branching else Span(rail, "muted")
        result += [
            Row(mark.key, (Span(lead, "muted"), *mark.line), sign_, whole=True)
            # A filter keeps revisions, and counts them.
            if mark.key and unfolded is not None
            else between(f"   {lead}" if branching else f" {rail} ", *mark.line)
            for mark in marks.at(revision)
        ]
    return Table(_columns(shown, lanes), tuple(result))


def _columns(shown: Sequence[Revision], lanes: int) -> tuple[Column, ...]:
    # A release is never cut; pre-releases need eight columns.
    rel = max([5, *(len(item.release) for item in shown)])
    graph = (Column("graph", lanes, gap=2),) if lanes else ()
    return (
        *graph,
        Column("revision", 12, gap=1),
        Column("rel", min(rel, 8), gap=1),
        Column("applied", 12, gap=1),
        Column("downgrade", 10, gap=2),
        Column("message", 12, grows=True, gap=0),
    )


def _row(revision: Revision, node: graphs.Node, glyphs: Glyphs, now: datetime, lanes: int) -> Row:
    role = STATE_ROLES.get(revision.state, "")
    quiet = "muted" if revision.state in ("ahead", "pending") else ""
    mark = sign(revision, glyphs)
    cells: Line = (
        Span(revision.revision, quiet, revision.state == "current"),
        Span(revision.release, "muted"),
        Span(state_words(revision, now), role or ("" if revision.applied else "muted")),
        Span(revision.downgrade, _RISKS.get(revision.downgrade, "")),
        Span(revision.message, quiet),
    )
    if lanes:
        picture = f"{node.before}{mark.text}{node.after}"
        cells = (Span(picture, mark.role), *cells)
    return Row(
        revision.revision,
        cells,
        Span(" ") if lanes else mark,
        words=f"{revision.state}{' merge' if revision.is_merge else ''}",
        fields={
            "state": revision.state,
            "downgrade": revision.downgrade,
            "release": revision.release,
        },
        moment=revision.applied,
    )


def _fold(node: graphs.Node, lanes: int, lines: graphs.Lines) -> Row:
    picture = f"{node.before}{lines.folded}{node.after}"
    words = f"{len(node.folded)} more on this branch, Enter unfolds"
    return Row(node.key, (Span(f"{picture:<{lanes}}  "), Span(words, "muted")), whole=True)


def _unknown(timeline: Timeline, lanes: int) -> Iterator[Row]:
    """Where the database stands, when no image here knows it."""
    placed = {item.revision for item in timeline.ahead}
    for ident in timeline.unknown:
        if ident in placed:
            continue
        cells = (
            Span(ident, bold=True), Span(""), Span("unknown", "danger"), Span(""),
            Span("in the database, in no image here"),
        )  # fmt: skip
        graph = (Span("?", "danger"),) if lanes else ()
        mark = Span(" ") if lanes else Span("?", "danger", bold=True)
        yield Row(UNKNOWN + ident, (*graph, *cells), mark, words="current")


class _Border:
    """The line where the gateway's own image ends."""

    def __init__(self, timeline: Timeline, seen: Seen, glyphs: Glyphs, width: int) -> None:
        self._timeline = timeline
        words = border_words(seen)
        self._words = words if len(words) + 7 <= width else border_words(seen, short=True)
        self._glyphs = glyphs
        self._width = width
        self._ahead = {item.revision for item in timeline.ahead}
        self._older = () if self._ahead else timeline.ahead_heads

    def above(self, revision: Revision) -> Iterator[Row]:
        """The line, if it stands above this revision."""
        timeline = self._timeline
        if self._ahead and self._words and revision.revision not in self._ahead:
            yield self._across(self._words)
            self._words = ""
        elif revision.revision in self._older and self._older != timeline.heads:
            yield self._across(f"{other_image(timeline)} on this host ends here")
            self._older = ()

    def _across(self, words: str) -> Row:
        rule = self._glyphs.rule
        tail = rule * max(1, self._width - len(words) - 6)
        return between(Span(f" {rule * 3} ", "border"), Span(words, "muted"),
                       Span(f" {tail}", "border"))  # fmt: skip
