"""What a restore's plan rests on, from one look."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tui.core.models import (
    Backup,
    DatabaseFacts,
    Deployment,
    GatewayState,
    Health,
    Holder,
    Timeline,
)
from tui.core.operation import Facts
from tui.operations.finding.gateways import gateway_of, health_of, state_of
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring.others import Other, named, others
from tui.operations.restoring.way import Way, choose
from tui.operations.timelines.timeline import read_timeline
from tui.services import files
from tui.services.live.holders import holders, inodes

_NOT_ASKED = Health(verdict="unknown", text="not asked")
_NO_TIMELINE = Timeline(revisions=(), heads=(), current=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every operation that puts another file in place has looked at before it plans."""

    deployment: Deployment
    live: DatabaseFacts
    state: GatewayState
    health: Health
    strangers: tuple[Holder, ...]
    """Processes that have the live file open and belong neither to the gateway nor to us."""
    viewers: tuple[Holder, ...]
    all_seen: bool
    """Whether every process could be looked into; else "nobody" is not known to be true."""
    others: tuple[Other, ...]
    """Other containers that run and can reach the live file."""
    way: Way
    start: bool

    @property
    def running(self) -> bool:
        """Whether the gateway runs now, and so will be started again."""
        return self.state.is_up

    @property
    def healthy(self) -> bool:
        """Whether it was healthy: only then is there an automatic way back."""
        return self.health.verdict == "healthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation(Surroundings):
    """Everything a restore's plan rests on, from one look."""

    backup: Backup
    timeline: Timeline
    word: str = ""
    """How the backup was named; a neighbour's must be named by its id."""
    write_through: bool = False

    def basis(self) -> Facts:
        """What must not have moved when the operation begins (I10)."""
        backup, found = self.backup, files.identity(self.backup.path)
        return {
            "backup": [str(backup.path), backup.manifest.sha256 if backup.manifest else ""],
            "backup_file": found and [found.inode, found.size, found.mtime_ns],
            "live": [str(self.live.path), self.live.inode, self.live.revision],
            "gateway": [self.state.identity, self.state.image_id, self.running],
            "start": self.start,
            "way": [self.way.kind, str(self.way.keep_dir)],
        }


def look_around(
    deployment: Deployment,
    backup: Backup,
    *,
    start: bool,
    word: str = "",
    write_through: bool = False,
    quick: bool = False,
) -> Situation:
    """Gather what the plan needs; changes nothing.

    Args:
        deployment: Whose database.
        backup: What is put there.
        start: Start the gateway even if it is stopped now.
        word: How the backup was named.
        write_through: Write into the live file although another could take its place.
        quick: Ask neither the gateway's health nor its migrations: they take seconds.
    """
    gateway = gateway_of(deployment)
    state = state_of(gateway)
    live = LiveDatabase(deployment).facts()
    strangers, viewers, all_seen = seen_holders(deployment, state)
    return Situation(
        deployment=deployment,
        backup=backup,
        live=live,
        state=state,
        health=_NOT_ASKED if quick else health_of(gateway, state),
        timeline=_NO_TIMELINE if quick else read_timeline(deployment, state, live.revisions),
        strangers=strangers,
        viewers=viewers,
        all_seen=all_seen,
        others=others(deployment, state),
        way=choose(deployment, backup, live, write_through=write_through),
        start=start,
        word=word,
        write_through=write_through,
    )


def look_near(deployment: Deployment, *, start: bool, quick: bool = False) -> Surroundings:
    """Gather what changes from one moment to the next; changes nothing.

    Args:
        deployment: Whose database.
        start: Start the gateway even if it is stopped now.
        quick: Do not ask for the gateway's health, which takes a while.
    """
    gateway = gateway_of(deployment)
    state = state_of(gateway)
    live = LiveDatabase(deployment).facts()
    strangers, viewers, all_seen = seen_holders(deployment, state)
    return Surroundings(
        deployment=deployment,
        live=live,
        state=state,
        health=_NOT_ASKED if quick else health_of(gateway, state),
        strangers=strangers,
        viewers=viewers,
        all_seen=all_seen,
        others=others(deployment, state),
        way=choose(deployment, None, live),
        start=start,
    )


def seen_holders(
    deployment: Deployment, state: GatewayState
) -> tuple[tuple[Holder, ...], tuple[Holder, ...], bool]:
    """Strangers, viewers of ours, and whether everybody could be looked at."""
    found, complete = holders(inodes(deployment.database), ignore=(*state.pids, os.getpid()))
    # Without the gateway's pids its own processes would be taken for strangers.
    known = bool(state.pids) or not state.is_up
    strangers = tuple(holder for holder in found if known and not holder.ours)
    viewers = tuple(holder for holder in found if holder.ours)
    return named(deployment, strangers), viewers, complete and known
