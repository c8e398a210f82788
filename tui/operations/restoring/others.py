"""Other containers that can reach the live database: a second gateway, a job, a sidecar.

A database that several containers use is replaced under all of them; only our own is stopped and
started. So whoever uses the same file must be stopped first, and is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError
from tui.core.models import ContainerRef, Deployment, GatewayState, Holder
from tui.services.mounts import locate


@dataclass(frozen=True, slots=True)
class Other:
    """A running container that is not the gateway and has the database's folder mounted."""

    name: str
    uses: bool
    """Whether its own `DATABASE_URL` means the same file."""


def others(deployment: Deployment, state: GatewayState) -> tuple[Other, ...]:
    """Running containers that have the folder mounted for writing; none where nobody can be asked.

    Args:
        deployment: Whose database.
        state: The gateway's: it is not one of the others.
    """
    ref = deployment.gateway
    if not isinstance(ref, ContainerRef):
        return ()
    from tui.services.containers.engine import Engine

    found = []
    with suppress(McpdbError):
        engine = Engine(ref.docker_host)
        try:
            for short in engine.containers():
                if short["Id"] == state.identity or _name(short) == ref.container:
                    continue
                if short.get("State") in ("running", "paused", "restarting") and _reaches(
                    short.get("Mounts") or (), deployment.database
                ):
                    uses = _uses(engine.inspect(short["Id"]), deployment.database)
                    found.append(Other(_name(short), uses))
        finally:
            engine.close()
    return tuple(sorted(found, key=lambda other: (not other.uses, other.name)))


def named(deployment: Deployment, holders: Sequence[Holder]) -> tuple[Holder, ...]:
    """The same with containers called by their names, as far as the engine can be asked."""
    ref = deployment.gateway
    if not isinstance(ref, ContainerRef) or not any(holder.container for holder in holders):
        return tuple(holders)
    from tui.services.containers.engine import Engine

    names: dict[str, str] = {}
    with suppress(McpdbError):
        engine = Engine(ref.docker_host)
        try:
            names = {short["Id"][:12]: _name(short) for short in engine.containers()}
        finally:
            engine.close()
    return tuple(replace(h, container=names.get(h.container, h.container)) for h in holders)


def _name(short: Mapping[str, Any]) -> str:
    return str((short.get("Names") or [short["Id"][:12]])[0]).lstrip("/")


def _reaches(mounts: Sequence[Mapping[str, Any]], database: Path) -> bool:
    """Whether a mount that may be written holds the file."""
    for mount in mounts:
        source = str(mount.get("Source") or "")
        if not source or mount.get("RW") is False:
            continue
        with suppress(OSError):
            if database.is_relative_to(Path(source).resolve()):
                return True
    return False


def _uses(facts: Mapping[str, Any], database: Path) -> bool:
    """Whether the container's own settings lead to the same file."""
    config = facts.get("Config") or {}
    pairs = (str(item).partition("=") for item in config.get("Env") or ())
    environment = {name: value for name, _equals, value in pairs}
    found = locate(
        environment.get("DATABASE_URL", ""),
        str(config.get("WorkingDir") or "/"),
        facts.get("Mounts") or (),
    )
    return found.path == database
