"""The panes: one small module each, imported when the pane is opened for the first time."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from tui.app.widgets.tabs import Tab

if TYPE_CHECKING:
    from tui.app.panes.base import Pane


@dataclass(frozen=True, slots=True)
class PaneEntry:
    """What is known of a pane before it is opened."""

    number: int
    title: str
    module: str
    name: str
    help: str

    @property
    def tab(self) -> Tab:
        """Its place in the tab bar."""
        return Tab(self.number, self.title)


PANES = (
    PaneEntry(0, "Home", "home", "HomePane", "home: the first lines of four panes"),
    PaneEntry(1, "Tables", "tables", "TablesPane", "tables, row counts, rows"),
    PaneEntry(2, "Backups", "backups", "BackupsPane", "the catalogue of backups"),
    PaneEntry(3, "Migrations", "migrations", "MigrationsPane", "the timeline of revisions"),
    PaneEntry(4, "Activity", "activity", "ActivityPane", "who did what, and how it ended"),
    PaneEntry(5, "Logs", "logs", "LogsPane", "the gateway's log, live"),
    PaneEntry(6, "Doctor", "doctor", "DoctorPane", "every check, worst first, and its fix"),
    PaneEntry(7, "Maintenance", "maintenance", "MaintenancePane", "routine, statistics, tuning"),
    PaneEntry(8, "SQL", "sql", "SqlPane", "one SELECT on live or on an opened backup"),
    PaneEntry(9, "Gateway", "gateway", "GatewayPane", "its state; start, stop, restart"),
)
"""Only panes that exist have a tab."""


def make_pane(number: int) -> Pane:
    """Import and make a pane.

    Raises:
        StopIteration: There is no such pane.
    """
    entry = next(pane for pane in PANES if pane.number == number)
    kind = getattr(import_module(f"tui.app.panes.{entry.module}"), entry.name)
    return cast("Pane", kind(id=f"pane-{number}"))
