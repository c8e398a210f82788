"""`tune`: what is set and where, or another value of what the file keeps."""

from __future__ import annotations

import click

from tui.cli.click_parts import Command
from tui.cli.performing import perform, show_plan
from tui.cli.report.emit import emit
from tui.cli.report.tuning import tuning_lines
from tui.cli.session import Session
from tui.core.errors import UsageError
from tui.operations.measuring.tuning import read_tuning
from tui.operations.tune import Tune


@click.command(cls=Command)
@click.argument("change", metavar="[PRAGMA=VALUE]", required=False)
@click.option("--stop", is_flag=True, help="The gateway may be stopped for it.")
@click.option(
    "--plan",
    "--dry-run",
    "plan_only",
    is_flag=True,
    help="Print the plan and do nothing; the exit code is that of what forbids it.",
)
@click.pass_obj
def tune(session: Session, change: str | None, stop: bool, plan_only: bool) -> int:
    """Every setting that matters, where it is set and who can change it; or change one.

    Only what the file keeps can be changed: journal_mode, page_size, auto_vacuum. The gateway is
    stopped meanwhile (--stop allows it), the old file is kept as a safety copy, and what the file
    then keeps is read back. What each connection sets for itself is refused: setting it here would
    change nothing for the gateway.
    """
    if change is None:
        if stop or plan_only:
            raise UsageError("Say what is to be changed: tune journal_mode=wal --stop.")
        settings = read_tuning(session.deployment)
        return emit(session, {"settings": settings}, tuning_lines(settings))
    name, equals, value = change.partition("=")
    if not equals or not value:
        raise UsageError("A change is PRAGMA=VALUE, e.g. tune journal_mode=wal --stop.")
    operation = Tune(session.deployment, setting=name, value=value, stop=stop)
    if plan_only:
        return show_plan(session, operation)
    return perform(session, operation, allowed=stop)
