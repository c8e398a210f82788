"""What the checks have in common: every fact that more than one of them needs, read once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tui.core.models import (
    ActivityEntry,
    Catalogue,
    ContainerRef,
    DatabaseFacts,
    Deployment,
    GatewayState,
    Health,
    LastDrill,
    MigrationFinding,
    Timeline,
)
from tui.operations.activity import read_activity, unfinished
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.cataloguing.proven import last_drill
from tui.operations.finding.gateways import gateway_of, health_of, state_of
from tui.operations.reads.looking import LiveDatabase
from tui.operations.timelines import migration_doctor
from tui.operations.timelines.migration_owner import user_of
from tui.operations.timelines.timeline import read_timeline, recalled_timeline

NOT_READ = "the gateway's migrations were not read yet"


def never() -> bool:
    """Nobody asks to stop."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A deployment as one examination sees it."""

    deployment: Deployment
    state: GatewayState
    health: Health
    database: DatabaseFacts
    catalogue: Catalogue
    activity: tuple[ActivityEntry, ...]
    """Newest first."""
    unfinished: tuple[ActivityEntry, ...]
    drill: LastDrill | None
    timeline: Timeline
    """Without revisions where the gateway's code was never asked and cannot be asked cheaply."""
    migrations: tuple[MigrationFinding, ...]
    """What is wrong between database and migrations, worst first."""
    deep: bool = False
    """Whether the long checks are really run."""
    stop: Callable[[], bool] = never
    """Whether they are to be given up."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def container(self) -> ContainerRef | None:
        """The gateway's container, where it runs in one."""
        gateway = self.deployment.gateway
        return gateway if isinstance(gateway, ContainerRef) else None

    @property
    def user(self) -> tuple[int, int] | None:
        """User and group that the gateway runs as, by number; None where that is not known."""
        return user_of(self.deployment, self.state)

    @property
    def is_readable(self) -> bool:
        """Whether the live database is there and can be read."""
        return self.database.exists and not self.database.problem


def admit(
    deployment: Deployment,
    *,
    state: GatewayState | None = None,
    health: Health | None = None,
    deep: bool = False,
    stop: Callable[[], bool] = never,
) -> Patient:
    """Read what the checks need; never raises for what is not as it should be.

    Args:
        deployment: Whose.
        state: What the gateway is doing, where that is known already.
        health: What it says of itself, where that is known already.
        deep: Read what takes longer, too.
        stop: Asked meanwhile whether that is to be given up.
    """
    gateway = gateway_of(deployment)
    if state is None:
        state = state_of(gateway)
        blocked = deployment.blocked("gateway")
        if gateway is None and blocked is not None:
            state = GatewayState(running="unknown", text=blocked.text)
    if health is None:
        health = health_of(gateway, state)
    database = LiveDatabase(deployment).facts()
    catalogue = read_catalogue(deployment)
    activity = read_activity(deployment, steps=False)
    timeline = _timeline(deployment, state, database, deep=deep)
    blocked = deployment.blocked("database")
    return Patient(
        deployment=deployment,
        state=state,
        health=health,
        database=database,
        catalogue=catalogue,
        activity=activity,
        unfinished=unfinished(deployment, activity),
        drill=last_drill(deployment, catalogue, activity),
        timeline=timeline,
        migrations=()
        if blocked is not None
        else migration_doctor.examine(deployment, timeline, state, health),
        deep=deep,
        stop=stop,
    )


def _timeline(
    deployment: Deployment, state: GatewayState, database: DatabaseFacts, *, deep: bool
) -> Timeline:
    """As remembered; asked for where the gateway runs, or where time does not matter."""
    known = recalled_timeline(deployment, state, database.revisions)
    if known is None and (deep or state.running == "running"):
        known = read_timeline(deployment, state, database.revisions)
    if known is not None:
        return known
    return Timeline(
        revisions=(), heads=(), current=database.revisions, unknown=(), problem=NOT_READ
    )
