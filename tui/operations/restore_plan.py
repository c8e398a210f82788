"""The plan of a restore: what is put over what, what is gained and lost, what forbids it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from tui.core.errors import ExitCode, McpdbError, PrecheckError
from tui.core.models import (
    Backup,
    DatabaseFacts,
    Deployment,
    GatewayState,
    Health,
    Holder,
    Timeline,
)
from tui.core.operation import Check, Facts, Plan, PlannedStep, TableChange, Tier, Verdict
from tui.operations.activity import read_activity
from tui.operations.catalogue import safety_dir
from tui.operations.command import command_line
from tui.operations.gateways import gateway_of, health_of, state_of
from tui.operations.looking import BackupFile, LiveDatabase
from tui.operations.timeline import fit_sentence, fits, read_timeline
from tui.services import files
from tui.services.holders import holders, inodes
from tui.services.sqlite.connections import sidecar
from tui.services.sqlite.inspection import check_header
from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size, plural, size

UNDO_DAYS = 30
WAL_RATE = 300 * 1024 * 1024
"""Bytes of WAL taken in per second; 413 MB took 1.4 s on the real gateway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything a restore's plan rests on, from one look."""

    deployment: Deployment
    backup: Backup
    live: DatabaseFacts
    state: GatewayState
    health: Health
    timeline: Timeline
    strangers: tuple[Holder, ...]
    """Processes that have the live file open and belong neither to the gateway nor to us."""
    viewers: tuple[Holder, ...]
    all_seen: bool
    """Whether every process could be looked into; else "nobody" is not known to be true."""
    start: bool

    @property
    def running(self) -> bool:
        """Whether the gateway runs now, and so will be started again."""
        return self.state.is_up

    @property
    def healthy(self) -> bool:
        """Whether it was healthy: only then is there an automatic way back."""
        return self.health.verdict == "healthy"


def look_around(deployment: Deployment, backup: Backup, *, start: bool) -> Situation:
    """Gather what the plan needs; changes nothing."""
    gateway = gateway_of(deployment)
    state = state_of(gateway)
    live = LiveDatabase(deployment).facts()
    found, complete = holders(inodes(deployment.database), ignore=(*state.pids, os.getpid()))
    # Without the gateway's pids its own processes would be taken for strangers.
    known = bool(state.pids) or not state.is_up
    return Situation(
        deployment=deployment,
        backup=backup,
        live=live,
        state=state,
        health=health_of(gateway, state),
        timeline=read_timeline(deployment, state, live.revisions),
        strangers=tuple(holder for holder in found if known and not holder.ours),
        viewers=tuple(holder for holder in found if holder.ours),
        all_seen=complete and known,
        start=start,
    )


