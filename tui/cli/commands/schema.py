"""`schema`: what made the tables, and the room that they take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from tui.cli.click_parts import Command
from tui.cli.commands.sources import browser_of
from tui.cli.interruptible import interruptible
from tui.cli.report.emit import emit
from tui.cli.report.table import aligned
from tui.cli.session import Session
from tui.core.errors import VerificationError
from tui.operations.reads.browsing import Browser
from tui.operations.reads.surveying import NO_SIZES, Size
from tui.wording.clean import one_line
from tui.wording.quantities import size


@click.command(cls=Command)
@click.argument("table", required=False)
@click.option("--backup", metavar="BACKUP", help="Look into this backup instead of the live file.")
@click.option("--sizes", is_flag=True, help="Instead, the room that tables and indexes take.")
@click.pass_obj
def schema(session: Session, table: str | None, backup: str | None, sizes: bool) -> int:
    """The statements that made TABLE, or all of them.

    As SQLite keeps them, with indexes and triggers behind their table. --sizes reads every page
    of the file.
    """
    browser = browser_of(session, backup)
    name = None if table is None else browser.relation(table).name
    measured = None
    if sizes:
        measured = interruptible(browser.sizes, browser.cancel, "sizes")
        if measured is not None and name is not None:
            measured = tuple(each for each in measured if each.table == name)
    sql = browser.schema(name)
    if session.console.json:
        names = [t.name for t in browser.source.tables()] if name is None else [name]
        data = {
            "source": browser.source.path,
            "sql": sql,
            "relations": [_relation(browser, each) for each in names],
            "sizes": measured,
        }
        return emit(session, data, ())
    if not sizes:
        session.console.out_exactly([sql])
        return 0
    for line in [NO_SIZES] if measured is None else size_lines(measured):
        session.console.out(line)
    return 0


def _relation(browser: Browser, name: str) -> dict[str, Any]:
    try:
        shape = browser.relation(name)
    except VerificationError as error:
        return {"name": name, "problem": str(error)}
    details = browser.details(name)
    return {
        "name": shape.name,
        "kind": shape.kind,
        "columns": shape.columns,
        "indexes": details.indexes,
        "foreign_keys": details.foreign_keys,
        "triggers": details.triggers,
        "problem": None,
    }


def size_lines(found: Sequence[Size]) -> Iterator[str]:
    """Tables and indexes, the largest first."""
    rows = [("name", "size", "unused", "")]
    rows += [
        (
            one_line(each.name),
            size(each.bytes),
            size(each.unused),
            f"index of {one_line(each.table)}" if each.is_index else "",
        )
        for each in found
    ]
    return aligned(rows, right=(1, 2))
