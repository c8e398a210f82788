"""`migrations rehearse` and `rehearsals`: what migrations do, tried on a copy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

import click

from tui.cli.click_parts import Command
from tui.cli.performing import perform
from tui.cli.report.emit import emit
from tui.cli.report.rehearsal import listed_lines, report_lines
from tui.cli.session import Session
from tui.core.models import ActivityEntry, Deployment, Rehearsal


@click.command("rehearse", cls=Command)
@click.option("--to", "target", metavar="REV", help="Go there; by default head, or -1 with --down.")
@click.option("--down", is_flag=True, help="Rehearse a downgrade.")
@click.option(
    "--image", metavar="NAME", default="", help="With another local image than the gateway's."
)
@click.option("--repair", is_flag=True, help="Put what a cut migration left behind right first.")
@click.pass_obj
def rehearse(session: Session, target: str | None, down: bool, image: str, repair: bool) -> int:
    """Run the migrations on a copy of the live database and report what they did.

    The gateway goes on and is not touched; the copy is thrown away, the report is kept. What is
    reported: each revision and how long it took, tables, columns, indexes and constraints that
    are new or gone, row counts, foreign keys, integrity.
    """
    from tui.operations.rehearse import Rehearse
    from tui.operations.timelines.rehearsals import load

    deployment = session.deployment
    operation = Rehearse(
        deployment,
        action="downgrade" if down else "upgrade",
        target=target or ("-1" if down else "head"),
        image=image,
        leftovers=repair,
    )

    def told(entry: ActivityEntry) -> tuple[dict[str, Any], Iterable[str]]:
        name = str(entry.result.get("rehearsal") or "")
        report = load(deployment, name) if name else None
        if report is None:
            return {}, ()
        return {"rehearsal": described(report)}, _lines(deployment, report)

    session.partial["rehearsal"] = None
    return perform(session, operation, more=told)


@click.command("rehearsals", cls=Command)
@click.argument("report", metavar="[ID]", default="")
@click.pass_obj
def rehearsals(session: Session, report: str) -> int:
    """The reports that are kept, newest first; with ID, an op number or latest, one of them."""
    from tui.operations.timelines.rehearsals import listed, load

    deployment = session.deployment
    if report:
        found = load(deployment, report)
        return emit(session, {"rehearsal": described(found)}, _lines(deployment, found))
    kept = listed(deployment)
    return emit(session, {"rehearsals": [described(one) for one in kept]}, listed_lines(kept))


def _lines(deployment: Deployment, report: Rehearsal) -> Iterator[str]:
    from tui.operations.restoring.times import last_seconds

    stop, start = (last_seconds(deployment, step) for step in ("stop", "start"))
    return report_lines(report, stop=stop, start=start)


def described(report: Rehearsal) -> dict[str, Any]:
    """A report with its verdict, as `--json` gives it."""
    return {"ok": report.ok, **asdict(report)}
