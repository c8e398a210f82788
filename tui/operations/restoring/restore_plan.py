"""The plan of a restore: what is put over what, what is gained and lost, what forbids it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from tui.core.models import Backup, Deployment
from tui.core.operation import Check, Plan, PlannedStep, Tier
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.command import command_line
from tui.operations.restoring import UNDO_DAYS
from tui.operations.restoring.checks import checks, passing
from tui.operations.restoring.gains import gains
from tui.operations.restoring.overwriting import KEEP_TITLE
from tui.operations.restoring.situation import Situation, look_around
from tui.operations.restoring.space import size_of
from tui.operations.restoring.times import (
    copy_seconds,
    downtime,
    last_seconds,
    put_seconds,
    wal_seconds,
)
from tui.operations.timelines.timeline import fits
from tui.wording.quantities import narrow_size, size

__all__ = ["UNDO_DAYS", "Situation", "comparison", "look_again", "look_around", "make_plan"]

SWAP_TITLE = "put the new file in its place"
OVERWRITE_TITLE = "write the backup into the live file, in one transaction"


class Replacing(Protocol):
    """A restore or an undo, as far as its plan needs to know it."""

    @property
    def deployment(self) -> Deployment: ...
    @property
    def start(self) -> bool: ...
    @property
    def write_through(self) -> bool: ...
    def source(self) -> Backup:
        """The backup that is meant."""
        ...

    def plan(self) -> Plan:
        """The plan, made anew."""
        ...


def make_plan(operation: str, situation: Situation) -> Plan:
    """Turn a situation into the plan that is confirmed."""
    deployment, backup, live = situation.deployment, situation.backup, situation.live
    what = "the backup" if operation == "restore" else "the safety copy"
    changes, rows = gains(situation)
    return Plan(
        operation=operation,
        title=f"put {what} {backup.id} in place of the live database of {deployment.name}",
        tier=Tier.REPLACING,
        subject=deployment.name,
        basis=situation.basis(),
        checks=checks(situation),
        steps=_steps(situation),
        changes=changes,
        downtime=downtime(situation),
        command=command_line(deployment, *_words(operation, situation)),
        facts={
            "from": {
                "id": backup.id,
                "name": backup.path.name,
                "kind": backup.kind,
                "label": backup.label,
                "taken": backup.taken.isoformat(),
                "size": size_of(backup),
                "who": backup.manifest.who if backup.manifest else "",
                "revision": backup.revision,
            },
            "over": {
                "path": str(live.path),
                "size": live.size,
                "wal_size": live.wal_size,
                "revision": live.revision,
                "holders": [holder.describe() for holder in situation.viewers],
            },
            "rows": rows,
            "notes": [rows["nothing"]] if rows.get("nothing") else [],
            "gateway_running": situation.running,
            "healthy_before": situation.healthy,
            "migrations": fits(situation.timeline, backup.revision).steps,
            "undo_days": UNDO_DAYS,
            "way": situation.way.kind,
        },
    )


def look_again(operation: Replacing, plan: Plan) -> Plan | None:
    """Look at holders and space again; see `Restore.look_again`."""
    now = look_around(
        operation.deployment,
        operation.source(),
        start=operation.start,
        write_through=operation.write_through,
        quick=True,
    )
    if now.basis() != plan.basis:
        return operation.plan()
    fresh = {check.name: check for check in passing(now)}
    merged = _merged(plan.checks, fresh)
    holders = [holder.describe() for holder in now.viewers]
    over = plan.facts["over"]
    seen = {**over, "holders": holders, "size": now.live.size, "wal_size": now.live.wal_size}
    if merged == tuple(plan.checks) and seen["holders"] == over["holders"]:
        return None
    return replace(plan, checks=merged, facts={**plan.facts, "over": seen})


def _merged(old: Sequence[Check], fresh: Mapping[str, Check]) -> tuple[Check, ...]:
    """The old checks with what was looked at again; one that came is put behind them."""
    passed = {"space", "holders", "containers", "way"}
    kept = tuple(
        fresh.get(check.name, check)
        for check in old
        if check.name not in passed or check.name in fresh
    )
    names = {check.name for check in old}
    return (*kept, *(check for name, check in fresh.items() if name not in names))


def _words(operation: str, s: Situation) -> tuple[str, ...]:
    """The command line's words."""
    through = ("--write-through",) if s.write_through else ()
    if operation == "undo":
        return ("undo", *through, "--confirm", s.deployment.name)
    start = ("--start",) if s.start else ()
    return ("restore", _name(s), *start, *through, "--confirm", s.deployment.name)


def _name(s: Situation) -> str:
    """What names the backup on a command line: its file name where the catalogue has it."""
    deployment, path = s.deployment, s.backup.path
    if s.backup.neighbour:
        return s.backup.id
    listed = (deployment.backup_dir, deployment.database.parent, safety_dir(deployment))
    return path.name if path.parent in listed else str(path)


def _steps(s: Situation) -> tuple[PlannedStep, ...]:
    down = not s.running
    last = {name: last_seconds(s.deployment, name) for name in ("stage", "stop", "start")}
    wal = f" ({size(s.live.wal_size)})" if s.live.wal_size else ""
    start = "start the gateway, wait until its JSON says healthy"
    if not s.running and not s.start:
        start = "the gateway stays stopped, as it was"
    copied = s.way.kind == "overwrite"
    kept = narrow_size(s.live.size + s.live.wal_size, "up")
    put = OVERWRITE_TITLE if copied else "keep the old file, put the new one in its place"
    keep = (PlannedStep("keep", f"{KEEP_TITLE} ({kept})", False, copy_seconds(s)),)
    return (
        PlannedStep("stage", "copy the backup beside the database", not down, last["stage"]),
        PlannedStep("compare", comparison(s.backup), not down),
        PlannedStep("release", "every open screen lets go of the database", not down),
        PlannedStep("stop", "stop the gateway", False, last["stop"]),
        PlannedStep(
            "prove",
            f"take in the wal{wal} and prove that nobody else has the file",
            False,
            wal_seconds(s),
        ),
        *(keep if copied else ()),
        PlannedStep("swap", put, False, put_seconds(s), False),
        PlannedStep("start", start, False, last["start"], False),
        PlannedStep("readback", "read back; check and list the safety copy", True, None, False),
    )


def comparison(backup: Backup) -> str:
    """What the second step does: there is nothing to compare a bare file with."""
    if backup.manifest is None:
        return "check every page of the copy: it has no manifest to compare with"
    return "compare the copy with its manifest"
