"""`backup compare`."""

from __future__ import annotations

import click

from tui.cli.click_parts import Command
from tui.cli.commands.arguments import backup_word
from tui.cli.interruptible import Asked, Counting
from tui.cli.report.compare import comparison_lines, difference_lines, rows_data
from tui.cli.report.emit import emit
from tui.cli.session import Session
from tui.core.errors import Cancelled
from tui.core.models import Comparison, Deployment, RowDifference, TableDifference
from tui.core.secrets import is_secret
from tui.operations.compare import KINDS
from tui.operations.compare import compare as compare_databases
from tui.operations.compare import rows as rows_that_differ
from tui.wording.quantities import count


@click.command("compare", cls=Command)
@click.argument("first")
@click.argument("second", default="live")
@click.option("--table", metavar="NAME", help="Only this table, with the rows that differ.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="With --table: at most so many rows.",
)
@click.pass_obj
def compare(session: Session, first: str, second: str, table: str | None, limit: int) -> int:
    """What differs from FIRST to SECOND: backups, or live, which SECOND is unless it is named.

    Tables and columns, and rows by their primary key: removed (only in FIRST), added (only in
    SECOND), changed. Values are compared with their type. Columns that the gateway changes by
    itself (last_seen, last_refresh_at, lifecycle_*, and those of the setting ignore) do not
    count. Exits with 0 whether anything differs or not.
    """
    deployment = session.deployment
    sides = (backup_word(first), backup_word(second))
    asked = Asked()
    with asked:
        try:
            return _compare(session, deployment, sides, table, limit, asked)
        except Cancelled:
            code = 128 + asked.received
            return emit(session, {}, (), code=code, error="Interrupted.")


def _compare(
    session: Session,
    deployment: Deployment,
    sides: tuple[str, str],
    table: str | None,
    limit: int,
    asked: Asked,
) -> int:
    counting = Counting(session.console, asked)

    def tick(done: int, total: int) -> None:
        counting.tick(lambda: f"comparing  {count(done)} of {count(total)} rows" if total else "")

    found = compare_databases(
        deployment, *sides, tick=tick, checkpoint=asked.checkpoint, only=table or ""
    )
    if table is None:
        return emit(session, {"comparison": found}, comparison_lines(found))
    told = found.tables[0] if found.tables else TableDifference(table=table, key=())
    rows: tuple[RowDifference, ...] = ()
    more = False
    kinds = [kind for kind in KINDS if getattr(told, kind)]
    if kinds:
        rows, more = rows_that_differ(
            deployment, *sides, told.table, limit=limit, kinds=kinds, checkpoint=asked.checkpoint
        )
    return _emit_table(session, found, told, rows, more)


def _emit_table(
    session: Session,
    found: Comparison,
    told: TableDifference,
    rows: tuple[RowDifference, ...],
    more: bool,
) -> int:
    names = {name for row in rows for side in (row.before, row.after) for name in side or {}}
    patterns = session.settings["mask"]
    masked = {name.lower() for name in names if is_secret(told.table, name, patterns)}
    return emit(
        session,
        {"comparison": found, "rows": rows_data(told, rows, masked, more=more)},
        difference_lines(told, rows, masked, more=more),
    )
