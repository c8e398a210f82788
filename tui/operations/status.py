"""What is true now: rows 1 and 2 of the screen, `status`, and what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tui.core.errors import ExitCode
from tui.core.models import (
    ActivityEntry,
    Catalogue,
    DatabaseFacts,
    Deployment,
    GatewayState,
    Health,
    LastDrill,
    Need,
    Status,
    Timeline,
)
from tui.core.operation import Verdict
from tui.operations.activity import read_activity, running_entry, unfinished
from tui.operations.catalogue import read_catalogue
from tui.operations.gateways import gateway_of, health_of, state_of
from tui.operations.looking import LiveDatabase
from tui.operations.missed import MissedRun, missed_runs
from tui.operations.proven import DRILL_WANTED, last_drill
from tui.operations.timeline import recalled_timeline
from tui.services.locks import read_owner, state_problem
from tui.wording.clean import one_line
from tui.wording.quantities import age, narrow_size, plural, when

REPLACING = ("restore", "undo", "upgrade", "downgrade", "stamp", "reset", "bootstrap")
"""Operations that put another file at the live path."""

BACKUP_WANTED = timedelta(days=2)
"""Without a verified backup for so long, somebody is told."""


def read_gateway(deployment: Deployment) -> tuple[GatewayState, Health]:
    """State and health of the gateway; what cannot be asked is unknown, with why."""
    gateway = gateway_of(deployment)
    state = state_of(gateway)
    blocked = deployment.blocked("gateway")
    if gateway is None and blocked is not None:
        state = GatewayState(running="unknown", text=blocked.text)
    return state, health_of(gateway, state)


def read_status(deployment: Deployment) -> Status:
    """Everything at once; never raises for something that is merely not as it should be."""
    state, health = read_gateway(deployment)
    facts = LiveDatabase(deployment).facts()
    catalogue = read_catalogue(deployment)
    cut = unfinished(deployment)
    timeline = recalled_timeline(deployment, state, facts.revisions)
    activity = read_activity(deployment)
    integrity, integrity_at = last_check(catalogue, activity)
    drill = last_drill(deployment, catalogue, activity)
    return Status(
        deployment=deployment,
        gateway=state,
        health=health,
        database=facts,
        head=timeline.heads[0] if timeline and timeline.heads else "",
        lock=read_owner(deployment.state_dir),
        running=running_entry(deployment),
        unfinished=cut,
        last_backup=catalogue.newest_verified,
        backups=len(catalogue.backups),
        integrity=integrity,
        integrity_at=integrity_at,
        state_problem=state_problem(deployment.state_dir),
        needs=needs_of(
            facts=facts,
            state=state,
            health=health,
            catalogue=catalogue,
            unfinished=cut,
            drill=drill,
            missed=missed_runs(deployment, activity),
        )
        + pending_needs(timeline, migrates_at_start=deployment.migrates_at_start),
        drill=drill,
    )


def last_check(
    catalogue: Catalogue, activity: Sequence[ActivityEntry]
) -> tuple[str, datetime | None]:
    """The newest full check on record of the file that stands at the live path now.

    A verified backup's pages are those of the database it was taken from, so what is older than
    the last replacement says nothing; the replacement itself was checked page by page before it
    was put there.
    """
    replaced = next(
        (
            e.started
            for e in activity
            if e.operation in REPLACING
            and e.exit_code in (0, 14)
            and not e.outcome.startswith(("rolled back", "gateway not back"))
        ),
        None,
    )
    for backup in catalogue.backups:
        if backup.manifest is None or backup.kind not in ("hot", "cold"):
            continue
        if replaced is not None and backup.taken <= replaced:
            break
        if backup.manifest.check_result == "ok":
            return "ok", backup.taken
    return ("ok", replaced) if replaced is not None else ("", None)


def pending_needs(timeline: Timeline | None, *, migrates_at_start: bool) -> tuple[Need, ...]:
    """`2 migrations are pending: the gateway runs them at its next start.`, and the like."""
    if timeline is None or timeline.unknown or timeline.problem or not timeline.pending:
        return ()
    many = timeline.pending != 1
    text = f"{plural(timeline.pending, 'migration')} {'are' if many else 'is'} pending"
    if migrates_at_start:
        text += f": the gateway runs {'them' if many else 'it'} at its next start"
    return (Need(verdict=Verdict.WARN, text=f"{text}.", key="3", action="Migrations"),)


def needs_of(
    *,
    facts: DatabaseFacts,
    state: GatewayState,
    health: Health,
    catalogue: Catalogue,
    unfinished: Sequence[ActivityEntry],
    drill: LastDrill | None = None,
    missed: Sequence[MissedRun] = (),
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
        now: The present moment.
    """
    moment = now or datetime.now(UTC)
    found = [
        *_cut(unfinished),
        *_database(facts),
        *_gateway(state, health),
        *_space(facts),
        *_missed(missed, moment),
        *_backups(catalogue, moment),
        *_drill(drill, moment),
    ]
    return tuple(sorted(found, key=lambda need: need.verdict is not Verdict.FAIL))


def _cut(entries: Sequence[ActivityEntry]) -> list[Need]:
    return [
        Need(
            verdict=Verdict.FAIL,
            text=f"A {entry.operation} was cut short.",
            key="Enter",
            action="shows what is left to do",
        )
        for entry in entries[:1]
    ]


def _database(facts: DatabaseFacts) -> list[Need]:
    if not facts.exists:
        text = f"No database at {one_line(str(facts.path))}."
        return [Need(verdict=Verdict.FAIL, text=text, key="2", action="restore a backup")]
    if facts.problem:
        return [Need(verdict=Verdict.FAIL, text=facts.problem, key="2", action="restore a backup")]
    return []


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


def _space(facts: DatabaseFacts) -> list[Need]:
    needed = (facts.size + facts.wal_size) * 11 // 10
    if not facts.exists or facts.disk_free >= needed:
        return []
    text = (
        f"{narrow_size(facts.disk_free, 'down')} free: a restore needs {narrow_size(needed, 'up')}."
    )
    return [Need(verdict=Verdict.WARN, text=text, key="2", action="backups")]


def _backups(catalogue: Catalogue, now: datetime) -> list[Need]:
    newest = catalogue.newest_verified
    if newest is None:
        return [
            Need(
                verdict=Verdict.WARN,
                text="No verified backup yet.",
                key="b",
                action="back up now",
            )
        ]
    since = now - newest.taken
    if since <= BACKUP_WANTED:
        return []
    text = f"No verified backup for {age(since.total_seconds())}."
    return [Need(verdict=Verdict.WARN, text=text, key="b", action="back up now")]


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


def _drill(drill: LastDrill | None, now: datetime) -> list[Need]:
    if drill is None:
        return []
    if drill.result != "ok":
        text = f"The drill of {one_line(drill.backup)} failed: {one_line(drill.result)}"
        return [Need(verdict=Verdict.FAIL, text=text, key="2", action="backups")]
    since = now - drill.at
    if since < DRILL_WANTED:
        return []
    text = f"Last drill {age(since.total_seconds())} ago."
    return [Need(verdict=Verdict.WARN, text=text, key="2", action="drill")]
