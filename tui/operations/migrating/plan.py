"""The plan of an upgrade, a downgrade or a stamp: what is run, how long, what forbids it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tui.core.models import Rehearsal
from tui.core.operation import Check, Plan, PlannedStep, Tier
from tui.operations.command import command_line
from tui.operations.migrating.checks import (
    STAMPING,
    checks,
    fitting_release,
    passing,
    starts_again,
    stays_pending,
)
from tui.operations.migrating.situation import Situation, look_around, near_basis
from tui.operations.migrating.times import (
    check_seconds,
    copy_seconds,
    downtime,
    migrate_seconds,
    put_seconds,
    wal_seconds,
)
from tui.operations.migrating.wanted import Wanted
from tui.operations.restoring import UNDO_DAYS
from tui.operations.restoring.overwriting import KEEP_TITLE
from tui.operations.restoring.situation import look_near
from tui.operations.restoring.times import last_seconds
from tui.services.migrations.releases import span_of
from tui.wording.quantities import size
from tui.wording.rehearsal_failures import failed_at

REHEARSE = "rehearse on a hot copy, which is thrown away"
RELEASE = "every open screen lets go of the database"
STOP = "stop the gateway"
COPY = "copy the stopped file, compare the copy with it"
CHECK = "check the copy: foreign keys, integrity, revision, rows"
SWAP = "keep the old file, put the migrated one in its place"
OVERWRITE = "write the migrated copy into the live file, in one transaction"
START = "start the gateway, wait for healthy"
READBACK = "read back; check and list the safety copy"

MIGRATE = {
    "upgrade": "run the migrations on the copy",
    "downgrade": "run the downgrades on the copy",
    "stamp": "stamp the copy",
}


def plan_of(wanted: Wanted) -> Plan:
    """Look around and make the plan; changes nothing."""
    return make_plan(look_around(wanted))


def make_plan(s: Situation) -> Plan:
    """Turn a situation into the plan that is confirmed."""
    deployment, wanted, live = s.deployment, s.wanted, s.live
    return Plan(
        operation=wanted.action,
        title=_title(s),
        tier=Tier.REPLACING,
        subject=deployment.name,
        basis=s.basis(),
        checks=checks(s),
        steps=_steps(s),
        downtime=downtime(s),
        command=command_line(deployment, *wanted.words(), "--confirm", deployment.name),
        facts={
            "before": list(s.route.before),
            "after": list(s.route.after),
            "release_before": span_of(" ".join(s.route.before)),
            "release_after": fitting_release(s),
            "target": s.route.target,
            "image": s.code.name,
            "image_id": s.code.image_id,
            "image_release": s.code.release,
            "starts_with": s.code.target.name,
            "switches": s.code.switches,
            "switch": s.code.target.switch,
            "revisions": [
                {
                    "revision": revision.revision,
                    "message": revision.message,
                    "release": revision.release,
                    "downgrade": revision.downgrade,
                }
                for revision in (s.route.runs or s.route.skipped)
            ],
            "runs": len(s.route.runs),
            "risk": s.route.risk if wanted.action == "downgrade" else "",
            "starts_again": starts_again(s),
            "stays_pending": stays_pending(s),
            "missing": list(s.missing),
            "leftovers": [list(pair) for pair in s.left],
            "rehearsal": _rehearsal(s.rehearsal or s.failed),
            "seconds": {"copy": copy_seconds(s), "migrate": migrate_seconds(s)},
            "over": {
                "path": str(live.path),
                "size": live.size,
                "wal_size": live.wal_size,
                "revision": live.revision,
                "holders": [holder.describe() for holder in s.viewers],
            },
            "notes": _notes(s),
            "gateway_running": s.running,
            "healthy_before": s.healthy,
            "undo_days": UNDO_DAYS,
            "way": s.way.kind,
        },
    )


def _title(s: Situation) -> str:
    name, route = s.deployment.name, s.route
    before = " ".join(route.before) or "no revision"
    after = " ".join(route.after) or route.target or s.wanted.target
    if s.wanted.action == "stamp":
        return f"stamp the live database of {name}: {before} → {after}, no migration is run"
    return f"{s.wanted.action} the live database of {name}: {before} → {after}"


def _notes(s: Situation) -> list[str]:
    found = [STAMPING] if s.wanted.action == "stamp" else []
    if then := starts_again(s) or stays_pending(s):
        found.append(then)
    return found


def _rehearsal(report: Rehearsal | None) -> dict[str, Any] | None:
    if report is None:
        return None
    at, why = failed_at(report) if not report.ok else ("", "")
    return {
        "id": report.id,
        "taken": report.taken.isoformat(),
        "who": report.who,
        "ok": report.ok,
        "failed": bool(report.problem) or report.integrity != "ok",
        "failed_at": at,
        "why": why,
        "seconds": dict(report.seconds),
        "lost": {table: list(pair) for table, pair in report.lost.items()},
    }


def look_again(wanted: Wanted, plan: Plan) -> Plan | None:
    """Look at holders and space again while a plan is being read; cheap enough for 2 s.

    Args:
        wanted: What is asked for.
        plan: What is shown.

    Returns:
        The plan with what is so now; made anew where something moved that it rests on; None
        when nothing changed.
    """
    near = look_near(wanted.deployment, start=wanted.start, quick=True)
    if any(plan.basis[key] != value for key, value in near_basis(near).items()):
        return plan_of(wanted)
    fresh = {check.name: check for check in passing(near)}
    merged = _merged(plan.checks, fresh)
    over = plan.facts["over"]
    holders = [holder.describe() for holder in near.viewers]
    if merged == tuple(plan.checks) and holders == over["holders"]:
        return None
    seen = {**over, "holders": holders, "size": near.live.size, "wal_size": near.live.wal_size}
    return replace(plan, checks=merged, facts={**plan.facts, "over": seen})


def _merged(old: Sequence[Check], fresh: Mapping[str, Check]) -> tuple[Check, ...]:
    """The old checks with what was looked at again; one that came is put behind them."""
    passed = {"space", "holders", "containers"}
    kept = tuple(
        fresh.get(check.name, check)
        for check in old
        if check.name not in passed or check.name in fresh
    )
    names = {check.name for check in old}
    return (*kept, *(check for name, check in fresh.items() if name not in names))


def stop_step(running: bool, seconds: float | None) -> PlannedStep:
    """The step that stops the gateway; of one that is stopped it says so."""
    title = STOP if running else f"{STOP} (stopped already)"
    return PlannedStep("stop", title, False, seconds if running else None)


def _steps(s: Situation) -> tuple[PlannedStep, ...]:
    up, migrate = s.running, MIGRATE[s.wanted.action]
    wal = f" ({size(s.live.wal_size)})" if s.live.wal_size else ""
    last = {name: last_seconds(s.deployment, name) for name in ("rehearse", "stop", "start")}
    rehearse = PlannedStep("rehearse", REHEARSE, up, last["rehearse"])
    copied = s.way.kind == "overwrite"
    start = START
    if not s.running and not s.start:
        start = "the gateway stays stopped, as it was"
    elif s.code.switches:
        start = f"start the gateway with {s.code.target.name}, wait for healthy"
    return (
        *(() if s.rehearsal is not None else (rehearse,)),
        PlannedStep("release", RELEASE, up),
        stop_step(up, last["stop"]),
        PlannedStep(
            "prove",
            f"take in the wal{wal} and prove that nobody else has the file",
            False,
            wal_seconds(s),
        ),
        PlannedStep("copy", COPY, False, copy_seconds(s)),
        PlannedStep("migrate", migrate, False, migrate_seconds(s)),
        PlannedStep("check", CHECK, False, check_seconds(s)),
        *((PlannedStep("keep", KEEP_TITLE, False, copy_seconds(s)),) if copied else ()),
        PlannedStep("swap", OVERWRITE if copied else SWAP, False, put_seconds(s), False),
        PlannedStep("start", start, False, last["start"], False),
        PlannedStep("readback", READBACK, up or s.start, None, False),
    )
