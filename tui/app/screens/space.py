"""Disk space: what is free, what waits for room, and what gives space back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import BOLD, MUTED, Lines, hanging, line, say, signed, stack
from tui.app.widgets.groups import ASKS, HERE
from tui.core.verdict import Verdict
from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size, plural, size

if TYPE_CHECKING:
    from tui.operations.diagnosing.room import Gain, Room

_KEYS = {"prune": "P", "guide": "G", "logs": "L", "vacuum": "V"}
_WHAT = {
    "prune": ("prune by your policy", "shows which, then asks"),
    "guide": ("files of the guide's script", "unverified: t first"),
    "logs": ("rotate logs", "packs what is a day old"),
    "vacuum": ("VACUUM", "asks"),
}
_TITLES, _AMOUNTS = 28, 20
"""Columns of what gives space, and of how much."""


class SpaceScreen(Dialog[str]):
    """Returns what was chosen: `prune`, `guide`, `logs`, `vacuum`, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "choose", "first", key_display="Enter", id="space.first", group=HERE,
            tooltip="what stands first; it asks before anything goes",
        ),
        Binding(
            "P", "choose('prune')", "prune…", id="space.prune", group=ASKS,
            tooltip="what no rule of retention keeps: shows which; types the name",
        ),
        Binding(
            "G", "choose('guide')", "files…", id="space.guide", group=ASKS,
            tooltip="what the guide's script made and nobody adopted; types the name",
        ),
        Binding(
            "L", "choose('logs')", "logs…", id="space.logs", group=ASKS,
            tooltip="pack the gateway's own old log files, remove the oldest",
        ),
        Binding(
            "V", "choose('vacuum')", "VACUUM…", id="space.vacuum", group=ASKS,
            tooltip="write the database anew without its unused pages",
        ),
        Binding(
            "escape,q", "leave", "back", key_display="Esc", id="space.back", group=HERE,
            tooltip="nothing is removed",
        ),
    ]  # fmt: skip

    def __init__(self, room: Room, why_not: str = "") -> None:
        """Tell of the room.

        Args:
            room: As it was looked at.
            why_not: Why nothing may be changed now; empty when it may.
        """
        super().__init__()
        self._room, self._why_not = room, why_not

    def title_row(self) -> TitleRow:
        """Row 3."""
        return TitleRow(line(" ", ("Disk space", BOLD)))

    def compose_body(self) -> Iterable[Widget]:
        """Compose the page."""
        yield Lines(id="what")

    def on_mount(self) -> None:
        """Say why nothing can be done, where that is so."""
        if self._why_not:
            self.tell(self._why_not, attention=True)

    def on_resize(self) -> None:
        """Write for the new width."""
        self.query_one("#what", Lines).content = stack(self._rows(self.size.width))

    def _rows(self, width: int) -> list[Content]:
        room = self._room
        verdict = Verdict.OK if room.is_enough else Verdict.WARN
        head = signed(verdict)
        rows = hanging(line(" ", head, "  "), say(_headline(room), BOLD), width - 1,
                       head.cell_length + 3)  # fmt: skip
        if room.problem:
            rows += hanging(" ", say(room.problem, MUTED), width - 1, 1)
        rows.append(Content(""))
        if not room.gains:
            text = "Nothing of ours gives space back: no rule of retention gives a backup up."
            return [*rows, *hanging(" ", text, width - 1, 1)]
        rows.append(say(" Gives space back:", BOLD))
        first = self._first
        for gain in room.gains:
            rows += _gain_rows(gain, width, first=gain is first)
        return rows

    @property
    def _first(self) -> Gain | None:
        return next((gain for gain in self._room.gains if self._may(gain)), None)

    def _may(self, gain: Gain) -> bool:
        return gain.known and not self._why_not and gain.needs <= self._room.free

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what gives anything is offered; greyed where it cannot be done."""
        if action != "choose":
            return True
        if not parameters:
            return self._first is not None
        gain = next((one for one in self._room.gains if one.name == parameters[0]), None)
        if gain is None or not gain.known:
            return False
        return True if self._may(gain) else None

    def action_choose(self, name: str = "") -> None:
        """Go on to the plan of it."""
        chosen = name or (self._first.name if self._first is not None else "")
        self.dismiss(chosen)

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss("")


def _headline(room: Room) -> str:
    """`390M free on /srv. A backup needs 454M, a restore 463M: both wait.`."""
    free = f"{narrow_size(room.free, 'down')} free in {one_line(str(room.folder))}."
    backup, restore = narrow_size(room.backup, "up"), narrow_size(room.restore, "up")
    waits = [room.backup > room.free, room.restore > room.free]
    if all(waits):
        end = "both wait"
    elif any(waits):
        end = "a backup waits" if waits[0] else "a restore waits"
    else:
        end = "there is room for both"
    return f"{free} A backup needs {backup}, a restore {restore}: {end}."


def _gain_rows(gain: Gain, width: int, *, first: bool) -> list[Content]:
    title, note = _WHAT[gain.name]
    many = f"{plural(gain.number, 'file' if gain.name != 'prune' else 'backup')}, "
    amount = f"{many if gain.number else ''}{size(gain.size)}"
    if gain.needs:
        note = f"needs {narrow_size(gain.needs, 'up')} while it runs"
    key = _KEYS[gain.name] if gain.known else " "
    head = line(" ", "▸" if first else " ", (f" {key}  ", BOLD), (f"{title:<{_TITLES}}", BOLD),
                f"{amount:<{_AMOUNTS}}")  # fmt: skip
    return hanging(head, say(note, MUTED), width - 1, head.cell_length)
