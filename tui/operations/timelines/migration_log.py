"""Why a gateway does not come up, as the last lines of its own log say it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tui.core.errors import McpdbError
from tui.core.models import Deployment, GatewayState, Health, LogLine, MigrationFinding
from tui.operations.finding.gateways import gateway_of
from tui.wording.clean import one_line

TAIL = 300
"""So many of the last lines are read."""
_SHOWN = 5
"""So many of them are shown."""
_LONG = 300
"""Characters of a line that are shown."""

_WELL = re.compile(r"Application startup complete|Application shutdown complete")
"""What was said before this is settled."""


@dataclass(frozen=True, slots=True)
class _Reason:
    """Something a log says, what it means, and what is done about it."""

    said: re.Pattern[str]
    means: str
    remedy: str
    operation: str = ""
    leftovers: bool = False


def _reason(said: str, means: str, remedy: str, operation: str = "", **more: bool) -> _Reason:
    return _Reason(re.compile(said, re.IGNORECASE), means, remedy, operation, **more)


_REASONS = (
    _reason(
        r"table \W?_alembic_tmp_\w+\W? already exists",
        "a table that a cut migration left is in its way",
        "The upgrade puts it right on a copy, migrates that and swaps.",
        "upgrade",
        leftovers=True,
    ),
    _reason(
        r"can't locate revision|no such revision or branch",
        "the image does not know the database's revision",
        "Start the release that made the database, or restore a backup from before it.",
    ),
    _reason(
        r"attempt to write a readonly database",
        "its user may not write the database or its folder",
        "Give folder and file to the user that the gateway runs as.",
        "own",
    ),
    _reason(
        r"unable to open database file",
        "it cannot open the database: the folder is not there, or not its user's",
        "Give folder and file to the user that the gateway runs as.",
        "own",
    ),
    _reason(
        r"multiple head revisions|multiple heads",
        "the image's migrations have several heads",
        "Use another release: this one cannot upgrade any database.",
    ),
    _reason(
        r"database migration failed|error during (?:upgrade|migration)"
        r"|table \S+ already exists|duplicate column name|bootstrap failed",
        "a migration fails",
        "Rehearse it: the same migration runs on a copy and shows the statement that fails.",
        "rehearse",
    ),
    _reason(
        r"database not ready after",
        "it does not get the database to work with",
        "See the lines before that in its log (5).",
    ),
)
"""The most exact one first: a failing migration says several of these."""


def crash_loop(
    deployment: Deployment, state: GatewayState, health: Health
) -> MigrationFinding | None:
    """Say why the gateway is down or restarts, where its log names the database or a migration.

    The log is read only when the gateway is not well.

    Args:
        deployment: Whose.
        state: What the gateway is doing.
        health: What it says of itself.
    """
    gateway = gateway_of(deployment)
    if gateway is None or not _is_ill(state, health):
        return None
    try:
        since = state.since - timedelta(minutes=15) if state.since is not None else None
        lines = list(gateway.logs(tail=TAIL, since=since if state.is_up else None))
    except (McpdbError, OSError) as error:
        text = f"The gateway {_does(state)}, and its log cannot be read: {one_line(str(error))}"
        return MigrationFinding(name="crash-loop", verdict="unknown", text=text)
    lines = _unsettled(lines)
    found = _found(lines)
    if found is None:
        return _unexplained(state, lines)
    reason, line = found
    return MigrationFinding(
        name="crash-loop",
        verdict="FAIL",
        text=f"The gateway {_does(state)}: {reason.means}.",
        remedy=reason.remedy,
        operation=reason.operation,
        params={"leftovers": True} if reason.leftovers else {},
        details=tuple(
            _shown(said) for said in [line, *(one for one in _errors(lines) if one is not line)]
        )[:_SHOWN],
    )


def _is_ill(state: GatewayState, health: Health) -> bool:
    if state.running in ("missing", "unknown"):
        return False
    if state.running == "stopped":
        return state.exit_code != 0
    return state.running == "restarting" or health.verdict in ("unhealthy", "unreachable")


def _does(state: GatewayState) -> str:
    """What it does, in words."""
    if state.running == "restarting":
        often = f" ({state.restarts} times so far)" if state.restarts else ""
        return f"restarts again and again{often}"
    if state.running == "stopped":
        code = "" if state.exit_code is None else f" with exit {state.exit_code}"
        return f"ended{code}"
    return "is not healthy"


def _unsettled(lines: Sequence[LogLine]) -> list[LogLine]:
    """The lines behind the last start or stop that went well."""
    last = max((n for n, line in enumerate(lines) if _WELL.search(line.text)), default=-1)
    return list(lines[last + 1 :])


def _found(lines: Sequence[LogLine]) -> tuple[_Reason, LogLine] | None:
    for reason in _REASONS:
        for line in reversed(lines):
            if reason.said.search(line.text):
                return reason, line
    return None


def _errors(lines: Sequence[LogLine]) -> list[LogLine]:
    return [line for line in reversed(lines) if line.level == "error" and not line.event]


def _unexplained(state: GatewayState, lines: Sequence[LogLine]) -> MigrationFinding | None:
    """It restarts, and nothing it says is about the database."""
    if state.running != "restarting":
        return None
    said = _errors(lines)
    return MigrationFinding(
        name="crash-loop",
        verdict="unknown",
        text=f"The gateway {_does(state)}; its log names no migration.",
        remedy="See its log (5).",
        details=tuple(map(_shown, said[:_SHOWN])),
    )


def _shown(line: LogLine) -> str:
    return one_line(line.text)[:_LONG]
