"""Own: give the database, its folder and its sidecars to the user that the gateway runs as.

With a folder that its user cannot write the gateway fails at every start. The owners from before
are in the journal first, so a cut is undone. Where the gateway then migrates the live file at its
start, a verified backup is made before: an upgrade would do that on a copy, with a way back.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import ExitCode, UnhealthyError
from tui.core.models import ContainerRef, Deployment, GatewayState
from tui.core.operation import (
    Check,
    Facts,
    Plan,
    PlannedStep,
    Progress,
    Record,
    Recovery,
    RecoveryAction,
    StepFinished,
    Steps,
    StepStarted,
    Tier,
    Verdict,
)
from tui.operations.backing_up.backup_recovery import file_work
from tui.operations.backing_up.cold_recovery import start_gateway
from tui.operations.backup import BackupCreate
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure, finished, gave_up, merged, pending, started
from tui.operations.finding.gateways import RESTARTS_TOO_MANY, gateway_of, require_gateway, state_of
from tui.operations.migrating.owners import Gift, give, look
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring import going_back
from tui.operations.restoring.ownership import before, stop
from tui.operations.timelines.timeline import at_head, read_timeline
from tui.wording.clean import one_line

STOP = "stop the gateway"
GIVE = "give database, folder and sidecars to the gateway's user"
START = "start the gateway, wait until its JSON says healthy"
STOPPED = "the gateway stays stopped, as it was"
MIGRATING = 600.0
"""Seconds that a start which migrates may take until it is healthy."""
_LABEL = "before the start that migrates"
_MIGRATES = (
    "at its start the gateway migrates this database; it is backed up before. `migrations "
    "upgrade` gives the files to their user as well, rehearses first and has a way back"
)


@dataclass(frozen=True, slots=True)
class Own:
    """Give the files to whom they must belong."""

    name: ClassVar[str] = "own"

    deployment: Deployment
    start: bool = False
    """Start the gateway afterwards even if it was stopped before."""

    def plan(self) -> Plan:
        """Say whose what becomes, and what forbids it; changes nothing."""
        deployment = self.deployment
        state = state_of(gateway_of(deployment))
        refused = _refused(deployment, state)
        gift, checks = (Gift({}, ""), [refused]) if refused else look(deployment, state)
        starts = state.is_up or self.start
        migrates = bool(gift.owners) and starts and _migrates(deployment, state)
        backup = BackupCreate(deployment).plan()
        if migrates:
            checks = [*checks, Check("migrations", Verdict.WARN, _MIGRATES), *backup.checks]
        return Plan(
            operation=self.name,
            title=f"give the database of {deployment.name} to {gift.user or 'the gateway'}",
            tier=Tier.DISRUPTIVE,
            subject=deployment.name,
            basis={
                "owners": gift.owners,
                "gateway": [state.identity, state.image_id, starts],
                "migrates": migrates,
            },
            checks=checks,
            steps=(
                PlannedStep("stop", STOP, False),
                *(backup.steps if migrates else ()),
                PlannedStep("give", GIVE, False),
                PlannedStep("start", START if starts else STOPPED, False, None, False),
            ),
            downtime=None if state.is_up else 0.0,
            command=command_line(deployment, "gateway", "own", *(["--start"] * self.start)),
            facts={"owners": gift.owners, "user": gift.user, "migrates": migrates},
        )

    def steps(self, progress: Progress) -> Steps:
        """Stop, back up where the start will migrate, give, start."""
        deployment, gateway = self.deployment, gateway_of(self.deployment)
        state = state_of(gateway)
        gift, _checks = look(deployment, state)
        starts = state.is_up or self.start
        migrates = starts and _migrates(deployment, state)
        known = {**before(gateway), "starts": starts, "migrates": migrates}
        yield StepStarted("stop", STOP, facts=known)
        yield StepFinished("stop", stop(gateway))

        made: Facts = {}
        if migrates:
            progress.checkpoint()
            made = yield from BackupCreate(deployment, label=_LABEL).steps(progress)

        progress.checkpoint()
        yield StepStarted("give", GIVE, facts={"owners": gift.owners})
        give(deployment, gift.owners, "after")
        yield StepFinished("give", {"given": True})

        yield StepStarted("start", START if starts else STOPPED, cancellable=False)
        begun: Facts = {"gateway_up": False}
        if starts:
            begun = _start(deployment, progress, migrates=migrates)
        yield StepFinished("start", begun)
        return {**made, "owners": gift.owners, "sentence": _sentence(gift.owners, made), **begun}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Before all was given, everything is given back; after that it is finished."""
        facts, cause = merged(records), failure(records)
        if not facts.get("given"):
            return self._undo(records, facts)
        slow = bool(facts.get("migrates"))
        actions = [
            RecoveryAction("start", START, lambda p: _start(self.deployment, p, migrates=slow)),
        ]
        stuck = cause if cause is not None and cause.step == "start" else gave_up(records, "start")
        if stuck is not None and stuck.exit_code is not ExitCode.DOCKER:
            words = f"{_sentence(facts['owners'], {})} {stuck.sentence}"
            return Recovery("finish", words, (), ExitCode.UNHEALTHY, "gateway not healthy")
        left = pending(records, actions) if facts.get("starts") else ()
        return Recovery("finish", _sentence(facts["owners"], {}), left, ExitCode.DONE, "done")

    def _undo(self, records: Sequence[Record], facts: Mapping[str, Any]) -> Recovery:
        deployment, cause = self.deployment, failure(records)
        actions: list[RecoveryAction] = []
        stop_begun = started(records, "stop") and facts.get("was_running")
        if stop_begun and not finished(records, "stop"):
            actions.append(
                RecoveryAction("settle", "let the stop end", lambda _p: going_back.stop(deployment))
            )
        if "partial" in facts:
            actions += file_work(deployment, records).actions
        if started(records, "give"):
            actions.append(
                RecoveryAction(
                    "give-back",
                    "give the files back",
                    lambda _p: give(deployment, facts["owners"], "before"),
                )
            )
        if stop_begun:
            actions.append(
                RecoveryAction(
                    "start-again",
                    "start the gateway again",
                    lambda p: start_gateway(deployment, p, healthy=bool(facts.get("was_healthy"))),
                )
            )
        words = cause.sentence if cause else "It was cut short; the owners are as they were."
        code = cause.exit_code if cause else ExitCode.FAILED
        outcome = cause.outcome if cause else "cut short, undone"
        if (stuck := gave_up(records, "give-back")) is not None:
            words, code = f"{words} {stuck.sentence}", ExitCode.ROLLBACK_FAILED
            outcome = "not undone"
        elif (stuck := gave_up(records, "start-again")) is not None:
            words, code = f"{words} {stuck.sentence}", ExitCode.UNHEALTHY
            outcome = "gateway not back"
        return Recovery("undo", words, pending(records, actions), code, outcome)


