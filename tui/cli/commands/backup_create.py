"""`backup create`."""

from __future__ import annotations

import click

from tui.cli.click_parts import Command
from tui.cli.performing import perform, show_plan
from tui.cli.report.emit import emit
from tui.cli.report.words import ago
from tui.cli.session import Session
from tui.operations.backing_up.missed import younger_than
from tui.operations.backup import BackupCreate
from tui.operations.cold_backup import ColdBackup


@click.command("create", cls=Command)
@click.option("--cold", is_flag=True, help="Stop the gateway for it and start it again; asks.")
@click.option("--label", default="", help="A few words that the catalogue shows.")
@click.option("--note", default="", help="More words, kept in the manifest.")
@click.option(
    "--compress/--no-compress",
    default=None,
    help="Compress it with zstd; the setting `compress` by default.",
)
@click.option(
    "--plan",
    "--dry-run",
    "plan_only",
    is_flag=True,
    help="Print the plan and do nothing; the exit code is that of what forbids it.",
)
@click.option(
    "--trigger", type=click.Choice(["hand", "schedule"]), default="hand", help="Who asks for it."
)
@click.option(
    "--unless-newer",
    type=click.FloatRange(0, 100_000),
    metavar="HOURS",
    help="Do nothing if a verified backup is younger than that.",
)
@click.pass_obj
def create(
    session: Session,
    cold: bool,
    label: str,
    note: str,
    compress: bool | None,
    plan_only: bool,
    trigger: str,
    unless_newer: float | None,
) -> int:
    """Copy the live database while the gateway runs, verify the copy, list it.

    With --cold the gateway is stopped first and started again: its plan says how long that
    takes. Where a second folder is set the backup is copied there as well.
    """
    newer = None if unless_newer is None else younger_than(session.deployment, unless_newer)
    if newer is not None:
        text = f"Nothing to do: {newer.id} is {ago(newer.taken).removesuffix(' ago')} old."
        return emit(session, {"operation": None, "recovered": []}, [text])
    kind = ColdBackup if cold else BackupCreate
    operation = kind(session.deployment, label=label, note=note, trigger=trigger, compress=compress)
    return show_plan(session, operation) if plan_only else perform(session, operation)
