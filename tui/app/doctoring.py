"""Wiring of the doctor: who asks it to look, and the pages that lead from a cause to its remedy."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual import on, work

from tui.app import verbs
from tui.app.conduct import resumed
from tui.app.migrations import Migrating
from tui.app.panes.base import Pane
from tui.app.seeing import Examine, FinishCut
from tui.app.troubles import is_locked
from tui.core.errors import McpdbError

if TYPE_CHECKING:
    from tui.core.models import Deployment
    from tui.operations.diagnosing.lock_look import LockEye
    from tui.operations.diagnosing.room import Room

_MAKES_ROOM: Mapping[str, verbs.Make] = {
    "prune": verbs.prune,
    "guide": verbs.named("prune", guide=True),
    "logs": verbs.rotate_logs,
}
_WORDS = {"logs": ("Old log files are packed, the oldest removed; the newest stay as they are.",)}
"""What is said of what would not ask by itself."""


class Doctoring(Migrating):
    """The shell, able to examine."""

    @on(Examine)
    def _examine(self, message: Examine) -> None:
        if self.model is not None:
            self.model.examine(deep=message.deep)

    @on(FinishCut)
    def _finish_cut(self, message: FinishCut) -> None:
        if any(entry.state == "cut" for entry in self.seen.activity or ()):
            self.post_message(Pane.LookAtCut())
        else:
            self._sweep(message.title, message.text)

    # --- from a cause to its remedy -------------------------------------------------------------

    @work(exclusive=True, group="locked")
    async def action_locked(self) -> None:
        """Show who holds the database locked, and go on where that leads."""
        deployment, facts = self.seen.deployment, self.seen.database
        if deployment is None:
            return
        if (hidden := deployment.blocked("database")) is not None:
            self.say(hidden.text, "attention")
            return
        from tui.app.screens.locked import LockedScreen

        eye = await asyncio.to_thread(_lock_eye, deployment)
        known = facts is not None and is_locked(facts)
        since = self.seen.problem_since if known else None
        screen = LockedScreen(lambda: eye.look(self.seen.gateway), eye.log, self.now, since)
        key = await self.push_screen_wait(screen)
        if key:
            await self.action_pane(int(key))

    @work(exclusive=True, group="space")
    async def action_space(self) -> None:
        """Show what is free and what gives space back, and go on to the plan of what is chosen."""
        deployment = self.seen.deployment
        if deployment is None:
            return
        from tui.app.screens.space import SpaceScreen

        self.say("looking …", "muted")
        try:
            room = await asyncio.to_thread(_room, deployment)
        except McpdbError as error:
            self.say(str(error), "danger")
            return
        self.say("")
        why_not = verbs.why_not_change(self.seen, "Making room")
        chosen = await self.push_screen_wait(SpaceScreen(room, why_not))
        if chosen == "vacuum":
            from tui.app.maintaining import ask_vacuum

            # It asks how: with the gateway stopped, or beside it.
            ask_vacuum(self.pane)
        elif chosen:
            self.post_message(Pane.Do(_MAKES_ROOM[chosen], words=_WORDS.get(chosen, ())))

    @work(exclusive=True, group="resume")
    async def _sweep(self, title: str, text: str) -> None:
        """Remove what dead operations left half-made; nothing of theirs is open any more."""
        from tui.app.screens.question import Question
        from tui.operations.command import command_line

        deployment = self.seen.deployment
        if deployment is None:
            return
        title = title[:1].upper() + title[1:]
        command = command_line(deployment, "resume")
        question = Question(f"{title}?", [text], command, title.split(" ")[0])
        if not await self.push_screen_wait(question):
            self.say("Cancelled. Nothing was changed.")
            return
        try:
            await asyncio.to_thread(resumed, deployment)
        except McpdbError as error:
            self.say(str(error), "danger")
            return
        self.say("What was left half-made is removed.")
        if self.model is not None:
            self.model.refresh()


def _lock_eye(deployment: Deployment) -> LockEye:
    from tui.operations.diagnosing.lock_look import LockEye

    return LockEye(deployment)


def _room(deployment: Deployment) -> Room:
    from tui.operations.diagnosing.room import look_at_room

    return look_at_room(deployment)
