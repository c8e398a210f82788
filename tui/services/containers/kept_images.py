"""Keeping a deployment's former image from being pruned while an upgrade can be undone.

It gets a name of ours, `mcpdb-tui/kept:PROJECT-ID` (the image's first 12 characters), which the
next switch of the same deployment takes away again. `docker image prune` leaves images that have
a name alone.
"""

from __future__ import annotations

import re

from tui.core.errors import DockerError, NotFoundError
from tui.services.containers.engine import Engine
from tui.services.containers.engine_errors import translated

REPOSITORY = "mcpdb-tui/kept"
_SECONDS = 60.0


def name(project: str, image_id: str) -> str:
    """The name that keeps an image.

    Args:
        project: The Compose project.
        image_id: The image.
    """
    slug = re.sub(r"[^A-Za-z0-9_.-]", "-", project).lstrip(".-")[:100]
    return f"{REPOSITORY}:{slug or 'gateway'}-{_short(image_id)}"


def _short(image_id: str) -> str:
    return image_id.removeprefix("sha256:")[:12]


def keep(engine: Engine, project: str, image_id: str) -> None:
    """Give an image the name that keeps it, and take away that of the project's earlier ones.

    Args:
        engine: Whose image.
        project: The Compose project.
        image_id: The image; one that is gone is no error, it cannot be kept.

    Raises:
        DockerError: The engine does not answer.
    """
    wanted = name(project, image_id)
    try:
        tags = list(engine.image(image_id).get("RepoTags") or [])
    except NotFoundError:
        return
    if wanted not in tags:
        repository, _, tag = wanted.partition(":")
        api = engine.api()
        with translated(engine.host, engine.timeout, image_id):
            api.tag(image_id, repository, tag)


def forget(engine: Engine, project: str, besides: tuple[str, ...]) -> list[str]:
    """Take the names away that kept images of a project; what nobody else names goes with it.

    Args:
        engine: Whose images.
        project: The Compose project.
        besides: Ids of images that stay kept.

    Returns:
        The names that were taken away.

    Raises:
        DockerError: The engine does not answer.
    """
    stay = {name(project, image_id) for image_id in besides}
    start = name(project, "")
    gone = []
    for image in engine.images():
        for tag in image.get("RepoTags") or []:
            rest = tag.removeprefix(start)
            if rest == tag or tag in stay or not re.fullmatch("[0-9a-f]{12}", rest):
                continue
            api = engine.api()
            try:
                with translated(engine.host, _SECONDS, tag):
                    api.remove_image(tag, noprune=True)
                gone.append(tag)
            except (DockerError, NotFoundError):
                continue  # a container still uses it, or it went meanwhile
    return gone


def usable_name(engine: Engine, project: str, image_id: str, told: str) -> str:
    """A name that means this image on this host: its own while it still does, else ours.

    Args:
        engine: Whose image.
        project: The Compose project.
        image_id: The image.
        told: The name that it had.

    Raises:
        DockerError: The engine does not answer.
    """
    try:
        if told and str(engine.image(told)["Id"]) == image_id:
            return told
    except NotFoundError:
        pass
    keep(engine, project, image_id)
    return name(project, image_id)
