"""Looking for the gateway while the first picture stands: beside the event loop, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from textual.message import Message

from tui.core.errors import McpdbError

if TYPE_CHECKING:
    from tui.app.seeing import Posts
    from tui.operations.finding.candidates import Discovery

Find: TypeAlias = "Callable[[], Discovery]"
"""Looks, changes nothing; asks Docker, so it may take seconds. Raises McpdbError where there is
nothing to look after."""


@dataclass
class Located(Message):
    """What there is to look after."""

    found: Discovery


@dataclass
class NotLocated(Message):
    """There is nothing, or what was named is not there."""

    why: McpdbError


def locate(find: Find, posts: Posts) -> None:
    """Begin to look; the answer is posted."""

    def look() -> None:
        try:
            found = find()
        except McpdbError as error:
            posts.post_message(NotLocated(error))
        else:
            posts.post_message(Located(found))

    threading.Thread(target=look, name="look: gateway", daemon=True).start()
