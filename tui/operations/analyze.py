"""ANALYZE: let SQLite count what its query planner goes by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tui.core.models import Deployment
from tui.core.operation import (
    Check,
    Plan,
    PlannedStep,
    Progress,
    Record,
    Recovery,
    StepFinished,
    Steps,
    StepStarted,
    Tier,
)
from tui.operations.command import command_line
from tui.operations.maintaining import online, planning
from tui.operations.maintaining.planned import stopped_steps, work_seconds
from tui.operations.maintaining.rebuilding import needed_space, rebuild
from tui.operations.maintaining.recovering import beside, rebuilt
from tui.operations.maintaining.words import ANALYZED, kept_words, started_words


@dataclass(frozen=True, slots=True)
class Analyze:
    """`ANALYZE` and `PRAGMA optimize`.

    Stopped, it is a whole ANALYZE of a copy that takes the file's place; beside the gateway a
    short one in the live file, which looks at a part of each index.
    """

    name: ClassVar[str] = "analyze"

    deployment: Deployment
    online: bool = False
    """Beside the running gateway."""

    def plan(self) -> Plan:
        """Say whether the gateway stops and how long it takes; changes nothing."""
        s = planning.look(self.deployment)
        checks = [*planning.reading_checks(s), *planning.suspect_check(s, "ANALYZE")]
        if self.online:
            return self._beside(s, checks)
        running, seconds = s.near.running, work_seconds(s, ("analyze",))
        return Plan(
            operation=self.name,
            title=f"ANALYZE the database of {self.deployment.name}"
            + (", with the gateway stopped" if running else ""),
            tier=Tier.DISRUPTIVE if running else Tier.LIGHT,
            subject=self.deployment.name,
            basis=s.basis(online=False),
            checks=(*checks, *planning.stopped_checks(s)),
            steps=stopped_steps(s, ("analyze",)),
            downtime=planning.downtime(s, seconds),
            command=command_line(self.deployment, "analyze", "--stop"),
            facts=planning.facts(
                s,
                self.name,
                "stop",
                needs=needed_space(s.near.live, s.near.way),
                needs_in=str(self.deployment.database.parent),
                seconds=seconds,
                way=s.near.way.kind,
            ),
        )

    def _beside(self, s: planning.Situation, checks: Sequence[Check]) -> Plan:
        seconds = s.past.seconds("analyze-online")
        return Plan(
            operation=self.name,
            title=f"ANALYZE the database of {self.deployment.name} beside the running gateway",
            tier=Tier.LIGHT,
            subject=self.deployment.name,
            basis=s.basis(online=True),
            checks=(*checks, *planning.online_checks(s, vacuum=False, keeps=False, locked=0.0)),
            steps=(PlannedStep("analyze-online", online.ANALYZE, True, seconds),),
            command=command_line(self.deployment, "analyze", "--online"),
            facts=planning.facts(s, self.name, "online", seconds=seconds, needs=0),
        )

    def steps(self, progress: Progress) -> Steps:
        """Stopped: work on a copy and put it in place. Online: one short transaction."""
        if self.online:
            yield StepStarted("analyze-online", online.ANALYZE)
            done = online.analyze(self.deployment, progress)
            yield StepFinished("analyze-online", done)
            return {**done, "sentence": ANALYZED}
        result = yield from rebuild(self.deployment, ("analyze",), progress, trigger=self.name)
        return {**result, "sentence": result.get("sentence") or self._sentence(result)}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.maintaining.recovering`."""
        if self.online:
            return beside(records, "ANALYZE")
        return rebuilt(self.deployment, records, self._sentence)

    @staticmethod
    def _sentence(facts: Mapping[str, Any]) -> str:
        return planning.joined((ANALYZED, kept_words(facts), started_words(facts)))
