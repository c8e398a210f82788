"""How long a read of a rollback-journal database may hold up the gateway's writes."""

from __future__ import annotations

from tui.core.errors import McpdbError
from tui.services.gateways.protocol import Gateway

BUSY_TIMEOUT = 5.0
"""Seconds the gateway's writes wait for a lock unless its setting says otherwise."""
LONGEST = 30.0
"""Seconds: nobody wants to wait longer, whatever the gateway could bear."""
_MARGIN = 0.8
_SETTING = "DB_SQLITE_BUSY_TIMEOUT"
"""Milliseconds; releases 1.0.x read it, older ones keep SQLite's five seconds."""

HOLD = BUSY_TIMEOUT * _MARGIN
"""Seconds, where the gateway's own setting is not asked for."""


def busy_timeout(gateway: Gateway | None) -> float:
    """Seconds that a write of this gateway waits for a lock before it fails."""
    try:
        told = gateway.environment().get(_SETTING, "").strip() if gateway is not None else ""
    except McpdbError:
        told = ""
    return int(told) / 1_000 if told.isdecimal() else BUSY_TIMEOUT


def hold_for(gateway: Gateway | None) -> float:
    """Seconds for which the writes of this gateway may be held up.

    Below its busy timeout, so that none of them fails; a margin is left for the commit itself.
    """
    return min(busy_timeout(gateway) * _MARGIN, LONGEST)
