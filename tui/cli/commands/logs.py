"""`logs`: container, files and our activity, filtered, followed on wish."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

import click

from tui.cli import schema
from tui.cli.click_parts import Command
from tui.cli.following import Signals
from tui.cli.interruptible import Asked
from tui.cli.report.emit import emit
from tui.cli.report.logs import lines_of
from tui.cli.session import Session
from tui.core.errors import ExitCode, UsageError
from tui.operations.logs.held import KEPT
from tui.operations.logs.reading import LEVELS, Query, follow, read
from tui.operations.logs.shown import as_line
from tui.operations.logs.sources import MERGED, Held, log_files
from tui.operations.logs.terms import Terms
from tui.wording.clean import one_line
from tui.wording.moments import moment_of
from tui.wording.quantities import count

LINES = 100


@click.command(cls=Command)
@click.option(
    "--source",
    default=MERGED,
    show_default=True,
    metavar="SOURCE",
    help="merged, container, activity, or a file's name.",
)
@click.option("--since", metavar="TIME", help="Only from then on: 15m, 7d, 03:04, 2026-08-11.")
@click.option("--until", metavar="TIME", help="Only up to then.")
@click.option(
    "--grep",
    "terms",
    multiple=True,
    metavar="TERM",
    help="A regex keeps, -regex drops; may be given again.",
)
@click.option("--level", type=click.Choice(LEVELS), help="Only this level and worse ones.")
@click.option(
    "--lines",
    "--tail",
    "-n",
    type=click.IntRange(0),
    metavar="N",
    help=f"At most so many of the past, the newest.  [default: {LINES}; with --since {KEPT:,}]",
)
@click.option("--follow", "-f", "follows", is_flag=True, help="Go on with new lines until ctrl-c.")
@click.option("--raw", is_flag=True, help="Lines as they came, without columns of ours.")
@click.pass_obj
def logs(
    session: Session,
    source: str,
    since: str | None,
    until: str | None,
    terms: tuple[str, ...],
    level: str | None,
    lines: int | None,
    follows: bool,
    raw: bool,
) -> int:
    """Container, log files and activity, merged by time; secrets masked.

    Unprintable characters are shown escaped. With --follow and --json: one document a line,
    {"format", "command", "line"}. A restart of the gateway is told between the lines.
    """
    now = datetime.now(UTC).astimezone()
    query = Query(
        source=source,
        since=_moment("--since", since, now),
        until=_moment("--until", until, now),
        terms=Terms.of(terms),
        level=level or "",
        lines=(KEPT if since else LINES) if lines is None else lines,
    )
    blocked = session.deployment.blocked("logs") is not None
    if source == "container" or (
        blocked and source == MERGED and not log_files(session.deployment)
    ):
        session.require_gateway()
    zone = UTC if session.settings["utc"] else now.tzinfo
    with Asked() as asked:
        if follows:
            _follow(session, query, zone, raw=raw, asked=asked)
        else:
            found, more, missing = read(session.deployment, query, lambda: bool(asked.received))
            if not asked.received:
                return _tell(session, found, more, missing, zone, raw=raw)
    return 128 + asked.received if asked.received else 0


def _moment(option: str, text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    found = moment_of(text, now)
    if found is None:
        raise UsageError(
            f"{option} {one_line(text)} is no time; e.g. 15m, 7d, 03:04, 2026-08-11 03:04."
        )
    return found


def _tell(
    session: Session,
    found: list[Held],
    more: bool,
    missing: str,
    zone: tzinfo | None,
    *,
    raw: bool,
) -> int:
    lines = (text for held in found for text in lines_of(held, zone, raw=raw))
    code = emit(
        session,
        {"lines": [as_line(held) for held in found], "more": more},
        lines,
        code=ExitCode.PARTLY if missing else 0,
        error=f"The container's log is missing: {one_line(missing)}" if missing else "",
    )
    if more and not session.console.json:
        session.console.say(f"The newest {count(len(found))}; more exist, --lines N shows them.")
    return code


def _follow(
    session: Session, query: Query, zone: tzinfo | None, *, raw: bool, asked: Signals
) -> None:
    console = session.console
    for held in follow(session.deployment, query, lambda: bool(asked.received)):
        if held is None:
            console.flush()
        elif console.json:
            told = {
                "format": schema.FORMAT, "command": session.command, "line": as_line(held)
            }  # fmt: skip
            console.out_json(schema.dumps(told))
        else:
            for text in lines_of(held, zone, raw=raw):
                console.out(text)
