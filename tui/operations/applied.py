"""When revisions came into the database, by which operation and by whom: from our own log.

An operation that put another database in place says in its result which revisions stood in
`alembic_version` before and after it. Everything below a revision that it added came with it;
everything that it took away has no date any more. What happened before our log, or was done by
others, is not known and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import ActivityEntry, Applied, Deployment, Revision
from tui.operations.activity import entry_of
from tui.services import journal
from tui.services.migrations.graph import upto

MIGRATING = ("upgrade", "downgrade", "stamp", "bootstrap", "reset", "restore", "undo")
"""Operations after which the database may stand at another revision."""

_IN_PLACE = (ExitCode.DONE, ExitCode.DOCKER, ExitCode.UNHEALTHY, ExitCode.PARTLY)
"""Exits with which what was put in place stays there."""
_ABOUT = re.compile(rf"[0-9]+-[0-9]+T[0-9]+Z-(?:{'|'.join(MIGRATING)})(?:-|$)")
"""Names of their journals; the many of backups are not even opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An operation that moved the database from some revisions to others, or tried to."""

    at: datetime
    operation: str
    number: int
    who: str
    entry: str
    subject: str
    outcome: str
    """`rolled back` and the like; empty or `done` where it is in place."""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    rehearsal: str = ""
    in_place: bool = True


def read_changes(deployment: Deployment) -> tuple[Change, ...]:
    """The operations of this database that may have moved it, oldest first; none is left out.

    Journals that cannot be read are passed over: they tell nothing.
    """
    names = [path for path in journal.paths(deployment.state_dir) if _ABOUT.match(path.stem)]
    found = []
    for path in names:
        if journal.is_refusal(path) or not journal.is_over(path):
            continue
        try:
            records = journal.read(path)
            entry = entry_of(path, records)
        except (McpdbError, KeyError, ValueError, TypeError):
            continue
        # Two databases of one folder share their journals.
        if entry is not None and _is_about(records[0], deployment):
            found.append(change_of(entry))
    return tuple(found)


def _is_about(begun: Mapping[str, Any], deployment: Deployment) -> bool:
    about = begun.get("deployment")
    database = str(about.get("database", "")) if isinstance(about, Mapping) else ""
    return not database or database.rpartition("/")[2] == deployment.database.name


def change_of(entry: ActivityEntry) -> Change:
    """What an entry of the log says of the database's revisions."""
    result = entry.result
    return Change(
        at=entry.started + timedelta(seconds=entry.seconds or 0.0),
        operation=entry.operation,
        number=entry.number,
        who=entry.who,
        entry=entry.id,
        subject=entry.subject,
        outcome=entry.outcome,
        before=_names(result.get("before")),
        after=_names(result.get("after")),
        rehearsal=str(result.get("rehearsal") or ""),
        in_place=entry.exit_code in _IN_PLACE,
    )


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, list | tuple) else ()


def applied_by(
    changes: Iterable[Change], revisions: Sequence[Revision], current: Iterable[str] = ()
) -> dict[str, Applied]:
    """Say how each revision came into the database, as far as the log tells.

    Args:
        changes: Oldest first.
        revisions: The graph.
        current: Where the database stands now; what lies above that has no date, whatever the
            log says. Empty: where the last change left it.
    """
    known = {item.revision for item in revisions}
    times: dict[str, Applied] = {}
    for change in changes:
        if not change.in_place or not known.issuperset(change.after) or not change.after:
            continue  # it failed, says nothing, or went to where this code has never been
        after = upto(revisions, change.after)
        times = {revision: by for revision, by in times.items() if revision in after}
        if _says_what_it_added(change, known):
            how = _how(change)
            times |= dict.fromkeys(after - upto(revisions, change.before), how)
    now = upto(revisions, current) if current else known
    return {revision: by for revision, by in times.items() if revision in now}


def _says_what_it_added(change: Change, known: set[str]) -> bool:
    """Whether what it did not find before it came with it, rather than being hidden."""
    if change.operation in ("restore", "undo") and not change.before:
        return False  # the old file was missing or could not be read
    return known.issuperset(change.before)


def _how(change: Change) -> Applied:
    return Applied(
        at=change.at,
        operation=change.operation,
        number=change.number,
        who=change.who,
        entry=change.entry,
        rehearsal=change.rehearsal,
    )
