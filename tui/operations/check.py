"""Check the live database while the gateway goes on: pages, indexes, foreign keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tui.core.errors import ExitCode
from tui.core.models import Deployment
from tui.core.operation import Plan, PlannedStep, Progress, Record, Recovery, Steps, Tier
from tui.operations.command import command_line
from tui.operations.maintaining import planning
from tui.operations.maintaining.checking import (
    FOREIGN_KEYS,
    INTEGRITY,
    QUICK,
    check_steps,
    check_words,
    is_damaged,
)
from tui.operations.maintaining.recovering import nothing_left


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    """`integrity_check` (or the quicker `quick_check`) and `foreign_key_check`; changes nothing.

    The result is what `status` and the doctor say of the integrity, and damage makes the live
    file suspect. A quick check that passes does not take that back. Its keys: see
    `tui.operations.maintaining.checking`.
    """

    name: ClassVar[str] = "check"

    deployment: Deployment
    quick: bool = False
    """`quick_check`: about ten times faster, does not compare indexes with their tables."""

    def plan(self) -> Plan:
        """Say what is read and how long it took last time; changes nothing."""
        s = planning.look(self.deployment)
        words = ["check", *(["--quick"] if self.quick else [])]
        rate = planning.QUICK_RATE if self.quick else planning.CHECK_RATE
        seconds = s.about("integrity", rate)
        keys = s.past.seconds("foreign-keys")
        return Plan(
            operation=self.name,
            title=f"check the live database of {self.deployment.name}",
            tier=Tier.LIGHT,
            subject=self.deployment.name,
            basis=s.basis(quick=self.quick),
            checks=tuple(planning.reading_checks(s, looks_for_damage=True)),
            steps=(
                PlannedStep("integrity", QUICK if self.quick else INTEGRITY, True, seconds),
                PlannedStep("foreign-keys", FOREIGN_KEYS, True, keys),
            ),
            command=command_line(self.deployment, *words),
            facts=planning.facts(s, self.name, "look", seconds=seconds + (keys or 0.0)),
        )

    def steps(self, progress: Progress) -> Steps:
        """Read every page, then look up every foreign key."""
        found = yield from check_steps(self.deployment, progress, quick=self.quick)
        result: dict[str, Any] = {**found, "before": found.get("figures")}
        if is_damaged(found):
            result |= {"ends_with": int(ExitCode.VERIFICATION), "outcome": "damaged"}
        return {**result, "sentence": check_words(found)}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Nothing is left behind: it only reads."""
        return nothing_left(records, "A check was cut short; nothing was changed.")
