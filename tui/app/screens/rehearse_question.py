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
from tui.app.migration_steps import action_for, steps
from tui.app.rehearsal_reader import OWN, LocalImage
from tui.app.screens.frame import Choice as Button
from tui.app.screens.frame import Dialog
from tui.app.screens.lines import BOLD, MUTED, Lines, hanging, line, say, stack
from tui.app.screens.operation_calls import in_thread
from tui.app.widgets.groups import HERE
from tui.core.errors import McpdbError
from tui.core.models import ContainerRef, Deployment, MigrationAction, Timeline
from tui.wording import rehearsals
from tui.wording.clean import one_line
from tui.wording.quantities import plural, prose

ReadImages: TypeAlias = Callable[[Deployment], Sequence[LocalImage]]
_INDENT = 9


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be rehearsed."""

    action: MigrationAction
    target: str
    image: str
    """Empty for the gateway's own."""


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
        self._deployment, self._timeline = deployment, timeline
        self._read = images
        own = LocalImage("", f"{rehearsal_reader.tag_of(deployment.image)}, the gateway's own")
        self._images: tuple[LocalImage, ...] = (own if deployment.image else OWN,)
        self._image = image
        self._target = target or "head"
        found = self._find(target)
        if timeline is not None and target in (*timeline.current, *timeline.heads):
            self._target = "head"
        elif found == "ahead" and timeline is not None:
            self._image = image or timeline.ahead_image
            self._target = "head" if target in timeline.ahead_heads else target
        if timeline is not None and self._image and self._is_ahead:
            self._image = timeline.ahead_image
            label = timeline.ahead_release or rehearsal_reader.tag_of(self._image)
            self._images += (LocalImage(self._image, label, timeline.ahead_image_id),)
        elif self._image:
            self._images += (LocalImage(self._image, rehearsal_reader.tag_of(self._image)),)

    def _find(self, revision: str) -> str:
        """State of a revision; empty when nobody knows it."""
        timeline = self._timeline
        known = (*timeline.ahead, *timeline.revisions) if timeline is not None else ()
        return next((item.state for item in known if item.revision == revision), "")

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
        title, why = self._title()
        box = self.query_one(".box", Vertical)
        box.border_title = say(title)
        width = min(self.app.size.width, 100) - 6
        apart = "On a copy, no network" if self._in_container else "On a copy"
        said = why or f"{apart}, {self._about()} The gateway is not touched."
        rows = hanging(Content(""), say(said), width, 0)
        more = f"i another ({len(self._images)} here)" if len(self._images) > 1 else ""
        if self._in_container:
            rows += self._row("image", self._label(self._image), more, width)
        rows += self._row("target", self._target_words(), "t another", width)
        rows += hanging(line(("by hand", MUTED)), say(self._command, BOLD), width, _INDENT)
        self.query_one("#asked", Lines).content = stack(rows)
        self.query_one("#confirm", Button).disabled = bool(why)
        self.refresh_bindings()

    def _row(self, label: str, value: str, key: str, width: int) -> list[Content]:
        room = width - _INDENT - len(key) - 3
        told = line((prose(one_line(value), room), BOLD), (f"   {key}" if key else "", MUTED))
        return hanging(line((label, MUTED)), told, width, _INDENT)

    @property
    def _action(self) -> MigrationAction:
        return action_for(self._timeline, self._target)

    @property
    def _in_container(self) -> bool:
        return isinstance(self._deployment.gateway, ContainerRef) or bool(self._image)

    @property
    def _is_ahead(self) -> bool:
        """Whether the chosen image is the other one of the timeline."""
        timeline = self._timeline
        return (
            timeline is not None
            and bool(self._image)
            and self._image in (timeline.ahead_image, timeline.ahead_image_id)
        )

    def _title(self) -> tuple[str, str]:
        """The question, and why it cannot be done; empty when it can."""
        found = None
        if not self._image or self._is_ahead:
            found = steps(self._timeline, self._action, self._target, ahead=self._is_ahead)
        image = self._label(self._image)
        name = image.partition(",")[0]
        by = f"with {name}" if name == OWN.label else f"with image {name}"
        down = "the downgrade" if self._action == "downgrade" else "the upgrade"
        if found is None:
            return f"Rehearse {down} {by}?", ""
        if not found:
            return f"Rehearse {down} {by}?", rehearsals.NOTHING
        way = " down" if self._action == "downgrade" else ""
        return f"Rehearse {plural(len(found), 'revision')}{way} {by}?", ""

    def _about(self) -> str:
        """`about 12 s.`, as a rehearsal with the same image took."""
        reports = self._timeline.rehearsals if self._timeline is not None else ()
        wanted = self._deployment.image_id
        if self._image:
            wanted = self._timeline.ahead_image_id if self._is_ahead and self._timeline else "?"
        for report in reports:
            if report.image_id == wanted and report.action == self._action and report.ok:
                return f"about {max(1, round(sum(report.seconds.values())))} s."
        return "as long as the migrations take."

    def _label(self, name: str) -> str:
        return next((image.label for image in self._images if image.name == name), name)

    def _target_words(self) -> str:
        timeline = self._timeline
        if self._target == "-1":
            return "-1, one step down"
        if self._target != "head":
            known = (*timeline.ahead, *timeline.revisions) if timeline is not None else ()
            found = next((item for item in known if item.revision == self._target), None)
            return f"{self._target}  {found.message}" if found is not None else self._target
        heads: Sequence[str] = ()
        if timeline is not None and self._is_ahead:
            heads = timeline.ahead_heads
        elif timeline is not None and not self._image:
            heads = timeline.heads
        return f"head, {heads[0]}" if len(heads) == 1 else "head of that image"

    @property
    def _command(self) -> str:
        from tui.operations.command import command_line

        words = ["--down"] if self._action == "downgrade" else []
        if self._target not in ("head", "-1"):
            words += ["--to", self._target]
        if self._image:
            words += ["--image", self._image]
        return command_line(self._deployment, "migrations", "rehearse", *words)

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
        known = tuple(message.images)
        self._image = next((i.name for i in known if i.id and i.id == self._image), self._image)
        if self._image and self._image not in (image.name for image in known):
            label = rehearsal_reader.tag_of(self._image)
            known += (LocalImage(self._image, label),)
        self._images = known or self._images
        self._draw()

    # --- keys -----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Another image only where there is one; nothing to rehearse is no rehearsal."""
        if action == "image":
            return len(self._images) > 1
        if action == "yes" and self.is_mounted:
            return None if self._title()[1] else True
        return True

    def action_image(self, step: int) -> None:
        """Another image."""
        names = [image.name for image in self._images]
        at = names.index(self._image) if self._image in names else 0
        self._image = names[(at + step) % len(names)]
        self._draw()

    def action_target(self) -> None:
        """Another target."""
        from tui.app.screens.one_line import OneLine

        hint = "head, a revision, or -1 for one step down; it goes up or down to it"
        self.app.push_screen(OneLine("Target of the rehearsal", self._target, hint), self._aim)

    def _aim(self, text: str | None) -> None:
        if text is None:
            return
        wanted = text.split()[0] if text.split() else "head"
        timeline = self._timeline
        known = (*timeline.ahead, *timeline.revisions) if timeline is not None else ()
        fitting = [item for item in known if item.revision.startswith(wanted)]
        exact = [item for item in fitting if item.revision == wanted]
        if wanted in ("head", "-1"):
            self._target = wanted
        elif len(exact or fitting) == 1:
            self._target = (exact or fitting)[0].revision
        elif known and not self._image:
            many = f"{len(fitting)} revisions begin with" if fitting else "No revision is"
            self.tell(f"{many} {wanted}.", attention=True)
            return
        else:
            self._target = wanted
        self._draw()

    @on(Button.Pressed, "#confirm")
    def action_yes(self) -> None:
        """Return what was chosen."""
        self.dismiss(Choice(self._action, self._target, self._image))

    @on(Button.Pressed, "#cancel")
    def action_no(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """Copy the command."""
        self.copy(self._command, "the command")
