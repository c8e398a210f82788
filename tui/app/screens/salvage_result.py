"""Follows a salvage; its result shows every table, and the keys lead on from there."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from tui.app import verbs
from tui.app.panes.base import Pane
from tui.app.screens.operation import OperationScreen
from tui.app.seen import Seen
from tui.app.widgets.groups import ASKS, HERE

_ON = ("look", "export", "restore_it", "bring")
"""What can be done once there is a file."""


class SalvageScreen(OperationScreen):
    """The page of a salvage."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "v", "look", "look into it", id="salvage.look", group=HERE,
            tooltip="its tables and rows in 1 Tables; read-only; x there exports them",
        ),
        Binding(
            "B", "restore_it", "restore…", id="salvage.restore", group=ASKS,
            tooltip="put this suspect file in place of the live database; types the name",
        ),
        Binding(
            "x", "export", "export…", id="salvage.export", group=HERE,
            tooltip="write all its tables out, a file each",
        ),
        Binding(
            "T", "bring", "tables or rows…", id="salvage.bring", group=ASKS,
            tooltip="bring tables or rows of it back into the live database; types the name",
        ),
    ]  # fmt: skip

    @property
    def made(self) -> str:
        """Id of the new file; empty until there is one."""
        entry = self.entry
        return str(entry.result.get("backup") or "") if entry is not None and self.ended else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The ways on are there once the file is."""
        if action not in _ON:
            return super().check_action(action, parameters)
        if not self.made:
            return False
        return None if self._why_not(action) else True

    def _why_not(self, action: str) -> str:
        seen: Seen | None = getattr(self.app, "seen", None)
        if seen is None or action not in ("restore_it", "bring"):
            return ""
        verb = "B restore…" if action == "restore_it" else "T tables or rows…"
        return verbs.why_not_replace(seen, verb)

    def on_key(self, event: events.Key) -> None:
        """A greyed key says why."""
        active = self.active_bindings.get(event.key)
        if active is not None and not active.enabled and active.binding.action in _ON:
            self.tell(self._why_not(active.binding.action), attention=True)
        else:
            super().on_key(event)

    def action_look(self) -> None:
        """Open it in the table browser."""
        self._leave_for(Pane.Browse(self.made))

    def action_restore_it(self) -> None:
        """Leave, and show the plan of a restore from it."""
        self._leave_for(Pane.Do(verbs.restore(self.made)))

    def action_bring(self) -> None:
        """Leave, and show what it has that live has not."""
        self._leave_for(Pane.Compare(self.made, bring=True))

    def action_export(self) -> None:
        """Ask how and where to, for all its tables."""
        from tui.app.exporting import open_export
        from tui.app.exporting_wish import What
        from tui.operations.reads.exporting import Wanted

        entry = self.entry
        tables = entry.result["salvaged"]["tables"] if entry is not None else ()
        wanted = tuple(
            Wanted(name=str(table["name"])) for table in tables if not table.get("problem")
        )
        ident = self.made
        self.dismiss(None)
        open_export(self.app, What(source=ident, wanted=wanted))  # type: ignore[arg-type]

    def _leave_for(self, message: Pane.Browse | Pane.Do | Pane.Compare) -> None:
        self.dismiss(None)
        self.app.post_message(message)
