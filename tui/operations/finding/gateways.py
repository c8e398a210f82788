"""The gateway of a deployment: finding it, starting it with patience, waiting for its health."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

from tui.core.errors import DockerError, McpdbError, PrecheckError, UnhealthyError
from tui.core.models import Deployment, GatewayState, Health
from tui.services.gateways import connect
from tui.services.gateways.protocol import Gateway
from tui.wording.clean import one_line
from tui.wording.quantities import duration

POLL = 0.1
START_PATIENCE = 120.0
"""Seconds for which a start is tried again while Docker does not answer."""

RESTARTS_TOO_MANY = 3
"""A gateway that restarted so often since its start will not become healthy by waiting."""

T = TypeVar("T")

Note = Callable[[int, int], None]
"""Told the seconds that have passed and those allowed."""


def gateway_of(deployment: Deployment) -> Gateway | None:
    """The deployment's gateway; None when only the file is known."""
    return connect(deployment.gateway) if deployment.gateway is not None else None


def require_gateway(deployment: Deployment) -> Gateway:
    """The deployment's gateway.

    Raises:
        PrecheckError: None is known here; says why.
    """
    gateway = gateway_of(deployment)
    if gateway is None:
        blocked = deployment.blocked("gateway") or deployment.blocked("replace")
        raise PrecheckError(
            blocked.text if blocked else "No gateway is known here; the file was given with --db."
        )
    return gateway


def is_up(deployment: Deployment) -> bool:
    """Whether the gateway may have the database open; what cannot be asked may."""
    gateway = gateway_of(deployment)
    if gateway is None:
        return deployment.blocked("gateway") is not None
    try:
        return gateway.state().running not in ("stopped", "missing")
    except McpdbError:
        return True


def state_of(gateway: Gateway | None) -> GatewayState:
    """The gateway's state; an engine that does not answer makes it unknown, not an error."""
    if gateway is None:
        return GatewayState(running="unknown", text="no gateway is known here")
    try:
        return gateway.state()
    except McpdbError as error:
        return GatewayState(running="unknown", text=str(error))


def health_of(gateway: Gateway | None, state: GatewayState) -> Health:
    """The gateway's health, asked only when it is up."""
    if gateway is None or state.running in ("stopped", "missing", "unknown"):
        return Health(verdict="unknown", text=state.text or state.running)
    try:
        return gateway.health()
    except McpdbError as error:
        return Health(verdict="unreachable", text=str(error))


def start_with_patience(gateway: Gateway, note: Note, patience: float | None = None) -> None:
    """Start it; an engine that does not answer is asked again until `patience` is over.

    Args:
        gateway: What is started.
        note: Told the seconds that have passed.
        patience: Seconds; `START_PATIENCE` where none are given.

    Raises:
        DockerError: It still does not answer.
    """
    with_patience(gateway.start, note, patience)


def with_patience(ask: Callable[[], T], note: Note, patience: float | None = None) -> T:
    """Ask the engine for something until it answers or `patience` is over.

    Args:
        ask: What is asked; may be asked several times.
        note: Told the seconds that have passed.
        patience: Seconds; `START_PATIENCE` where none are given.

    Raises:
        DockerError: It still does not answer.
    """
    began = time.monotonic()
    patience = START_PATIENCE if patience is None else patience
    while True:
        try:
            return ask()
        except DockerError:
            passed = time.monotonic() - began
            if passed >= patience:
                raise
            note(int(passed), int(patience))
            time.sleep(1.0)


def wait_healthy(gateway: Gateway, note: Note) -> Health:
    """Wait until the gateway's own JSON says healthy.

    Args:
        gateway: It was just started.
        note: Told how long it has taken.

    Raises:
        UnhealthyError: It did not within its deadline, exited, or restarts again and again;
            with its last error.
        DockerError: The engine does not answer any more.
    """
    began, allowed = time.monotonic(), gateway.health_deadline()
    first = gateway.state().restarts or 0
    since = datetime.now(UTC)
    while True:
        health = gateway.health(timeout=2.0)
        passed = time.monotonic() - began
        if health.verdict == "healthy":
            return health
        state = gateway.state()
        restarts = (state.restarts or 0) - first
        if restarts >= RESTARTS_TOO_MANY:
            why = f"it restarted {restarts} times in {duration(passed)}"
        elif state.running in ("stopped", "missing") and passed > 2.0:
            code = "" if state.exit_code is None else f" (exit {state.exit_code})"
            why = f"it ended by itself{code}"
        elif passed >= allowed:
            why = f"not healthy in {duration(allowed)}: {one_line(health.text)}"
        else:
            note(int(passed), int(allowed))
            time.sleep(POLL)
            continue
        raise UnhealthyError(f"The gateway did not become healthy: {why}.{_last(gateway, since)}")


def _last(gateway: Gateway, since: datetime) -> str:
    """The gateway's last error, in its own words."""
    with suppress(McpdbError):
        errors = [line for line in gateway.logs(tail=200, since=None) if line.level == "error"]
        if errors:
            return f" Its last error: {one_line(errors[-1].text)[:300]}"
    return ""
