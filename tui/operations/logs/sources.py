"""Where the lines of a log come from: the container, files, our own activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tui.core.errors import McpdbError, NotFoundError
from tui.core.models import ContainerRef, Deployment, ProcessRef
from tui.operations.finding.gateways import gateway_of
from tui.services.file_tails import files_in
from tui.wording.clean import one_line

MERGED = "merged"
Kind: TypeAlias = Literal["container", "file", "activity", "said"]
Held: TypeAlias = "tuple[LogSource, bytes]"
"""A line, with what is folded into it, as it came; it is read only where it is shown."""


@dataclass(frozen=True, slots=True, eq=False)
class LogSource:
    """One of them; lines refer to it, so there is one object of each."""

    kind: Kind
    """`said` are our own words about the log: a restart, a rotation, a gap."""
    name: str
    """`container forge-gateway-1`, `logs/mcpgateway.log`, `activity`."""
    word: str
    """In the column `from`: `gw`, `file`, `us`."""
    path: Path | None = None
    zone: tzinfo | None = None
    """Zone of times that name none; None means this host's."""

    @property
    def stamped(self) -> bool:
        """Whether a time and a blank stand before each line."""
        return self.kind in ("container", "said")


SAID = LogSource("said", "", "")
ACTIVITY = LogSource("activity", "activity", "us")


def sources_of(deployment: Deployment, zone: tzinfo | None = None) -> tuple[LogSource, ...]:
    """What can be read: container, each file, our activity.

    Args:
        deployment: Whose.
        zone: Zone of the gateway's own times; see `zone_of`.
    """
    found: list[LogSource] = []
    gateway = deployment.gateway
    if isinstance(gateway, ContainerRef):
        found.append(LogSource("container", f"container {gateway.container}", "gw"))
    word = "gw" if isinstance(gateway, ProcessRef) else "file"
    for path in log_files(deployment):
        found.append(LogSource("file", name_of(path, deployment), word, path, zone))
    return (*found, ACTIVITY)


def places_of(deployment: Deployment) -> tuple[Path, ...]:
    """Folders and files in which the gateway logs."""
    gateway = deployment.gateway
    more = gateway.log_files if isinstance(gateway, ProcessRef) else ()
    places = dict.fromkeys((*deployment.log_files, *map(Path, more)))
    if not places and deployment.project_dir is not None:
        places[deployment.project_dir / "logs"] = None
    return tuple(places)


def log_files(deployment: Deployment) -> tuple[Path, ...]:
    """Every `*.log` in them, as far as we may look."""
    return tuple(dict.fromkeys(files_in(places_of(deployment))))


def name_of(path: Path, deployment: Deployment) -> str:
    """What a person calls a file: its path from the project on, or its folder and name."""
    if deployment.project_dir is not None and path.is_relative_to(deployment.project_dir):
        return str(path.relative_to(deployment.project_dir))
    return f"{path.parent.name}/{path.name}"


def zone_of(deployment: Deployment) -> tzinfo | None:
    """Zone of times without one in the gateway's files: a container's own, else this host's."""
    if not isinstance(deployment.gateway, ContainerRef):
        return None
    gateway = gateway_of(deployment)
    try:
        name = gateway.environment().get("TZ", "") if gateway is not None else ""
        return ZoneInfo(name) if name else UTC
    except (McpdbError, ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def chosen(sources: Sequence[LogSource], name: str) -> tuple[LogSource, ...]:
    """The sources that a word names: `merged`, `container`, `activity`, or a file's name.

    Raises:
        NotFoundError: None is called so; says which there are.
    """
    if name == MERGED:
        return tuple(sources)
    found = tuple(
        source
        for source in sources
        if (name in (source.kind, source.name) and not (name == "file" or name == "said"))
        or (source.path is not None and name in (str(source.path), source.path.name))
    )
    if not found and Path(name).is_absolute() and Path(name).is_file():
        path = Path(name)
        return (LogSource("file", f"{path.parent.name}/{path.name}", "file", path),)
    if not found:
        names = [MERGED, *("container" if s.kind == "container" else s.name for s in sources)]
        raise NotFoundError(
            f"There is no log {one_line(name)}; there are: {', '.join(map(one_line, names))}."
        )
    return found[:1]
