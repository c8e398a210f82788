"""`rows`: rows of one table, filtered and sorted."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tui.cli.click_parts import Command
from tui.cli.commands.sources import browser_of
from tui.cli.interruptible import interruptible
from tui.cli.performing import UnconfirmedError
from tui.cli.report.emit import emit
from tui.cli.report.rows import Found, row_lines, rows_data
from tui.cli.session import Session
from tui.core.errors import UsageError
from tui.core.models.rows import At, Bottom, Order, Relation
from tui.operations.command import command_line
from tui.operations.reads.browsing import Browser, View, columns_hint, sql_of
from tui.operations.reads.revealing import note_reveal
from tui.operations.reads.whole_values import whole_page
from tui.wording.clean import one_line


@click.command(cls=Command)
@click.argument("table")
@click.option("--backup", metavar="BACKUP", help="Look into this backup instead of the live file.")
@click.option(
    "--where",
    "line",
    metavar="FILTER",
    default="",
    help="Only rows that this lets in: a text, column = value, ~ and ^, or where and SQL.",
)
@click.option(
    "--sort",
    metavar="[-]COLUMN",
    multiple=True,
    help="By this column, with - the largest first; may be repeated.",
)
@click.option(
    "--columns", metavar="A,B", multiple=True, help="Only these columns; may be repeated."
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="At most so many rows.",
)
@click.option(
    "--from",
    "begin",
    type=click.IntRange(1),
    metavar="N",
    help="Begin with row N; 1 is the first.",
)
@click.option("--last", is_flag=True, help="The last rows instead of the first.")
@click.option(
    "--reveal",
    metavar="COLUMN",
    multiple=True,
    help="Show the secrets of this column; asks, and the activity log says that you did.",
)
@click.pass_obj
def rows(
    session: Session,
    table: str,
    backup: str | None,
    line: str,
    sort: tuple[str, ...],
    columns: tuple[str, ...],
    limit: int,
    begin: int | None,
    last: bool,
    reveal: tuple[str, ...],
) -> int:
    """The rows of TABLE, filtered and sorted; secrets masked.

    --where takes what the screen takes after /: `enabled = true and name ~ git`, a text that is
    looked for in all columns, or `where` and a condition in SQL, which reads no secret.
    """
    if last and begin is not None:
        raise UsageError("--from and --last say two things; give one.")
    browser = browser_of(session, backup)
    shape = browser.relation(table)
    shown = _columns(shape, columns)
    view = View(
        relation=shape,
        columns=shown,
        order=tuple(_order(shape, word) for word in sort),
        condition=browser.condition(line, shape, hint=columns_hint(shape)),
        revealed=frozenset(_secret(shape, shown, name) for name in reveal),
    )
    if view.revealed:
        _reveal(session, view, backup)
    found = interruptible(
        lambda: _read(browser, view, limit, begin, last, exact=session.console.json),
        browser.cancel,
        "rows",
    )
    data = {"source": browser.source.path, **rows_data(found), "sql": sql_of(view)}
    return emit(session, data, row_lines(found, session.console.width))


def _read(
    browser: Browser, view: View, limit: int, begin: int | None, last: bool, *, exact: bool
) -> Found:
    view = browser.settle(view)
    wish = Bottom() if last else At((begin or 1) - 1, exact=True)
    page = browser.page(view, wish, limit)
    cut = 0
    if exact:
        page, cut = whole_page(browser, view, page)
    return Found(view, page, last, cut)


def _named(shape: Relation, word: str) -> str:
    found = shape.column(word)
    if found is None:
        raise UsageError(
            f"{one_line(shape.name)} has no column {one_line(word)}. {columns_hint(shape)}"
        )
    return found.name


def _columns(shape: Relation, words: Sequence[str]) -> tuple[str, ...]:
    """The columns of `a,b`; a name may have a comma of its own."""
    if not words:
        return tuple(c.name for c in shape.columns if not c.hidden)
    names: dict[str, None] = {}
    for word in words:
        for name in [word] if shape.column(word) else word.split(","):
            names[_named(shape, name.strip() if shape.column(name) is None else name)] = None
    return tuple(names)


def _order(shape: Relation, word: str) -> Order:
    if shape.column(word) is None and word.startswith("-"):
        return Order(column=_named(shape, word[1:]), descending=True)
    return Order(column=_named(shape, word))


def _secret(shape: Relation, shown: Sequence[str], word: str) -> str:
    name = _named(shape, word)
    column = shape.column(name)
    if column is None or not column.secret or name not in shown:
        raise UsageError(f"{one_line(name)} is not among the masked columns that are shown.")
    return name


def _reveal(session: Session, view: View, backup: str | None) -> None:
    """Ask, and note it before anything is shown.

    Raises:
        UnconfirmedError: The answer was no, or nobody could be asked.
        McpdbError: It cannot be noted.
    """
    names = ", ".join(one_line(name) for name in sorted(view.revealed))
    what = f"Secrets of {one_line(view.relation.name)} ({names}) are shown in clear and noted"
    if not session.assume_yes:
        if not session.console.interactive:
            raise UnconfirmedError(f"{what}; there is no terminal to ask on, --yes confirms it.")
        answer = session.console.ask(f"{what}. Go on? [y/N] ")
        if (answer or "").lower() not in ("y", "yes"):
            raise UnconfirmedError("Not confirmed. Nothing was shown.")
    words = [view.relation.name, *(w for name in sorted(view.revealed) for w in ("--reveal", name))]
    words += ["--backup", backup] if backup is not None else []
    note_reveal(
        session.deployment,
        view.relation.name,
        view.revealed,
        backup=backup or "",
        command=command_line(session.deployment, "rows", *words),
    )
