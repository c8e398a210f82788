"""Asks which image and which target a rehearsal is for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui.app import rehearsal_reader
from tui.app.rehearsal_reader import LocalImage
from tui.app.rehearse_wish import Choice, Wish
from tui.app.screens.frame import Choice as Button
from tui.app.screens.frame import Dialog
from tui.app.screens.lines import BOLD, MUTED, Lines, hanging, line, say, stack
from tui.app.screens.operation_calls import in_thread
from tui.app.widgets.groups import HERE
from tui.core.errors import McpdbError
from tui.core.models import Deployment, Timeline
from tui.wording.clean import one_line
from tui.wording.quantities import prose

ReadImages: TypeAlias = Callable[[Deployment], Sequence[LocalImage]]
_INDENT = 9


class RehearseQuestion(Dialog[Choice | None]):
    """A box with image and target; returns what was chosen, None when it is left."""

    DEFAULT_CSS = """
    RehearseQuestion {
        #buttons { height: 1; align-horizontal: right; }
        Choice { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "y", "yes", "rehearse", id="rehearse.yes", group=HERE,
            tooltip="on a copy; the gateway is not touched",
        ),
        Binding(
            "n,escape,q", "no", "cancel", key_display="n Esc", id="rehearse.no", group=HERE,
            tooltip="nothing is done",
        ),
        Binding(
            "i", "image(1)", "image", id="rehearse.image", group=HERE,
            tooltip="another local image of the gateway",
        ),
        Binding("I", "image(-1)", "image before", show=False, id="rehearse.image_back", group=HERE),
        Binding(
            "t", "target", "target…", id="rehearse.target", group=HERE,
            tooltip="head, a revision, or -1 for one step down",
        ),
        Binding(
            "tab,right", "app.focus_next", "other button", show=False, key_display="Tab",
            id="rehearse.next", group=HERE, tooltip="Enter does what is highlighted",
        ),
        Binding("left", "app.focus_previous", show=False, id="rehearse.previous", group=HERE),
        Binding(
            "c", "copy", "copy the command", id="rehearse.copy", group=HERE,
            tooltip="copy the command (OSC 52)",
        ),
    ]  # fmt: skip
    boxed = True

    @dataclass
    class Images(Message):
        """The local images are known, or why not."""

        images: Sequence[LocalImage]
        problem: str = ""

    def __init__(
        self,
        deployment: Deployment,
        timeline: Timeline | None,
        *,
        target: str = "",
        image: str = "",
        images: ReadImages = rehearsal_reader.images,
    ) -> None:
        """Ask.

        Args:
            deployment: Whose database.
            timeline: As it is shown.
            target: Where the rehearsal ends; the current revision or nothing means the newest.
            image: The image that is chosen first, by name or id; empty for the gateway's own.
            images: Reads the local images, in a thread.
        """
        super().__init__()
        self._deployment, self._read = deployment, images
        self.wish = Wish(deployment, timeline, target, image)

    # --- drawing --------------------------------------------------------------------------

    def compose_body(self) -> Iterable[Widget]:
        """Compose the box."""
        with Vertical(classes="box"):
            yield Lines(id="asked")
            with Horizontal(id="buttons"):
                yield Button("n  Cancel", id="cancel")
                yield Button("y  Rehearse", id="confirm")

    def on_mount(self) -> None:
        """Ask for the images, and show what is known."""
        in_thread(self._read_images)
        self._draw()

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._draw()

    def _draw(self) -> None:
        wish, images = self.wish, len(self.wish.images)
        title, why = wish.question()
        self.query_one(".box", Vertical).border_title = say(title)
        width = min(self.app.size.width, 100) - 6
        rows = hanging(Content(""), say(why or wish.effect()), width, 0)
        if wish.in_container:
            more = f"i another ({images} here)" if images > 1 else ""
            rows += _row("image", wish.label(), more, width)
        rows += _row("target", wish.aimed(), "t another", width)
        if wish.repairs:
            words = "on the copy first: what a cut migration left behind"
            rows += hanging(line(("repairs", MUTED)), say(words), width, _INDENT)
        rows += hanging(line(("by hand", MUTED)), say(wish.command, BOLD), width, _INDENT)
        self.query_one("#asked", Lines).content = stack(rows)
        self.query_one("#confirm", Button).disabled = bool(why)
        self.refresh_bindings()

    # --- images ---------------------------------------------------------------------------

    def _read_images(self) -> None:
        try:
            self.post_message(self.Images(self._read(self._deployment)))
        except McpdbError as error:
            self.post_message(self.Images((), str(error)))

    @on(Images)
    def _show_images(self, message: Images) -> None:
        if message.problem:
            self.tell(message.problem, attention=True)
            return
        self.wish.know(message.images)
        self._draw()

    # --- keys -----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Another image only where there is one; nothing to rehearse is no rehearsal."""
        if action == "image":
            return len(self.wish.images) > 1
        if action == "yes" and self.is_mounted:
            return None if self.wish.question()[1] else True
        return True

    def action_image(self, step: int) -> None:
        """Another image."""
        self.wish.turn(step)
        self._draw()

    def action_target(self) -> None:
        """Another target."""
        from tui.app.screens.one_line import OneLine

        hint = "head, a revision, or -1 for one step down; it goes up or down to it"
        self.app.push_screen(OneLine("Target of the rehearsal", self.wish.target, hint), self._aim)

    def _aim(self, text: str | None) -> None:
        if text is None:
            return
        if why := self.wish.aim(text):
            self.tell(why, attention=True)
        self._draw()

    @on(Button.Pressed, "#confirm")
    def action_yes(self) -> None:
        """Return what was chosen."""
        self.dismiss(self.wish.choice)

    @on(Button.Pressed, "#cancel")
    def action_no(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """Copy the command."""
        self.copy(self.wish.command, "the command")


def _row(label: str, value: str, key: str, width: int) -> list[Content]:
    """Label, value, and the key that changes it."""
    room = width - _INDENT - len(key) - 3
    told = line((prose(one_line(value), room), BOLD), (f"   {key}" if key else "", MUTED))
    return hanging(line((label, MUTED)), told, width, _INDENT)
