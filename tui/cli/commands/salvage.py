"""`salvage`."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.click_parts import Command
from tui.cli.commands.arguments import backup_word
from tui.cli.performing import perform, show_plan
from tui.cli.session import Session
from tui.core.errors import NotFoundError
from tui.operations.cataloguing.catalogue import find_backup
from tui.operations.salvage import Salvage
from tui.services.files import is_file


@click.command(cls=Command)
@click.argument("source", metavar="[FILE|BACKUP]", default="")
@click.option("--plan", "plan_only", is_flag=True, help="Say what would be done, and do nothing.")
@click.pass_obj
def salvage(session: Session, source: str, plan_only: bool) -> int:
    """Read what is left of a damaged file into a new one, beside the backups.

    FILE is any path, BACKUP an id or a name; without either it is the live database. The source is
    only read, never opened through SQLite, never written. Every table's rows are counted: read,
    lost, doubtful. The new file is labelled suspect and is never taken as the latest backup.

    Exits with 0 where every row is proved to be there, with 15 where something is lost or not
    known, with 3 where nothing in the file is of a database.
    """
    operation = Salvage(session.deployment, _word(session, source))
    return show_plan(session, operation) if plan_only else perform(session, operation)


def _word(session: Session, word: str) -> str:
    """A name of the catalogue as it is; a file of the working folder by its whole path."""
    if word and "/" not in word and is_file(Path.cwd() / word):
        try:
            find_backup(session.deployment, word)
        except NotFoundError:
            return str((Path.cwd() / word).absolute())
    return backup_word(word)
