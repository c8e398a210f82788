"""`demo`: a deployment in one folder to try everything on."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from tui.cli.click_parts import Command
from tui.cli.report.emit import emit
from tui.cli.session import Session
from tui.core.errors import McpdbError
from tui.core.models import Deployment
from tui.operations.finding.gateways import require_gateway, wait_healthy


@click.command(cls=Command)
@click.option(
    "--dir", "folder", metavar="DIR", help="Where; an empty folder, or a demo kept before."
)
@click.option(
    "--keep",
    is_flag=True,
    help="Leave folder and gateway as they are at the end; --dir goes on with it later.",
)
@click.option("--no-screen", is_flag=True, help="Print the folder and leave the demo running.")
@click.option("--stop", "stopped", metavar="DIR", help="Stop the demo in DIR and remove it.")
@click.pass_obj
def demo(
    session: Session, folder: str | None, keep: bool, no_screen: bool, stopped: str | None
) -> int:
    """A deployment to try everything on: no Docker, nothing that matters.

    A database made by real migrations, some thousand rows, backups, and a small gateway that
    serves, writes and logs. The screen opens on it; leaving the screen removes what was made.
    """
    from tui.demo import deployment as demos

    if stopped is not None:
        place = Path(stopped).absolute()
        demos.destroy(place)
        data = {"folder": place, "name": "", "left": ""}
        return emit(session, data, [f"removed {place}"])
    if not no_screen:
        session.require_terminal("--no-screen makes the demo without it")
    made, ours = _make(session, folder)
    found = demos.describe(made)
    if no_screen:
        _wait(session, found)
        session.console.say(f"Try it: mcpdb-tui --project-dir {made} status")
        session.console.say(f"Remove it: mcpdb-tui demo --stop {made}")
        data = {"folder": made, "name": found.name, "left": "folder and gateway"}
        return emit(session, data, [str(made)])
    try:
        return _show(session, made)
    finally:
        if keep:
            session.console.say(f"The demo is kept in {made}, and its gateway runs.")
            session.console.say(f"Remove it: mcpdb-tui demo --stop {made}")
        elif ours:
            demos.destroy(made)
        else:
            demos.stop(made)
            session.console.say(f"The demo is kept in {made}; its gateway is stopped.")


def _make(session: Session, folder: str | None) -> tuple[Path, bool]:
    """The demo with its gateway started, and whether it was made now or had been kept."""
    from tui.demo import deployment as demos
    from tui.demo.control import MARKER

    place = Path(folder).absolute() if folder else Path(tempfile.mkdtemp(prefix="mcpdb-demo-"))
    ours = not (place / MARKER).is_file()
    if ours:
        session.console.say(f"» making a demo in {place}")
        place = demos.create(place)
    _cleaning(place, lambda: demos.start(place), fresh=ours)
    return place, ours


def _cleaning(place: Path, work: Callable[[], None], *, fresh: bool) -> None:
    """Do `work`; if it fails a demo that nobody knows of is not left behind."""
    from tui.demo import deployment as demos

    try:
        work()
    except McpdbError:
        if fresh:
            demos.destroy(place)
        raise


def _wait(session: Session, found: Deployment) -> None:
    """Wait until the demo's gateway answers, so that a script can go on at once."""
    began = time.monotonic()
    wait_healthy(require_gateway(found), lambda _done, _allowed: None)
    session.console.say(f"✓ its gateway is healthy after {time.monotonic() - began:.1f} s")


def _show(session: Session, place: Path) -> int:
    session.flags["project_dir"] = str(place)
    return session.open_screen()
