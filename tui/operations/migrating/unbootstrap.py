"""Taking a bootstrap back: the path is empty again, the database it made becomes a safety copy.

What stood there before was nothing, so the live path becomes absent, once and on purpose, and only
while the gateway is stopped: one that runs would lose its database, one that starts would make
another. Nothing is deleted; the undo of this undo puts the file back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, ExitCode, McpdbError
from tui.core.models import Deployment
from tui.core.operation import (
    Check,
    Plan,
    PlannedStep,
    Progress,
    Record,
    Recovery,
    RecoveryAction,
    StepFinished,
    Steps,
    StepStarted,
    TableChange,
    Tier,
    Verdict,
)
from tui.operations.activity import read_activity
from tui.operations.backing_up.publishing import new_name
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure, finished, merged, pending, started
from tui.operations.finding.gateways import gateway_of
from tui.operations.migrating.new_file import basis
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring import UNDO_DAYS, going_back
from tui.operations.restoring.checks import containers_check, holders_check, rights_check
from tui.operations.restoring.kept import keep_safety
from tui.operations.restoring.ownership import prove, require_down, wait_released
from tui.operations.restoring.situation import Surroundings, look_near
from tui.operations.restoring.undone import named
from tui.services import files, journal
from tui.services.live.swapping import Exchange, SwapHelper
from tui.wording.clean import one_line
from tui.wording.quantities import size

DEADLINE = 30.0
"""Seconds to wait for others to let go of the file."""

_TITLE = "the new database becomes a safety copy, its path is empty again"


@dataclass(frozen=True, slots=True)
class Made:
    """The database that a bootstrap made where none was, and that still stands there."""

    entry: str
    """Id of the bootstrap's journal."""
    number: int
    """Of the operation."""
    undoes: Mapping[str, Any] = field(default_factory=dict)
    """What `undone` says of it."""


def made_by_bootstrap(deployment: Deployment) -> Made | None:
    """The bootstrap that is to be undone; None where something else was put there last.

    Args:
        deployment: Whose database.
    """
    live = files.identity(deployment.database)
    for entry in read_activity(deployment, steps=False) if live is not None else ():
        made = entry.operation == "bootstrap" and entry.result.get("made") is True
        if not made and not entry.result.get("safety"):
            continue
        records = journal.read(journal.path_of(deployment.state_dir, entry.id))
        about = (records[0].get("deployment") or {}) if records else {}
        if Path(str(about.get("database", ""))).name != deployment.database.name:
            continue
        facts = merged(records)
        put = (facts.get("staged_device"), facts.get("staged_inode"))
        same = live is not None and live.key == put
        return Made(entry.id, entry.number, named(entry)) if made and same else None
    return None


def make_plan(deployment: Deployment, made: Made) -> Plan:
    """Say what would happen and what forbids it; changes nothing.

    Args:
        deployment: Whose.
        made: From `made_by_bootstrap`.
    """
    s = look_near(deployment, start=False)
    return Plan(
        operation="undo",
        title=f"take the bootstrap of {deployment.name} (op {made.number}) back",
        tier=Tier.REPLACING,
        subject=deployment.name,
        basis={**basis(s), "bootstrap": made.entry},
        checks=[check for check in _checks(s) if check is not None],
        steps=(
            PlannedStep("release", "every open screen lets go of the database", False),
            PlannedStep("prove", "take in the wal and prove that nobody else has the file", False),
            PlannedStep("swap", _TITLE, False, 0.1, False),
            PlannedStep("readback", "check and list the safety copy", False, None, False),
        ),
        changes=_lost(deployment),
        # It has to be stopped first, and stays so: this takes nothing from anybody.
        downtime=None if s.running else 0.0,
        command=command_line(deployment, "undo", "--confirm", deployment.name),
        facts={
            "gateway_running": s.running,
            "stays_down": True,
            "healthy_before": s.healthy,
            "undo_days": UNDO_DAYS,
            "undoes": made.undoes,
            "notes": ["Afterwards there is no database, as before the bootstrap."],
            "over": {
                "path": str(s.live.path),
                "size": s.live.size,
                "wal_size": s.live.wal_size,
                "revision": s.live.revision,
                "holders": [holder.describe() for holder in s.viewers],
            },
            "way": "swap",
        },
    )


def _lost(deployment: Deployment) -> tuple[TableChange, ...]:
    try:
        counted = LiveDatabase(deployment).counts()
    except McpdbError:
        return ()
    return tuple(TableChange(table, rows, None) for table, rows in counted.items() if rows)


def _checks(s: Surroundings) -> Sequence[Check | None]:
    return (
        Check("live", Verdict.OK, f"kept as safety copy, {size(s.live.size)}"),
        holders_check(s),
        containers_check(s),
        rights_check(s),
        _way(s),
        _stopped(s),
    )


def _way(s: Surroundings) -> Check | None:
    if s.way.kind == "swap" and not s.way.problem:
        return None
    return Check("way", Verdict.FAIL, s.way.problem or f"it cannot be moved away: {s.way.why}")


