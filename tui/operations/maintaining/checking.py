"""Checking the live database: its pages, its indexes, its foreign keys; and remembering it.

It is read through a connection that only reads, so the gateway goes on writing (WAL); what is
checked is one moment of it. In rollback-journal mode a reader holds writers up, so there a check
beside a running gateway has a deadline. Damage makes the live file suspect: from then on nothing
deletes or overwrites by it until a full check has passed, see `cataloguing.suspicion`.

Keys of the facts: `integrity` (`ok` or the first line of what was found), `check`, `problems`,
`indexes` (those that alone are damaged), `foreign_keys` (rows that point nowhere),
`foreign_key_tables` (rows by table), `checked_file` (device, inode), `checked_at`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from tui.core.errors import BusyError, DamagedError, McpdbError
from tui.core.models import Deployment
from tui.core.operation import Progress, StepFinished, Steps, StepStarted
from tui.operations.cataloguing import suspicion
from tui.operations.finding.gateways import gateway_of, is_up
from tui.operations.maintaining.watching import asking, bytes_read
from tui.operations.reads.holding import hold_for
from tui.operations.reads.looking import LiveDatabase
from tui.services import files
from tui.services.sqlite import inspection, maintenance
from tui.services.sqlite.connections import Opened, translating
from tui.services.sqlite.stopping import TimeIsUpError, never, stoppable
from tui.wording.clean import one_line
from tui.wording.quantities import count, plural

INTEGRITY = "check every page and compare every index with its table"
QUICK = "check every page"
FOREIGN_KEYS = "look for rows whose foreign key points nowhere"
TOLD = 20
"""So many lines of what a check found are kept."""


def check_steps(deployment: Deployment, progress: Progress, *, quick: bool) -> Steps:
    """Check pages and foreign keys; returns the facts, see the module.

    Damage is no error here: the caller says what follows from it.

    Raises:
        McpdbError: It cannot be read at all, or was cancelled.
    """
    yield StepStarted("integrity", QUICK if quick else INTEGRITY)
    found = integrity_of(deployment, progress, quick=quick)
    remember(deployment, found)
    yield StepFinished("integrity", found)
    if is_damaged(found):
        return {**found, "foreign_keys": None, "foreign_key_tables": {}}
    progress.checkpoint()
    yield StepStarted("foreign-keys", FOREIGN_KEYS)
    keys = foreign_keys_of(deployment, progress)
    yield StepFinished("foreign-keys", keys)
    return {**found, **keys}


def integrity_of(deployment: Deployment, progress: Progress, *, quick: bool) -> dict[str, Any]:
    """Check the pages of the live file, and with them its indexes; the facts, see the module.

    Raises:
        McpdbError: It cannot be read at all, or was cancelled.
    """
    live = files.identity(deployment.database)
    known = {
        "check": "quick_check" if quick else "integrity_check",
        "checked_at": datetime.now(UTC).isoformat(),
        "checked_file": [live.device, live.inode] if live else None,
    }
    read = bytes_read()
    try:
        with (
            _unmoved(deployment) as opened,
            translating(deployment.database),
            _bounded(deployment, opened),
        ):
            found = maintenance.problems(
                opened.connection, quick=quick, cancelled=asking(progress, read)
            )
            figures = maintenance.figures(opened.connection)
    except DamagedError as error:
        return {**known, **_told([str(error)]), "figures": None}
    return {**known, **_told(found), "figures": figures.as_json(), "read": read()}


def foreign_keys_of(deployment: Deployment, progress: Progress) -> dict[str, Any]:
    """Look up every foreign key of the live file; the facts, see the module.

    Raises:
        McpdbError: It cannot be read at all, or was cancelled.
    """
    cancelled = asking(progress, bytes_read())
    with (
        _unmoved(deployment) as opened,
        translating(deployment.database),
        _bounded(deployment, opened),
        stoppable(opened.connection, cancelled),
    ):
        found = inspection.nowhere(opened.connection)
    tables: Counter[str] = Counter()
    for (table, _parent), rows in found.items():
        tables[table] += rows.rows
    return {"foreign_keys": tables.total(), "foreign_key_tables": dict(tables)}


@contextmanager
def _unmoved(deployment: Deployment) -> Iterator[Opened]:
    """Open the live file; what is read of it counts only if it was one moment of it.

    A stopped gateway's file is read without locks, or a copy of it. A gateway that is started
    meanwhile writes into what is being read: a sound file looks damaged then, and a damaged one
    may look sound.

    Raises:
        BusyError: It was written, or its gateway was started; nothing is known.
    """
    live = LiveDatabase(deployment)
    before, how = live.stamp(), ""
    try:
        with live.opened() as opened:
            how = opened.how
            yield opened
    except DamagedError:
        _require_unmoved(live, before, how)
        raise
    _require_unmoved(live, before, how)


def _require_unmoved(live: LiveDatabase, before: tuple[int, ...], how: str) -> None:
    if how != "live" and (live.stamp() != before or (how and is_up(live.deployment))):
        raise BusyError(
            f"{one_line(str(live.path))} was written while it was read without locks: its gateway "
            "was started. Nothing is known of it; check it again."
        )


@contextmanager
def _bounded(deployment: Deployment, opened: Opened) -> Iterator[None]:
    """End a read that holds writers up for longer than they can wait.

    Raises:
        BusyError: The time is up; says what works instead.
    """
    connection = opened.connection
    mode = opened.journal_mode or str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    held = opened.how == "live" and mode != "wal" and is_up(deployment)
    seconds = hold_for(gateway_of(deployment)) if held else None
    try:
        with stoppable(connection, never, seconds):
            yield
    except TimeIsUpError as error:
        raise BusyError(
            "Journal mode delete: the check would hold up the gateway's writes for too long; "
            "stopped, nothing was changed. Check it while the gateway is stopped, or verify a "
            "backup of now: `backup verify latest --full`."
        ) from error


def _told(found: list[str]) -> dict[str, Any]:
    return {
        "integrity": one_line(found[0])[:300] if found else "ok",
        "problems": [one_line(text)[:300] for text in found[:TOLD]],
        "indexes": [one_line(name) for name in maintenance.damaged_indexes(found)],
    }


def is_damaged(found: Mapping[str, Any]) -> bool:
    """Whether a check found damage."""
    return found.get("integrity") not in (None, "ok")


def remember(deployment: Deployment, found: Mapping[str, Any]) -> None:
    """Damage makes the live file suspect; a full check that passed takes that back."""
    if is_damaged(found):
        suspicion.mark(deployment, found_words(found))
    elif found.get("check") == "integrity_check":
        with suppress(McpdbError):
            suspicion.clear(deployment)


def found_words(found: Mapping[str, Any]) -> str:
    """What a check found, as it is remembered of a suspect file."""
    return f"{found['check']} found: {found['integrity']}."


def check_words(found: Mapping[str, Any]) -> str:
    """`integrity_check ok, every foreign key fits`; what is wrong, and what helps."""
    if is_damaged(found):
        return damage_words(found)
    text = f"{found['check']} ok"
    broken = int(found.get("foreign_keys") or 0)
    if not broken:
        return f"{text}, every foreign key fits."
    tables = found.get("foreign_key_tables") or {}
    named = ", ".join(f"{one_line(t)} {count(int(n))}" for t, n in list(tables.items())[:3])
    verb = "points" if broken == 1 else "point"
    return f"{text}; the foreign key of {plural(broken, 'row')} {verb} nowhere ({named})."


def damage_words(found: Mapping[str, Any]) -> str:
    """What was found, and the way on."""
    more = len(found.get("problems") or ()) - 1
    text = f"The live database is damaged: {found['check']} says {found['integrity']}"
    text += f", and {plural(more, 'line')} more." if more > 0 else "."
    if found.get("indexes"):
        names = ", ".join(map(one_line, found["indexes"][:3]))
        return f"{text} Only indexes are ({names}): `reindex` rebuilds them from their tables."
    return (
        f"{text} Prune, VACUUM and overwriting are off until a full check passes; salvage, or a "
        "restore of the newest good backup, is the way on."
    )
