"""When revisions came into the database, by which operation and by whom: from our own log.

An operation that put another database in place says in its result which revisions stood in
`alembic_version` before and after it, and in its journal which file stood at the path and which
one was put there. So what is known is followed file by file: what an undo or a restore brings back
has the history that it had when it was set aside. What happened before our log or was done by
others, and the past of a file that nobody here has seen, is not known and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import ActivityEntry, Applied, Deployment, Revision
from tui.operations.activity import entry_of
from tui.operations.execution.journaled import merged
from tui.services import files, journal
from tui.services.migrations.graph import upto

MIGRATING = ("upgrade", "downgrade", "stamp", "bootstrap", "reset", "restore", "undo")
"""Operations after which the database may stand at another revision."""
_REMADE = ("vacuum", "analyze", "reindex", "maintain")
"""Those that put the same database there in a new file: its past goes with it."""

_NEW = ("bootstrap", "reset")
_BROUGHT = ("restore", "undo")
_IN_PLACE = (ExitCode.DONE, ExitCode.DOCKER, ExitCode.UNHEALTHY, ExitCode.PARTLY)
"""Exits with which what was put in place stays there."""
_ABOUT = re.compile(rf"[0-9]+-[0-9]+T[0-9]+Z-(?:{'|'.join((*MIGRATING, *_REMADE))})(?:-|$)")
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
    stood: int = 0
    """Inode of the file that stood at the path; 0: none, or the journal does not say."""
    put: int = 0
    """Inode of the file that stands there since; 0: none, or the journal does not say."""
    gone: bool = False
    """Whether the path is empty since."""
    of: int = 0
    """Number of the operation whose former database came back; 0: another one did."""
    taken: datetime | None = None
    """When the backup of this database was true that came back; None: another one did."""


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
            # Two databases of one folder share their journals.
            if entry is not None and _is_about(records[0], deployment):
                found.append(_with_files(change_of(entry), merged(records)))
        except (McpdbError, KeyError, ValueError, TypeError):
            continue
    return tuple(found)


def _is_about(begun: Mapping[str, Any], deployment: Deployment) -> bool:
    about = begun.get("deployment")
    database = str(about.get("database", "")) if isinstance(about, Mapping) else ""
    return not database or database.rpartition("/")[2] == deployment.database.name


def change_of(entry: ActivityEntry) -> Change:
    """What an entry of the log says of the database's revisions."""
    result = entry.result
    undoes = result.get("undoes")
    stands = _names(result.get("revisions")) if entry.operation in _REMADE else ()
    back = entry.outcome.startswith("rolled back") or entry.outcome == "gateway not back"
    return Change(
        at=entry.started + timedelta(seconds=entry.seconds or 0.0),
        operation=entry.operation,
        number=entry.number,
        who=entry.who,
        entry=entry.id,
        subject=entry.subject,
        outcome=entry.outcome,
        before=stands or _names(result.get("before")),
        after=stands or _names(result.get("after")),
        rehearsal=str(result.get("rehearsal") or ""),
        in_place=entry.exit_code in _IN_PLACE and not back,
        gone=result.get("taken_away") is True,
        of=int(undoes.get("number") or 0) if isinstance(undoes, Mapping) else 0,
    )


def _with_files(change: Change, facts: Mapping[str, Any]) -> Change:
    """What the journal says beside the result: which file took whose place, and whence."""
    stood, staged = (int(facts.get(f"{key}_inode") or 0) for key in ("live", "staged"))
    put = stood if facts.get("way") == "overwrite" else staged
    found = replace(change, stood=stood, put=0 if change.gone else put)
    source = facts.get("source")
    if not isinstance(source, Mapping):
        return found
    parent = str(source.get("parent") or "").partition("-")[0]
    of = found.of or (int(parent) if parent.isdecimal() else 0)
    return replace(found, of=of, taken=datetime.fromisoformat(str(source["taken"])))


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, list | tuple) else ()


# --- file by file -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Past:
    """What is known of how a file came to where it stands."""

    applied: Mapping[str, Applied] = field(default_factory=dict)
    at: tuple[str, ...] = ()
    """Where the last change that we know of left it."""
    since: Applied | None = None
    """What moved it there."""


_UNKNOWN = _Past()


