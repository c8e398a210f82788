"""Backing up where only the container sees the whole database: a single mounted file."""

from __future__ import annotations

from pathlib import Path

from tui.core.errors import PrecheckError
from tui.core.models import ContainerRef, Deployment
from tui.core.operation import Progress
from tui.operations.finding.gateways import gateway_of, is_up
from tui.operations.reads.holding import hold_for
from tui.services import files
from tui.services.sqlite.copying import Copied
from tui.wording.clean import one_line

TOPIC = "single-file"


def is_single_file(deployment: Deployment) -> bool:
    """Whether the container keeps the WAL to itself."""
    problem = deployment.blocked("live")
    return (
        problem is not None
        and problem.topic == TOPIC
        and isinstance(deployment.gateway, ContainerRef)
        and bool(deployment.gateway.database_inside)
    )


def is_needed(deployment: Deployment) -> bool:
    """Whether the copy must be made inside: the WAL is there for as long as the gateway runs."""
    return is_single_file(deployment) and is_up(deployment)


def require_whole(deployment: Deployment) -> None:
    """Refuse to copy on the host what lacks the commits that a stopped container kept.

    Also a clean stop leaves them in the WAL, and that lies in the container's own layer.

    Raises:
        PrecheckError: There are some.
        DockerError: The engine cannot be asked.
    """
    if not is_single_file(deployment):
        return
    left = left_behind(deployment)
    if left:
        name, ref = one_line(deployment.database.name), _container(deployment)
        raise PrecheckError(
            f"The stopped container {one_line(ref.container)} keeps commits in {name}{left}, "
            "which only it sees: start the gateway, and the backup is made inside it."
        )


def left_behind(deployment: Deployment) -> str:
    """Which file with content a stopped container keeps beside the one that is mounted.

    Returns:
        `-wal` or `-journal`; empty where there is none.

    Raises:
        McpdbError: This is no container, or its engine cannot be asked.
    """
    from tui.services.containers.container_copy import ContainerCopy

    return ContainerCopy(_container(deployment), "").left_behind(("-wal", "-journal"))


def scratch(deployment: Deployment, operation_id: str) -> dict[str, str]:
    """Where the copy lies in the container, for the journal; nothing where none is made."""
    if not is_needed(deployment):
        return {}
    from tui.services.containers.container_copy import scratch_path

    return {"inside": scratch_path(_container(deployment), operation_id)}


def copy(deployment: Deployment, target: Path, inside: str, progress: Progress) -> Copied:
    """Copy inside and fetch the copy.

    Raises:
        McpdbError: It cannot be copied; nothing is left inside.
    """
    from tui.services.containers.container_copy import ContainerCopy

    found = files.identity(deployment.database)
    maker = ContainerCopy(_container(deployment), inside)
    hold = hold_for(gateway_of(deployment))
    return maker.fetch(target, progress.tick, hold=hold, size=found.size if found else 0)


def discard(deployment: Deployment, inside: str) -> None:
    """Remove what a cut left inside; a container that is gone took it along."""
    from tui.services.containers.container_copy import ContainerCopy

    ContainerCopy(_container(deployment), inside).discard()


def _container(deployment: Deployment) -> ContainerRef:
    if not isinstance(deployment.gateway, ContainerRef):
        raise PrecheckError("This gateway is no container.")
    return deployment.gateway
