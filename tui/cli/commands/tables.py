"""`tables`: names with row counts, or the first rows of one."""

from __future__ import annotations

import click

from tui.cli.click_parts import Command
from tui.cli.commands.arguments import backup_word
from tui.cli.report.emit import emit
from tui.cli.report.tables import (
    Shown,
    row_lines,
    rows_data,
    table_lines,
)
from tui.cli.session import Session
from tui.core.errors import NotFoundError, UsageError
from tui.core.secrets import is_secret
from tui.operations.cataloguing.catalogue import find_backup
from tui.operations.reads.looking import BackupFile, LiveDatabase
from tui.wording.clean import one_line


@click.command(cls=Command)
@click.argument("name", required=False)
@click.option("--backup", metavar="BACKUP", help="Look into this backup instead of the live file.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="With NAME, or of each table with --search: at most so many rows.",
)
@click.option(
    "--search", "text", metavar="TEXT", help="Which tables have this text; secrets are left out."
)
@click.pass_obj
def tables(
    session: Session, name: str | None, backup: str | None, limit: int, text: str | None
) -> int:
    """Tables with row counts, or the first rows of NAME; secrets masked.

    --search looks into every column that may hold text, in upper and lower case alike; `rows
    TABLE --where TEXT` then shows the rows.
    """
    if text is not None:
        return _search(session, name, backup, limit, text)
    deployment = session.deployment
    source: LiveDatabase | BackupFile = LiveDatabase(deployment)
    if backup is not None:
        source = BackupFile(find_backup(deployment, backup_word(backup)).path)
    known = source.tables()
    if name is None:
        counts = source.counts()
        found = [Shown(t.name, t.kind, counts.get(t.name)) for t in known]
        data = {"source": source.path, "tables": found}
        return emit(session, data, table_lines(found))
    if name not in {table.name for table in known}:
        raise NotFoundError(f"There is no table {one_line(name)}; mcpdb-tui tables lists them.")
    rows = source.first_rows(name, limit)
    more = session.settings["mask"]
    masked = rows.masked | {c for c in rows.columns if is_secret(name, c, more)}
    return emit(
        session,
        {"source": source.path, "rows": rows_data(rows, masked)},
        row_lines(rows, masked, session.console.width),
    )


def _search(session: Session, name: str | None, backup: str | None, limit: int, text: str) -> int:
    from tui.cli.commands.sources import browser_of
    from tui.cli.interruptible import interruptible
    from tui.cli.report.searches import hit_lines, hits_data

    if name is not None:
        raise UsageError("--search looks into all tables; rows NAME --where TEXT into one.")
    if not text:
        raise UsageError("--search wants a text.")
    browser = browser_of(session, backup)
    hits = interruptible(
        lambda: browser.search_all(text, per_table=limit), browser.cancel, "search"
    )
    data = {"source": browser.source.path, "hits": hits_data(hits)}
    return emit(session, data, hit_lines(hits, limit))
