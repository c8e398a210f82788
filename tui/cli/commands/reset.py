"""`reset`: an empty database in the place of the live one."""

from __future__ import annotations

import click

from tui.cli.click_parts import Command
from tui.cli.commands import replacing
from tui.cli.session import Session


@click.command(cls=Command)
@replacing.start
@replacing.asked
@click.pass_obj
def reset(session: Session, start: bool, plan_only: bool, confirm: str | None) -> int:
    """Put a fresh, empty database in the place of the live one.

    It is made aside by the gateway's own bootstrap. The old database is kept as a safety copy;
    `undo` takes it back.
    """
    from tui.operations.bootstrap import Reset

    operation = Reset(session.deployment, start=start)
    return replacing.replace(session, operation, plan_only, confirm)
