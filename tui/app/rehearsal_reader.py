"""Reads reports of rehearsals and the local images; each blocks and imports late, for threads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tui.core.models import ContainerRef, Deployment

if TYPE_CHECKING:
    from tui.core.models import Rehearsal
    from tui.wording.rehearsal_facts import Fact


@dataclass(frozen=True, slots=True)
class Kept:
    """A report that is kept, and what the gateway's stop and start took here the last time."""

    report: Rehearsal
    stop: float | None = None
    """Seconds; None when it was never stopped here."""
    start: float | None = None


@dataclass(frozen=True, slots=True)
class LocalImage:
    """A local image of the gateway."""

    name: str
    """What an operation takes: empty for the gateway's own."""
    label: str
    """What a person calls it."""
    id: str = ""
    """Empty where it is not known, or of no use."""


OWN = LocalImage("", "the gateway's own code")


def load(deployment: Deployment, ident: str) -> Kept:
    """Read one report.

    Raises:
        McpdbError: There is none of that id, or it cannot be read.
    """
    from tui.operations.restoring.times import last_seconds
    from tui.operations.timelines import rehearsals

    report = rehearsals.load(deployment, ident)
    return Kept(report, last_seconds(deployment, "stop"), last_seconds(deployment, "start"))


def listed(deployment: Deployment) -> tuple[Rehearsal, ...]:
    """The reports that are kept, newest first.

    Raises:
        McpdbError: They cannot be read.
    """
    from tui.operations.timelines import rehearsals

    return rehearsals.listed(deployment)


def images(deployment: Deployment) -> tuple[LocalImage, ...]:
    """The gateway's own image first, then the other local ones of the same name, newest first.

    Raises:
        McpdbError: The engine does not answer.
    """
    ref = deployment.gateway
    if not isinstance(ref, ContainerRef):
        return (OWN,)
    from tui.services.migrations.images import local_images

    label = f"{tag_of(deployment.image)}, the gateway's own" if deployment.image else OWN.label
    others = local_images(ref, deployment.image_id, deployment.migrations.package)
    return (
        LocalImage("", label),
        *(
            LocalImage(image.name, image.release or tag_of(image.name), image.id)
            for image in others
        ),
    )


def save(path: Path, report: Rehearsal, facts: list[Fact]) -> None:
    """Write a report into a new file: JSON where its name ends so, otherwise text.

    Raises:
        McpdbError: It cannot be written, or there is a file of that name.
    """
    from tui.services import files
    from tui.wording.rehearsal_facts import as_text

    if path.suffix.lower() == ".json":
        text = json.dumps({"ok": report.ok, **asdict(report)}, indent=2, default=str) + "\n"
    else:
        text = as_text(report, facts)
    files.write_new(path, [text.encode()])


def tag_of(image: str) -> str:
    """`1.0.7` of `ghcr.io/ibm/mcp-context-forge:1.0.7`."""
    name, colon, tag = image.rpartition(":")
    return tag if colon and "/" not in tag else (name or image)
