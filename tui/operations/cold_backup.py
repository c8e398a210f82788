"""A cold backup: the gateway is stopped, copied through SQLite, and started again.

Never by bytes: also a clean stop leaves commits in the WAL. The copy is verified before the
start, as long as nobody can have written meanwhile; compressing and the second copy come after
it, for they are no reason to be down. A gateway that comes up by itself in the middle makes it a
hot backup, which is just as consistent and is called what it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from tui.core.errors import DockerError, ExitCode, McpdbError
from tui.core.models import Deployment, GatewayState
from tui.core.operation import (
    Check,
    Facts,
    Plan,
    PlannedStep,
    Progress,
    Record,
    Recovery,
    StepFinished,
    Steps,
    StepStarted,
    Tier,
    Verdict,
)
from tui.operations.backing_up import inside_container
from tui.operations.backing_up.backup_plan import common_checks, last_steps, needed_space
from tui.operations.backing_up.cold_recovery import decide, start_gateway
from tui.operations.backing_up.making import Draft, Making, finish, name_for, verify
from tui.operations.backing_up.publishing import COLD, HOT
from tui.operations.backup import VERIFY, copy_to
from tui.operations.command import command_line
from tui.operations.finding.gateways import gateway_of, require_gateway, state_of
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring.ownership import before, stop
from tui.operations.restoring.times import last_seconds
from tui.services import files
from tui.services.gateways.protocol import Gateway
from tui.services.live.holders import holders, inodes
from tui.services.sqlite.connections import require_database_file, sidecar
from tui.wording.quantities import size

COPY = "copy the database through SQLite, its WAL included"
START = "start the gateway, wait until its JSON says healthy"
STOPPED = "the gateway stays stopped, as it was"
KILLED = 137
"""The exit code of a gateway that had to be killed: 128 + SIGKILL."""
_RATE = 200 * 1024 * 1024
"""Bytes a second that are copied and checked, where nothing was measured here yet."""


@dataclass(frozen=True, slots=True)
class ColdBackup(Making):
    """Stop the gateway, copy, verify, start it again."""

    name: ClassVar[str] = "backup-cold"

    def plan(self) -> Plan:
        """Say how long the gateway is down and what forbids it; changes nothing."""
        deployment = self.deployment
        state = state_of(gateway_of(deployment))
        facts = LiveDatabase(deployment).facts()
        needed = facts.size + facts.wal_size
        return Plan(
            operation=self.name,
            title=f"stop the gateway of {deployment.name} and back up its database",
            tier=Tier.DISRUPTIVE,
            subject=deployment.name,
            basis={
                "database": [str(deployment.database), facts.inode],
                "gateway": [state.identity, state.is_up],
            },
            checks=(
                _gateway(deployment, state),
                _database(deployment, size(facts.size)),
                *common_checks(self, facts),
            ),
            steps=_planned(self, state, needed),
            downtime=_downtime(deployment, state, needed),
            command=command_line(deployment, *self.words("--cold")),
            facts={
                "bytes": needed,
                "folder": str(deployment.backup_dir),
                "compress": self.packs,
                "gateway_running": state.is_up,
            },
        )

    def steps(self, progress: Progress) -> Steps:
        """Stop, copy, verify, start, compress, publish, copy to the second place."""
        deployment = self.deployment
        gateway = require_gateway(deployment)
        state = state_of(gateway)
        draft = Draft.begin(self, state, progress)
        live = LiveDatabase(deployment).facts()
        space = needed_space(self, live.size + live.wal_size)
        files.require_space(deployment.backup_dir, space, "A backup")

        facts = {**before(gateway), **draft.as_facts()}
        yield StepStarted("stop", _stop_title(facts), facts=facts)
        stopped = stop(gateway)
        yield StepFinished("stop", stopped)

        progress.checkpoint()
        yield StepStarted("copy", COPY)
        first, taken = _Glance.of(deployment, gateway), datetime.now().astimezone()
        copied = copy_to(deployment, draft.partial, progress)
        cold = first.is_quiet and _Glance.of(deployment, gateway) == first
        yield StepFinished("copy", {"restarts": copied.restarts, "cold": cold})

        progress.checkpoint()
        yield StepStarted("verify", VERIFY)
        known: dict[str, Any] = {"kind": "hot", "clean_stop": None}
        if cold:
            known = {"kind": "cold", "clean_stop": stopped["clean"]}
        manifest = verify(self, draft, copied, progress, taken=taken, **known)
        final = name_for(self, COLD if cold else HOT)
        yield StepFinished("verify", {"manifest": manifest, "final": str(final)})

        # The last moment for a wish to stop: behind it the copy is kept.
        progress.checkpoint()
        title = START if facts["was_running"] else STOPPED
        yield StepStarted("start", title, cancellable=False)
        started = _start(deployment, facts, progress)
        yield StepFinished("start", started)
        result = yield from finish(self, draft, final, manifest, progress, keep=True)
        if started.get("debt"):
            # The files are done; the gateway is owed, and the journal remembers it.
            raise DockerError(started["debt"])
        return {**result, **_told(result, facts, {**stopped, **started}, cold=cold)}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.backing_up.cold_recovery`."""
        return decide(self.deployment, records)


# --- planning -----------------------------------------------------------------------------


