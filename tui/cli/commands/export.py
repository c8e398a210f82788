"""`export`: tables, or what a filter or a statement leaves of them, to a file or to stdout."""

from __future__ import annotations

import codecs
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, cast

import click

from tui.cli.click_parts import Command
from tui.cli.commands.arguments import backup_word
from tui.cli.console import Console
from tui.cli.interruptible import Asked, Counting
from tui.cli.report.emit import emit
from tui.cli.session import Session
from tui.core.errors import Cancelled, UsageError
from tui.core.models.rows import Order
from tui.operations.cataloguing.catalogue import find_backup
from tui.operations.command import command_line
from tui.operations.export import Export, Exported
from tui.operations.export_result import ExportResult
from tui.operations.reads.exporting import Wanted
from tui.operations.reads.looking import BackupFile, LiveDatabase
from tui.operations.reads.query import Query
from tui.services.rows_out.formats import FORMATS, Format, format_of
from tui.wording.quantities import count


@click.command(cls=Command)
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@click.option(
    "--to",
    metavar="PATH",
    help="The file, or for several tables the folder, that is made; stdout for one without it.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    help="What is written; told by the ending of --to, else csv.",
)
@click.option("--backup", metavar="BACKUP", help="Read this backup instead of the live file.")
@click.option("--where", "line", metavar="FILTER", default="", help="Only rows that this lets in.")
@click.option(
    "--column", "columns", metavar="NAME", multiple=True, help="Only this; may be repeated."
)
@click.option("--sort", metavar="NAME[:desc]", multiple=True, help="By this column; repeatable.")
@click.option("--query", "sql", metavar="SQL", help="The rows of one SELECT instead of a table's.")
@click.option(
    "--secrets", is_flag=True, help="Write secrets in clear; the activity log says that you did."
)
@click.option(
    "--spreadsheet-safe",
    "safe",
    is_flag=True,
    help="csv, tsv: put ' before what a spreadsheet would run; cannot be imported again.",
)
@click.option("--replace", is_flag=True, help="Replace a file, or an older export, of that name.")
@click.pass_obj
def export(
    session: Session,
    tables: tuple[str, ...],
    to: str | None,
    kind: str | None,
    backup: str | None,
    line: str,
    columns: tuple[str, ...],
    sort: tuple[str, ...],
    sql: str | None,
    secrets: bool,
    safe: bool,
    replace: bool,
) -> int:
    """Write tables out: one to a file or stdout, several or all (no TABLE) into a folder.

    All tables are of one moment, and the gateway goes on. Every value keeps its type: see the
    README for how. Columns with secrets are left out and named in the manifest.
    """
    narrowed = bool(line or columns or sort)
    if sql is not None and (tables or narrowed or secrets):
        raise UsageError("--query says all of it: no TABLE, --where, --column, --sort, --secrets.")
    if narrowed and len(tables) != 1:
        raise UsageError("--where, --column and --sort belong to one table.")
    if to is None and (sql is not None or len(tables) != 1 or session.console.json):
        raise UsageError("Only one table goes to stdout as it is; --to PATH makes a file.")
    target = None if to is None else Path(to).absolute()
    format_ = cast(Format, kind or (format_of(target.name) if target else None) or "csv")
    command = command_line(session.deployment, "export", *_typed(click.get_current_context()))
    source = "live" if backup is None else backup_word(backup)
    asked = Asked()
    with asked:
        try:
            if sql is not None and target is not None:
                result = ExportResult(
                    deployment=session.deployment,
                    query=_query(session, source),
                    sql=sql,
                    kind=format_,
                    safe=safe,
                    command=command,
                )
                found = result.to_file(target, replace=replace, cancelled=asked.is_asked)
                return _report(session, found)
            order = tuple(map(_order, sort))
            whole = Export(
                deployment=session.deployment,
                wanted=tuple(
                    Wanted(name=name, columns=columns, filter=line, order=order) for name in tables
                ),
                source=source,
                kind=format_,
                secrets=secrets,
                masks=tuple(session.settings["mask"]),
                safe=safe,
                command=command,
            )
            found = _write(session, whole, target, replace, asked)
        except Cancelled:
            text = "Interrupted. Nothing is left of it."
            return emit(session, {}, (), code=128 + asked.received, error=text)
    return _report(session, found)


def _query(session: Session, source: str) -> Query:
    deployment = session.deployment
    masks = tuple(session.settings["mask"])
    if source == "live":
        return Query(LiveDatabase(deployment), masks)
    return Query(BackupFile(find_backup(deployment, source).path), masks)


def _write(
    session: Session,
    whole: Export,
    target: Path | None,
    replace: bool,
    asked: Asked,
) -> Exported:
    counting = Counting(session.console, asked)

    def tick(table: str, rows: int) -> None:
        counting.tick(lambda: f"writing  {shlex.quote(table)}  {count(rows)} rows" if table else "")

    if target is None:
        return whole.to_stream(cast(BinaryIO, _Stdout(session.console)), tick=tick)
    if len(whole.wanted) == 1:
        return whole.to_file(target, replace=replace, tick=tick)
    return whole.to_folder(target, replace=replace, tick=tick)


def _report(session: Session, found: Exported) -> int:
    data = {"path": found.path, "export": found.manifest, "sentence": found.sentence}
    say = session.console.say
    if found.warning:
        say(f"It is not in the activity log: {found.warning}")
    if found.path is None:
        # What was asked for stands on stdout already.
        say(found.sentence)
        return 0
    return emit(session, data, [f"{found.path}: {found.sentence}"])


def _order(word: str) -> Order:
    name, _colon, way = word.rpartition(":")
    if name and way.lower() in ("desc", "asc"):
        return Order(column=name, descending=way.lower() == "desc")
    return Order(column=word)


def _typed(context: click.Context) -> Sequence[str]:
    """The words of this command as they were typed, as far as click keeps them."""
    words: list[str] = list(context.params["tables"])
    for parameter in context.command.params:
        value = context.params.get(str(parameter.name))
        if not isinstance(parameter, click.Option) or value in (None, "", False, ()):
            continue
        for one in value if isinstance(value, tuple) else (value,):
            words += [parameter.opts[-1], *([] if one is True else [str(one)])]
    return words


class _Stdout:
    """Stdout as a stream of bytes: unchanged for a program, made safe for a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def write(self, data: bytes) -> int:
        """Pass it on."""
        self._console.out_exactly([self._decoder.decode(bytes(data))])
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""
