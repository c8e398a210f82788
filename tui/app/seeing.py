"""What the looking threads post, and what panes ask of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from textual.message import Message

from tui.app.seen import Seen
from tui.core.models import ActivityEntry

Change: TypeAlias = Callable[[Seen], Seen]


@dataclass
class Saw(Message):
    """A part of what is known is newer; `change` puts it into the snapshot."""

    change: Change


@dataclass
class Replaced(Message):
    """Another file stands at the database's path."""

    at: datetime


@dataclass
class Ended(Message):
    """An operation no longer runs: it ended, or (`cut`) its process is gone."""

    entry: ActivityEntry


@dataclass
class Told(Message):
    """Something that was done in looking, in a sentence."""

    text: str


@dataclass
class WantImage(Message):
    """The migrations of another local image are asked for."""

    image: str
    """Its id; empty: of none any more."""


@dataclass
class Examine(Message):
    """The doctor is asked to look now."""

    deep: bool = False
    """Whether every page is to be read."""


@dataclass
class FinishCut(Message):
    """What was cut short is to be finished or undone, and what it left half-made removed."""

    title: str
    """What is done, in a few words."""
    text: str
    """What is changed and what is kept."""


class Posts(Protocol):
    """What takes the messages: the app."""

    def post_message(self, message: Message) -> bool:
        """Take one message, from any thread."""
        ...
