"""`migrations doctor`: what is wrong between the database and the gateway's migrations."""

from __future__ import annotations

from dataclasses import asdict

import click

from tui.cli.click_parts import Command
from tui.cli.commands.timelines import revisions_of
from tui.cli.report.emit import emit
from tui.cli.report.migrations import finding_lines
from tui.cli.session import Session
from tui.core.errors import ExitCode
from tui.operations.status import read_gateway
from tui.operations.timelines.timeline import read_timeline


@click.command("doctor", cls=Command)
@click.pass_obj
def doctor(session: Session) -> int:
    """What is wrong between the database and the gateway's migrations, and its remedy.

    Tables that a cut migration left, a revision the code does not know, a schema that does not
    fit its stamp, several heads, a gateway that restarts in its migration. Changes nothing.
    Exits with 3 if something must be put right.
    """
    from tui.operations.timelines.migration_doctor import examine

    deployment = session.deployment
    current = revisions_of(deployment, required=False)
    state, _health = read_gateway(deployment)
    timeline = read_timeline(deployment, state, current)
    findings = examine(deployment, timeline, state)
    failing = [finding for finding in findings if finding.verdict == "FAIL"]
    return emit(
        session,
        {"findings": [asdict(finding) for finding in findings]},
        finding_lines(deployment, findings, timeline),
        code=ExitCode.VERIFICATION if failing else ExitCode.DONE,
        error=failing[0].text if failing else "",
    )