def _refused(deployment: Deployment, state: GatewayState) -> Check | None:
    if deployment.read_only:
        return Check("read-only", Verdict.FAIL, "started with --read-only")
    blocked = deployment.blocked("database") or deployment.blocked("gateway")
    if blocked is not None:
        code = ExitCode.DOCKER if blocked.topic == "docker" else ExitCode.PRECHECK
        return Check("gateway", Verdict.FAIL, blocked.text, code)
    if not isinstance(deployment.gateway, ContainerRef):
        text = "The gateway is no container: which user it runs as is not known here."
        return Check("gateway", Verdict.FAIL, text)
    if state.running == "unknown":
        return Check("gateway", Verdict.FAIL, state.text, ExitCode.DOCKER)
    return None


def _start(deployment: Deployment, progress: Progress, *, migrates: bool) -> Facts:
    """Start it; one that migrates first may take longer than its health check allows.

    Raises:
        UnhealthyError: It does not become healthy, or restarts again and again.
        DockerError: The engine does not answer.
    """
    gateway = require_gateway(deployment)
    deadline = time.monotonic() + MIGRATING
    while True:
        try:
            return start_gateway(deployment, progress, healthy=True)
        except UnhealthyError:
            state = gateway.state()
            # The engine counts anew from a start on.
            goes_on = state.is_up and (state.restarts or 0) < RESTARTS_TOO_MANY
            if not migrates or not goes_on or time.monotonic() > deadline:
                raise


def _migrates(deployment: Deployment, state: GatewayState) -> bool:
    """Whether the gateway's start changes the database; what cannot be told may be so."""
    live = LiveDatabase(deployment).facts()
    return live.exists and not at_head(read_timeline(deployment, state, live.revisions))


def _sentence(owners: Mapping[str, Any], made: Facts) -> str:
    names = ", ".join(one_line(Path(path).name) for path in owners)
    user = next((change["after"] for change in owners.values()), [0, 0])
    text = f"{names} given to {user[0]}:{user[1]}, the gateway's user."
    if made.get("name"):
        text += f" The database as it was is backed up as {one_line(str(made['name']))}."
    return text
