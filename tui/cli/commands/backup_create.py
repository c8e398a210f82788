"""`backup create`."""

from __future__ import annotations

import click

from tui.cli.click_parts import Command
from tui.cli.performing import perform
from tui.cli.session import Session
from tui.operations.backup import BackupCreate


@click.command("create", cls=Command)
@click.option("--label", default="", help="A few words that the catalogue shows.")
@click.option("--note", default="", help="More words, kept in the manifest.")
@click.pass_obj
def create(session: Session, label: str, note: str) -> int:
    """Copy the live database while the gateway runs, verify the copy, list it."""
    return perform(session, BackupCreate(session.deployment, label=label, note=note))
