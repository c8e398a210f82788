"""What is said about a log: above it, below it, and where there are no lines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tui.app.paint import Line, Span, spread
from tui.app.seen import Seen
from tui.core.models import ContainerRef
from tui.wording.quantities import count, narrow_size, plural

if TYPE_CHECKING:
    from tui.app.widgets.log_view import LogView
    from tui.operations.logs.feed import Feed
    from tui.operations.logs.sources import LogSource

FLOOD = 1_000
"""Lines a second from which on it is called a flood."""


def empty_words(seen: Seen, feed: Feed | None, view: LogView, only: LogSource | None) -> str:
    """What stands where there are no lines."""
    if view.read:
        return f"No line matches; {count(view.read)} read. Esc clears the filter."
    if feed is None:
        return "No lines yet; new ones appear by themselves."
    if feed.problem:
        return feed.problem
    if not feed.began:
        return "…"
    deployment = seen.deployment
    is_container = deployment is not None and isinstance(deployment.gateway, ContainerRef)
    has_files = any(source.kind == "file" for source in feed.sources)
    if only is None and not is_container and not has_files:
        return "No log is known here; log_files in the settings names folders and files."
    if is_container and not has_files and only is None:
        return "logs/ is empty; this gateway logs to the container."
    return "No lines yet; new ones appear by themselves."


def rate_words(view: LogView, minute: int, second: int, feed: Feed | None, *, narrow: bool) -> str:
    """`following off: End or f · 214 lines a minute · 50,000 kept`."""
    words: list[str] = []
    if feed is not None and feed.left:
        words.append(f"from the file's start, {narrow_size(feed.left)} below: f")
    elif view.following:
        words.append("following")
    else:
        words.append("paused: f" if narrow else "following off: End or f")
    if second > FLOOD:
        words.append(f"+{count(second)}/s, showing the newest")
    elif not narrow:
        words.append(f"{plural(minute, 'line')} a minute")
    if view.total > view.read:
        words.append(f"{count(view.read)} kept of {count(view.total)}")
    else:
        words.append(f"{count(view.read)} kept" if not narrow else plural(view.read, "line"))
    return " · ".join(words)


def standing(view: LogView, now: datetime, seen: Seen, width: int) -> Line:
    """`paused at 03:04:11 · 61 new lines below`, and what the times are."""
    words: list[str] = []
    if view.following:
        words.append("following")
    else:
        line = view.line_under_cursor
        if line is not None and line.time is not None:
            at = line.time.astimezone(now.tzinfo)
            day = "" if at.date() == now.date() else f"{at:%b %d} "
            words.append(f"paused at {day}{at:%H:%M:%S}")
        else:
            words.append("paused")
        words.append(f"{plural(view.new_below, 'new line')} below")
    if view.marked:
        words.append(f"{count(len(view.marked))} marked")
    gateway = seen.deployment.gateway if seen.deployment is not None else None
    aside = ""
    if isinstance(gateway, ContainerRef) and view.times == "local":
        aside = f"container times are UTC, shown in {now.tzname() or 'local time'} "
    left = (Span(" " + " · ".join(words), "muted"),)
    return spread(left, (Span(aside, "muted"),), width)
