"""`activity`: what was done here, by whom, and how it ended."""

from __future__ import annotations

import shlex
from datetime import datetime
from pathlib import Path

import click

from tui.cli.click_parts import Command
from tui.cli.report.activity import entry_lines, list_lines
from tui.cli.report.emit import emit
from tui.cli.session import Session
from tui.core.errors import NotFoundError, UsageError
from tui.core.models import ActivityEntry, Deployment
from tui.operations.activity import read_activity, read_entry
from tui.operations.command import command_line
from tui.wording.clean import one_line


@click.command(cls=Command)
@click.argument("entry", metavar="[ID]", required=False)
@click.option("--who", metavar="NAME", help="Only what somebody of this name did.")
@click.option("--what", metavar="WORD", help="Only operations of this name or about this.")
@click.option("--from", "origin", metavar="WORD", help="Only from this address, host or timer.")
@click.option("--result", metavar="WORD", help="Only what ended so: fail, rolled, refused, ok.")
@click.option("--since", metavar="AGE", help="Only what began in the last 30m, 12h, 7d or 2w.")
@click.option(
    "--filter",
    "line",
    metavar="TERMS",
    default="",
    help="The line of the screen's filter: 'who:dana what:restore -backup since:7d', and words.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    help="Without ID: at most so many; 100 unless it is exported.",
)
@click.option(
    "--export",
    "target",
    metavar="FILE",
    help="Write them to FILE: .csv for a spreadsheet, .json with all steps.",
)
@click.option("--replace", is_flag=True, help="With --export: replace a file of that name.")
@click.pass_obj
def activity(
    session: Session,
    entry: str | None,
    who: str | None,
    what: str | None,
    origin: str | None,
    result: str | None,
    since: str | None,
    line: str,
    limit: int | None,
    target: str | None,
    replace: bool,
) -> int:
    """What was done here, newest first; with ID (op number or journal) all its steps."""
    from tui.operations.recording.filtering import narrowed, not_kept, terms_of

    named = {"who": who, "what": what, "from": origin, "result": result, "since": since}
    words = [shlex.quote(f"{name}:{word}") for name, word in named.items() if word is not None]
    whole = " ".join([*words, line]).strip()
    if entry is not None:
        if whole or target is not None:
            raise UsageError("ID names one operation: no filter and no --export goes with it.")
        one = _find(session.deployment, entry)
        return emit(session, {"entry": one}, entry_lines(one))
    if since == "":
        raise UsageError("since: takes an age: 30m, 12h, 7d, 2w.")
    now = datetime.now().astimezone()
    terms = terms_of(whole, now)
    everything = read_activity(
        session.deployment,
        steps=session.console.json or target is not None,
        rebuilt=lambda number: session.console.say(f"index rebuilt from {number:,} journals"),
    )
    found = narrowed(everything, terms, now)
    if target is not None:
        return _export(session, found[:limit], Path(target), whole, replace=replace)
    shown = found[: limit or 100]
    gone = not_kept(everything)
    data = {
        "entries": shown,
        "total": len(everything),
        "matching": len(found),
        "not_kept": gone,
    }
    return emit(session, data, list_lines(shown, len(everything), gone))


def _export(
    session: Session,
    found: tuple[ActivityEntry, ...],
    target: Path,
    terms: str,
    *,
    replace: bool,
) -> int:
    from tui.operations.recording.exporting import write

    words = ["activity", *(["--filter", terms] if terms else []), "--export", str(target)]
    command = command_line(session.deployment, *words)
    written = write(session.deployment, found, target, replace=replace, command=command)
    data = {"path": written.path, "total": written.entries, "matching": written.entries}
    return emit(session, data, [written.sentence])


def _find(deployment: Deployment, word: str) -> ActivityEntry:
    """The operation with this number, or whose journal is called so.

    Raises:
        NotFoundError: There is none.
    """
    entries = read_activity(deployment, steps=False)
    number = word.removeprefix("op").strip()
    fitting = [e for e in entries if word == e.id or number == str(e.number)]
    if not fitting:
        raise NotFoundError(
            f"No operation is called {one_line(word)}; mcpdb-tui activity lists them."
        )
    return read_entry(deployment, fitting[0].id)
