"""Room on the disk: what is free, what is wanted, and what would give space back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import McpdbError
from tui.core.models import DatabaseFacts, Deployment
from tui.operations.backing_up.backup_plan import needed_space
from tui.operations.backup import BackupCreate
from tui.operations.diagnosing.space_checks import log_sizes
from tui.operations.execution.registry import OPERATIONS
from tui.operations.needs import restore_needs
from tui.operations.prune import Prune
from tui.operations.reads.looking import LiveDatabase
from tui.services import files

PRUNE, GUIDE, LOGS, VACUUM = "prune", "guide", "logs", "vacuum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """One thing that gives space back."""

    name: str
    """`prune`, `guide`, `logs` or `vacuum`."""
    number: int
    """Files that go or shrink; of a VACUUM 0."""
    size: int
    """Bytes that they take now, or that would be free."""
    needs: int = 0
    """Bytes that it takes itself while it runs."""
    known: bool = True
    """Whether an operation of ours does it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One look at the space."""

    folder: Path
    """Where there is least of what is wanted: of the database or of the backups."""
    free: int
    backup: int
    """Bytes that a backup needs, with a tenth more."""
    restore: int
    gains: tuple[Gain, ...] = ()
    """Those that give anything, the easiest first."""
    problem: str = ""
    """Why some of it could not be looked at."""

    @property
    def is_enough(self) -> bool:
        """Whether a backup and a restore find room."""
        return self.free >= max(self.backup, self.restore)


def look_at_room(deployment: Deployment) -> Room:
    """Look at what is free and what could go; changes nothing.

    Raises:
        McpdbError: We may not even look into the folders.
    """
    facts = LiveDatabase(deployment).facts()
    live = facts.size + facts.wal_size
    wanted = needed_space(BackupCreate(deployment), live)
    folders = (deployment.backup_dir, deployment.database.parent)
    free, folder = min(((files.free_space(one), one) for one in folders), key=lambda at: at[0])
    gains, problem = _gains(deployment, facts)
    return Room(
        folder=folder,
        free=free,
        backup=wanted + wanted // 10,
        restore=restore_needs(facts),
        gains=tuple(gain for gain in gains if gain.size),
        problem=problem,
    )


def _gains(deployment: Deployment, facts: DatabaseFacts) -> tuple[list[Gain], str]:
    gains, problem = [], ""
    try:
        ours = Prune(deployment).decide()
        with_guide = Prune(deployment, guide=True).decide()
    except McpdbError as error:
        problem = str(error)
    else:
        own = {item.backup.path for item in ours.dropped}
        guide = [item for item in with_guide.dropped if item.backup.path not in own]
        gains += [
            Gain(name=PRUNE, number=len(ours.dropped), size=ours.freed),
            Gain(name=GUIDE, number=len(guide), size=sum(item.size for item in guide)),
        ]
    try:
        sizes = log_sizes(deployment)
    except OSError as error:
        problem = problem or f"The log files cannot be looked at: {error.strerror or error}."
    else:
        known = "rotate-logs" in OPERATIONS
        gains.append(Gain(name=LOGS, number=len(sizes), size=sum(sizes), known=known))
    gains.append(
        Gain(
            name=VACUUM,
            number=0,
            size=facts.unused_pages * facts.page_size,
            needs=facts.size + facts.size // 10,
            known="vacuum" in OPERATIONS,
        )
    )
    return gains, problem
