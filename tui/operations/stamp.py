"""Stamp: write a revision into `alembic_version` without running anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tui.core.models import Deployment
from tui.core.operation import Plan, Progress, Record, Recovery, Steps
from tui.operations.migrating.engine import migrate
from tui.operations.migrating.plan import look_again, plan_of
from tui.operations.migrating.recovery import decide
from tui.operations.migrating.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Stamp:
    """Tell Alembic that changes are there; makes none of them.

    It goes the same way as a migration: on a copy of the stopped file, which is swapped in.
    """

    name: ClassVar[str] = "stamp"

    deployment: Deployment
    target: str = ""
    """A revision, the beginning of one, or `head`."""
    start: bool = False
    """Start the gateway afterwards even if it was stopped before."""

    def wanted(self) -> Wanted:
        """What is asked for."""
        return Wanted(
            deployment=self.deployment, action="stamp", target=self.target, start=self.start
        )

    def plan(self) -> Plan:
        """Say which changes are then taken for granted and what forbids it."""
        return plan_of(self.wanted())

    def look_again(self, plan: Plan) -> Plan | None:
        """Look at holders and space again while a plan is being read; see `plan.look_again`."""
        return look_again(self.wanted(), plan)

    def steps(self, progress: Progress) -> Steps:
        """Rehearse, release, stop, prove, copy, migrate, check, swap, start, read back."""
        return (yield from migrate(self.wanted(), progress))

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.migrating.recovery`."""
        return decide(self.deployment, records, start=self.start)
