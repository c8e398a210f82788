"""Compose down and up: the gateway's whole project goes, and comes back; data stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from tui.core.errors import DockerError, ExitCode, McpdbError, PrecheckError
from tui.core.models import ContainerRef
from tui.core.operation import (
    Check,
    Facts,
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
from tui.operations.composing import Compose, Look, noting
from tui.operations.execution.journaled import finished, started
from tui.operations.finding.compose_projects import project_of
from tui.operations.finding.gateways import state_of, wait_healthy
from tui.operations.migrating import coming_up
from tui.services.containers import compose_down
from tui.services.containers.compose_down import Parts
from tui.services.gateways import connect
from tui.wording.clean import one_line
from tui.wording.quantities import plural


@dataclass(frozen=True, slots=True)
class ComposeDown(Compose):
    """Stop and remove the project's containers and networks; no volume, no file."""

    name: ClassVar[str] = "down"
    verb: ClassVar[str] = "down"
    tier: ClassVar[Tier] = Tier.DISRUPTIVE
    downtime: ClassVar[float | None] = None

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

    def _look(self, ref: ContainerRef, parts: Parts) -> Look:
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
        return Look(tier=self.tier, checks=checks)

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
        compose_down.down(ref, self.deployment.state_dir, noting(progress))
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
class ComposeUp(Compose):
    """Make what is missing of the project, start it, wait until the gateway is healthy.

    Where another image may come at the database, it is asked for and a backup is made first.
    """

    name: ClassVar[str] = "up"
    verb: ClassVar[str] = "up"
    tier: ClassVar[Tier] = Tier.LIGHT
    downtime: ClassVar[float | None] = 0.0

    def _effects(self, parts: Parts) -> tuple[str, ...]:
        return ("makes what is missing; containers that are there are kept as they are",)

    def _look(self, ref: ContainerRef, parts: Parts) -> Look:
        found = coming_up.coming(self.deployment, ref, parts.containers)
        basis = {"image": found.image, "backs_up": found.backs_up}
        if not found.backs_up:
            return Look(tier=self.tier, checks=[found.check], basis=basis)
        backup = coming_up.backup_of(self.deployment).plan()
        return Look(
            tier=Tier.DISRUPTIVE,
            checks=[found.check, *backup.checks],
            before=[replace(step, gateway_up=False) for step in backup.steps],
            basis=basis,
            facts={"disturbs": coming_up.MIGRATES},
        )

    def _steps(self) -> tuple[PlannedStep, ...]:
        return (
            PlannedStep("up", _UP, gateway_up=False, cancellable=False),
            PlannedStep("healthy", _HEALTHY, gateway_up=False, cancellable=False),
        )

    def steps(self, progress: Progress) -> Steps:
        """Back up where another image may come at the database, bring it up, then wait."""
        ref = self._ref()
        made: Facts = {}
        if coming_up.coming(self.deployment, ref, compose_down.parts(ref).containers).backs_up:
            made = yield from coming_up.backup_of(self.deployment).steps(progress)
        progress.checkpoint()
        yield StepStarted("up", _UP, cancellable=False, facts={"gateway_down": True})
        self._up(progress)
        yield StepFinished("up")
        yield StepStarted("healthy", _HEALTHY, cancellable=False)
        result = self._healthy(progress)
        yield StepFinished("healthy", {"gateway_up": True})
        return {**made, **result, "sentence": f"{result['sentence']}{coming_up.told(made)}"}

    def _up(self, progress: Progress) -> Facts:
        compose_down.up(self._ref(), self.deployment.state_dir, noting(progress))
        return {}

    def _healthy(self, progress: Progress) -> dict[str, Any]:
        health = wait_healthy(connect(project_of(self.deployment)), noting(progress))
        text = f"{one_line(self.deployment.name)} is up; the gateway says {one_line(health.text)}."
        return {"health": health.text, "gateway_up": True, "sentence": text}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Before it began there is only its backup to end; then it is carried through."""
        owed = None if started(records, "up") else coming_up.undone(self.deployment, records)
        return owed or Compose.recover(self, records)

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
