"""Compose down and up: the gateway's whole project goes, and comes back; data stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

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
    StepFinished,
    Steps,
    StepStarted,
    Tier,
    Verdict,
)
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure, finished, gave_up, pending, started
from tui.operations.finding.compose_projects import image_before, project_of
from tui.operations.finding.gateways import state_of, wait_healthy
from tui.services.containers import compose_down, compose_project
from tui.services.containers.compose_down import Parts
from tui.services.gateways import connect
from tui.wording.clean import one_line
from tui.wording.quantities import plural


@dataclass(frozen=True, slots=True)
class _Compose:
    """What both have in common."""

    name: ClassVar[str]
    verb: ClassVar[str]
    tier: ClassVar[Tier]

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
        if deployment.read_only:
            checks.append(Check("read-only", Verdict.FAIL, "started with --read-only"))
        try:
            ref = self._ref()
            state = state_of(connect(ref))
            parts = compose_down.parts(ref)
            effects = self._effects(parts)
            checks += self._checks(ref, state, parts)
        except McpdbError as error:
            checks.append(Check("compose", Verdict.FAIL, str(error), error.exit_code))
        return Plan(
            operation=self.name,
            title=f"take {deployment.name} {self.verb}, as compose {self.verb}",
            tier=self.tier,
            subject=deployment.name,
            basis={"gateway": state.identity, "containers": list(parts.containers)},
            checks=checks,
            steps=self._steps(),
            downtime=None,
            command=command_line(deployment, "gateway", self.verb),
            facts={
                "running": state.running,
                "containers": list(parts.containers),
                "networks": list(parts.networks),
                "volumes": list(parts.volumes),
                "effects": list(effects),
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

    def _checks(self, ref: ContainerRef, state: GatewayState, parts: Parts) -> list[Check]:
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


@dataclass(frozen=True, slots=True)
class ComposeDown(_Compose):
    """Stop and remove the project's containers and networks; no volume, no file."""

    name: ClassVar[str] = "down"
    verb: ClassVar[str] = "down"
    tier: ClassVar[Tier] = Tier.DISRUPTIVE

    def _effects(self, parts: Parts) -> tuple[str, ...]:
        containers = ", ".join(map(one_line, parts.containers)) or "no container"
        networks = ", ".join(map(one_line, parts.networks)) or "no network"
        volumes = plural(len(parts.volumes), "volume") if parts.volumes else "volumes"
        return (
            f"removes {containers}",
            f"removes {networks}",
            f"keeps {volumes} and {one_line(str(self.deployment.database))}: it is on this host",
            "Nobody starts it again but you, not even after a reboot: gateway up.",
        )

    def _checks(self, ref: ContainerRef, state: GatewayState, parts: Parts) -> list[Check]:
        checks = []
        if parts.loses:
            checks.append(Check("database", Verdict.FAIL, _LOSES.format(parts.loses)))
        else:
            checks.append(Check("database", Verdict.OK, "on this host, and stays"))
        if not parts.containers:
            text = f"Project {one_line(ref.project)} has no containers: it is down."
            checks.append(Check("gateway", Verdict.FAIL, text, ExitCode.NOT_FOUND))
        others = [name for name in parts.containers if name != ref.container]
        if others:
            names = ", ".join(map(one_line, others))
            text = f"goes as well, with what it keeps outside of volumes: {names}"
            checks.append(Check("others", Verdict.WARN, text))
        return checks

    def _steps(self) -> tuple[PlannedStep, ...]:
        return (PlannedStep("down", _DOWN, gateway_up=False, cancellable=False),)

    def steps(self, progress: Progress) -> Steps:
        """Take it down."""
        ref = self._ref()
        was_running = state_of(connect(ref)).is_up
        facts = {"was_running": was_running, "gateway_down": True}
        yield StepStarted("down", _DOWN, cancellable=False, facts=facts)
        result = self._down(progress)
        yield StepFinished("down", result)
        return result

    def _down(self, progress: Progress) -> dict[str, Any]:
        ref = self._ref()
        before = compose_down.parts(ref)
        if before.loses:
            raise PrecheckError(_LOSES.format(before.loses))
        compose_down.down(ref, self.deployment.state_dir, _noting(progress))
        after = compose_down.parts(ref)
        left = [name for name in after.containers if name == ref.container]
        if left:
            raise DockerError(f"Compose said that it is down, but {one_line(left[0])} is there.")
        containers, networks = (
            len(before.containers) - len(after.containers),
            len(before.networks) - len(after.networks),
        )
        return {
            "containers": containers,
            "networks": networks,
            "sentence": f"{plural(containers, 'container')} and {plural(networks, 'network')} "
            "removed; volumes and the database stay. gateway up brings it back.",
        }

    def _owed(self, records: Sequence[Record]) -> list[RecoveryAction]:
        if finished(records, "down"):
            return []
        return [RecoveryAction("down", _DOWN, self._down)]

    def _moved(self) -> str:
        """A gateway that is up has been brought up since, or was not reached by the cut down.

        Which of both is not known, and days may have passed: nobody's service is taken away.
        """
        try:
            is_up = state_of(connect(project_of(self.deployment))).is_up
        except McpdbError:
            return ""
        words = "A compose down was cut short. The gateway runs and is left as it is; "
        return f"{words}`gateway down` does it again." if is_up else ""


