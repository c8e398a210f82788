"""`query`: one statement that reads, on the live database or a backup."""

from __future__ import annotations

import sys
import threading
from typing import cast

import click

from tui.cli.click_parts import Command
from tui.cli.commands.arguments import backup_word
from tui.cli.interruptible import interruptible
from tui.cli.report.emit import emit
from tui.cli.report.queries import grid_lines, place_lines, query_data, written
from tui.cli.session import Session
from tui.core.errors import ExitCode, UsageError
from tui.core.models.queries import Caps, Result
from tui.operations.cataloguing.catalogue import find_backup
from tui.operations.reads.looking import BackupFile, LiveDatabase
from tui.operations.reads.query import Query, Source, StatementError
from tui.services.rows_out.formats import Format
from tui.wording.queries import ending, more

KINDS = ("table", "csv", "tsv", "json", "ndjson")
LONGEST = 1_000_000
"""Characters of a statement that come from stdin."""


@click.command(cls=Command)
@click.argument("sql")
@click.option("--backup", metavar="BACKUP", help="Ask this backup instead of the live file.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000_000),
    default=10_000,
    show_default=True,
    help="At most so many rows.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, 86_400, min_open=True),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Stop it after so long.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(KINDS),
    default="table",
    show_default=True,
    help="How rows are written to stdout.",
)
@click.option("--plan", is_flag=True, help="Do not run it; show EXPLAIN QUERY PLAN.")
@click.pass_obj
def query(
    session: Session,
    sql: str,
    backup: str | None,
    limit: int,
    timeout: float,
    kind: str,
    plan: bool,
) -> int:
    """Run one SELECT, with secrets masked; SQL - reads it from stdin.

    Only reads: mode=ro, and SQLite's authorizer refuses the rest. What was cut or stopped is said
    on stderr, and by "ended" with --json: complete, rows, size, seconds. The last two exit with 15.
    """
    deployment = session.deployment
    text = _text(sql)
    source: Source = LiveDatabase(deployment)
    if backup is not None:
        source = BackupFile(find_backup(deployment, backup_word(backup)).path)
    asked = Query(source, tuple(session.settings["mask"]))
    try:
        if plan:
            steps = asked.explain(text)
            return emit(session, {"source": source.path, "plan": steps}, steps)
        exact = session.console.json or kind != "table"
        caps = Caps(seconds=timeout, rows=limit, value=None if exact else Caps().value)
        stop = threading.Event()
        result = interruptible(
            lambda: asked.run(text, caps=caps, cancelled=stop.is_set), stop.set, "query"
        )
    except StatementError as error:
        if not session.console.json:
            for line in place_lines(error, text):
                session.console.say(line)
        raise
    return _report(session, source, result, kind)


def _text(sql: str) -> str:
    if sql != "-":
        return sql
    text = sys.stdin.read(LONGEST + 1)
    if len(text) > LONGEST:
        raise UsageError("The statement on stdin is longer than 1,000,000 characters.")
    return text


def _report(session: Session, source: Source, result: Result, kind: str) -> int:
    console = session.console
    code = int(ExitCode.PARTLY) if result.ended in ("seconds", "size") else 0
    said = ending(result)
    if console.json:
        data = {"source": source.path, "plan": None, **query_data(result)}
        return emit(session, data, (), code=code, error=said if code else "")
    if kind == "table":
        for line in grid_lines(result, console.width):
            console.out(line)
    else:
        console.out_exactly(written(result, cast(Format, kind)))
    console.say(said)
    for line in more(result):
        console.say(line)
    return code
