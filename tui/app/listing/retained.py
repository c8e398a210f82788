"""Why a backup is kept, and by which policy, in words."""

from __future__ import annotations

from datetime import datetime

from tui.app.seen import Seen
from tui.core.models import Backup
from tui.core.models.retention import Policy


def policy_words(policy: Policy) -> str:
    """`keep 7 daily, 4 weekly, 12 monthly, 3 newest`; empty for a policy that keeps nothing."""
    words = [
        f"{number} {name}"
        for number, name in (
            (policy.daily, "daily"),
            (policy.weekly, "weekly"),
            (policy.monthly, "monthly"),
            (policy.keep_last, "newest"),
        )
        if number
    ]
    if policy.max_age_days:
        words.append(f"all of {policy.max_age_days:g} days")
    return f"keep {', '.join(words)}" if words else ""


def kept_by(backup: Backup, seen: Seen, now: datetime) -> str:
    """`daily 1 of 7`, `never pruned while it is the last verified`, `nothing: …`."""
    deployment, catalogue = seen.deployment, seen.catalogue
    if deployment is None or catalogue is None:
        return ""
    if backup.neighbour:
        return "not ours to prune: it is of another database"
    if deployment.retention.is_empty:
        return "no policy: nothing is pruned"
    from tui.operations.cataloguing.retention import HostZone, rule

    # Days are the host's, whatever zone the screen shows.
    here = now.astimezone(HostZone())
    rulings = rule(catalogue.backups, deployment.retention, here)
    ruling = next((ruling for ruling in rulings if ruling.backup == backup.id), None)
    if ruling is None:
        return "no rule looks at it: it is never pruned"
    verdict, _, why = ruling.rule.partition(": ")
    if not why:
        why = verdict
    if not ruling.keep:
        return f"nothing: {why}; P would drop it"
    return "never pruned while it is the last verified" if why == "last verified" else why
