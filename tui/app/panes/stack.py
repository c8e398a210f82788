"""The panes that were opened, one in sight."""

from __future__ import annotations

from dataclasses import dataclass

from textual.containers import Container
from textual.message import Message

from tui.app.panes import make_pane
from tui.app.panes.base import Pane


class PaneStack(Container):
    """Keeps every pane that was opened, so that coming back finds each cursor where it was."""

    DEFAULT_CSS = "PaneStack { height: 1fr; width: 1fr; }"

    @dataclass
    class Turned(Message):
        """Another pane is in sight."""

        number: int

    def __init__(self) -> None:
        super().__init__(make_pane(0))
        self.current = 0

    @property
    def pane(self) -> Pane:
        """The pane in sight."""
        return self.query_one(f"#pane-{self.current}", Pane)

    def on_mount(self) -> None:
        """Home is in sight at first, unless a key came before it could be drawn."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self.current == 0:
            self.pane.come()

    async def open(self, number: int, key: str = "") -> None:
        """Show a pane in full size, with the cursor on a thing."""
        # The pane that goes is not drawn once more while the other one comes.
        with self.app.batch_update():
            known = self.query(f"#pane-{number}").results(Pane)
            pane = next(iter(known), None)
            if pane is None:
                pane = make_pane(number)
                await self.mount(pane)
            if number != self.current:
                self.pane.display = False
                self.current = number
            self.post_message(self.Turned(number))
            pane.come(key)

    async def step_back(self) -> bool:
        """One step back: within the pane, then home; False when there is none."""
        if self.pane.back():
            return True
        if self.current == 0:
            return False
        await self.open(0)
        return True
