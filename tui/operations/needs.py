"""What wants a person: one rule for `status` and for NEEDS YOU on the screen.

Everything here is told from what was read already: a file of the catalogue, a journal, one glance
into the database. Nothing is asked and nothing is compared row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tui.core.errors import ExitCode
from tui.core.models import (
    ActivityEntry,
    Catalogue,
    DatabaseFacts,
    Diagnosis,
    GatewayState,
    Health,
    LastDrill,
    Need,
    Timeline,
)
from tui.core.operation import Verdict
from tui.operations.backing_up.missed import MissedRun
from tui.operations.cataloguing.baseline import baseline, lost, lost_words
from tui.operations.cataloguing.proven import DRILL_WANTED
from tui.operations.cataloguing.recommended import recommended
from tui.operations.timelines.migration_version import known_findings
from tui.wording.clean import one_line
from tui.wording.quantities import age, narrow_size, plural, when

BACKUP_WANTED = timedelta(days=2)
"""Without a verified backup for so long, somebody is told."""
DOCTOR = "6"
"""Key of the pane that has every check."""
_SHOWS_FIX = "Doctor shows the fix"
_TOLD_BY: Mapping[str, tuple[str, ...]] = {
    "Enter": ("unfinished",),
    "1": ("file", "lock"),
    "2": ("file", "disk", "drill"),
    "3": ("revision", "migrations"),
    "5": ("gateway", "restarts"),
    "6": ("cron",),
    "9": ("gateway", "restarts", "docker"),
    "b": ("backup",),
}
"""Checks of the doctor that a need with this key has told already."""
_CAUSES = ("owner", "folder", "sidecars", "mode")
"""Checks that say why a gateway does not come up."""
_TOLD_AT_LENGTH = ("drill", "revision", "backup")
"""Checks whose warnings have rules of their own here: they come sooner or not at all."""
_MAKES_ROOM = "backups"
"""Where a need for space leads as long as the doctor has not looked."""
RESTORE = "restore a backup"
"""What is to be done about a file that is gone or cannot be read."""
FIRST_DRILL_WANTED = timedelta(days=35)
"""A month and some slack: so old may backups get before one of them was proven."""


def migration_needs(
    facts: DatabaseFacts,
    tables: Collection[str] | None,
    timeline: Timeline | None,
) -> tuple[Need, ...]:
    """What is wrong between database and migrations, as far as it is known without asking.

    Args:
        facts: Of the live file.
        tables: Names of its tables; None while they are not known.
        timeline: Of the gateway's code, as remembered; None when it was never asked.
    """
    if not facts.exists or facts.problem:
        return ()
    return tuple(
        Need(
            verdict=Verdict.FAIL if finding.verdict == "FAIL" else Verdict.WARN,
            text=finding.text,
            key="3",
            action="Migrations",
            command="mcpdb-tui migrations doctor",
        )
        for finding in known_findings(facts.revisions, tables, timeline)
    )


def pending_needs(
    facts: DatabaseFacts, timeline: Timeline | None, *, migrates_at_start: bool
) -> tuple[Need, ...]:
    """`2 migrations are pending: the gateway runs them at its next start.`, and the like."""
    if timeline is None or timeline.unknown or timeline.problem or not timeline.pending:
        return ()
    if not facts.exists or facts.problem or not facts.revision:
        return ()  # of what is not there, or nobody knows, nothing is pending
    many = timeline.pending != 1
    text = f"{plural(timeline.pending, 'migration')} {'are' if many else 'is'} pending"
    if migrates_at_start:
        text += f": the gateway runs {'them' if many else 'it'} at its next start"
    return (
        Need(
            verdict=Verdict.WARN,
            text=f"{text}.",
            key="3",
            action="Migrations",
            command="mcpdb-tui migrations rehearse",
        ),
    )


def lost_needs(
    facts: DatabaseFacts,
    catalogue: Catalogue,
    rows: Mapping[str, int],
    *,
    looked: Mapping[str, int] | None,
    now: datetime,
) -> tuple[Need, ...]:
    """`3 gateways, 38 tools fewer than in the backup of 02:00`, from row counts alone.

    Args:
        facts: Of the live file.
        catalogue: The backups.
        rows: Of the live tables, those that were counted.
        looked: Rows when somebody said that they looked; None when nobody did.
        now: The present moment, in the zone that times are told in.
    """
    if not facts.exists or facts.problem:
        return ()
    backup = baseline(catalogue, rows, looked=looked is not None)
    fewer = lost(backup, rows, looked) if backup is not None else {}
    if backup is None or not fewer:
        return ()
    command = f"mcpdb-tui backup compare {backup.id}"
    text = lost_words(fewer, backup, now)
    return (Need(verdict=Verdict.WARN, text=text, key="c", action="compare", command=command),)


def needs_of(
    *,
    facts: DatabaseFacts,
    state: GatewayState,
    health: Health,
    catalogue: Catalogue,
    unfinished: Sequence[ActivityEntry],
    drill: LastDrill | None = None,
    missed: Sequence[MissedRun] = (),
    tables: Collection[str] | None = None,
    rows: Mapping[str, int] | None = None,
    looked: Mapping[str, int] | None = None,
    timeline: Timeline | None = None,
    migrates_at_start: bool = True,
    guide: Sequence[Need] = (),
    state_problem: str = "",
    doctor: Sequence[Diagnosis] = (),
    integrity: str = "",
    now: datetime | None = None,
) -> tuple[Need, ...]:
    """What wants a person, worst first; empty on a quiet day.

    Args:
        facts: Of the live file.
        state: The gateway's.
        health: The gateway's.
        catalogue: The backups.
        unfinished: Operations that were cut.
        drill: The newest restore drill.
        missed: Scheduled runs that came to nothing, newest first.
        tables: Names of the live tables; None while they are not known.
        rows: Of the live tables, those that were counted.
        looked: Rows when somebody said that they looked at a loss.
        timeline: Of the gateway's code, as remembered; None when it was never asked.
        migrates_at_start: Whether a start of the gateway runs what is pending.
        guide: What cron runs of the guide's scripts, see `diagnosing.guide_scripts`.
        state_problem: Why lock and journals cannot be looked at.
        doctor: What the doctor found; empty where it did not look.
        integrity: What the newest check of the live file found; `ok`, or empty, is nothing.
        now: The present moment, in the zone that times are told in; the host's without it.
    """
    moment = now or datetime.now(UTC).astimezone()
    found = [
        *_cut(unfinished),
        *_database(facts, catalogue),
        *_damage(facts, integrity),
        *_gateway(state, health),
        *_space(facts),
        *_state(state_problem),
        *migration_needs(facts, tables, timeline),
        *_missed(missed, moment),
        *_backups(catalogue, moment),
        *lost_needs(facts, catalogue, rows or {}, looked=looked, now=moment),
        *guide,
        *_drill(drill, catalogue, moment),
        *pending_needs(facts, timeline, migrates_at_start=migrates_at_start),
    ]
    found = with_doctor(found, doctor)
    return tuple(sorted(found, key=lambda need: need.verdict is not Verdict.FAIL))


def with_doctor(found: Sequence[Need], doctor: Sequence[Diagnosis]) -> list[Need]:
    """What wants a person, with what only the doctor knows; where it has the fix, it is pointed to.

    Args:
        found: What is told from what was read already.
        doctor: What the doctor found, worst first.
    """
    told = {name for need in found for name in _TOLD_BY.get(need.key, ())}
    ill = {one.name for one in doctor if one.verdict in (Verdict.FAIL, Verdict.WARN)}
    causes = [d for d in doctor if d.name in _CAUSES and d.verdict is Verdict.FAIL and d.remedy]
    led = []
    for need in found:
        down = need.key == "5" and need.verdict is Verdict.FAIL and causes
        full = need.action == _MAKES_ROOM and "disk" in ill
        action = _SHOWS_FIX if down else "Doctor shows what gives space"
        led.append(replace(need, key=DOCTOR, action=action) if down or full else need)
    return led + [
        Need(
            verdict=one.verdict,
            text=f"{one.name}: {one_line(one.text)}",
            key=DOCTOR,
            action=_SHOWS_FIX if one.remedy is not None else "Doctor",
            command=f"mcpdb-tui doctor --explain {one.name}",
        )
        for one in doctor
        if one.name in ill and one.name not in told and one.name not in _TOLD_AT_LENGTH
    ]


def _cut(entries: Sequence[ActivityEntry]) -> list[Need]:
    return [
        Need(
            verdict=Verdict.FAIL,
            text=f"A {entry.operation} was cut short.",
            key="Enter",
            action="shows what is left to do",
            command="mcpdb-tui resume",
        )
        for entry in entries[:1]
    ]


def _database(facts: DatabaseFacts, catalogue: Catalogue) -> list[Need]:
    if facts.exists and not facts.problem:
        return []
    # A file that is merely held, or belongs to somebody else, is not put back.
    is_lost = not facts.exists or "cannot be read as a database" in facts.problem
    copy = recommended(catalogue) if is_lost else None
    text = facts.problem if facts.exists else f"No database at {one_line(str(facts.path))}."
    # Without a copy: what is left of the file, or a new one.
    otherwise = "mcpdb-tui salvage" if facts.exists and facts.size else "mcpdb-tui bootstrap"
    return [
        Need(
            verdict=Verdict.FAIL,
            text=text,
            key="2",
            action=RESTORE,
            command=f"mcpdb-tui restore {copy.id}" if copy else otherwise if is_lost else "",
        )
    ]


def _damage(facts: DatabaseFacts, integrity: str) -> list[Need]:
    if integrity in ("", "ok") or not facts.exists or facts.problem:
        return []
    text = f"The check of the database found damage: {one_line(integrity).rstrip('.')}."
    action = "Doctor: salvage or restore"
    return [
        Need(verdict=Verdict.FAIL, text=text, key="6", action=action, command="mcpdb-tui check")
    ]


def _state(problem: str) -> list[Need]:
    if not problem:
        return []
    return [Need(verdict=Verdict.UNKNOWN, text=problem, key="4", action="Activity")]


def _gateway(state: GatewayState, health: Health) -> list[Need]:
    if state.running == "restarting":
        text = f"The gateway restarts again and again: {one_line(state.text or health.text)}"
        return [Need(verdict=Verdict.FAIL, text=text, key="5", action="its log")]
    if state.running == "unknown":
        return [Need(verdict=Verdict.UNKNOWN, text=one_line(state.text), key="9", action="gateway")]
    if state.running in ("stopped", "missing"):
        text = f"The gateway is {state.running}. {one_line(state.text)}".strip()
        return [Need(verdict=Verdict.WARN, text=text, key="9", action="start it")]
    if health.verdict in ("unhealthy", "unreachable"):
        text = f"The gateway is {health.verdict}: {one_line(health.text)}"
        return [Need(verdict=Verdict.FAIL, text=text, key="5", action="its log")]
    return []


def restore_needs(facts: DatabaseFacts) -> int:
    """Bytes that a restore writes beside the database, or a backup elsewhere, and a tenth more."""
    return (facts.size + facts.wal_size) * 11 // 10


def _space(facts: DatabaseFacts) -> list[Need]:
    needed = restore_needs(facts)
    if not facts.exists or facts.disk_free >= needed:
        return []
    text = (
        f"{narrow_size(facts.disk_free, 'down')} free: a restore needs {narrow_size(needed, 'up')}."
    )
    return [Need(verdict=Verdict.WARN, text=text, key="2", action=_MAKES_ROOM)]


def _backups(catalogue: Catalogue, now: datetime) -> list[Need]:
    newest = catalogue.newest_verified
    if newest is None:
        return [
            Need(
                verdict=Verdict.WARN,
                text="No verified backup yet.",
                key="b",
                action="back up now",
                command="mcpdb-tui backup create",
            )
        ]
    since = now - newest.taken
    if since <= BACKUP_WANTED:
        return []
    text = f"No verified backup for {age(since.total_seconds())}."
    command = "mcpdb-tui backup create"
    return [Need(verdict=Verdict.WARN, text=text, key="b", action="back up now", command=command)]


def _missed(runs: Sequence[MissedRun], now: datetime) -> list[Need]:
    """The newest of each operation, as `The backup of 02:00 did not run: locked (exit 11).`."""
    found: dict[str, Need] = {}
    for run in runs:
        if run.operation in found:
            continue
        word = "did not run" if run.refused else "failed"
        why = "locked" if run.exit_code == ExitCode.BUSY else one_line(run.sentence).rstrip(".")
        more = sum(1 for other in runs if other.operation == run.operation) - 1
        text = f"The {run.operation} of {_clock(run.at, now)} {word}: {why} (exit {run.exit_code})"
        text += f", {more} more before it." if more else "."
        found[run.operation] = Need(verdict=Verdict.WARN, text=text, key="4", action="activity")
    return list(found.values())


def _clock(moment: datetime, now: datetime) -> str:
    """`02:00` for today, else `Aug 10 02:00`."""
    local = moment.astimezone()
    return f"{local:%H:%M}" if local.date() == now.astimezone().date() else when(moment, now)


def _drill(drill: LastDrill | None, catalogue: Catalogue, now: datetime) -> list[Need]:
    verdict, ago = Verdict.WARN, timedelta()
    if drill is None:
        # A new place is not scolded: there must have been time for a drill.
        good = [now - b.taken for b in catalogue.backups if b.verdict is Verdict.OK]
        ago, text = max(good, default=timedelta()), "No backup was ever proven by a drill."
        if ago <= FIRST_DRILL_WANTED:
            return []
    elif drill.result != "ok":
        verdict = Verdict.FAIL
        text = f"The drill of {one_line(drill.backup)} failed: {one_line(drill.result)}"
    else:
        ago = now - drill.at
        text = f"Last drill {age(ago.total_seconds())} ago."
        if ago < DRILL_WANTED:
            return []
    command = "mcpdb-tui backup drill"
    return [Need(verdict=verdict, text=text, key="2", action="a there: drill", command=command)]