@dataclass(frozen=True, slots=True)
class ComposeUp(_Compose):
    """Make what is missing of the project, start it, wait until the gateway is healthy."""

    name: ClassVar[str] = "up"
    verb: ClassVar[str] = "up"
    tier: ClassVar[Tier] = Tier.LIGHT

    def _effects(self, parts: Parts) -> tuple[str, ...]:
        return ("makes what is missing; containers that are there are kept as they are",)

    def _checks(self, ref: ContainerRef, state: GatewayState, parts: Parts) -> list[Check]:
        if ref.container in parts.containers:
            text = "its container is there and is started, not made anew"
            return [Check("container", Verdict.OK, text)]
        named = compose_project.named_image(ref)
        if named.problem and not named.name:
            return [Check("image", Verdict.FAIL, named.problem)]
        if named.problem:
            return [Check("image", Verdict.WARN, f"{one_line(named.name)} is fetched first")]
        before = self.deployment.image_id or image_before(self.deployment)
        if before and before != named.id:
            text = (
                f"Compose names {one_line(named.name)}, another image than the one that ran here: "
                "its start migrates the database. Make a backup first."
            )
            return [Check("image", Verdict.WARN, text)]
        return [Check("image", Verdict.OK, one_line(named.name))]

    def _steps(self) -> tuple[PlannedStep, ...]:
        return (
            PlannedStep("up", _UP, gateway_up=False, cancellable=False),
            PlannedStep("healthy", _HEALTHY, gateway_up=False, cancellable=False),
        )

    def steps(self, progress: Progress) -> Steps:
        """Bring it up, then wait."""
        yield StepStarted("up", _UP, cancellable=False, facts={"gateway_down": True})
        self._up(progress)
        yield StepFinished("up")
        yield StepStarted("healthy", _HEALTHY, cancellable=False)
        result = self._healthy(progress)
        yield StepFinished("healthy", {"gateway_up": True})
        return result

    def _up(self, progress: Progress) -> Facts:
        compose_down.up(self._ref(), self.deployment.state_dir, _noting(progress))
        return {}

    def _healthy(self, progress: Progress) -> dict[str, Any]:
        health = wait_healthy(connect(project_of(self.deployment)), _noting(progress))
        text = f"{one_line(self.deployment.name)} is up; the gateway says {one_line(health.text)}."
        return {"health": health.text, "gateway_up": True, "sentence": text}

    def _owed(self, records: Sequence[Record]) -> list[RecoveryAction]:
        if finished(records, "healthy"):
            return []
        return [
            RecoveryAction("up", _UP, self._up),
            RecoveryAction("healthy", _HEALTHY, self._healthy),
        ]


_LOSES = "{}: the database would go with its container. Mount a folder first."
_DOWN = "stop and remove the project's containers and networks"
_UP = "make what is missing, start it"
_HEALTHY = "wait until its JSON says healthy"


def _noting(progress: Progress) -> Any:  # noqa: ANN401 - what Compose and health are told
    return lambda done, total: progress.note(done, total, "seconds")
