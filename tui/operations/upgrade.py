"""Upgrade: migrate the database up, or leave everything as it was."""

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
class Upgrade:
    """Run the migrations that the code has and the database has not."""

    name: ClassVar[str] = "upgrade"

    deployment: Deployment
    target: str = "head"
    """A revision, the beginning of one, or `head`."""
    image: str = ""
    """The local image that migrates and is started; empty means the one that is named now."""
    leftovers: bool = False
    """First put right what a migration that was cut left behind (`_alembic_tmp_*`)."""
    start: bool = False
    """Start the gateway afterwards even if it was stopped before."""

    def wanted(self) -> Wanted:
        """What is asked for."""
        return Wanted(
            deployment=self.deployment,
            action="upgrade",
            target=self.target or "head",
            image=self.image,
            leftovers=self.leftovers,
            start=self.start,
        )

    def plan(self) -> Plan:
        """Say what would be run, how long it takes and what forbids it."""
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
