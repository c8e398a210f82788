"""`backup`: create, list, show, verify."""

from __future__ import annotations

import click

from tui.cli.click_parts import Group
from tui.cli.commands.arguments import backup_word
from tui.cli.commands.backup_create import create
from tui.cli.performing import perform
from tui.cli.report.backups import backup_lines, list_lines
from tui.cli.report.emit import emit
from tui.cli.session import Session
from tui.core.models import Deployment, Timeline
from tui.operations.catalogue import find_backup, read_catalogue, with_fits
from tui.operations.status import read_gateway
from tui.operations.timeline import fits, read_timeline, recalled_timeline
from tui.operations.verify import BackupVerify


@click.group(cls=Group)
def backup() -> None:
    """Create, list, show and verify backups."""


backup.add_command(create)


@backup.command("list")
@click.pass_obj
def list_(session: Session) -> int:
    """The backups, newest first, and whether the gateway's code can start on each."""
    deployment = session.deployment
    catalogue = with_fits(read_catalogue(deployment), _timeline(deployment))
    newest = catalogue.newest_verified
    data = {
        "folder": deployment.backup_dir,
        "backups": catalogue.backups,
        "strangers": catalogue.strangers,
        "total_size": catalogue.total_size,
        "newest_verified": None if newest is None else newest.id,
    }
    return emit(session, data, list_lines(catalogue))


@backup.command("show")
@click.argument("backup")
@click.pass_obj
def show(session: Session, backup: str) -> int:
    """Everything that is known of BACKUP: an id, a file name, a path, or latest."""
    from dataclasses import replace

    deployment = session.deployment
    found = find_backup(deployment, backup_word(backup))
    found = replace(found, fit=fits(_timeline(deployment), found.revision))
    return emit(session, {"backup": found}, backup_lines(found))


@backup.command("verify")
@click.argument("backup")
@click.option("--full", is_flag=True, help="integrity_check: slower, finds a damaged index too.")
@click.pass_obj
def verify(session: Session, backup: str, full: bool) -> int:
    """Read all of BACKUP and compare it with its manifest; exits with 3 if it is not whole."""
    operation = BackupVerify(session.deployment, backup_word(backup), full=full)
    return perform(session, operation)


def _timeline(deployment: Deployment) -> Timeline:
    """The migrations as remembered; asked for once per image."""
    state, _health = read_gateway(deployment)
    return recalled_timeline(deployment, state, ()) or read_timeline(deployment, state, ())
