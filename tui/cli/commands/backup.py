"""`backup`: list, show, verify, adopt, pin, unpin, label, delete; the rest has its own modules."""

from __future__ import annotations

import click

from tui.cli.click_parts import Group
from tui.cli.commands.arguments import backup_word
from tui.cli.commands.backup_compare import compare
from tui.cli.commands.backup_create import create
from tui.cli.commands.backup_drill import drill
from tui.cli.commands.backup_prune import prune
from tui.cli.performing import perform, show_plan
from tui.cli.report.backups import backup_lines, list_lines
from tui.cli.report.emit import emit
from tui.cli.session import Session
from tui.core.errors import UsageError
from tui.core.models import Catalogue, Deployment, Timeline
from tui.operations.adopt import Adopt
from tui.operations.annotate import Pin, Relabel
from tui.operations.cataloguing.arranging import SORTS, arranged, rulings
from tui.operations.cataloguing.catalogue import (
    find_backup,
    read_catalogue,
    with_fits,
    with_secrets,
)
from tui.operations.delete import Delete
from tui.operations.status import read_gateway
from tui.operations.timelines.timeline import read_timeline, recalled_timeline
from tui.operations.verify import BackupVerify, VerifyAll


@click.group(cls=Group)
def backup() -> None:
    """Create, list, verify, label, compare, prune and prove backups."""


backup.add_command(create)
backup.add_command(compare)
backup.add_command(prune)
backup.add_command(drill)


@backup.command("list")
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="taken",
    help="taken: newest first; age: oldest; size: largest; verified: latest.",
)
@click.option("--filter", "words", metavar="WORDS", default="", help="Only rows with these words.")
@click.pass_obj
def list_(session: Session, sort: str, words: str) -> int:
    """The backups, newest first: whole, fitting the gateway's code, and why each is kept."""
    deployment = session.deployment
    catalogue = _known(deployment, read_catalogue(deployment))
    kept = rulings(deployment, catalogue)
    shown = arranged(catalogue.backups, sort, words)
    newest = catalogue.newest_verified
    data = {
        "folder": deployment.backup_dir,
        "backups": shown,
        "rulings": [kept[backup.path] for backup in shown],
        "strangers": catalogue.strangers,
        "unread": catalogue.unread,
        "total_size": catalogue.total_size,
        "newest_verified": None if newest is None else newest.id,
    }
    return emit(session, data, list_lines(catalogue, shown, kept))


@backup.command("show")
@click.argument("backup")
@click.pass_obj
def show(session: Session, backup: str) -> int:
    """Everything that is known of BACKUP: an id, a file name, a path, or latest."""
    deployment = session.deployment
    found = find_backup(deployment, backup_word(backup))
    (found,) = _known(deployment, Catalogue(backups=(found,))).backups
    ruling = rulings(deployment, read_catalogue(deployment)).get(found.path)
    return emit(session, {"backup": found, "ruling": ruling}, backup_lines(found, ruling))


@backup.command("verify")
@click.argument("backups", metavar="BACKUP...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Verify all backups of this database.")
@click.option("--full", is_flag=True, help="integrity_check: slower, finds a damaged index too.")
@click.pass_obj
def verify(session: Session, backups: tuple[str, ...], every: bool, full: bool) -> int:
    """Read all of BACKUP and compare it with its manifest; exits with 3 if it is not whole."""
    words = tuple(map(backup_word, backups))
    if every == bool(words):
        raise UsageError("Give one or more backups, or --all; `backup list` shows them.")
    if len(words) == 1:
        return perform(session, BackupVerify(session.deployment, words[0], full=full))
    return perform(session, VerifyAll(session.deployment, words, full=full))


@backup.command("adopt")
@click.argument("backup")
@click.option("--label", default="", help="A few words that the catalogue shows.")
@click.pass_obj
def adopt(session: Session, backup: str, label: str) -> int:
    """Read a BACKUP that was made by hand, and give it a manifest; the file stays as it is."""
    return perform(session, Adopt(session.deployment, backup_word(backup), label=label))


@backup.command("pin")
@click.argument("backup")
@click.pass_obj
def pin(session: Session, backup: str) -> int:
    """Keep BACKUP whatever the rules of retention say; delete refuses it as well."""
    return perform(session, Pin(session.deployment, backup_word(backup)))


@backup.command("unpin")
@click.argument("backup")
@click.pass_obj
def unpin(session: Session, backup: str) -> int:
    """Let the rules of retention count for BACKUP again."""
    return perform(session, Pin(session.deployment, backup_word(backup), pinned=False))


@backup.command("label")
@click.argument("backup")
@click.argument("label", default="")
@click.option("--note", default=None, help="More words, kept in the manifest.")
@click.pass_obj
def label(session: Session, backup: str, label: str, note: str | None) -> int:
    """Give BACKUP another LABEL; without one its label is taken away."""
    operation = Relabel(session.deployment, backup_word(backup), label=label, note=note)
    return perform(session, operation)


@backup.command("delete")
@click.argument("backup")
@click.option("--plan", "--dry-run", "plan_only", is_flag=True, help="Print the plan, do nothing.")
@click.option("--confirm", metavar="ID", help="The backup's id: confirms it without asking.")
@click.pass_obj
def delete(session: Session, backup: str, plan_only: bool, confirm: str | None) -> int:
    """Remove BACKUP and its manifest, for good.

    Its id is to be typed or given with --confirm. Refused: what is pinned, the last verified
    one, other databases' backups, links, and whatever is no backup.
    """
    operation = Delete(session.deployment, backup_word(backup))
    if plan_only:
        return show_plan(session, operation)
    return perform(session, operation, confirm=confirm)


def _known(deployment: Deployment, catalogue: Catalogue) -> Catalogue:
    """With what the gateway's code and its secret say; each is asked only where it matters."""
    catalogue = with_fits(catalogue, _timeline(deployment))
    if not any(b.manifest and b.manifest.secret_fingerprint for b in catalogue.backups):
        return catalogue
    from tui.operations.cataloguing.secret import fingerprint_of

    return with_secrets(catalogue, fingerprint_of(deployment))


def _timeline(deployment: Deployment) -> Timeline:
    """The migrations as remembered; asked for once per image."""
    state, _health = read_gateway(deployment)
    return recalled_timeline(deployment, state, ()) or read_timeline(deployment, state, ())
