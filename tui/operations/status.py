"""What is true now: rows 1 and 2 of the screen, `status`, and what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tui.core.models import (
    ActivityEntry,
    Catalogue,
    Deployment,
    GatewayState,
    Health,
    Status,
)
from tui.operations.activity import read_activity, running_entry, unfinished
from tui.operations.backing_up.missed import missed_runs
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.cataloguing.proven import last_drill
from tui.operations.diagnosing.guide_scripts import guide_lines, guide_needs
from tui.operations.finding.gateways import gateway_of, health_of, state_of
from tui.operations.maintaining.checked import replaced, verdict
from tui.operations.needs import needs_of
from tui.operations.reads.glance import Glance, glance
from tui.operations.reads.looking import LiveDatabase
from tui.operations.timelines.timeline import recalled_timeline
from tui.services.locks import read_owner, state_problem


def read_gateway(deployment: Deployment) -> tuple[GatewayState, Health]:
    """State and health of the gateway; what cannot be asked is unknown, with why."""
    gateway = gateway_of(deployment)
    state = state_of(gateway)
    blocked = deployment.blocked("gateway")
    if gateway is None and blocked is not None:
        state = GatewayState(running="unknown", text=blocked.text)
    return state, health_of(gateway, state)


def read_status(deployment: Deployment) -> Status:
    """Everything at once; never raises for something that is merely not as it should be."""
    state, health = read_gateway(deployment)
    facts = LiveDatabase(deployment).facts()
    catalogue = read_catalogue(deployment)
    timeline = recalled_timeline(deployment, state, facts.revisions)
    activity = read_activity(deployment, steps=False)
    cut = unfinished(deployment, activity)
    # What was checked is gone with the file.
    integrity, integrity_at = last_check(catalogue, activity) if facts.exists else ("", None)
    seen = glance(deployment) if facts.exists and not facts.problem else Glance()
    problem = state_problem(deployment.state_dir)
    drill = last_drill(deployment, catalogue, activity)
    return Status(
        deployment=deployment,
        gateway=state,
        health=health,
        database=facts,
        head=timeline.heads[0] if timeline and timeline.heads else "",
        lock=read_owner(deployment.state_dir),
        running=running_entry(deployment),
        unfinished=cut,
        last_backup=catalogue.newest_verified,
        backups=len(catalogue.backups),
        integrity=integrity,
        integrity_at=integrity_at,
        state_problem=problem,
        needs=needs_of(
            facts=facts,
            state=state,
            health=health,
            catalogue=catalogue,
            unfinished=cut,
            drill=drill,
            missed=missed_runs(deployment, activity),
            tables=seen.tables,
            rows=seen.rows,
            timeline=timeline,
            migrates_at_start=deployment.migrates_at_start,
            guide=guide_needs(guide_lines(deployment)),
            state_problem=problem,
            integrity=integrity,
        ),
        drill=drill,
    )


def last_check(
    catalogue: Catalogue, activity: Sequence[ActivityEntry]
) -> tuple[str, datetime | None]:
    """The newest full check on record of the file that stands at the live path now.

    A verified backup's pages are those of the database it was taken from, so what is older than
    the last replacement says nothing; the replacement itself was checked page by page before it
    was put there.
    """
    since = replaced(activity)
    checked = verdict(activity)
    for backup in catalogue.backups:
        if backup.manifest is None or backup.kind not in ("hot", "cold"):
            continue
        if since is not None and backup.taken <= since:
            break
        if checked is not None and backup.taken <= checked[1]:
            return checked
        if backup.manifest.check_result == "ok":
            return _newer(checked, backup.taken)
    if checked is not None:
        return checked
    return ("ok", since) if since is not None else ("", None)


def _newer(checked: tuple[str, datetime] | None, taken: datetime) -> tuple[str, datetime]:
    """A backup's check of every page does not take back what a full check found before it."""
    return checked if checked is not None and checked[0] != "ok" else ("ok", taken)
