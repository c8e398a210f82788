"""`restore`, `undo` and `resume`: what replaces the database, and what settles a cut."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tui.cli.click_parts import Command
from tui.cli.commands.arguments import backup_word
from tui.cli.commands.replacing import asked, replace, start
from tui.cli.commands.settling import settle
from tui.cli.session import Session
from tui.core.errors import UsageError
from tui.core.operation import Operation
from tui.operations.bring_back import BringBack
from tui.operations.bringing.bring_back_plan import parts
from tui.operations.restore import Restore
from tui.operations.undo import Undo
from tui.wording.clean import one_line

_through = click.option(
    "--write-through",
    is_flag=True,
    help="Write into the live file although another could take its place; a copy is made first.",
)


@click.command(cls=Command)
@click.argument("backup")
@click.option(
    "--table",
    "tables",
    metavar="NAME",
    multiple=True,
    help="Bring back this table's rows only, not the whole database; may be repeated.",
)
@click.option(
    "--rows",
    metavar="TABLE=KEY,…",
    multiple=True,
    help="Bring back these rows only, by primary key; A|B where it has two columns. A comma, "
    "bar or backslash in a key has a backslash before it. May be repeated.",
)
@click.option(
    "--alone",
    is_flag=True,
    help="With --table or --rows: leave out what points to these rows and what they point to.",
)
@start
@_through
@asked
@click.pass_obj
def restore(
    session: Session,
    backup: str,
    tables: tuple[str, ...],
    rows: tuple[str, ...],
    alone: bool,
    start: bool,
    write_through: bool,
    plan_only: bool,
    confirm: str | None,
) -> int:
    """Put BACKUP in the place of the live database.

    BACKUP is an id, a file name, a path, or latest (the newest verified one). The plan is
    printed, then the deployment's name is to be typed or given with --confirm. The old database
    is kept as a safety copy; `undo` takes it back.

    With --table or --rows only these come back into the live database: rows that are missing are
    added, rows that differ get the backup's values, all others stay. So does what points to the
    added rows and what they point to, where it is missing.
    """
    word = backup_word(backup)
    operation: Operation
    if tables or rows:
        if start or write_through:
            raise UsageError(
                "--start and --write-through belong to a whole restore, not to --table and --rows."
            )
        operation = BringBack(
            session.deployment, word, tables=tables, rows=_keys(rows), related=not alone
        )
    elif alone:
        raise UsageError("--alone belongs to --table and --rows; nothing was named.")
    else:
        operation = Restore(
            session.deployment, backup=word, start=start, write_through=write_through
        )
    return replace(session, operation, plan_only, confirm)


def _keys(words: Sequence[str]) -> dict[str, list[str]]:
    """What `--rows` names: keys by table.

    Raises:
        UsageError: A word has no table or no key.
    """
    found: dict[str, list[str]] = {}
    for word in words:
        table, equals, keys = word.partition("=")
        if not (table and equals and keys):
            raise UsageError(f"--rows takes TABLE=KEY[,KEY…], not {one_line(word)!r}.")
        found.setdefault(table, []).extend(parts(keys, ","))
    return found


@click.command(cls=Command)
@_through
@asked
@click.pass_obj
def undo(session: Session, write_through: bool, plan_only: bool, confirm: str | None) -> int:
    """Take back what last replaced the database, from the safety copy it kept.

    The plan is printed, then the deployment's name is to be typed or given with --confirm. What
    is replaced is kept as a safety copy of its own.
    """
    operation = Undo(session.deployment, write_through=write_through)
    return replace(session, operation, plan_only, confirm)


@click.command(cls=Command)
@click.pass_obj
def resume(session: Session) -> int:
    """Finish or undo what was cut short.

    Every change does this first by itself. Exits with 0 when nothing is owed any more: finished,
    or undone and as it was before.
    """
    return settle(session)
