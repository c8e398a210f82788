"""The timeline in words: state and sign of a revision, where the database stands, who was asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tui.app.glyphs import Glyphs
from tui.app.listing.migration_detail import all_of, other_image
from tui.app.listing.migration_marks import moment_words
from tui.app.paint import Line, Span
from tui.app.seen import Seen
from tui.core.models import ContainerRef, Revision, Timeline
from tui.wording import quantities

STATE_ROLES = {
    "pending": "running",
    "unknown": "danger",
    "current": "healthy",
    "ahead": "muted",
}
"""The colour role of each state; that of what is applied is plain text."""
_NUMBERS = {0: "no", 1: "one", 2: "two", 3: "three", 4: "four"}


def sign(revision: Revision, glyphs: Glyphs) -> Span:
    """Applied, current, or not in the database."""
    mark = {"current": glyphs.current, "applied": glyphs.applied}.get(revision.state, glyphs.ahead)
    return Span(mark, STATE_ROLES.get(revision.state, ""))


def state_words(revision: Revision, now: datetime, unknown: str = "not known") -> str:
    """`current`, `pending`, `ahead`, or when it was applied as far as we watched."""
    if revision.state != "applied":
        return revision.state
    return unknown if revision.applied is None else moment_words(revision.applied, now)


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
