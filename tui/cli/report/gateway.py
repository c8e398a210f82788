"""The report of `gateway status`."""

from __future__ import annotations

from collections.abc import Iterator

from tui.cli.report.table import labelled
from tui.cli.report.words import ago, gateway_word, local
from tui.core.models import ContainerRef, Deployment, GatewayState, Health


def gateway_lines(deployment: Deployment, state: GatewayState, health: Health) -> Iterator[str]:
    """State, health and what else is known, a line a fact."""
    ref = deployment.gateway
    name = ref.container if isinstance(ref, ContainerRef) else deployment.name
    rows = [
        ("gateway", f"{name}  {gateway_word(state, health)}"),
        ("why", state.text),
        ("since", f"{local(state.since)} ({ago(state.since)})" if state.since else ""),
        ("health", health.text),
        ("address", f"{health.address}, by {health.learnt}" if health.address else ""),
        ("release", state.release),
        ("image", state.image),
        ("restarts", "" if state.restarts is None else str(state.restarts)),
        ("exit code", "" if state.exit_code is None else str(state.exit_code)),
        ("user", state.user),
        ("pids", ", ".join(map(str, state.pids))),
        *state.details.items(),
    ]
    yield from labelled([(label, text) for label, text in rows if text])
