"""The migration timeline as rows: what is ahead, where the running image ends, what is applied."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tui.app.glyphs import Glyphs
from tui.app.listing import migration_graph as graphs
from tui.app.listing.migration_detail import all_of, other_image
from tui.app.listing.migration_marks import Marks, by_revision, moment_words, twig
from tui.app.listing.row import Column, Row, between
from tui.app.paint import Line, Span
from tui.app.seen import Seen
from tui.core.models import ContainerRef, Revision, Timeline
from tui.wording import quantities

COLUMNS = (
    Column("revision", 12, gap=1),
    Column("release", 7, gap=1),
    Column("state", 13, gap=1),
    Column("message", 20, grows=True, gap=0),
)
"""On the home pane."""
UNKNOWN = "?:"
"""Keys of revisions that no image here knows begin so."""
FIELDS = ("state", "downgrade", "release")
"""What a filter can name."""

_ROLES = {"pending": "running", "unknown": "danger", "current": "healthy", "ahead": "muted"}
_RISKS = {"may refuse": "attention", "no loss": "muted", "no-op": "muted", "unknown": "muted"}
"""Most downgrades drop data: a colour for each of them would say nothing."""
_NUMBERS = {0: "no", 1: "one", 2: "two", 3: "three", 4: "four"}
_WIDEST_GRAPH = 18
"""Columns; what is wider is cut, the revision never."""


def sign(revision: Revision, glyphs: Glyphs) -> Span:
    """Applied, current, or not in the database."""
    mark = {"current": glyphs.current, "applied": glyphs.applied}.get(revision.state, glyphs.ahead)
    return Span(mark, _ROLES.get(revision.state, ""))


def state_words(revision: Revision, now: datetime, unknown: str = "not known") -> str:
    """`current`, `pending`, `ahead`, or when it was applied as far as we watched."""
    if revision.state != "applied":
        return revision.state
    return unknown if revision.applied is None else moment_words(revision.applied, now)


# --- the rows of the pane -------------------------------------------------------------------


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
        lead = f"   {rail:<{lanes}}  " if branching else f" {rail} "
        result += [between(lead, *mark) for mark in marks.at(revision)]
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
    role = _ROLES.get(revision.state, "")
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


def border_words(seen: Seen, *, short: bool = False) -> str:
    """`image 1.0.7 on this host is 6 ahead · the running image 1.0.5 ends here`."""
    timeline = seen.timeline
    if timeline is None or not timeline.ahead:
        return ""
    other = f"{other_image(timeline)} on this host is {len(timeline.ahead)} ahead"
    own = f" {timeline.release}" if timeline.release and not short else ""
    running = seen.gateway is None or seen.gateway.is_up
    image = "running image" if running else "gateway's image"
    the = "" if short else "the "
    return f"{other} · {the}{image}{own} ends here"


# --- the home pane ----------------------------------------------------------------------------


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
            Span(state_words(revision, now, "before log"), _ROLES.get(revision.state, "")),
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


# --- the line above the list ------------------------------------------------------------------


def standing(seen: Seen) -> Line:
    """`database = running image`, or how far it is from that."""
    timeline = seen.timeline
    if timeline is None:
        return ()
    if seen.database is not None and not seen.database.exists:
        return (Span("there is no database", "danger", bold=True),)
    if timeline.unknown:
        return (Span(f"{timeline.unknown[0]} is not in this image", "danger", bold=True),)
    if not timeline.current:
        return (Span("never migrated", "attention"),)
    if timeline.pending:
        return (Span(f"{timeline.pending} pending", "attention"),)
    return (Span(f"database = {_code(seen)}"),)


def _code(seen: Seen) -> str:
    deployment = seen.deployment
    in_container = deployment is not None and isinstance(deployment.gateway, ContainerRef)
    running = seen.gateway is None or seen.gateway.is_up
    return f"{'running' if running else 'head of'} {'image' if in_container else 'code'}"


def header(seen: Seen, width: int) -> tuple[Line, Line]:
    """Both ends of the line above the list, as much of it as there is room for."""
    timeline = seen.timeline
    if timeline is None or not timeline.revisions:
        return (), ()
    stale = Span("~", "attention") if timeline.stale else Span("")
    stands = standing(seen)
    release = timeline.release or (seen.gateway.release if seen.gateway else "")
    if stands[-1].text.startswith("database =") and release:
        stands = (Span(f"{stands[-1].text} {release}"),)
    heads = len(timeline.heads)
    count = _NUMBERS.get(heads, str(heads))
    told: list[Line] = [
        (stale, Span(f"{timeline.applied} applied")),
        stands,
        (Span(f"{count} head{'' if heads == 1 else 's'}", "" if heads == 1 else "danger"),),
        (Span(f"graph read from {_read_from(timeline)}", "muted"),),
    ]
    hints = ("newest first · / filter: pending, drops, 1.0.6, oauth", "newest first", "")
    for parts in (told, told[:3], told[:2]):
        left = _dotted(parts)
        for hint in hints:
            if sum(len(span.text) for span in left) + len(hint) + 4 <= width:
                return (Span(" "), *left), (Span(f"{hint} ", "muted"),)
    return (Span(" "), *_dotted(told[:2])), ()


def _read_from(timeline: Timeline) -> str:
    if timeline.ahead:
        return other_image(timeline)
    return "memory" if timeline.stale else timeline.read_from or "memory"


def _dotted(parts: Sequence[Line]) -> Line:
    result: list[Span] = []
    for part in parts:
        if result:
            result.append(Span(" · ", "muted"))
        result += part
    return tuple(result)


def stands(seen: Seen, width: int) -> Line:
    """What the message line says at rest: who was asked, and how long that took.

    Args:
        seen: What is known.
        width: Columns of the screen.
    """
    timeline = seen.timeline
    if timeline is None or not timeline.revisions:
        return ()
    down = seen.gateway is not None and not seen.gateway.is_up
    if timeline.stale:
        return (Span(" remembered from an earlier start; being read again", "muted"),)
    took = f" {quantities.duration(timeline.seconds)}" if timeline.seconds else ""
    source = timeline.read_from or "memory"
    verb = "probe ran in" if timeline.seconds else "read before from"
    words = f" {verb} {source}{took}"
    if down and source.startswith("one-off"):
        words = " Gateway is down; read in a one-off container of the same image."
    if timeline.ahead_problem:
        return Span(words, "muted"), Span(f" · {timeline.ahead_problem}", "attention")
    if timeline.ahead_image and width >= 120:
        words += f" · {other_image(timeline)} read in a one-off container"
    return (Span(words, "muted"),)


def empty_words(seen: Seen) -> str:
    """What stands where no revision does."""
    if problem := seen.problem("timeline"):
        return problem
    if seen.timeline is None:
        return "…"
    return seen.timeline.problem or "No migrations known."


def find(seen: Seen, ident: str) -> Revision | None:
    """The revision with this id, as this code or the other image has it."""
    if seen.timeline is None:
        return None
    return next((item for item in all_of(seen.timeline) if item.revision == ident), None)
