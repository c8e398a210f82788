"""Keys typed ahead: what follows a key that opens a field is meant for that field.

Over a slow line keys come in bursts, and a field takes a moment until it stands. Without this,
the `b` of `:backup` went to the pane below, where it starts a backup (measured in a terminal).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.widgets import Input, TextArea

if TYPE_CHECKING:
    from textual import events
    from textual.app import App

OPENING = frozenset({"palette", "filter", "find", "there('filter')"})
"""Actions that open a field to type in."""
LOOK = 0.02
"""Seconds between two looks for the field."""
LOOKS = 50
"""So often is looked: a field that does not come by then does not come, and says why not."""


def opens_field(app: App[int], event: events.Key) -> bool:
    """Whether a key is about to open a field, where none is typed in yet."""
    if event.character is not None and event.character.isalnum():
        return False  # which is nearly every key; the others are looked up
    if isinstance(app.focused, Input | TextArea):
        return False
    found = app.screen.active_bindings.get(event.key)
    if found is None or not found.enabled:
        return False
    return found.binding.action.removeprefix("app.") in OPENING


class TypedAhead:
    """Holds keys back, in their order."""

    def __init__(self, deliver: Callable[[events.Key], Awaitable[None]]) -> None:
        """Begin without any.

        Args:
            deliver: What happens to a key that is not held back.
        """
        self._deliver = deliver
        self._held: deque[events.Key] | None = None
        self._looks = 0

    @property
    def is_holding(self) -> bool:
        """Whether keys are held back."""
        return self._held is not None

    def hold(self) -> None:
        """Hold back from now on."""
        self._held, self._looks = deque(), 0

    def take(self, event: events.Key) -> bool:
        """Hold a key back; False where none is."""
        if self._held is None:
            return False
        self._held.append(event)
        return True

    async def look(self, focused: object) -> bool:
        """Hand over what was held back, once the field stands or does not come.

        Args:
            focused: What has the focus now.

        Returns:
            Whether that was done.
        """
        self._looks += 1
        if not isinstance(focused, Input | TextArea) and self._looks < LOOKS:
            return False
        # A key that comes meanwhile stands behind those that wait.
        while self._held:
            await self._deliver(self._held.popleft())
        self._held = None
        return True
