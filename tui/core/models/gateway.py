"""What a gateway is doing, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

Running: TypeAlias = Literal["running", "starting", "restarting", "stopped", "missing", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayState:
    """What a gateway is doing, from one look."""

    running: Running
    text: str = ""
    """Why, when the state alone does not say it."""
    since: datetime | None = None
    exit_code: int | None = None
    """Of the last exit, when it is stopped or restarting."""
    restarts: int | None = None
    identity: str = ""
    """Container id or pid: another one means that it was made anew."""
    image: str = ""
    image_id: str = ""
    release: str = ""
    """The image's or installation's version, as far as it says one."""
    user: str = ""
    """User the gateway runs as, e.g. `10001:10001`; empty when not known."""
    pids: tuple[int, ...] = ()
    """Its processes as this host sees them."""
    details: Mapping[str, str] = field(default_factory=dict)
    """More for the gateway's form: mounts, restart policy, ports …"""

    @property
    def is_up(self) -> bool:
        """Whether it may have the database open."""
        return self.running in ("running", "starting", "restarting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the gateway's own health address answered."""

    verdict: Literal["healthy", "unhealthy", "unreachable", "unknown"]
    text: str
    """The JSON's own words, or why there were none."""
    address: str = ""
    learnt: str = ""
    """How the address was found: `published port`, `command`, `exec`, `MCPDB_HEALTH_URL` …"""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """How a stop went."""

    exit_code: int | None
    """137 means that it was killed after its timeout."""
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether the gateway ended by itself."""
        return self.exit_code == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a log, as it came."""

    source: str
    """`gw`, `file` or `us`."""
    text: str
    time: datetime | None = None
    level: str = ""
    """`debug`, `info`, `warn`, `error`, or empty when the line does not say."""
    logger: str = ""
    event: bool = False
    """Said by us about the log: a restart, a rotation, an engine that does not answer."""
    name: str = ""
    """Of the source: `container forge-gateway-1`, `logs/mcpgateway.log`, `activity`."""
    message: str = ""
    """What the line says without time, level and logger."""
