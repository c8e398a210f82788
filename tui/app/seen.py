"""What is known of the deployment at one moment: the one thing that the screen draws from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from tui.core.models import (
    ActivityEntry,
    Catalogue,
    DatabaseFacts,
    Deployment,
    Diagnosis,
    FileFigures,
    GatewayState,
    Growth,
    Health,
    LockOwner,
    Need,
    Setting,
    TableInfo,
    Timeline,
)

if TYPE_CHECKING:
    from tui.core.operation import Recovery
    from tui.operations.backing_up.missed import MissedRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An immutable snapshot; each part is None until it was read for the first time."""

    deployment: Deployment | None = None
    host: str = ""
    who: str = ""
    gateway: GatewayState | None = None
    health: Health | None = None
    database: DatabaseFacts | None = None
    lock: LockOwner | None = None
    lock_known: bool = False
    state_problem: str = ""
    """Why lock and journals could not be looked at; empty when they could."""
    rights: str = ""
    """Why nothing may be changed by this user: `needs root: …`; empty when it may."""
    undo: str | None = None
    """Why the last restore cannot be undone; empty when it can, None while not known."""
    integrity: str = ""
    integrity_at: datetime | None = None
    catalogue: Catalogue | None = None
    catalogue_at: datetime | None = None
    schedule: str = ""
    """When backups are made by themselves: `02:00`; empty: never, or not known."""
    activity: tuple[ActivityEntry, ...] | None = None
    missed: tuple[MissedRun, ...] = ()
    """Scheduled runs that came to nothing, newest first."""
    guide: tuple[Need, ...] = ()
    """What cron runs of the gateway's guide that would lose data."""
    running: ActivityEntry | None = None
    timeline: Timeline | None = None
    doctor: tuple[Diagnosis, ...] | None = None
    """What the doctor found, worst first."""
    doctor_at: datetime | None = None
    """When that was."""
    deep_since: datetime | None = None
    """Since when the doctor reads every page; None while it does not."""
    figures: FileFigures | None = None
    """What the file was measured to be."""
    counting: bool = False
    """It is being measured again."""
    growth: Growth | None = None
    tuning: tuple[Setting, ...] | None = None
    """Every setting that matters to the file."""
    tables: tuple[TableInfo, ...] | None = None
    counted_at: datetime | None = None
    """When the last row count was finished; None while counting for the first time."""
    changed_at: datetime | None = None
    """When the database file was last seen to change."""
    replaced_at: datetime | None = None
    """When another file was last seen at the database's path."""
    problem_since: datetime | None = None
    """When the database's present problem was first seen."""
    last_there: str = ""
    """What the file was when it was last seen whole: `412M at 01:58`."""
    first_bytes: str = ""
    """What a file that is no database begins with."""
    outlooks: Mapping[str, Recovery] = field(default_factory=dict)
    """Journal id of what was cut to what is left to do."""
    released: bool = False
    """Live connections are closed because an operation asked for it."""
    looked: Mapping[str, int] | None = None
    """Rows of the configuration tables when somebody said that they looked at the loss."""
    needs: tuple[Need, ...] = ()
    looked_at_needs: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)
    """Part (`tables`, `catalogue`, `activity`, `timeline`, `gateway`, `database`) to why it could
    not be read."""

    @property
    def head(self) -> str:
        """Head of the running image's migrations; empty while it is not known."""
        heads = self.timeline.heads if self.timeline else ()
        return heads[0] if len(heads) == 1 else ""

    def problem(self, part: str) -> str:
        """Why a part could not be read; empty when it could."""
        return self.problems.get(part, "")
