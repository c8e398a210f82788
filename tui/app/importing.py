"""Imports from the screen: which file and how, then the ordinary plan with its typed name."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tui.app.panes.base import Pane
from tui.core.models import Deployment

if TYPE_CHECKING:
    from tui.app.verbs import Make
    from tui.core.operation import Operation


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rows go where, and how."""

    table: str
    path: Path
    kind: str = ""
    """The format; empty where the file's name says it."""
    upsert: bool = False
    """Rows whose key is there already are replaced, too."""

    def words(self) -> tuple[str, ...]:
        """What to type after `mcpdb-tui`."""
        words: tuple[str, ...] = ("import", str(self.path), "--table", self.table)
        words = (*words, "--format", self.kind) if self.kind else words
        return (*words, "--upsert") if self.upsert else words


def import_rows(chosen: Chosen, masks: tuple[str, ...] = ()) -> Make:
    """Rows of a file into a table."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.import_rows import ImportRows

        return ImportRows(
            deployment,
            str(chosen.path),
            table=chosen.table,
            mode="upsert" if chosen.upsert else "insert",
            kind=chosen.kind,
            masks=masks,
        )

    return make


async def open_import(
    pane: Pane, table: str, before: Chosen | None, keep: Callable[[Chosen], None]
) -> None:
    """Ask for a file and how it is taken, then plan.

    Returns when the first screen is there, so that what is typed ahead reaches it.

    Args:
        pane: Asks for the operation.
        table: Where the rows go.
        before: What was chosen the last time; it is offered again.
        keep: Is told what was chosen, for a second try where the plan finds a bad row.
    """
    from tui.app.screens.export_path import ask_path
    from tui.app.screens.import_question import ImportQuestion, path_line
    from tui.operations.reads.export_target import home_of, typed_path

    deployment = pane.seen.deployment
    if deployment is None:
        return
    masks = tuple(getattr(pane.app, "mask", ()))

    def agreed(found: Chosen | None) -> None:
        if found is None:
            pane.say("Cancelled. Nothing was changed.")
            return
        keep(found)
        pane.post_message(pane.Do(import_rows(found, masks)))

    async def ask(chosen: Chosen) -> None:
        await pane.app.push_screen(ImportQuestion(deployment, chosen), agreed)

    async def named(text: str | None) -> None:
        if not text or not text.strip():
            agreed(None)
            return
        path = await to_thread(typed_path, text, home_of(deployment))
        await ask(Chosen(table, path))

    if before is not None:
        await ask(before)
    else:
        await ask_path(pane.app, path_line(deployment, table), named)
