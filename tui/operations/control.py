"""Start, stop and restart the gateway, with the same journal as everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tui.core.errors import ExitCode
from tui.core.models import Deployment
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
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure, merged, started
from tui.operations.finding.gateways import (
    gateway_of,
    require_gateway,
    start_with_patience,
    state_of,
    wait_healthy,
)


@dataclass(frozen=True, slots=True)
class _Control:
    """What the three have in common."""

    name: ClassVar[str]
    verb: ClassVar[str]
    stops: ClassVar[bool] = False
    starts: ClassVar[bool] = False
    tier: ClassVar[Tier] = Tier.DISRUPTIVE

    deployment: Deployment

    def plan(self) -> Plan:
        """Say what it does to whoever calls the gateway; changes nothing."""
        deployment = self.deployment
        state = state_of(gateway_of(deployment))
        checks = []
        blocked = deployment.blocked("gateway")
        if deployment.read_only:
            checks.append(Check("read-only", Verdict.FAIL, "started with --read-only"))
        elif blocked is not None:
            code = ExitCode.DOCKER if blocked.topic == "docker" else ExitCode.PRECHECK
            checks.append(Check("gateway", Verdict.FAIL, blocked.text, code))
        elif deployment.gateway is None:
            text = "No gateway is known here; the file was given with --db."
            checks.append(Check("gateway", Verdict.FAIL, text, ExitCode.NOT_FOUND))
        elif state.running == "unknown":
            checks.append(Check("gateway", Verdict.FAIL, state.text, ExitCode.DOCKER))
        elif state.running == "missing":
            text = state.text or "the gateway is gone"
            checks.append(Check("gateway", Verdict.FAIL, text, ExitCode.NOT_FOUND))
        steps = [PlannedStep("stop", "stop the gateway", False)] if self.stops else []
        if self.starts:
            steps.append(PlannedStep("start", "start it, wait until its JSON says healthy", False))
        return Plan(
            operation=self.name,
            title=f"{self.verb} the gateway of {deployment.name}",
            tier=self.tier,
            subject=deployment.name,
            basis={"gateway": state.identity if self.stops else ""},
            checks=checks,
            steps=steps,
            downtime=None,
            command=command_line(deployment, "gateway", self.verb),
            facts={"running": state.running},
        )

    def steps(self, progress: Progress) -> Steps:
        """Stop, start, or both."""
        gateway = require_gateway(self.deployment)
        result: dict[str, object] = {}
        if self.stops:
            facts = {"was_running": gateway.state().is_up, "gateway_down": True}
            yield StepStarted("stop", "stop the gateway", facts=facts)
            stopped = gateway.stop()
            result |= {"exit_code": stopped.exit_code, "stop_seconds": stopped.seconds}
            yield StepFinished("stop", result)
        if self.starts:
            yield StepStarted("start", "start it, wait for healthy", cancellable=False)
            result |= self._start(progress)
            yield StepFinished("start", {"gateway_up": True})
        return result

    def _start(self, progress: Progress) -> Facts:
        gateway = require_gateway(self.deployment)

        def note(done: int, total: int) -> None:
            progress.note(done, total, "seconds")

        start_with_patience(gateway, note)
        return {"health": wait_healthy(gateway, note).text, "gateway_up": True}

    def _stop(self, _progress: Progress) -> Facts:
        require_gateway(self.deployment).stop()
        return {}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """A cut stop is carried through, a cut start or restart ends with a running gateway."""
        cause = failure(records)
        if cause is not None and not (self.stops and self.starts and cause.step == "stop"):
            return Recovery("nothing", cause.sentence, (), cause.exit_code, cause.outcome)
        if not started(records, "stop") and not started(records, "start"):
            words = f"A {self.verb} of the gateway was cut short before it began; nothing was done."
            return Recovery("nothing", words, (), ExitCode.FAILED, "cut short")
        # Of the present attempt: an engine that was away then may answer now.
        begin = max((i for i, r in enumerate(records) if r["kind"] == "resumed"), default=0)
        failed = [r for r in records[begin:] if r["kind"] == "recovery_failed"]
        if failed:
            last = failed[-1]
            code = ExitCode(int(last.get("exit", 1)))
            return Recovery("nothing", str(last.get("error", "")), (), code, "failed")
        actions = []
        if self.starts and (started(records, "start") or merged(records).get("was_running")):
            actions.append(RecoveryAction("start", "start the gateway", self._start))
        elif self.stops and started(records, "stop") and not self.starts:
            actions.append(RecoveryAction("stop", "stop the gateway", self._stop))
        done = {r["action"] for r in records if r["kind"] == "recovery_finished"}
        return Recovery(
            "finish",
            cause.sentence if cause else f"A {self.verb} of the gateway was cut short.",
            [action for action in actions if action.action not in done],
            cause.exit_code if cause else ExitCode.DONE,
            cause.outcome if cause else "done",
        )


@dataclass(frozen=True, slots=True)
class GatewayStart(_Control):
    """Start the gateway and wait until it is healthy."""

    name: ClassVar[str] = "start"
    verb: ClassVar[str] = "start"
    starts: ClassVar[bool] = True
    tier: ClassVar[Tier] = Tier.LIGHT


@dataclass(frozen=True, slots=True)
class GatewayStop(_Control):
    """Stop the gateway; it stays stopped."""

    name: ClassVar[str] = "stop"
    verb: ClassVar[str] = "stop"
    stops: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class GatewayRestart(_Control):
    """Stop the gateway and start it again."""

    name: ClassVar[str] = "restart"
    verb: ClassVar[str] = "restart"
    stops: ClassVar[bool] = True
    starts: ClassVar[bool] = True
