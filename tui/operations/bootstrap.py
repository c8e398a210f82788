"""Bootstrap and reset: a new, empty database by the gateway's own `bootstrap_db`.

The new file is built aside and checked; only then the gateway is touched. Bootstrap makes the
live file where it is missing or of 0 bytes, as a cut start leaves it: a missing live file is made
by this operation alone, never by looking. Reset exchanges it with the live one as a restore does,
and the old inode is the safety copy that `undo` puts back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tui.core.models import Deployment
from tui.core.operation import Plan, Progress, Record, Recovery, Steps
from tui.operations.migrating import new_file, putting
from tui.operations.restoring.situation import look_near


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Make the missing or empty database of a deployment."""

    name: ClassVar[str] = "bootstrap"

    deployment: Deployment
    start: bool = False
    """Start the gateway afterwards even if it was stopped before."""

    def plan(self) -> Plan:
        """Say what would happen and what forbids it; changes nothing."""
        return new_file.make_plan(self.name, look_near(self.deployment, start=self.start))

    def look_again(self, plan: Plan) -> Plan | None:
        """Look again while a plan is being read; the plan made anew where something moved."""
        now = look_near(self.deployment, start=self.start, quick=True)
        return None if new_file.basis(now) == plan.basis else self.plan()

    def steps(self, progress: Progress) -> Steps:
        """Build, check, release, stop, prove, swap, start, read back."""
        return putting.steps(self.deployment, self.name, progress, start=self.start)

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.migrating.putting`."""
        return putting.recover(self.deployment, records, start=self.start)


@dataclass(frozen=True, slots=True)
class Reset(Bootstrap):
    """Put a new database in the place of the live one; the old one is kept."""

    name: ClassVar[str] = "reset"
