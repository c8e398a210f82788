"""What compose down and up have in common: the project, the plan, what a cut leaves to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from tui.core.errors import DockerError, ExitCode, McpdbError, NotFoundError, PrecheckError
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
    Tier,
    Verdict,
)
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure, gave_up, pending, started
from tui.operations.finding.compose_projects import project_of
from tui.operations.finding.gateways import state_of
from tui.services.containers import compose_down, compose_project
from tui.services.containers.compose_down import Parts
from tui.services.gateways import connect


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one of both finds of its own, and what follows for its plan."""

    tier: Tier
    checks: Sequence[Check] = ()
    before: Sequence[PlannedStep] = ()
    """Steps that come first."""
    basis: Facts = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compose:
    """What both have in common."""

    name: ClassVar[str]
    verb: ClassVar[str]
    tier: ClassVar[Tier]
    downtime: ClassVar[float | None]
    """See `Plan.downtime`."""

    deployment: Deployment

    def plan(self) -> Plan:
        """Say what goes or comes, and what stays; changes nothing.

        Facts: `running` (of the gateway), `containers`, `networks`, `volumes` (names), `effects`
        (sentences).
        """
        deployment = self.deployment
        checks: list[Check] = []
        state, parts = GatewayState(running="unknown"), Parts()
        effects: tuple[str, ...] = ()
        look = Look(tier=self.tier)
        if deployment.read_only:
            checks.append(Check("read-only", Verdict.FAIL, "started with --read-only"))
        try:
            ref = self._ref()
            state = state_of(connect(ref))
            parts = compose_down.parts(ref)
            effects = self._effects(parts)
            look = self._look(ref, parts)
            checks += look.checks
        except McpdbError as error:
            checks.append(Check("compose", Verdict.FAIL, str(error), error.exit_code))
        return Plan(
            operation=self.name,
            title=f"take {deployment.name} {self.verb}, as compose {self.verb}",
            tier=look.tier,
            subject=deployment.name,
            basis={
                "gateway": state.identity,
                "containers": list(parts.containers),
                **look.basis,
            },
            checks=checks,
            steps=(*look.before, *self._steps()),
            downtime=self.downtime,
            command=command_line(deployment, "gateway", self.verb),
            facts={
                "running": state.running,
                "containers": list(parts.containers),
                "networks": list(parts.networks),
                "volumes": list(parts.volumes),
                "effects": list(effects),
                **look.facts,
            },
        )

    def _ref(self) -> ContainerRef:
        """The project, with a Compose that can be asked.

        Raises:
            McpdbError: There is none; says why.
        """
        blocked = self.deployment.blocked("gateway")
        if blocked is not None and blocked.topic == "docker":
            raise DockerError(blocked.text)
        ref = project_of(self.deployment)
        try:
            compose_project.cli_of(ref, compose_down.NEEDED_BY)
        except NotFoundError as error:
            raise PrecheckError(str(error)) from error
        return ref

    def _effects(self, parts: Parts) -> tuple[str, ...]:
        raise NotImplementedError

    def _look(self, ref: ContainerRef, parts: Parts) -> Look:
        raise NotImplementedError

    def _steps(self) -> tuple[PlannedStep, ...]:
        raise NotImplementedError

    def recover(self, records: Sequence[Record]) -> Recovery:
        """What was begun is carried through, unless it is not wanted any more."""
        cause = failure(records)
        if cause is not None:
            return Recovery("nothing", cause.sentence, (), cause.exit_code, cause.outcome)
        if not started(records, self.name):
            words = f"A compose {self.verb} was cut short before it began; nothing was done."
            return Recovery("nothing", words, (), ExitCode.FAILED, "cut short")
        actions = self._owed(records)
        last = next((gone for one in actions if (gone := gave_up(records, one.action))), None)
        if last is not None:
            return Recovery("nothing", last.sentence, (), last.exit_code, "failed")
        left = pending(records, actions)
        if left and (moved := self._moved()):
            return Recovery("nothing", moved, (), ExitCode.FAILED, "cut short")
        return Recovery(
            "finish",
            f"A compose {self.verb} was cut short and is carried through.",
            left,
            ExitCode.DONE,
            "done",
        )

    def _owed(self, records: Sequence[Record]) -> list[RecoveryAction]:
        raise NotImplementedError

    def _moved(self) -> str:
        """Why what was begun is not carried through now; empty where it is."""
        return ""


def noting(progress: Progress) -> Callable[[int, int], None]:
    """What Compose and a wait for health tell the seconds that have passed."""
    return lambda done, total: progress.note(done, total, "seconds")