def _gateway(deployment: Deployment, state: GatewayState) -> Check:
    blocked = deployment.blocked("gateway")
    if blocked is not None:
        code = ExitCode.DOCKER if blocked.topic == "docker" else ExitCode.PRECHECK
        return Check("gateway", Verdict.FAIL, blocked.text, code)
    if deployment.gateway is None:
        text = "No gateway is known here, so none can be stopped; a hot backup works."
        return Check("gateway", Verdict.FAIL, text, ExitCode.NOT_FOUND)
    if state.running == "unknown":
        return Check("gateway", Verdict.FAIL, state.text, ExitCode.DOCKER)
    if not state.is_up:
        return Check("gateway", Verdict.OK, "it is stopped and stays stopped")
    return Check("gateway", Verdict.OK, "it is stopped, and started again afterwards")


def _database(deployment: Deployment, text: str) -> Check:
    if inside_container.is_single_file(deployment):
        hidden = deployment.blocked("live")
        why = (
            f"{hidden.text if hidden else ''} A stopped container cannot be asked for it: a hot "
            "backup works, it is made inside the container."
        )
        return Check("database", Verdict.FAIL, why)
    unreachable = deployment.blocked("database")
    if unreachable is not None:
        return Check("database", Verdict.FAIL, unreachable.text)
    try:
        require_database_file(deployment.database)
        if deployment.blocked("live") is None:
            LiveDatabase(deployment).tables()
    except McpdbError as error:
        return Check("database", Verdict.FAIL, str(error), error.exit_code)
    return Check("database", Verdict.OK, text)


def _planned(making: Making, state: GatewayState, needed: int) -> tuple[PlannedStep, ...]:
    timed = ("stop", "copy", "verify", "start")
    known = {step: last_seconds(making.deployment, step) for step in timed}
    last = PlannedStep("start", START, False, known["start"], False)
    return (
        PlannedStep("stop", "stop the gateway", False, known["stop"]),
        PlannedStep("copy", COPY, False, known["copy"] or needed / _RATE),
        PlannedStep("verify", VERIFY, False, known["verify"] or needed / _RATE),
        last if state.is_up else PlannedStep("start", STOPPED, False, None, False),
        *last_steps(making),
    )


def _downtime(deployment: Deployment, state: GatewayState, needed: int) -> float | None:
    """Seconds from the stop to healthy again; None where no stop or start was measured yet."""
    if not state.is_up:
        return 0.0
    measured = [last_seconds(deployment, step) for step in ("stop", "start")]
    if any(seconds is None for seconds in measured):
        return None
    work = [last_seconds(deployment, step) or needed / _RATE for step in ("copy", "verify")]
    return sum(seconds for seconds in (*measured, *work) if seconds is not None)


# --- doing --------------------------------------------------------------------------------


def _stop_title(facts: dict[str, Any]) -> str:
    return "stop the gateway" if facts["was_running"] else "the gateway is stopped already"


@dataclass(frozen=True, slots=True)
class _Glance:
    """Who may have written: the same before and after the copy means that nobody did."""

    is_quiet: bool
    """Neither the gateway nor anybody else but a viewer has the database open."""
    gateway: tuple[Any, ...]
    content: tuple[Any, ...]

    @classmethod
    def of(cls, deployment: Deployment, gateway: Gateway) -> _Glance:
        state = state_of(gateway)
        found, _complete = holders(inodes(deployment.database), ignore=(os.getpid(),))
        others = [holder for holder in found if not holder.ours]
        live = files.identity(deployment.database)
        wal = files.identity(sidecar(deployment.database, "-wal"))
        return cls(
            is_quiet=state.running in ("stopped", "missing") and not others,
            gateway=(state.running, state.identity, state.since, state.restarts),
            content=(
                live and (live.key, live.size, live.mtime_ns),
                # An empty one may be made by a mere look.
                wal and wal.size and (wal.size, wal.mtime_ns),
            ),
        )


def _start(deployment: Deployment, facts: Facts, progress: Progress) -> dict[str, Any]:
    """Bring the gateway back; a failure is told, for the backup is made all the same."""
    if not facts["was_running"]:
        return {"gateway_up": False, "proven_by_start": False}
    try:
        return dict(start_gateway(deployment, progress, healthy=bool(facts["was_healthy"])))
    except DockerError as error:
        return {"debt": str(error)}
    except McpdbError as error:
        return {"unhealthy": str(error)}


def _told(result: Facts, facts: Facts, ended: Facts, *, cold: bool) -> dict[str, Any]:
    """The result's sentence, remarks and how it ends, beside what the files say."""
    remarks = []
    found: dict[str, Any] = {"cold": cold}
    if not cold:
        remarks.append(
            "It is not certain that nobody had the database open meanwhile: it is a hot backup."
        )
    if ended.get("exit_code") == KILLED:
        remarks.append("The gateway did not stop by itself and had to be killed.")
    if ended.get("unhealthy"):
        found |= {"ends_with": int(ExitCode.UNHEALTHY), "outcome": "gateway not healthy"}
        remarks.append(str(ended["unhealthy"]))
    elif not facts["was_running"]:
        remarks.append("The gateway stays stopped, as it was.")
    elif not facts["was_healthy"]:
        remarks.append("The gateway runs again; it was not healthy before either.")
    for name in ("gateway_up", "health", "stop_seconds"):
        if name in ended:
            found[name] = ended[name]
    sentence = " ".join([str(result["sentence"]), *remarks])
    return {**found, "remarks": remarks, "sentence": sentence}
