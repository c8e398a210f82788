"""`import`: rows of a file into one table of the live database."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.click_parts import Command
from tui.cli.commands.replacing import asked, replace
from tui.cli.session import Session
from tui.operations.import_rows import ImportRows
from tui.services.rows_out.formats import READABLE


@click.command("import", cls=Command)
@click.argument("path", metavar="FILE")
@click.option(
    "--table", metavar="NAME", default="", help="Where rows go; told by the file's name without it."
)
@click.option(
    "--format", "kind", type=click.Choice(READABLE), help="Told by the file's ending without it."
)
@click.option("--upsert", is_flag=True, help="Also replace rows whose key is there already.")
@asked
@click.pass_obj
def import_(
    session: Session,
    path: str,
    table: str,
    kind: str | None,
    upsert: bool,
    plan_only: bool,
    confirm: str | None,
) -> int:
    """Put the rows of FILE into a table: all of them or none.

    FILE is what `export` writes (csv, tsv, json, ndjson, or its folder), or a file of others. The
    plan says how many rows are new, changed and the same; then the deployment's name is to be
    typed or given with --confirm. The gateway is stopped meanwhile. Columns that the file has not
    keep their values, secrets among them. `undo` takes it back.
    """
    operation = ImportRows(
        session.deployment,
        str(Path(path).absolute()),
        table=table,
        mode="upsert" if upsert else "insert",
        kind=kind or "",
        masks=tuple(session.settings["mask"]),
    )
    return replace(session, operation, plan_only, confirm)
