"""The activity log written to a file from the screen: asked where to, then done in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.core.errors import McpdbError
from tui.core.models import ActivityEntry, Deployment
from tui.wording.quantities import count

if TYPE_CHECKING:
    from tui.app.app import McpdbApp

HINT = ".csv for a spreadsheet, .json with every step. Tab completes the path."


async def export_activity(
    app: McpdbApp, deployment: Deployment, found: Sequence[ActivityEntry], terms: str
) -> str:
    """Ask for the place, write there, and return what is to be said.

    Args:
        app: The screen.
        deployment: Whose log.
        found: The entries that are shown, newest first.
        terms: The filter that they passed.

    Raises:
        McpdbError: It could not be written; nothing was.
    """
    from tui.app.screens.export_path import PathLine
    from tui.operations.command import command_line
    from tui.operations.reads.export_target import free, home_of, looked_at, meant
    from tui.operations.recording.exporting import NAME, write

    home = home_of(deployment)
    first = await asyncio.to_thread(free, deployment, home / NAME, is_folder=False)
    number = "1 entry" if len(found) == 1 else f"{count(len(found))} entries"
    typed = await app.push_screen_wait(PathLine(f"Export {number}", str(first.path), HINT, home))
    if not typed:
        return "Cancelled. Nothing was written."
    path = await asyncio.to_thread(meant, typed, home, NAME)
    target = await asyncio.to_thread(looked_at, deployment, path, is_folder=False)
    words = ["activity", *(["--filter", terms] if terms else []), "--export", str(path)]
    replace = bool(target.taken)
    if replace and not await _may_replace(app, path.name, target.taken):
        return "Cancelled. Nothing was written."
    command = command_line(deployment, *words, *(["--replace"] if replace else []))
    try:
        written = await asyncio.to_thread(
            write, deployment, found, path, replace=replace, command=command
        )
    except McpdbError as error:
        return str(error)
    return written.sentence


async def _may_replace(app: McpdbApp, name: str, taken: str) -> bool:
    from tui.app.screens.question import Question

    question = Question(f"Replace {name}?", [f"There is one: {taken}."], "", "Replace")
    agreed = await app.push_screen_wait(question)
    return agreed is True
