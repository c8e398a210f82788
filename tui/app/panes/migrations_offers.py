"""What the migrations pane leads to: the remedy of a finding, the choice of another image."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tui.app.seen import Seen
from tui.core.errors import McpdbError
from tui.core.models import ContainerRef, Deployment, MigrationFinding

if TYPE_CHECKING:
    from tui.app.app import McpdbApp
    from tui.app.panes.migrations import MigrationsPane
    from tui.services.migrations.images import LocalImage

NO_OTHER = "There is no other local image of this gateway; docker pull brings one."


def lead_to(app: McpdbApp, seen: Seen, finding: MigrationFinding) -> None:
    """Open the plan of what puts a finding right."""
    from tui.app import migrating, verbs
    from tui.app.panes.base import Pane

    timeline = seen.timeline
    target = str(finding.params.get("target") or "") or None
    match finding.operation:
        case "upgrade" if finding.params.get("leftovers"):
            migrating.open_repair(app, timeline, target)
        case "upgrade":
            migrating.open_upgrade(app, timeline, target)
        case "downgrade":
            migrating.open_downgrade(app, timeline, target)
        case "stamp":
            migrating.open_stamp(app, timeline, target)
        case "bootstrap":
            migrating.open_bootstrap(app, timeline, target)
        case "reset":
            migrating.open_reset(app, timeline, target)
        case "restore":
            app.post_message(Pane.Do(verbs.restore(str(finding.params.get("backup") or ""))))


async def ask_for_image(pane: MigrationsPane) -> None:
    """Offer the local images of the same kind, found in a thread."""
    seen = pane.seen
    if seen.deployment is None:
        return
    pane.say("looking for images …", "muted")
    own = seen.gateway.image_id if seen.gateway else ""
    try:
        found = await asyncio.to_thread(_images, seen.deployment, own)
    except McpdbError as error:
        pane.say(str(error), "danger")
        return
    if not found:
        pane.say(NO_OTHER, "attention")
        return
    pane.say("")
    from tui.app.screens.menu import Item

    items = [
        Item(f"take_image({image.id!r})", "", image.release or image.name, _hint(image))
        for image in found
    ]
    items.append(Item("take_image('')", "", "this one alone", "nothing beyond the gateway's own"))
    pane.post_message(pane.Offer("compare with another local image", items))


def _images(deployment: Deployment, own: str) -> tuple[LocalImage, ...]:
    from tui.services.migrations.images import local_images

    assert isinstance(deployment.gateway, ContainerRef)
    return local_images(
        deployment.gateway, own or deployment.image_id, deployment.migrations.package
    )


def _hint(image: LocalImage) -> str:
    read = "read before" if image.known else "read once in a one-off container, 1 to 2 s"
    return f"{image.name}; {read}" if image.release else read