class _Follower:
    """Goes through the changes, oldest first, and remembers every file's past."""

    def __init__(self, revisions: Sequence[Revision]) -> None:
        self._revisions = revisions
        self._known = {item.revision for item in revisions}
        self.past = _UNKNOWN
        """Of the file that stands at the path."""
        self._file: int | None = None
        """Its inode; 0: there is none, None: not known."""
        self._set_aside: dict[int, _Past] = {}
        """What stood there before an operation, by its number."""
        self._by_file: dict[int, _Past] = {}
        self._log: list[tuple[datetime, _Past]] = []
        """What stood there since when; of what somebody else put there meanwhile, nothing."""

    def take(self, change: Change) -> None:
        """Follow one change that is in place."""
        if change.put or change.gone:
            if self._log and self._file is not None and change.stood != self._file:
                # Since when the other file stood there nobody knows.
                self._log[-1] = (self._log[-1][0], _UNKNOWN)
            self.meet(change.stood)
        self._set_aside[change.number] = self.past
        self.past = _UNKNOWN if change.gone else self._next(change)
        if change.put or change.gone:
            self._file = change.put
        self._log.append((change.at, self.past))

    def meet(self, file: int) -> None:
        """See which file stands there: somebody may have put another one there."""
        if self._file:
            self._by_file[self._file] = self.past
        if self._file is not None and file != self._file:
            self.past = self._by_file.get(file, _UNKNOWN)
        self._file = file
        if file:
            self._by_file[file] = self.past

    def _next(self, change: Change) -> _Past:
        how = _how(change)
        if not change.after or not self._known.issuperset(change.after):
            # It says nothing, or went to where this code has never been.
            return replace(self.past, at=(), since=None)
        after = upto(self._revisions, change.after)
        if change.operation in _NEW:
            return _Past(dict.fromkeys(after, how), change.after, how)
        brought = change.operation in _BROUGHT
        past = self._brought(change) if brought else self.past
        if not brought and self._known.issuperset(change.before):
            # What others took away meanwhile came back by others, too.
            stood = upto(self._revisions, change.before)
            past = replace(past, applied=_within(past.applied, stood))
        applied = _within(past.applied, after)
        is_known = bool(change.before) and (brought or self._known.issuperset(change.before))
        if not brought and self._known.issuperset(change.before):
            added = after - upto(self._revisions, change.before)
            applied |= dict.fromkeys(added, how)
        if is_known and set(change.before) != set(change.after):
            return _Past(applied, change.after, how)
        same = set(past.at) == set(change.after)
        return _Past(applied, change.after, past.since if same else None)

    def _brought(self, change: Change) -> _Past:
        """The past of what came back."""
        if change.of in self._set_aside:
            return self._set_aside[change.of]
        if change.taken is None:
            return _UNKNOWN
        before = [past for at, past in self._log if at <= change.taken]
        return before[-1] if before else _UNKNOWN


def applied_to(
    deployment: Deployment, revisions: Sequence[Revision], current: Sequence[str]
) -> dict[str, Applied]:
    """Say how each revision came into the file that stands at the path; see `applied_by`."""
    found = files.identity(deployment.database)
    live = found.inode if found is not None else 0
    return applied_by(read_changes(deployment), revisions, current, live)


def applied_by(
    changes: Iterable[Change],
    revisions: Sequence[Revision],
    current: Iterable[str] = (),
    live: int | None = None,
) -> dict[str, Applied]:
    """Say how each revision came into the database, as far as the log tells.

    A revision at which the database stands says what moved it there last, up or down.

    Args:
        changes: Oldest first.
        revisions: The graph.
        current: Where the database stands now; what lies above that has no date, whatever the
            log says. Empty: where the last change left it.
        live: Inode of the file that stands there now; 0: none. None: not looked at.
    """
    follower = _Follower(revisions)
    for change in changes:
        if change.in_place and (change.after or change.gone):
            follower.take(change)
    if live is not None:
        follower.meet(live)
    past = follower.past
    stands = tuple(current) or past.at
    known = {item.revision for item in revisions}
    told = _within(past.applied, upto(revisions, stands) if stands else known)
    if past.since is not None and set(stands) == set(past.at):
        told |= dict.fromkeys(past.at, past.since)
    return told


def _within(applied: Mapping[str, Applied], names: Iterable[str]) -> dict[str, Applied]:
    kept = frozenset(names)
    return {revision: by for revision, by in applied.items() if revision in kept}


def _how(change: Change) -> Applied:
    return Applied(
        at=change.at,
        operation=change.operation,
        number=change.number,
        who=change.who,
        entry=change.entry,
        rehearsal=change.rehearsal,
    )
