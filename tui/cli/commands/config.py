"""`config`: every setting, and where its value came from."""

from __future__ import annotations

import click

from tui.cli.click_parts import Group
from tui.cli.report.emit import emit
from tui.cli.report.table import aligned
from tui.cli.session import Session
from tui.core.errors import McpdbError
from tui.core.settings import Settings


@click.group(cls=Group)
def config() -> None:
    """Every setting, and where its value came from."""


@config.command("show")
@click.pass_obj
def show(session: Session) -> int:
    """Print key, value and origin of every setting; `discovered` was found out, not written."""
    settings, names = _settings(session)
    rows = settings.rows()
    data = {
        "settings": [{"key": k, "value": v, "origin": o} for k, v, o in rows],
        "candidates": names,
    }
    return emit(session, data, aligned([("setting", "value", "from"), *rows]))


def _settings(session: Session) -> tuple[Settings, list[str]]:
    """The settings with what was discovered; without it where nothing was, and why."""
    given = session.settings
    try:
        found = session.discovery
    except McpdbError as error:
        session.console.say(f"mcpdb-tui: {error}")
        return given, []
    if found.chosen is None:
        session.console.say("mcpdb-tui: no deployment was chosen, so nothing was discovered.")
    return found.settings, [candidate.deployment.name for candidate in found.candidates]
