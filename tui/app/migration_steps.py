"""Which revisions would be run, from the timeline that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tui.app.seen import Seen
from tui.core.models import MigrationAction, Revision, Timeline


def action_for(timeline: Timeline | None, target: str) -> MigrationAction:
    """Whether one goes up or down to a target."""
    if target.startswith("-"):
        return "downgrade"
    revisions = timeline.revisions if timeline is not None else ()
    found = next((item for item in revisions if item.revision == target), None)
    return "downgrade" if found is not None and found.state == "applied" else "upgrade"


def has_leftovers(timeline: Timeline | None) -> bool:
    """Whether a cut migration left tables that would make the next one fail."""
    return timeline is not None and any(one.name == "leftover" for one in timeline.findings)


def steps(
    timeline: Timeline | None, action: MigrationAction, target: str, *, ahead: bool = False
) -> tuple[Revision, ...] | None:
    """What would be run, in the order it is run; None when that cannot be told from here.

    Args:
        timeline: As it is shown.
        action: `upgrade` or `downgrade`.
        target: A revision, `head` or `-1`.
        ahead: Whether it is done with the other image of the timeline.
    """
    if timeline is None or not timeline.revisions or timeline.unknown:
        return None
    revisions = (*timeline.ahead, *timeline.revisions) if ahead else timeline.revisions
    heads = timeline.ahead_heads if ahead and timeline.ahead_heads else timeline.heads
    now = _upto(revisions, timeline.current)
    if action == "downgrade":
        if target == "-1":
            return tuple(item for item in revisions if item.state == "current")[:1]
        then = _upto(revisions, [target])
        return tuple(item for item in revisions if item.revision in now - then) if then else None
    then = _upto(revisions, heads if target == "head" else [target])
    if not then:
        return None
    return tuple(item for item in reversed(revisions) if item.revision in then - now)


class RevisionClock:
    """Since when the revision that runs was seen to run."""

    def __init__(self) -> None:
        self._at: tuple[int, int, str] | None = None
        self._since: datetime | None = None

    def since(self, at: tuple[int, int, str], now: datetime) -> datetime | None:
        """When the present one began; None for who came too late to see it.

        Args:
            at: Which one of how many, from 1, and its id; zeros where none runs.
            now: The present.
        """
        if at != self._at:
            late = self._at is None
            self._at = at
            self._since = None if late or not at[0] else now
        return self._since


def message_of(seen: Seen | None, revision: str) -> str:
    """What a revision says of itself; empty when it is not known here."""
    timeline = seen.timeline if seen is not None else None
    known = (*timeline.ahead, *timeline.revisions) if timeline is not None else ()
    if revision == "bootstrap_db":
        return "as a start of the gateway does"
    return next((item.message for item in known if item.revision == revision), "")


def _upto(revisions: Sequence[Revision], ends: Sequence[str]) -> set[str]:
    """The revisions at `ends` and all below them."""
    known = {item.revision: item for item in revisions}
    found: set[str] = set()
    todo = [end for end in ends if end in known]
    while todo:
        revision = todo.pop()
        if revision not in found:
            found.add(revision)
            todo += [down for down in known[revision].down if down in known]
    return found
