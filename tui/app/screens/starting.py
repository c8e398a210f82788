"""What stands on the screen while the process of an operation is being started."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import BOLD, line
from tui.app.widgets.groups import HERE
from tui.wording.clean import one_line


class StartingScreen(Dialog[None]):
    """A page without a verb: what was agreed to begins, and nothing else can be asked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # It goes away by itself; until then the app's own keys must not reach it.
        Binding("q,escape,ctrl+c", "wait", "", show=False, id="starting.wait", group=HERE),
    ]

    def __init__(self, operation: str) -> None:
        """Say what is being started.

        Args:
            operation: Its name: `upgrade`.
        """
        super().__init__()
        self._words = f"starting the {one_line(operation)}…"
        self._over = False

    def title_row(self) -> TitleRow:
        """Row 3."""
        return TitleRow(line(" ", (self._words, BOLD)))

    def over(self) -> None:
        """Go away, at once or as soon as this page is in sight again."""
        self._over = True
        if self.is_current:
            self.dismiss(None)

    def on_screen_resume(self) -> None:
        """What stood above this page is gone."""
        if self._over:
            self.dismiss(None)

    def action_wait(self) -> None:
        """Say what one is waiting for."""
        self.tell(self._words)
