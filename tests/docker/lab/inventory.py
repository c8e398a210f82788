"""What deployments there are in the engine, and the clearing away of forgotten ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from docker.errors import NotFound
from docker.models.containers import Container

from .engine import Engine, engine
from .folder import LABEL, LABEL_OWNER


@dataclass(frozen=True)
class Found:
    """A deployment's container in the engine.

    Attributes:
        name: The deployment's name.
        image: Its image.
        state: Docker's word for its state, such as `running`.
        folder: Its folder.
    """

    name: str
    image: str
    state: str
    folder: Path


def deployments(used: Engine | None = None) -> list[Found]:
    """List the deployments that have a container, running or not.

    Args:
        used: The engine; by default the one that answers.

    Raises:
        LabError: No engine answers.
    """
    client = (used or engine(start=False)).docker_py()
    try:
        containers = client.containers.list(all=True, ignore_removed=True, filters={"label": LABEL})
        found = [
            Found(
                name=container.labels[LABEL],
                image=str(container.attrs["Config"]["Image"]),
                state=container.status,
                folder=Path(container.labels.get("com.docker.compose.project.working_dir", "")),
            )
            for container in containers
        ]
        return sorted(found, key=lambda one: one.name)
    finally:
        client.close()


def sweep(used: Engine | None = None, *, everything: bool = False) -> list[str]:
    """Remove the containers of deployments whose test run is gone; folders stay.

    Args:
        used: The engine; by default the one that answers.
        everything: Whether those of living test runs and those made by hand go too.

    Returns:
        The names of the deployments that were cleared away.

    Raises:
        LabError: No engine answers.
    """
    client = (used or engine(start=False)).docker_py()
    try:
        swept = []
        for container in client.containers.list(
            all=True, ignore_removed=True, filters={"label": LABEL}
        ):
            if everything or _forgotten(container):
                try:
                    container.remove(force=True, v=True)
                except NotFound:
                    continue
                swept.append(container.labels[LABEL])
        return sorted(swept)
    finally:
        client.close()


def _forgotten(container: Container) -> bool:
    owner = int(container.labels.get(LABEL_OWNER, "0"))
    return owner != 0 and not Path(f"/proc/{owner}").exists()
