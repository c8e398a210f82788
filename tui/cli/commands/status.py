"""`status`: rows 1 and 2 of the screen and what needs a person, in one look."""

from __future__ import annotations

import click

from tui.cli.click_parts import Command
from tui.cli.report.emit import emit
from tui.cli.report.status import status_lines
from tui.cli.schema import DATA
from tui.cli.session import Session
from tui.operations.status import read_status


@click.command(cls=Command)
@click.pass_obj
def status(session: Session) -> int:
    """Gateway, database, backups and what needs a person; changes nothing.

    Exits with 0 when the report could be made, whatever it says; `gateway status` exits with 14
    when the gateway is not healthy.
    """
    found = read_status(session.deployment)
    data = {key: getattr(found, key) for key in DATA["status"]}
    data["deployment"] = session.deployment.as_json()
    return emit(session, data, status_lines(found))
