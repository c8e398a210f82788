"""`backup prune`."""

from __future__ import annotations

import click

from tui.cli.click_parts import Command
from tui.cli.performing import perform, show_plan
from tui.cli.report.prune import ruling_lines
from tui.cli.session import Session
from tui.operations.prune import Prune

_WHOLE = click.IntRange(0, 100_000)


@click.command("prune", cls=Command)
@click.option("--keep-last", type=_WHOLE, help="Keep the newest N.")
@click.option("--daily", type=_WHOLE, help="Keep the newest of each of N days.")
@click.option("--weekly", type=_WHOLE, help="Keep the newest of each of N weeks.")
@click.option("--monthly", type=_WHOLE, help="Keep the newest of each of N months.")
@click.option(
    "--max-age", "max_age_days", type=click.FloatRange(0, 100_000), help="Keep what is younger."
)
@click.option("--minimum", type=click.IntRange(1, 100_000), help="Never leave fewer verified ones.")
@click.option("--guide", is_flag=True, help="Also what the guide's script made, after its 7 days.")
@click.option(
    "--plan",
    "--dry-run",
    "plan_only",
    is_flag=True,
    help="Print by which rule each backup stays or goes, and do nothing.",
)
@click.option("--confirm", metavar="NAME", help="The deployment's name: confirms without asking.")
@click.pass_obj
def prune(
    session: Session, /, guide: bool, plan_only: bool, confirm: str | None, **rules: float | None
) -> int:
    """Remove the backups that no rule keeps, here and in the second location.

    The rules are those of [retention] in mcpdb.toml; if one is given here, those given here
    alone. The last verified backup, pinned ones and what is not our own always stay. The plan is
    printed, then the deployment's name is to be typed or given with --confirm.
    """
    given = {key: value for key, value in rules.items() if value is not None}
    if given:
        given.setdefault("minimum", session.deployment.retention.minimum)
    operation = Prune(session.deployment, given or None, guide=guide)
    if plan_only:
        if not session.console.json:
            for line in ruling_lines(operation.plan()):
                session.console.out(line)
        return show_plan(session, operation)
    if not session.console.json:
        for line in ruling_lines(operation.plan()):
            session.console.say(line)
    return perform(session, operation, confirm=confirm)
