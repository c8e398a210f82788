"""`logs`: the gateway's log as it came, followed on wish."""

from __future__ import annotations

from collections.abc import Iterator

import click

from tui.cli import schema
from tui.cli.click_parts import Command
from tui.cli.report.emit import emit
from tui.cli.session import Session
from tui.core.models import LogLine
from tui.operations.finding.gateways import require_gateway
from tui.wording.clean import one_line


@click.command(cls=Command)
@click.option(
    "--tail",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    metavar="N",
    help="At most so many lines of the past.",
)
@click.option("--follow", "-f", is_flag=True, help="Go on with new lines until ctrl-c.")
@click.pass_obj
def logs(session: Session, tail: int, follow: bool) -> int:
    """The gateway's log, as it came; unprintable characters are shown escaped.

    With --follow and --json: one document a line, {"format", "command", "line"}.
    """
    session.require_gateway()
    lines = require_gateway(session.deployment).logs(tail=tail, follow=follow)
    if follow:
        _follow(session, lines)
        return 0
    found = list(lines)
    return emit(session, {"lines": found}, (one_line(line.text) for line in found))


def _follow(session: Session, lines: Iterator[LogLine]) -> None:
    console = session.console
    for line in lines:
        if console.json:
            told = {"format": schema.FORMAT, "command": session.command, "line": line}
            console.out_json(schema.dumps(told))
        else:
            console.out(one_line(line.text))
        console.flush()
