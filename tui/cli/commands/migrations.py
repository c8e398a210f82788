"""`migrations`: the revisions of the gateway's code, and where the database stands."""

from __future__ import annotations

import click

from tui.cli.click_parts import Group
from tui.cli.report.emit import emit
from tui.cli.report.migrations import current_lines, timeline_lines
from tui.cli.session import Session
from tui.core.errors import DockerError, NotFoundError, VerificationError
from tui.core.models import Deployment
from tui.operations.looking import LiveDatabase
from tui.operations.status import read_gateway
from tui.operations.timeline import read_timeline, recalled_timeline


@click.group(cls=Group)
def migrations() -> None:
    """The gateway's revisions, and where the database stands."""


@migrations.command("list")
@click.option("--pending", is_flag=True, help="Only what a start of the gateway would run.")
@click.option("--verbose", "-v", is_flag=True, help="With date, predecessors and description.")
@click.pass_obj
def list_(session: Session, pending: bool, verbose: bool) -> int:
    """Every revision of the gateway's code, newest first."""
    deployment = session.deployment
    current = _current(deployment, required=False)
    state, _health = read_gateway(deployment)
    timeline = read_timeline(deployment, state, current)
    if not timeline.revisions:
        blocked = deployment.blocked("gateway")
        kind = DockerError if blocked and blocked.topic == "docker" else NotFoundError
        raise kind(timeline.problem or "No migrations known.")
    shown = [r for r in timeline.revisions if not pending or r.state == "pending"]
    data = {
        "revisions": [{"revision": r.revision, **_described(r)} for r in shown],
        "current": timeline.current,
        "heads": timeline.heads,
        "pending": timeline.pending,
        "unknown": timeline.unknown,
        "read_from": timeline.read_from,
        "problem": timeline.problem,
    }
    return emit(session, data, timeline_lines(timeline, shown, verbose=verbose))


def _described(revision: object) -> dict[str, object]:
    """A revision without the text of its file, which is long and no answer."""
    names = (
        "down", "message", "created", "doc", "branch_labels", "release", "state", "applied",
        "downgrade",
    )  # fmt: skip
    return {name: getattr(revision, name) for name in names}


@migrations.command("current")
@click.pass_obj
def current(session: Session) -> int:
    """Where the database stands, read from the file itself."""
    deployment = session.deployment
    found = _current(deployment, required=True)
    state, _health = read_gateway(deployment)
    timeline = recalled_timeline(deployment, state, found)
    data = {
        "current": found,
        "heads": timeline.heads if timeline else (),
        "pending": timeline.pending if timeline else None,
    }
    return emit(session, data, current_lines(found, timeline))


def _current(deployment: Deployment, *, required: bool) -> tuple[str, ...]:
    """Rows of `alembic_version`.

    Raises:
        McpdbError: The file cannot be read, and that is what was asked for.
    """
    live = LiveDatabase(deployment)
    facts = live.facts()
    if required and not facts.exists:
        raise NotFoundError(facts.problem)
    if required and facts.problem:
        # Reading it again raises the error itself, with its exit code.
        live.tables()
        raise VerificationError(facts.problem)
    return facts.revisions
