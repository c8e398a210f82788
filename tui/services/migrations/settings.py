"""The settings that migrations run with: the gateway's own, without what reaches outside.

Migrations encrypt with the gateway's secret: run with another one, or with the package's default,
they would write what the gateway cannot read. So where the settings are not known, nothing runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tui.core.errors import DockerError, NotFoundError
from tui.core.models import ContainerRef, Deployment, ProcessRef
from tui.wording.clean import one_line

ALONE: Mapping[str, str] = {
    # A cache in another program is none of a copy's business, and without a network it hangs.
    "CACHE_TYPE": "memory",
    # What a service may say because another program migrates for it: here we are that program.
    "MCPGATEWAY_SKIP_MIGRATIONS": "false",
    "GATEWAY_REPLICAS": "1",
}
"""What is told whatever the gateway is told."""

_NOT_PASSED_ON = ("PYTHON", "MCPDB_", "LD_")
_OUTSIDE = ("REDIS_URL",)


def of_host(deployment: Deployment) -> dict[str, str]:
    """Return what a gateway of this host runs with, as far as it can be told.

    From its process, else from the `.env` in its folder, as it does itself.
    """
    from tui.services.gateways import connect, environment

    ref = deployment.gateway
    if isinstance(ref, ProcessRef):
        found = connect(ref).environment()
    else:
        found = environment.of_process((), deployment.project_dir or Path("/nonexistent"))
    return {
        name: value
        for name, value in found.items()
        if not name.startswith(_NOT_PASSED_ON) and name not in _OUTSIDE
    }


def of_service(ref: ContainerRef) -> Mapping[str, Any]:
    """Return what Compose says of a service whose container is gone, in the shape of an inspect.

    Raises:
        DockerError: Nothing is there that knows its settings.
    """
    from tui.services.containers import compose, compose_project

    try:
        if not ref.project or not ref.service:
            raise NotFoundError("it was not made by Compose")
        cli = compose_project.cli_of(ref)
        told = compose_project.service_of(ref, cli, compose.TIMEOUT)
    except (DockerError, NotFoundError) as error:
        raise DockerError(
            f"The container {one_line(ref.container)} is gone, and its settings with it "
            f"({str(error).rstrip('.')}): make it again (docker compose up --no-start)."
        ) from error
    variables = told.get("environment") or {}
    pairs = variables.items() if isinstance(variables, Mapping) else ()
    listed = [] if isinstance(variables, Mapping) else [str(item) for item in variables]
    return {
        "Config": {
            "Env": [*listed, *(f"{k}={'' if v is None else v}" for k, v in pairs)],
            "User": str(told.get("user") or ""),
            "WorkingDir": str(told.get("working_dir") or ""),
        },
        "Mounts": [mount for mount in map(_bind, told.get("volumes") or []) if mount],
    }


def _bind(volume: Any) -> Mapping[str, Any]:  # noqa: ANN401 - Compose 1 gives a text or a mapping
    """Return a mount of a folder of the host; a volume's name needs the engine's own words."""
    if isinstance(volume, str):
        source, _, rest = volume.partition(":")
        place = rest.partition(":")[0]
    else:
        source, place = str(volume.get("source") or ""), str(volume.get("target") or "")
    if not source.startswith("/") or not place.startswith("/"):
        return {}
    return {"Type": "bind", "Source": source, "Destination": place, "RW": True}
