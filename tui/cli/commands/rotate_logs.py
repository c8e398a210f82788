"""`rotate-logs`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from tui.cli.click_parts import Command
from tui.cli.performing import perform, show_plan
from tui.cli.report.rotate_logs import file_lines
from tui.cli.session import Session
from tui.core.ages import days
from tui.operations.rotate_logs import RotateLogs


def _age(_context: click.Context, parameter: click.Parameter, text: str | None) -> float | None:
    return None if text is None else days(text, parameter.opts[-1])


@click.command("rotate-logs", cls=Command)
@click.option("--log-dir", metavar="FOLDER", help="Instead of the folder that is known.")
@click.option(
    "--compress-after", metavar="AGE", callback=_age, help="1d, 36h: compress what is older."
)
@click.option("--delete-after", metavar="AGE", callback=_age, help="30d: delete what is older.")
@click.option(
    "--plan",
    "--dry-run",
    "plan_only",
    is_flag=True,
    help="Print what happens to each file and why, and do nothing.",
)
@click.pass_obj
def rotate_logs(
    session: Session,
    log_dir: str | None,
    compress_after: float | None,
    delete_after: float | None,
    plan_only: bool,
) -> int:
    """Compress old logs, empty those in use, delete very old ones.

    A *.log that was last written to a day ago is compressed; one that somebody has open is
    compressed once its oldest line is a day old, and emptied, never renamed: the gateway goes on
    in the same file. A *.log.gz of thirty days is deleted. Links, other files and Docker's own
    logs are left alone. Asks y/n, --yes answers.
    """
    deployment = session.deployment
    if log_dir is not None:
        folder = str(Path(log_dir).expanduser().absolute())
        deployment = replace(deployment, rotation=replace(deployment.rotation, folder=folder))
    operation = RotateLogs(deployment, compress_after, delete_after)
    plan = operation.plan()
    session.partial["logs"] = plan.facts["logs"]
    write = session.console.out if plan_only else session.console.say
    for line in () if session.console.json else file_lines(plan):
        write(line)
    return show_plan(session, operation) if plan_only else perform(session, operation)
