"""`backup drill`."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.click_parts import Command
from tui.cli.commands.arguments import backup_word
from tui.cli.performing import perform
from tui.cli.session import Session
from tui.operations.drill import Drill


@click.command("drill", cls=Command)
@click.argument("backup", default="latest")
@click.option(
    "--scratch", metavar="DIR", default="", help="Where; the state folder beside the database."
)
@click.option(
    "--trigger", type=click.Choice(["hand", "schedule"]), default="hand", help="Who asks for it."
)
@click.pass_obj
def drill(session: Session, backup: str, scratch: str, trigger: str) -> int:
    """Restore BACKUP (latest) into a scratch place, check it fully, start nothing live.

    Exits with 3 if it could not be restored; the catalogue then shows it as FAIL.
    """
    place = str(Path(scratch).absolute()) if scratch else ""
    operation = Drill(session.deployment, backup_word(backup), trigger=trigger, scratch=place)
    return perform(session, operation)
