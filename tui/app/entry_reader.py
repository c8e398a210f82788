"""Opens an entry of the activity log in a thread of its own: its steps are in its journal."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from tui.app.background import Checkpoint, Job, Latest, Tick
from tui.app.seeing import Posts
from tui.core.models import ActivityEntry, Deployment


@dataclass
class Opened(Message):
    """An entry with all its steps."""

    entry: ActivityEntry


class EntryReader(Latest):
    """Reads the journal of the last entry that was asked for."""

    def __init__(self) -> None:
        super().__init__("look: an entry of the activity log")

    def open(self, posts: Posts, deployment: Deployment, ident: str) -> None:
        """Read one journal; posts `Opened`, or `NotDone` where it is gone."""

        def work(_checkpoint: Checkpoint, _tick: Tick) -> Message:
            from tui.operations.activity import read_entry

            return Opened(read_entry(deployment, ident))

        self.ask(Job(work, posts))
