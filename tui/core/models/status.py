"""What is true now, and what needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tui.core.models.activity import ActivityEntry, LockOwner
from tui.core.models.backups import Backup
from tui.core.models.database import DatabaseFacts
from tui.core.models.deployment import Deployment
from tui.core.models.gateway import GatewayState, Health
from tui.core.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One fact that wants a person, with the key that leads to its remedy."""

    verdict: Verdict
    text: str
    key: str
    """E.g. `b`, `6`, `Enter`."""
    action: str
    """What the key does, in words."""
    command: str = ""
    """The same in a shell; empty where there is no one command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDrill:
    """The newest restore drill: when a backup was last proven restorable, or not."""

    at: datetime
    backup: str
    """Id of the backup."""
    result: str
    """`ok`, or what the drill found."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The answer of `status`: rows 1 and 2 of the screen, and what needs a person."""

    deployment: Deployment
    gateway: GatewayState
    health: Health
    database: DatabaseFacts
    head: str
    """Head of the running image's migrations; empty while it is not known."""
    lock: LockOwner | None
    """Who holds the lock; None means nobody, unless `state_problem` says that it is not known."""
    running: ActivityEntry | None
    unfinished: tuple[ActivityEntry, ...]
    """Operations that were cut short: reported, never changed by looking."""
    last_backup: Backup | None
    """Newest verified."""
    backups: int
    integrity: str
    """Result of the last full check on record, empty when there is none."""
    integrity_at: datetime | None
    needs: tuple[Need, ...] = ()
    state_problem: str = ""
    """Why lock, journals and safety copies could not be looked at; empty when they could."""
    drill: LastDrill | None = None
    """The newest restore drill; None when there was none."""
