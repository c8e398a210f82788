"""What is to be rehearsed, before it is: image and target, and the words for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.app.migration_steps import action_for, has_leftovers, steps
from tui.app.rehearsal_reader import OWN, LocalImage, tag_of
from tui.core.models import ContainerRef, Deployment, MigrationAction, Revision, Timeline
from tui.wording import rehearsals
from tui.wording.quantities import plural


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen."""

    action: MigrationAction
    target: str
    image: str
    """Empty for the gateway's own."""
    leftovers: bool = False
    """Whether what a cut migration left is put right on the copy first."""


class Wish:
    """Image and target as they are being chosen."""

    def __init__(
        self, deployment: Deployment, timeline: Timeline | None, target: str = "", image: str = ""
    ) -> None:
        """Begin with what stands under the cursor.

        Args:
            deployment: Whose database.
            timeline: As it is shown.
            target: Where the rehearsal ends; the current revision or nothing means the newest.
            image: By name or id; empty for the gateway's own.
        """
        self.deployment, self.timeline = deployment, timeline
        own = LocalImage("", f"{tag_of(deployment.image)}, the gateway's own")
        self.images: tuple[LocalImage, ...] = (own if deployment.image else OWN,)
        self.image, self.target = image, target or "head"
        if timeline is None:
            self._add(image)
            return
        if target in ("", "head", *timeline.current, *timeline.heads):
            self.target = "head"
            if not image and not timeline.pending and timeline.ahead:
                # Its own image has nothing to run here: what can be rehearsed is the other one.
                self.image = timeline.ahead_image
        elif any(item.revision == target for item in timeline.ahead):
            self.image = image or timeline.ahead_image
            self.target = "head" if target in timeline.ahead_heads else target
        if self.is_ahead:
            label = timeline.ahead_release or tag_of(timeline.ahead_image)
            self.image = timeline.ahead_image
            self.images += (LocalImage(self.image, label, timeline.ahead_image_id),)
        else:
            self._add(self.image)

    def _add(self, image: str) -> None:
        if image and image not in (known.name for known in self.images):
            self.images += (LocalImage(image, tag_of(image)),)

    def know(self, images: Sequence[LocalImage]) -> None:
        """The local images were read."""
        if images:
            self.images = tuple(images)
        named = (known.name for known in self.images if known.id and known.id == self.image)
        self.image = next(named, self.image)
        self._add(self.image)

    def turn(self, step: int) -> None:
        """Choose another image."""
        names = [known.name for known in self.images]
        at = names.index(self.image) if self.image in names else 0
        self.image = names[(at + step) % len(names)]

    def aim(self, text: str) -> str:
        """Choose another target; returns why it cannot be that, empty when it can."""
        wanted = text.split()[0] if text.split() else "head"
        fitting = [item for item in self._known if item.revision.startswith(wanted)]
        exact = [item for item in fitting if item.revision == wanted] or fitting
        if wanted in ("head", "-1"):
            self.target = wanted
        elif len(exact) == 1:
            self.target = exact[0].revision
        elif self._known and not self.image:
            many = f"{len(fitting)} revisions begin with" if fitting else "No revision is"
            return f"{many} {wanted}."
        else:
            self.target = wanted
        return ""

    @property
    def choice(self) -> Choice:
        """What is chosen now."""
        return Choice(self.action, self.target, self.image, self.repairs)

    # --- what follows from it -------------------------------------------------------------

    @property
    def action(self) -> MigrationAction:
        """Up or down."""
        return action_for(self.timeline, self.target)

    @property
    def repairs(self) -> bool:
        """Whether a cut migration left something that would make the next one fail."""
        return has_leftovers(self.timeline) and self.action == "upgrade"

    @property
    def in_container(self) -> bool:
        """Whether an image runs it."""
        return isinstance(self.deployment.gateway, ContainerRef) or bool(self.image)

    @property
    def is_ahead(self) -> bool:
        """Whether the chosen image is the other one of the timeline."""
        timeline = self.timeline
        names = (timeline.ahead_image, timeline.ahead_image_id) if timeline is not None else ()
        return bool(self.image) and self.image in names

    @property
    def _known(self) -> tuple[Revision, ...]:
        timeline = self.timeline
        return (*timeline.ahead, *timeline.revisions) if timeline is not None else ()

    # --- words ----------------------------------------------------------------------------

    def question(self) -> tuple[str, str]:
        """The question, and why it cannot be done; empty when it can."""
        found = None
        if not self.image or self.is_ahead:
            found = steps(self.timeline, self.action, self.target, ahead=self.is_ahead)
        name = self.label().partition(",")[0]
        by = f"with {name}" if name == OWN.label else f"with image {name}"
        if not found:
            why = rehearsals.NOTHING if found is not None else ""
            return f"Rehearse the {self.action} {by}?", why
        way = " down" if self.action == "downgrade" else ""
        return f"Rehearse {plural(len(found), 'revision')}{way} {by}?", ""

    def effect(self) -> str:
        """`On a copy, no network, about 12 s. The gateway is not touched.`."""
        apart = "On a copy, no network" if self.in_container else "On a copy"
        return f"{apart}, {self._about()} The gateway is not touched."

    def _about(self) -> str:
        """`about 12 s.`, as a rehearsal with the same image took."""
        timeline, wanted = self.timeline, self.deployment.image_id
        if self.image:
            wanted = timeline.ahead_image_id if timeline is not None and self.is_ahead else "?"
        for report in timeline.rehearsals if timeline is not None else ():
            if report.image_id == wanted and report.action == self.action and report.ok:
                return f"about {max(1, round(sum(report.seconds.values())))} s."
        return "as long as the migrations take."

    def label(self) -> str:
        """What a person calls the chosen image."""
        return next((known.label for known in self.images if known.name == self.image), self.image)

    def aimed(self) -> str:
        """What a person calls the target."""
        if self.target == "-1":
            return "-1, one step down"
        if self.target != "head":
            found = next((item for item in self._known if item.revision == self.target), None)
            return f"{self.target}  {found.message}" if found is not None else self.target
        heads: Sequence[str] = ()
        if self.timeline is not None and self.is_ahead:
            heads = self.timeline.ahead_heads
        elif self.timeline is not None and not self.image:
            heads = self.timeline.heads
        return f"head, {heads[0]}" if len(heads) == 1 else "head of that image"

    @property
    def command(self) -> str:
        """The same as a command line."""
        from tui.operations.command import command_line

        words = ["--down"] if self.action == "downgrade" else []
        words += ["--to", self.target] if self.target not in ("head", "-1") else []
        words += ["--image", self.image] if self.image else []
        words += ["--repair"] if self.repairs else []
        return command_line(self.deployment, "migrations", "rehearse", *words)
