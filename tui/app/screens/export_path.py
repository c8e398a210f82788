"""Asks for the place of a file; Tab fills in what the folder has."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.widgets import Input

from tui.app.screens.one_line import OneLine
from tui.app.widgets.groups import HERE
from tui.wording.clean import one_line, printable

MOST = 2_000
"""Names of a folder that are looked through."""
TOLD = 8
"""Names that are told where several begin so."""


class PathLine(OneLine):
    """A field with a path; returns it, None when it is left."""

    LONGEST = 4_096
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "take", "take it", key_display="Enter", id="path.take", group=HERE,
            priority=True, tooltip="nothing is written by that",
        ),
        Binding(
            "tab", "complete", "complete", key_display="Tab", id="path.complete", group=HERE,
            priority=True, tooltip="fill in a name of the folder, as far as it is certain",
        ),
    ]  # fmt: skip

    def __init__(self, title: str, value: str, hint: str, home: Path) -> None:
        """Ask.

        Args:
            title: What the path is for.
            value: What is there now.
            hint: A sentence below the field.
            home: Where a path begins that does not begin at the root.
        """
        super().__init__(title, value, hint)
        self._home = home

    @work(exclusive=True, group="complete")
    async def action_complete(self) -> None:
        """Fill in what is certain, and tell what there is."""
        field = self.query_one(Input)
        typed = field.value
        grown, names = await asyncio.to_thread(completed, typed, self._home)
        if field.value != typed:
            return  # Something was typed meanwhile.
        if grown != typed:
            field.value = grown
            field.cursor_position = len(grown)
        if not names:
            self.tell("Nothing there begins so.", attention=True)
        elif len(names) > 1:
            more = f"  and {len(names) - TOLD} more" if len(names) > TOLD else ""
            self.tell("  ".join(names[:TOLD]) + more)
        else:
            self.tell("")


async def ask_path(
    app: App[Any], screen: PathLine, then: Callable[[str | None], Awaitable[None]]
) -> None:
    """Ask; returns when the field has the focus, so that what is typed ahead stands in it."""
    await app.push_screen(screen, then)
    field = screen.query_one(Input)
    field.cursor_position = len(field.value)
    screen.set_focus(field)


def completed(typed: str, home: Path) -> tuple[str, list[str]]:
    """What was typed with all that is certain of what follows, and the names that fit.

    Names that a terminal would act on are left out: they cannot be typed.
    """
    begin = typed.rpartition("/")[2]
    head = typed[: len(typed) - len(begin)]
    try:
        where = home / Path(head or ".").expanduser()
        with os.scandir(where) as entries:
            found = sorted(
                entry.name + ("/" if entry.is_dir() else "")
                for entry, _ in zip(entries, range(MOST), strict=False)
                if entry.name.startswith(begin)
                and (begin or not entry.name.startswith("."))
                and entry.name == one_line(entry.name) == printable(entry.name)
            )
    except (OSError, RuntimeError):
        return typed, []
    return (head + _common(found) if found else typed), found


def _common(names: list[str]) -> str:
    """What all names begin with."""
    first, last = min(names), max(names)
    same = (a == b for a, b in zip(first, last, strict=False))
    return first[: next((n for n, is_same in enumerate(same) if not is_same), len(first))]
