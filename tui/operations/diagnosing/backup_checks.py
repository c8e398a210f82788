"""Backups and what was cut short: how old, how proven, what is left over."""

from __future__ import annotations

from tui.core.errors import ExitCode
from tui.core.models import Diagnosis
from tui.operations.backing_up.missed import missed_runs
from tui.operations.cataloguing.proven import DRILL_WANTED
from tui.operations.command import command_line
from tui.operations.diagnosing.findings import RESUME, fail, remedy, unknown, warn, well
from tui.operations.diagnosing.patient import Patient
from tui.operations.execution.recovery import half_made, outlook
from tui.operations.needs import BACKUP_WANTED
from tui.services.files import identity
from tui.wording.clean import one_line
from tui.wording.quantities import age, duration, plural, size


def backup(patient: Patient) -> Diagnosis:
    """How old the newest verified one is."""
    catalogue, deployment = patient.catalogue, patient.deployment
    if catalogue.unread:
        return unknown("backup", one_line(catalogue.unread[0]))
    make = remedy(
        "back up now",
        "A hot backup: the gateway goes on serving.",
        "backup",
        [command_line(deployment, "backup", "create")],
    )
    missed = [
        f"{run.operation} of {run.at.astimezone():%Y-%m-%d %H:%M}: {one_line(run.sentence)}"
        for run in missed_runs(deployment, patient.activity)[:5]
    ]
    newest = catalogue.newest_verified
    if newest is None:
        text = f"none is verified; {plural(len(catalogue.backups), 'file')} listed"
        return warn("backup", text, remedy=make, details=missed)
    old = patient.now - newest.taken
    text = f"verified {age(old.total_seconds())} ago, {one_line(newest.id)}"
    if old > BACKUP_WANTED:
        wanted = f"stale {age(old.total_seconds())}, wanted every {BACKUP_WANTED.days} days"
        return warn("backup", wanted, remedy=make, details=missed)
    if missed:
        return warn(
            "backup",
            f"{text}; {plural(len(missed), 'scheduled run')} came to nothing",
            "Runs of a schedule that were refused or failed since the last one that went well.",
            details=missed,
        )
    return well("backup", text)


def drill(patient: Patient) -> Diagnosis:
    """When a restore was last proven to work."""
    found = patient.drill
    prove = remedy(
        "drill",
        "The newest backup is restored into a scratch folder and checked there; nothing is started "
        "and the live database is not touched.",
        "drill",
        [command_line(patient.deployment, "backup", "drill")],
    )
    why = (
        "A drill restores a backup aside and reads all of it: a copy that only lies there is hope."
    )
    if found is None:
        if patient.catalogue.newest_verified is None:
            return well("drill", "never; there is no verified backup yet", why)
        return warn("drill", "never", why, remedy=prove)
    old = age((patient.now - found.at).total_seconds())
    if found.result != "ok":
        text = f"{one_line(found.backup)} failed {old} ago: {one_line(found.result)}"
        return fail("drill", text, why, remedy=prove, code=ExitCode.VERIFICATION)
    text = f"{one_line(found.backup)} {old} ago: {duration(found.seconds)}"
    if patient.now - found.at >= DRILL_WANTED:
        return warn("drill", f"{text}; wanted every {DRILL_WANTED.days} days", why, remedy=prove)
    return well("drill", text, why)


def unfinished(patient: Patient) -> Diagnosis:
    """Operations that were cut short."""
    deployment, cut = patient.deployment, patient.unfinished
    if not cut:
        return well("unfinished", "nothing was cut short")
    views = [(entry, outlook(deployment, entry.id)) for entry in cut]
    return fail(
        "unfinished",
        f"op {cut[0].number}, a {one_line(cut[0].operation)}, was cut short",
        *(one_line(view.sentence) for _entry, view in views if view is not None),
        remedy=remedy(
            "resume",
            "What was begun is finished or undone, as its journal says.",
            RESUME,
            [command_line(deployment, "resume")],
        ),
        details=[
            f"op {entry.number} {one_line(entry.title)}, {entry.started.astimezone():%b %d %H:%M}"
            for entry in cut
        ],
    )


def partials(patient: Patient) -> Diagnosis:
    """Half-made files whose maker is dead."""
    deployment = patient.deployment
    if any(entry.state == "running" for entry in patient.activity[:1]):
        return well("partials", "an operation is at work; half-made files may be its own")
    found = [path for path in half_made(deployment) if identity(path) is not None]
    if not found:
        return well("partials", "no half-made file is left")
    sizes = [one.size for path in found if (one := identity(path)) is not None]
    return warn(
        "partials",
        f"{plural(len(found), 'half-made file')}, {size(sum(sizes))}, of something that was cut",
        "No backup and no database: written under a name of its own until it is whole. Every "
        "change removes those of dead operations first.",
        remedy=remedy(
            "remove them",
            "Only files with our own `.partial` names go whose maker is dead.",
            RESUME,
            [command_line(deployment, "resume")],
        ),
        details=[one_line(str(path)) for path in found],
    )
