"""The plan of an operation that migrates, from which one goes over to a rehearsal."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType

from tui.app.screens.frame import TitleRow
from tui.app.screens.lines import BOLD, MUTED, line, say
from tui.app.screens.plan import PlanScreen
from tui.app.widgets.groups import HERE
from tui.wording.plans import headline

if TYPE_CHECKING:
    from tui.app.app import McpdbApp


class MigratingPlanScreen(PlanScreen):
    """A plan that can be left for a rehearsal of the same."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r", "rehearse", "rehearse…", id="plan.rehearse", group=HERE,
            tooltip="leave, and rehearse on a copy; nothing is changed by that",
        ),
    ]  # fmt: skip

    def title_row(self) -> TitleRow:
        """What would be done, and that nothing has happened."""
        name, title = headline(self.plan)
        words = line(" ", (f"{name}  {title}", BOLD))
        return TitleRow(words, say("nothing has changed yet ", MUTED))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only up and down can be rehearsed by themselves."""
        if action == "rehearse":
            return self.plan.operation in ("upgrade", "downgrade")
        return super().check_action(action, parameters)

    def action_rehearse(self) -> None:
        """Leave; nothing was changed. Go over to the rehearsal."""
        from tui.app.migrating import rehearse_plan

        self.dismiss(False)
        rehearse_plan(cast("McpdbApp", self.app), self.plan)
