"""Which screen an operation has that migrates, or rehearses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.app.migration_verbs import MIGRATES
from tui.app.seen import Seen

if TYPE_CHECKING:
    from tui.app.screens.operation import OperationScreen
    from tui.app.screens.plan import PlanScreen
    from tui.core.models import Deployment

SHOWN = ("rehearse", "salvage")
"""Operations without a question whose page is shown at once all the same."""


def page_of(seen: Seen, deployment: Deployment, ident: str) -> OperationScreen:
    """The page that follows an operation; a rehearsal's turns into its report."""
    from tui.app.screens.operation import OperationScreen

    entries = [seen.running, *(seen.activity or ())]
    entry = next((e for e in entries if e is not None and e.id == ident), None)
    if entry.operation == "rehearse" if entry is not None else "-rehearse" in ident:
        from tui.app.screens.rehearsal_running import RehearsingScreen

        return RehearsingScreen(deployment, ident)
    if entry.operation == "salvage" if entry is not None else "-salvage" in ident:
        from tui.app.screens.salvage_result import SalvageScreen

        return SalvageScreen(deployment, ident)
    return OperationScreen(deployment, ident)


def plan_screen(operation: str) -> type[PlanScreen]:
    """Which kind of screen shows the plan of an operation."""
    if operation == "restore":
        from tui.app.screens.restore_plan import RestorePlanScreen

        return RestorePlanScreen
    if operation in MIGRATES:
        from tui.app.screens.migrating_plan import MigratingPlanScreen

        return MigratingPlanScreen
    from tui.app.screens.plan import PlanScreen

    return PlanScreen
