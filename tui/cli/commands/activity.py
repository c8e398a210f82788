"""`activity`: what was done here, by whom, and how it ended."""

from __future__ import annotations

import click

from tui.cli.click_parts import Command
from tui.cli.report.activity import entry_lines, list_lines
from tui.cli.report.emit import emit
from tui.cli.session import Session
from tui.core.errors import NotFoundError
from tui.core.models import ActivityEntry, Deployment
from tui.operations.activity import read_activity, read_entry
from tui.wording.clean import one_line


@click.command(cls=Command)
@click.argument("entry", metavar="[ID]", required=False)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="Without ID: at most so many.",
)
@click.pass_obj
def activity(session: Session, entry: str | None, limit: int) -> int:
    """What was done here, newest first; with ID (op number or journal) all its steps."""
    deployment = session.deployment
    if entry is None:
        found = read_activity(deployment, limit)
        return emit(session, {"entries": found}, list_lines(found))
    one = _find(deployment, entry)
    return emit(session, {"entry": one}, entry_lines(one))


def _find(deployment: Deployment, word: str) -> ActivityEntry:
    """The operation with this number, or whose journal is called so.

    Raises:
        NotFoundError: There is none.
    """
    entries = read_activity(deployment, 1_000_000)
    number = word.removeprefix("op").strip()
    fitting = [e for e in entries if word == e.id or number == str(e.number)]
    if not fitting:
        raise NotFoundError(
            f"No operation is called {one_line(word)}; mcpdb-tui activity lists them."
        )
    return read_entry(deployment, fitting[0].id)
