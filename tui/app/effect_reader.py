"""Works out in a thread of its own what bringing rows back would do."""

from __future__ import annotations

import time
from dataclasses import dataclass

from textual.message import Message

from tui.app.background import Checkpoint, Job, Latest, Tick
from tui.app.seeing import Posts
from tui.app.verbs import Make
from tui.core.models import Deployment
from tui.core.operation import Plan

DEBOUNCE = 0.3
"""Seconds without another tick before it is worked out."""


@dataclass
class Worked(Message):
    """What it would do."""

    plan: Plan


class EffectReader(Latest):
    """Makes the plan of the last thing that was asked for."""

    def __init__(self, deployment: Deployment, backup: str) -> None:
        super().__init__(f"look: what {backup} would bring back")
        self._deployment = deployment

    def work_out(self, posts: Posts, make: Make) -> None:
        """Plan an operation once nothing else is asked for; posts `Worked` or `NotDone`."""

        def work(checkpoint: Checkpoint, _tick: Tick) -> Message:
            until = time.monotonic() + DEBOUNCE
            while time.monotonic() < until:
                checkpoint()
                time.sleep(0.02)
            return Worked(make(self._deployment).plan())

        self.ask(Job(work, posts))
