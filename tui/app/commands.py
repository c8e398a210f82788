"""The palette's commands: every key of every pane, and what has no key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from textual.binding import Binding

from tui.app.panes import PANES, PaneEntry
from tui.app.screens.palette import Command

if TYPE_CHECKING:
    from tui.app.panes.base import Pane

WORDS: dict[str, tuple[str, ...]] = {
    "backups.create": ("backup", "copy", "save", "snapshot"),
    "backups.restore": ("bring back", "recover", "rollback", "lost"),
    "backups.undo": ("revert", "take back"),
    "backups.verify": ("check", "whole", "damaged", "hash"),
    "gateway.restart": ("reboot", "bounce"),
    "gateway.start": ("up",),
    "gateway.stop": ("down", "shut down"),
    "logs.follow": ("tail",),
    "app.operation": ("running", "locked", "progress"),
    "app.pane_2": ("space", "disk"),
    "app.pane_4": ("who", "history", "audit", "maintenance log"),
    "app.pane_9": ("health", "container"),
}
"""What people call things, by the id of the key."""

_ONLY_KEYS = ("home", "list", "glance")
"""Keys that move or belong to the glance: of no use without their place."""


_NOT_OFFERED = ("app.palette", "app.hint_quit", "app.pane_")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is carried out."""

    pane: int | None
    """None: by the app itself."""
    action: str
    takes_value: bool = False
    """The rest of the line is the action's parameter."""


def commands(current: Pane) -> tuple[list[Command], dict[str, Place]]:
    """Everything that can be asked for, and where it is done; the pane in sight comes first."""
    found: list[Command] = []
    places: dict[str, Place] = {}
    ordered = sorted(PANES, key=lambda entry: entry.number != current.NUMBER)
    for entry in ordered:
        for binding in _keys_of(entry):
            ident = binding.id or ""
            places[ident] = Place(entry.number, binding.action)
            reason = current.why_not(binding.action) if entry.number == current.NUMBER else ""
            found.append(_command(binding, f"{entry.title}: {binding.tooltip}", reason))
    for binding in _keys_of_app(current):
        places[binding.id or ""] = Place(None, binding.action)
        found.append(_command(binding, binding.tooltip, ""))
    for entry in PANES:
        ident = f"app.pane_{entry.number}"
        places[ident] = Place(None, f"pane({entry.number})")
        words = WORDS.get(ident, ())
        found.append(Command(ident, entry.title, str(entry.number), entry.help, words))
    for ident, title, hint, action in _KEYLESS:
        places[ident] = Place(None, action)
        found.append(Command(ident, title, "", hint))
    for ident, title, hint, action in _WITH_VALUE:
        places[ident] = Place(None, action, takes_value=True)
        found.append(Command(ident, title, "", hint, takes_value=True))
    return found, places


_KEYLESS = (
    ("utc", "Times in UTC or local", "shows every time the other way", "utc"),
    ("theme", "Next theme", "dark, light, high contrast, 16 colours", "next_theme"),
)
_WITH_VALUE = (
    ("table", "Table NAME", "table tools: its first rows", "table"),
    ("filter", "Filter TERMS", "filter -backup: narrows the list in sight", "filter_by"),
    ("restore", "Restore BACKUP…", "restore k7m2qd, or latest; types the name", "restore_named"),
    ("verify", "Verify BACKUP", "verify k7m2qd, or latest", "verify_named"),
)


def _command(binding: Binding, hint: str, reason: str) -> Command:
    key = binding.key_display or binding.key.split(",")[0]
    title = binding.description[:1].upper() + binding.description[1:]
    ident = binding.id or ""
    words = (*WORDS.get(ident, ()), binding.tooltip)
    return Command(ident, title, key, hint, words, enabled=not reason, reason=reason)


def _keys_of(entry: PaneEntry) -> Iterator[Binding]:
    kind = getattr(import_module(f"tui.app.panes.{entry.module}"), entry.name)
    for binding in kind.BINDINGS:
        ident = binding.id or ""
        if ident.split(".")[0] not in _ONLY_KEYS and binding.show:
            yield binding


def _keys_of_app(current: Pane) -> Iterator[Binding]:
    for binding in type(current.app).BINDINGS:
        if isinstance(binding, Binding) and not (binding.id or "").startswith(_NOT_OFFERED):
            yield binding