def _stopped(s: Surroundings) -> Check:
    blocked = s.deployment.blocked("replace") or s.deployment.blocked("gateway")
    if s.deployment.read_only:
        return Check("gateway", Verdict.FAIL, "started with --read-only")
    if blocked is not None:
        return Check("gateway", Verdict.FAIL, blocked.text)
    if s.running or s.state.running == "unknown":
        what = "it runs" if s.running else one_line(s.state.text)
        text = (
            f"{what}: before the bootstrap there was no database, and without one it cannot "
            "work. Stop it first (`gateway stop`); its next start may make another"
        )
        return Check("gateway", Verdict.FAIL, text)
    return Check("gateway", Verdict.OK, "it is stopped and stays stopped")


def steps(deployment: Deployment, progress: Progress) -> Steps:
    """Release, prove, move away, list."""
    gateway, made = gateway_of(deployment), made_by_bootstrap(deployment)
    live = files.identity(deployment.database)
    if live is None:
        raise BusyError("There is no database any more; nothing was changed.")
    keep_dir = safety_dir(deployment)
    files.make_private(keep_dir)
    files.probe_writable(keep_dir)
    files.probe_writable(deployment.database.parent)
    keep = keep_dir / new_name("mcp_safety", keep_dir)
    facts: dict[str, Any] = {
        "taken_away": True,
        "undoes": made.undoes if made is not None else {},
        "keep": str(keep),
        "live_device": live.device,
        "live_inode": live.inode,
    }
    yield StepStarted("release", "every open screen lets go of the database", facts=facts)
    require_down(gateway)
    wait_released(deployment, gateway, progress, DEADLINE)
    yield StepFinished("release")

    progress.checkpoint()
    with SwapHelper(progress.lock) as helper:
        yield StepStarted("prove", "prove that nobody else has the file")
        held = Exchange(live=deployment.database, incoming=keep, keep=keep, deadline=DEADLINE)
        mode = prove(helper, held, gateway, progress)
        yield StepFinished("prove", {"journal_mode": mode})

        progress.checkpoint()
        yield StepStarted("swap", _TITLE, cancellable=False)
        require_down(gateway)
        _move_away(deployment, keep)
        yield StepFinished("swap", {"moved": True})

    yield StepStarted("readback", "check and list the safety copy", cancellable=False)
    result = _listed(deployment, {**facts, "journal_mode": mode}, progress.operation_id)
    yield StepFinished("readback")
    return result


def _move_away(deployment: Deployment, keep: Path) -> None:
    """Give it its other name, in one rename; the helper holds it, so nobody opens it meanwhile."""
    try:
        deployment.database.rename(keep)
        files.fsync_folder(keep.parent)
        files.fsync_folder(deployment.database.parent)
    except OSError as error:
        raise files.denied("move", deployment.database, error) from error


def _listed(deployment: Deployment, facts: dict[str, Any], operation_id: str) -> dict[str, Any]:
    found = keep_safety(
        deployment, facts, clean_stop=None, operation_id=operation_id, trigger="undo"
    )
    return {
        **found,
        "gateway_up": False,
        "proven_by_start": False,
        "taken_away": True,
        "undoes": facts.get("undoes") or {"operation": "bootstrap"},
        "undo_until": (datetime.now(UTC) + timedelta(days=UNDO_DAYS)).isoformat(),
        "sentence": (
            "There is no database any more, as before the bootstrap; it is kept as "
            f"{found['safety']}, and `undo` puts it back."
        ),
    }


def is_one(records: Sequence[Record]) -> bool:
    """Whether a journal of an undo is about taking a bootstrap back."""
    return bool(merged(records).get("taken_away"))


def recover(deployment: Deployment, records: Sequence[Record]) -> Recovery:
    """Decide from the journal alone: moved away, it is listed; else nothing was changed."""
    facts, cause = merged(records), failure(records)
    if started(records, "swap") and _is_moved(deployment, facts):
        action = RecoveryAction(
            "readback",
            "check and list the safety copy",
            lambda p: _listed(deployment, facts, p.operation_id),
        )
        words = "The bootstrap is taken back; what is left is finished."
        return Recovery("finish", words, pending(records, [action]), outcome="done")
    actions = []
    if facts.get("journal_mode") == "wal" and finished(records, "prove"):
        actions.append(
            RecoveryAction(
                "mode",
                "put the journal mode back",
                lambda p: going_back.put_mode_back(deployment, p),
            )
        )
    words = cause.sentence if cause else "The undo was cut short."
    if "nothing was changed" not in words.lower():
        words = f"{words} Nothing was changed."
    code = cause.exit_code if cause else ExitCode.FAILED
    outcome = cause.outcome if cause else "cut short, undone"
    return Recovery("undo", words, pending(records, actions), code, outcome)


def _is_moved(deployment: Deployment, facts: dict[str, Any]) -> bool:
    """Whether the file has its other name; what stands at the path since is somebody else's."""
    kept, live = files.identity(Path(str(facts["keep"]))), files.identity(deployment.database)
    key = (facts["live_device"], facts["live_inode"])
    return kept is not None and kept.key == key and (live is None or live.key != key)
