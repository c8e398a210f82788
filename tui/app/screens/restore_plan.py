"""The plan of a restore, from which one goes over to a gentler way."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.app.panes.base import Pane
from tui.app.screens.plan import PlanScreen
from tui.app.widgets.groups import ASKS, HERE


class RestorePlanScreen(PlanScreen):
    """A plan that can be left for what differs, or for bringing back a part of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "T", "instead(True)", "tables, rows…", id="plan.bring_back", group=ASKS,
            tooltip="bring back chosen tables or rows instead: nothing is lost by that",
        ),
        Binding(
            "c", "instead(False)", "compare", show=False, id="plan.compare", group=HERE,
            tooltip="what differs between this backup and live",
        ),
    ]  # fmt: skip

    @property
    def _backup(self) -> str:
        return str((self.plan.facts.get("from") or {}).get("id") or "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A backup without an id cannot be named to another page."""
        if action == "instead":
            return bool(self._backup)
        return super().check_action(action, parameters)

    def action_instead(self, bring: bool) -> None:
        """Leave; nothing was changed. Go over to the other page."""
        self.dismiss(False)
        self.app.post_message(Pane.Compare(self._backup, bring=bring))