def make_plan(operation: str, situation: Situation) -> Plan:
    """Turn a situation into the plan that is confirmed."""
    deployment, backup, live = situation.deployment, situation.backup, situation.live
    what = "the backup" if operation == "restore" else "the safety copy"
    words = (
        ("undo", "--confirm", deployment.name)
        if operation == "undo"
        else ("restore", _word(situation), "--confirm", deployment.name)
    )
    return Plan(
        operation=operation,
        title=f"put {what} {backup.id} in place of the live database of {deployment.name}",
        tier=Tier.REPLACING,
        subject=deployment.name,
        basis=_basis(situation),
        checks=tuple(check(situation) for check in _CHECKS),
        steps=_steps(situation),
        changes=_changes(situation),
        downtime=_downtime(situation),
        command=command_line(deployment, *words),
        facts={
            "from": {
                "id": backup.id,
                "name": backup.path.name,
                "kind": backup.kind,
                "label": backup.label,
                "taken": backup.taken.isoformat(),
                "size": backup.size,
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
            "gateway_running": situation.running,
            "healthy_before": situation.healthy,
            "migrations": fits(situation.timeline, backup.revision).steps,
            "undo_days": UNDO_DAYS,
        },
    )


def _word(situation: Situation) -> str:
    """What names the backup on a command line: its file name where the catalogue has it."""
    deployment, path = situation.deployment, situation.backup.path
    listed = (deployment.backup_dir, deployment.database.parent, safety_dir(deployment))
    return path.name if path.parent in listed else str(path)


def _basis(situation: Situation) -> Facts:
    """What must not have moved when the operation begins (I10)."""
    backup, found = situation.backup, files.identity(situation.backup.path)
    return {
        "backup": [str(backup.path), backup.manifest.sha256 if backup.manifest else ""],
        "backup_file": found and [found.inode, found.size, found.mtime_ns],
        "live": [str(situation.live.path), situation.live.inode, situation.live.revision],
        "gateway": [situation.state.identity, situation.state.image_id, situation.running],
        "start": situation.start,
    }


# --- checks -----------------------------------------------------------------------------


def _whole(s: Situation) -> Check:
    if s.backup.verdict is Verdict.FAIL:
        return Check("whole", Verdict.FAIL, s.backup.problem, ExitCode.VERIFICATION)
    if files.identity(sidecar(s.backup.path, "-wal")):
        text = f"{one_line(s.backup.path.name)} has a -wal beside it: it is not finished"
        return Check("whole", Verdict.FAIL, text, ExitCode.VERIFICATION)
    try:
        check_header(s.backup.path)
    except McpdbError as error:
        return Check("whole", Verdict.FAIL, str(error), error.exit_code)
    if s.backup.manifest is None:
        text = "no manifest: every page is checked before anything stops"
        return Check("whole", Verdict.WARN, text)
    if s.backup.kind == "safety" and s.backup.manifest.check_result != "ok":
        return Check("whole", Verdict.WARN, s.backup.manifest.check_result)
    return Check("whole", Verdict.OK, "verified; its copy is compared before anything stops")


def _revision(s: Situation) -> Check:
    fit = fits(s.timeline, s.backup.revision)
    image = s.state.release or s.state.image
    if fit.verdict is Verdict.UNKNOWN:
        return Check("revision", Verdict.UNKNOWN, s.timeline.problem or "not known to this image")
    if fit.steps is None:
        # Known, and no way leads from it to this image's head: it would not start.
        return Check("revision", Verdict.FAIL, fit_sentence(s.timeline, s.backup.revision, image))
    if fit.steps:
        does = (
            f"at its start the gateway runs {plural(fit.steps, 'migration')} (not rehearsed yet)"
            if s.deployment.migrates_at_start
            else f"{plural(fit.steps, 'migration')} pending; this gateway runs none at its start"
        )
        return Check("revision", Verdict.WARN, f"{fit.text}: {does}")
    return Check("revision", Verdict.OK, f"{s.backup.revision}: starts without a migration")


def _space(s: Situation) -> Check:
    needed = s.backup.size + s.live.wal_size
    try:
        files.require_space(s.live.path.parent, needed, "A restore")
    except PrecheckError as error:
        return Check("space", Verdict.FAIL, str(error))
    text = f"{narrow_size(needed, 'up')} of {narrow_size(s.live.disk_free, 'down')} free"
    return Check("space", Verdict.OK, text)


def _holders(s: Situation) -> Check:
    if not s.strangers and not s.all_seen:
        text = "not every process can be looked into; it is proved after the stop"
        return Check("holders", Verdict.UNKNOWN, text)
    if not s.strangers:
        return Check("holders", Verdict.OK, "nobody but the gateway and screens like this one")
    first = one_line(s.strangers[0].describe())
    text = f"{first} has the file open. It must close it first."
    return Check("holders", Verdict.FAIL, text, ExitCode.BUSY)


def _rights(s: Situation) -> Check:
    folder = s.live.path.parent
    owner = files.identity(s.live.path)
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return Check("rights", Verdict.FAIL, f"{one_line(str(folder))} is mounted read-only")
    if not os.access(folder, os.W_OK | os.X_OK):
        me = files.user_name(os.geteuid())
        who = files.user_name(folder.stat().st_uid)
        text = f"needs root: {one_line(str(folder))} belongs to {who}, you are {me}"
        return Check("rights", Verdict.FAIL, text)
    if owner is not None and os.geteuid() not in (0, owner.uid):
        text = f"needs root: {files.user_name(owner.uid)} owns the file and must own the new one"
        return Check("rights", Verdict.FAIL, text)
    if owner is None:
        return Check("rights", Verdict.WARN, "no live file: the new one takes the folder's owner")
    return Check("rights", Verdict.OK, f"{owner.uid}:{owner.gid} {owner.mode & 0o7777:04o}")


def _gateway(s: Situation) -> Check:
    blocked = s.deployment.blocked("replace") or s.deployment.blocked("gateway")
    if s.deployment.read_only:
        return Check("gateway", Verdict.FAIL, "started with --read-only")
    if blocked is not None:
        code = ExitCode.DOCKER if blocked.topic == "docker" else ExitCode.PRECHECK
        return Check("gateway", Verdict.FAIL, blocked.text, code)
    if s.state.running == "unknown" and s.deployment.gateway is not None:
        return Check("gateway", Verdict.FAIL, s.state.text, ExitCode.DOCKER)
    if s.deployment.gateway is None:
        return Check("gateway", Verdict.WARN, "none is known; the file alone is replaced")
    if not s.running:
        text = "it is stopped and stays stopped; the result is then not proven by a start"
        if s.start:
            text = "it is stopped and will be started; there is no automatic way back"
        return Check("gateway", Verdict.WARN, text)
    if not s.healthy:
        text = (
            "it is not healthy now, so there is no automatic way back: "
            "the restored database stays, Z undoes it"
        )
        return Check("gateway", Verdict.WARN, text)
    return Check("gateway", Verdict.OK, "healthy; if it does not become so again, all is undone")


def _live(s: Situation) -> Check:
    if not s.live.exists:
        return Check("live", Verdict.WARN, "there is no live file: nothing is lost")
    if s.live.problem:
        text = f"{s.live.problem} It is set aside as found."
        return Check("live", Verdict.WARN, text)
    return Check("live", Verdict.OK, f"kept as safety copy, {size(s.live.size)}")


_CHECKS: tuple[Callable[[Situation], Check], ...] = (
    _whole,
    _revision,
    _space,
    _holders,
    _rights,
    _gateway,
    _live,
)


# --- steps and numbers ------------------------------------------------------------------


def _last_seconds(deployment: Deployment, step: str) -> float | None:
    """How long a step took the last time here."""
    for entry in read_activity(deployment, limit=50):
        for line in entry.steps:
            if line.step == step and line.state == "done" and line.seconds is not None:
                return line.seconds
    return None


def _wal_seconds(s: Situation) -> float:
    return 0.1 + s.live.wal_size / WAL_RATE


def _steps(s: Situation) -> tuple[PlannedStep, ...]:
    down = not s.running
    last = {name: _last_seconds(s.deployment, name) for name in ("stage", "stop", "start")}
    wal = f" ({size(s.live.wal_size)})" if s.live.wal_size else ""
    start = "start the gateway, wait until its JSON says healthy"
    if not s.running and not s.start:
        start = "the gateway stays stopped, as it was"
    return (
        PlannedStep("stage", "copy the backup beside the database", not down, last["stage"]),
        PlannedStep("compare", comparison(s.backup), not down),
        PlannedStep("release", "every open screen lets go of the database", not down),
        PlannedStep("stop", "stop the gateway", False, last["stop"]),
        PlannedStep(
            "prove",
            f"take in the wal{wal} and prove that nobody else has the file",
            False,
            _wal_seconds(s),
        ),
        PlannedStep("swap", "keep the old file, put the new one in its place", False, 0.1, False),
        PlannedStep("start", start, False, last["start"], False),
        PlannedStep("readback", "read back; check and list the safety copy", True, None, False),
    )


def comparison(backup: Backup) -> str:
    """What the second step does: there is nothing to compare a bare file with."""
    if backup.manifest is None:
        return "check every page of the copy: it has no manifest to compare with"
    return "compare the copy with its manifest"


def _downtime(s: Situation) -> float | None:
    if not s.running:
        return None
    stop, start = (_last_seconds(s.deployment, name) for name in ("stop", "start"))
    if stop is None or start is None:
        return None
    return stop + start + _wal_seconds(s) + 0.1


def _changes(s: Situation) -> tuple[TableChange, ...]:
    """Row counts now and then, of the tables where they differ."""
    then: dict[str, int] = {}
    now: dict[str, int] = {}
    try:
        manifest = s.backup.manifest
        then = dict(manifest.rows) if manifest else BackupFile(s.backup.path).counts()
        now = LiveDatabase(s.deployment).counts() if s.live.exists and not s.live.problem else {}
    except McpdbError:
        # The checks say what is wrong with either file; counts are a service on top.
        return ()
    return tuple(
        TableChange(table, now.get(table), then.get(table))
        for table in (*then, *(t for t in now if t not in then))
        if now.get(table) != then.get(table) and table != "alembic_version"
    )
