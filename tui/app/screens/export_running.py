"""Shows how far an export is, and stops it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from tui.app.exporting_thread import Exported, Exporter, Wrote
from tui.app.exporting_wish import ExportWish, progress_words
from tui.app.screens.frame import Choice, Dialog
from tui.app.screens.lines import MUTED, RUNNING, Lines, hanging, line, say, stack
from tui.app.seen import Seen
from tui.app.widgets.groups import HERE
from tui.wording.clean import one_line

LEAVING = 2.0
"""Seconds within which nothing half made is left when the program is left."""
REPLACED = "The database is being replaced; nothing was written. Export again when it is back."


class ExportRunning(Dialog[Exported]):
    """A box with rows and rate; returns how it ended."""

    DEFAULT_CSS = """
    ExportRunning {
        #buttons { height: 1; align-horizontal: right; }
    }
    """
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "C,escape,q,ctrl+c", "stop", "cancel", key_display="C Esc", id="exporting.stop",
            group=HERE, tooltip="stop; nothing is left of it",
        ),
    ]  # fmt: skip
    boxed = True

    def __init__(self, wish: ExportWish) -> None:
        """Begin when it is shown.

        Args:
            wish: What is exported, where to and how.
        """
        super().__init__()
        self._wish = wish
        self._wrote: Wrote | None = None
        self._is_aside = False
        """The live file is let go of: all that is wanted of it was copied aside."""
        self._stopping = False
        self._exporter = Exporter(wish, self)

    def compose_body(self) -> Iterable[Widget]:
        """Compose the box."""
        with (box := Vertical(classes="box")):
            box.border_title = say(f"Export {self._wish.what.title}")
            yield Lines(id="far")
            with Horizontal(id="buttons"):
                yield Choice("C  Cancel", id="cancel")

    def on_mount(self) -> None:
        """Begin."""
        self._exporter.start()
        self.watch(self.app, "seen", self._follow)
        self._draw()

    def on_unmount(self) -> None:
        """Leave nothing half made behind."""
        self._exporter.cancel()
        if self._exporter.is_alive():
            self._exporter.join(LEAVING)

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._draw()

    def _draw(self) -> None:
        width = min(self.app.size.width, 100) - 6
        rows = hanging(line(("now", MUTED)), self._far(), width, 9)
        rows += hanging(line(("to", MUTED)), say(str(self._wish.target.path)), width, 9)
        self.query_one("#far", Lines).content = stack(rows)

    def _far(self) -> Content:
        wrote, what = self._wrote, self._wish.what
        if self._stopping:
            return say("stopping …", RUNNING)
        if wrote is None or not wrote.table:
            for_ = f"  {wrote.seconds:.0f} s" if wrote is not None else ""
            return say(f"copying the rows aside, so that nobody waits …{for_}", RUNNING)
        total = None if what.is_folder else what.rows
        name = ""
        if what.is_folder:
            done = what.names.index(wrote.table) + 1 if wrote.table in what.names else 0
            name = f"{one_line(wrote.table)}, {done} of {len(what.names)} tables  "
        return say(f"{name}{progress_words(wrote.rows, total, wrote.seconds)}", RUNNING)

    @on(Wrote)
    def _went_on(self, message: Wrote) -> None:
        self._wrote = message
        self._is_aside = self._is_aside or bool(message.table and not self._wish.what.sql)
        self._draw()

    @on(Exported)
    def _ended(self, message: Exported) -> None:
        self.dismiss(message)

    def _follow(self, seen: Seen) -> None:
        """Whoever puts another file in its place does not wait for this."""
        is_live = self._wish.what.source == "live"
        if seen.released and is_live and not self._is_aside and not self._stopping:
            self._stopping = True
            self._exporter.cancel(REPLACED)
            self._draw()

    @on(Choice.Pressed, "#cancel")
    def action_stop(self) -> None:
        """Stop it."""
        self._stopping = True
        self._exporter.cancel()
        self._draw()
