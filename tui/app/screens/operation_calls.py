"""What the page of an operation asks of the operations, off the event loop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tui.core.models import ActivityEntry, Deployment, GatewayState, Health


@dataclass(frozen=True, kw_only=True)
class Calls:
    """What the screen asks of the operations; each may block and raises only McpdbError."""

    read: Callable[[Deployment, str], ActivityEntry]
    gateway: Callable[[Deployment], tuple[GatewayState, Health]]
    cancel: Callable[[Deployment, str], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def real_calls() -> Calls:
    """The product's own."""
    from tui.operations.activity import read_entry
    from tui.operations.execution.launch import cancel
    from tui.operations.status import read_gateway

    return Calls(read=read_entry, gateway=read_gateway, cancel=cancel)


def in_thread(call: Callable[[], None]) -> None:
    """Run a call that may block, so that neither a key nor leaving waits for it."""
    threading.Thread(target=call, daemon=True).start()


def gateway_words(state: GatewayState, health: Health) -> str:
    """How the gateway is, as a result page says it."""
    signs = {"healthy": "✓", "unhealthy": "✗", "unreachable": "✗", "unknown": "?"}
    if state.running in ("stopped", "missing", "unknown"):
        sign = {"stopped": "·", "missing": "✗", "unknown": "?"}[state.running]
        return f"gateway {sign} {state.running}" + (f": {state.text}" if state.text else "")
    why = "" if health.verdict == "healthy" else f": {health.text or state.text}"
    return f"gateway {signs[health.verdict]} {health.verdict}{why}"
