"""Which entries of the activity log a line of terms lets in: for pane, palette and command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from tui.core.errors import UsageError
from tui.core.models import ActivityEntry
from tui.core.terms import Terms, parse
from tui.wording import entries, quantities
from tui.wording.clean import one_line

FIELDS = ("who", "what", "from", "result")
"""What a term can name: `who:dana`, `what:restore`, `from:10.20.0.9`, `result:rolled`."""


def fields_of(entry: ActivityEntry) -> Mapping[str, str]:
    """What `name:word` looks at."""
    return {
        "who": one_line(entry.who),
        "what": one_line(entries.what(entry)),
        "from": one_line(f"{entry.origin} {entry.host}"),
        "result": one_line(
            f"{entries.result(entry)} {entry.verdict} {entry.outcome} {entry.sentence}"
        ),
    }


def text_of(entry: ActivityEntry, now: datetime) -> str:
    """What a bare word looks at: every field, and number, time and duration as they are shown.

    Args:
        entry: Of the log.
        now: Its zone is the one that times are shown in.
    """
    moment = entry.started.astimezone(now.tzinfo)
    took = "" if entry.seconds is None else quantities.duration(entry.seconds)
    shown = (f"op {entry.number}", f"{moment:%b %d %H:%M:%S}", f"{moment:%Y-%m-%d}", took)
    return "\n".join((*fields_of(entry).values(), *shown))


def terms_of(line: str, now: datetime) -> Terms:
    """Read a line of terms for the log.

    Args:
        line: `who:dana what:restore -backup since:7d`, and words.
        now: What an age is counted from.

    Raises:
        UsageError: An age is none.
    """
    try:
        return parse(line, now, FIELDS)
    except ValueError as error:
        raise UsageError(f"{error}.") from error


def not_kept(found: Sequence[ActivityEntry]) -> int:
    """How many operations have left the log, as their numbers tell: it is kept within bounds.

    Args:
        found: All of the log.
    """
    numbers = {entry.number for entry in found}
    return max(numbers, default=0) - len(numbers)


def narrowed(
    found: Iterable[ActivityEntry], terms: Terms, now: datetime
) -> tuple[ActivityEntry, ...]:
    """The entries that a line lets in, in their order.

    Args:
        found: Of the log.
        terms: From `terms_of`.
        now: Its zone is the one that times are shown in.
    """
    return tuple(
        entry for entry in found if terms.fit(text_of(entry, now), fields_of(entry), entry.started)
    )
