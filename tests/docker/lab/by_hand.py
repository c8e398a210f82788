"""What an operator does to a stopped gateway's database with `docker run`, past every tool."""

from __future__ import annotations

from contextlib import closing

from docker.errors import ContainerError, DockerException

from .base import LabError
from .deployment import Deployment
from .images import image_for

BOOTSTRAP = ("-m", "mcpgateway.bootstrap_db")


def migrate_by_hand(deployment: Deployment, version: str) -> str:
    """Run a release's own migrations on a deployment's live file; the gateway must be stopped.

    Args:
        deployment: Whose database.
        version: The release whose image migrates.

    Returns:
        What it printed where it failed; nothing where it worked.

    Raises:
        LabError: The engine refused.
    """
    image = image_for(version, deployment.engine)
    with closing(deployment.engine.docker_py(timeout=120)) as client:
        try:
            client.containers.run(
                image,
                list(BOOTSTRAP),
                entrypoint=["python3"],
                environment=deployment.env,
                network_mode="none",
                volumes={str(deployment.database.parent): {"bind": "/app/data", "mode": "rw"}},
                remove=True,
                stderr=True,
            )
        except ContainerError as error:
            return bytes(error.stderr or b"").decode(errors="replace")
        except DockerException as error:
            raise LabError(f"The migration by hand could not be run: {error}") from error
    return ""
