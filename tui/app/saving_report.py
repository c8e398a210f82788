"""Writes what the doctor found to a file that is named, in a thread."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from tui.core.errors import McpdbError
from tui.wording.clean import one_line
from tui.wording.doctor import report
from tui.wording.quantities import plural

if TYPE_CHECKING:
    from tui.app.panes.base import Pane
    from tui.core.models import Deployment

HINT = "Enter writes it, only for you to read; Tab completes. What is there is never replaced."


async def ask(pane: Pane) -> None:
    """Ask for the place, write, and say where it is.

    Args:
        pane: Whose `seen` is written; it says how that ended.
    """
    from tui.app.screens.export_path import PathLine, ask_path

    seen = pane.seen
    if seen.deployment is None or seen.doctor is None:
        return
    deployment, found, now = seen.deployment, seen.doctor, pane.now()
    at = (seen.doctor_at or now).astimezone(now.tzinfo)
    text = report(deployment.name, seen.host, found, at)
    home, place = await asyncio.to_thread(first_place, deployment, f"doctor-{now:%Y%m%d-%H%M}.txt")

    async def named(typed: str | None) -> None:
        if not typed:
            return
        try:
            path = await asyncio.to_thread(write_named, deployment, typed, home, place.name, text)
        except McpdbError as error:
            pane.say(str(error), "danger")
        else:
            pane.say(f"saved {plural(len(found), 'check')} to {one_line(str(path))}")

    await ask_path(pane.app, PathLine("Save the report as", str(place), HINT, home), named)


def first_place(deployment: Deployment, ending: str) -> tuple[Path, Path]:
    """Where a path begins, and the place that is offered: `forge-ENDING`."""
    from tui.operations.reads.export_target import free, home_of

    home = home_of(deployment)
    name = f"{''.join(c if c.isalnum() or c in '-_.' else '-' for c in deployment.name)}"
    return home, free(deployment, home / f"{name}-{ending}", is_folder=False).path


def write_named(deployment: Deployment, typed: str, home: Path, name: str, text: str) -> Path:
    """Write a new file.

    Raises:
        McpdbError: It cannot stand there; nothing was written.
    """
    from tui.operations.reads.export_target import looked_at, meant
    from tui.services.files import write_new

    path = meant(typed, home, name)
    target = looked_at(deployment, path, is_folder=False)
    if target.problem:
        raise McpdbError(target.problem)
    if target.taken:
        raise McpdbError(f"{one_line(str(path))} is there already ({target.taken}); name another.")
    write_new(path, [text.encode("utf-8", errors="replace")])
    return path
