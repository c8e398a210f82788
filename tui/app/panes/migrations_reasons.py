"""Why a verb of 3 Migrations cannot be done to the row under the cursor."""

from __future__ import annotations

from tui.app import verbs
from tui.app.listing.migration_findings import PREFIX
from tui.app.listing.migration_graph import FOLD
from tui.app.listing.migration_words import find
from tui.app.seen import Seen
from tui.core.models import ContainerRef, Timeline

TITLES = {
    "rehearse": "r rehearse…",
    "upgrade": "U upgrade…",
    "downgrade": "D downgrade…",
    "stamp": "S stamp…",
}
"""The keys that ask, as their reasons name them."""
_OF_ONE = ("open", "tab", "turn", "copy", "actions", "downgrade", "stamp")
"""What needs a row under the cursor."""


def why_not(action: str, seen: Seen, key: str) -> str:
    """Say why an action is greyed; empty when it can be done.

    Args:
        action: Of the pane, without its parameters.
        seen: What is known.
        key: Of the row under the cursor.
    """
    if action in _OF_ONE and not key:
        return "There is no revision here."
    if action == "current" and not (seen.timeline and seen.timeline.current):
        return "This database was never migrated."
    if action == "image":
        return _no_image(seen)
    if action == "undo":
        return verbs.why_not_undo(seen, "Z undo…")
    title = TITLES.get(action)
    if title is None:
        return ""
    ask = verbs.why_not_change if action == "rehearse" else verbs.why_not_replace
    return ask(seen, title) or _no_code(seen, title) or _of_row(action, seen, key, title)


def _no_image(seen: Seen) -> str:
    deployment = seen.deployment
    if deployment is None or not isinstance(deployment.gateway, ContainerRef):
        return "i image… is off: this gateway runs in no container."
    return _no_docker(seen, "i image…")


def _no_code(seen: Seen, title: str) -> str:
    """Why there is nothing that could migrate."""
    deployment = seen.deployment
    problem = deployment.blocked("migrations") if deployment else None
    if problem is not None:
        return f"{title} is off. {problem.text}"
    if why := _no_docker(seen, title):
        return why
    if seen.timeline is None:
        return f"{title}: the migrations are not read yet."
    if not seen.timeline.revisions:
        return f"{title} is off. {seen.timeline.problem}"
    return ""


def _no_docker(seen: Seen, title: str) -> str:
    state = seen.gateway
    if state is not None and state.running == "unknown" and state.text.startswith("Docker "):
        return f"{title} is off. {state.text}"
    return ""


def _of_row(action: str, seen: Seen, key: str, title: str) -> str:
    timeline = seen.timeline
    if timeline is None:
        return ""
    there = seen.database is None or seen.database.exists
    if not there:
        return f"{title} is off: there is no database; :bootstrap… makes one aside."
    match action:
        case "rehearse":
            return _nothing_pending(timeline, "Nothing to rehearse")
        case "upgrade":
            return _nothing_pending(timeline, f"{title} is off")
    if key.startswith((PREFIX, FOLD)) or find(seen, key) is None:
        return f"{title} is off: choose a revision that this image has."
    return _of_revision(action, seen, timeline, key, title)


def _nothing_pending(timeline: Timeline, head: str) -> str:
    if timeline.pending or timeline.ahead or timeline.unknown or timeline.findings:
        return ""
    if len(timeline.heads) != 1 or set(timeline.current) != set(timeline.heads):
        return ""
    return f"{head}: database = head of this image."


def _of_revision(action: str, seen: Seen, timeline: Timeline, key: str, title: str) -> str:
    found = find(seen, key)
    state = found.state if found is not None else "unknown"
    if state == "ahead" or found in timeline.ahead:
        return f"{title} is off: {key} is only in {timeline.ahead_image}, not in this image."
    if action == "downgrade" and state == "current":
        return f"{title} is off: the database stands here; choose an older revision to go down to."
    if action == "downgrade" and state != "applied":
        return f"{title} is off: {key} is not in the database; U goes up."
    return ""
