"""The plan of putting a new database in place: bootstrap and reset alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError
from tui.core.models import Deployment
from tui.core.operation import Facts, Plan, PlannedStep, TableChange, Tier
from tui.operations.command import command_line
from tui.operations.migrating.building import ABOUT
from tui.operations.migrating.new_file_checks import checks_of, is_nothing
from tui.operations.migrating.plan import stop_step
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring import UNDO_DAYS
from tui.operations.restoring.situation import Surroundings
from tui.operations.restoring.times import WAL_RATE, last_seconds
from tui.services import files
from tui.wording.quantities import plural, size

BUILD = "make a new database aside, by the gateway's own bootstrap"
CHECK = "check it: every page, its tables, that it stands at the head; give it to its owner"


def basis(s: Surroundings) -> Facts:
    """What must not have moved when the operation begins (I10)."""
    return {
        "live": [str(s.live.path), s.live.exists, s.live.inode, list(s.live.revisions)],
        "gateway": [s.state.identity, s.state.image_id, s.running],
        "start": s.start,
        "way": [s.way.kind, str(s.way.keep_dir)],
    }


def make_plan(operation: str, s: Surroundings) -> Plan:
    """Turn what was looked at into the plan that is confirmed.

    Args:
        operation: `bootstrap` or `reset`.
        s: What was looked at.
    """
    deployment = s.deployment
    bootstrap = operation == "bootstrap"
    title = (
        f"make the database of {deployment.name}, where there is none"
        if bootstrap
        else f"put a new, empty database in place of the live one of {deployment.name}"
    )
    changes = () if is_nothing(s) else _lost(deployment)
    start = ("--start",) if s.start else ()
    return Plan(
        operation=operation,
        title=title,
        tier=Tier.REPLACING,
        subject=deployment.name,
        basis=basis(s),
        checks=checks_of(operation, s),
        steps=_steps(s),
        changes=changes,
        downtime=_downtime(s),
        command=command_line(deployment, operation, *start, "--confirm", deployment.name),
        facts=_facts(s, changes, bootstrap=bootstrap),
    )


def _facts(
    s: Surroundings, changes: Sequence[TableChange], *, bootstrap: bool
) -> Mapping[str, Any]:
    found: dict[str, Any] = {
        "gateway_running": s.running,
        "healthy_before": s.healthy,
        "verb": "Bootstrap" if bootstrap else "Reset",
        "way": s.way.kind,
        "over": {
            "path": str(s.live.path),
            "size": s.live.size,
            "wal_size": s.live.wal_size,
            "revision": s.live.revision,
            "holders": [holder.describe() for holder in s.viewers],
        },
        "undo_days": UNDO_DAYS,
        "notes": [],
    }
    if not bootstrap:
        rows = sum(change.now or 0 for change in changes)
        found["notes"] = [
            f"All {plural(rows, 'row')} of {plural(len(changes), 'table')} go; the old file is "
            f"kept for {UNDO_DAYS} days, and `undo` puts it back."
        ]
    elif not s.live.exists:
        found["notes"] = ["It can be undone while the gateway is stopped."]
    return found


def _lost(deployment: Deployment) -> tuple[TableChange, ...]:
    """Every table that holds rows now; a new database has none of them."""
    try:
        counted = LiveDatabase(deployment).counts()
    except McpdbError:
        return ()  # the checks say what is wrong with it
    return tuple(
        TableChange(table, rows, 0)
        for table, rows in counted.items()
        if rows and table != "alembic_version"
    )


# --- steps and times ----------------------------------------------------------------------


def _steps(s: Surroundings) -> tuple[PlannedStep, ...]:
    # One that runs and does not answer is as good as down already.
    up = s.running and s.health.verdict not in ("unhealthy", "unreachable")
    last = {name: last_seconds(s.deployment, name) for name in ("build", "stop", "start")}
    wal = f" ({size(s.live.wal_size)})" if s.live.wal_size else ""
    prove = f"take in the wal{wal} and prove that nobody else has the file"
    put = "keep the old file, put the new one in its place"
    back = "read back; check and list the safety copy"
    if is_nothing(s):
        prove = "see that still nobody has a database there"
        put, back = "put the new file there", "read back"
    start = "start the gateway, wait until its JSON says healthy"
    if not s.running and not s.start:
        start = "the gateway stays stopped, as it was"
    return (
        PlannedStep("build", BUILD, up, last["build"] or ABOUT),
        PlannedStep("check", CHECK, up),
        PlannedStep("release", "every open screen lets go of the database", up),
        stop_step(s.running, last["stop"]),
        PlannedStep("prove", prove, False, _prove_seconds(s)),
        PlannedStep("swap", put, False, 0.1, False),
        PlannedStep("start", start, False, last["start"], False),
        PlannedStep("readback", back, s.running or s.start, None, False),
    )


def _prove_seconds(s: Surroundings) -> float:
    return 0.1 + s.live.wal_size / WAL_RATE


def _downtime(s: Surroundings) -> float | None:
    """How long the gateway is down; None where it was never stopped and started here."""
    if not s.running:
        return None
    stop, start = (last_seconds(s.deployment, name) for name in ("stop", "start"))
    return None if stop is None or start is None else stop + start + _prove_seconds(s) + 0.1


def staged_of(deployment: Deployment, operation_id: str) -> Path:
    """The new file's name beside the live one, until it takes its place."""
    return files.partial(deployment.database.parent, operation_id)
