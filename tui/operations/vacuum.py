"""VACUUM: give back what unused pages take; with the gateway stopped, or beside it on request.

Stopped (the default) a new file is written and takes the place of the old one, see
`tui.operations.maintaining.rebuilding` for why; beside the gateway it is done in the live file,
see `tui.operations.maintaining.online`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tui.core.models import Deployment
from tui.core.operation import Check, Plan, Progress, Record, Recovery, Steps, Tier
from tui.operations.command import command_line
from tui.operations.maintaining import online, planning
from tui.operations.maintaining.planned import beside_steps, stopped_steps, work_seconds
from tui.operations.maintaining.rebuilding import needed_space, rebuild
from tui.operations.maintaining.recovering import beside, rebuilt
from tui.operations.maintaining.vacuuming import vacuum_beside
from tui.operations.maintaining.words import kept_words, started_words, vacuum_words


@dataclass(frozen=True, slots=True)
class Vacuum:
    """Write the database anew without its unused pages.

    Result: `before` and `after` (`bytes`, `pages`, `free_pages`), the safety copy (`safety`,
    `safety_path` …), `integrity` and `check` of the new file.
    """

    name: ClassVar[str] = "vacuum"

    deployment: Deployment
    online: bool = False
    """Beside the running gateway, whose writers wait meanwhile."""

    def plan(self) -> Plan:
        """Say whether the gateway stops, what space it needs and what it would give back."""
        s = planning.look(self.deployment)
        checks = [*planning.reading_checks(s), *planning.suspect_check(s, "VACUUM")]
        if self.online:
            return self._beside(s, checks)
        seconds = work_seconds(s, ("vacuum",))
        down = planning.downtime(s, seconds)
        running = s.near.running
        return Plan(
            operation=self.name,
            title=f"VACUUM the database of {self.deployment.name}"
            + (", with the gateway stopped" if running else ""),
            tier=Tier.DISRUPTIVE if running else Tier.LIGHT,
            subject=self.deployment.name,
            basis=s.basis(online=False),
            checks=(*checks, *planning.stopped_checks(s)),
            steps=stopped_steps(s, ("vacuum",)),
            downtime=down,
            command=command_line(self.deployment, "vacuum", "--stop"),
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
        locked = s.about("vacuum-online", planning.ONLINE_RATE)
        steps = beside_steps(s, locked)
        return Plan(
            operation=self.name,
            title=f"VACUUM the database of {self.deployment.name} beside the running gateway",
            tier=Tier.DISRUPTIVE,
            subject=self.deployment.name,
            basis=s.basis(online=True),
            checks=(*checks, *planning.online_checks(s, vacuum=True, keeps=True, locked=locked)),
            steps=steps,
            downtime=0.0,
            command=command_line(self.deployment, "vacuum", "--online"),
            facts=planning.facts(
                s,
                self.name,
                "online",
                needs=planning.online_space(s, keeps=True),
                needs_in=str(self.deployment.database.parent),
                seconds=sum(step.seconds or 0.0 for step in steps),
                locked=locked,
                disturbs="its writers wait meanwhile, and some may fail",
            ),
        )

    def steps(self, progress: Progress) -> Steps:
        """Stopped: make a new file and put it in place. Online: copy, verify, VACUUM, check."""
        if self.online:
            result = yield from vacuum_beside(
                self.deployment, progress, keep=online.keep_of(self.deployment), trigger=self.name
            )
        else:
            result = yield from rebuild(self.deployment, ("vacuum",), progress, trigger=self.name)
        # What could not be read back says so itself.
        return {**result, "sentence": result.get("sentence") or self._sentence(result)}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.maintaining.recovering`."""
        if self.online:
            return beside(records, "VACUUM")
        return rebuilt(self.deployment, records, self._sentence)

    @staticmethod
    def _sentence(facts: Mapping[str, Any]) -> str:
        parts = (vacuum_words(facts), kept_words(facts), started_words(facts))
        return planning.joined(parts)
