"""`bootstrap`: a database where none is."""

from __future__ import annotations

import click

from tui.cli.click_parts import Command
from tui.cli.commands import replacing
from tui.cli.session import Session


@click.command(cls=Command)
@replacing.start
@replacing.asked
@click.pass_obj
def bootstrap(session: Session, start: bool, plan_only: bool, confirm: str | None) -> int:
    """Make the missing or empty database, by the gateway's own bootstrap.

    It is made aside, checked and then put in place, with the owner that the gateway needs.
    """
    from tui.operations.bootstrap import Bootstrap

    operation = Bootstrap(session.deployment, start=start)
    return replacing.replace(session, operation, plan_only, confirm)
