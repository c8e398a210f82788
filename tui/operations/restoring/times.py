"""About how long a restore's steps take, from what they took here before and from sizes."""

from __future__ import annotations

from tui.core.models import Deployment
from tui.operations.activity import read_activity
from tui.operations.restoring.situation import Situation

WAL_RATE = 300 * 1024 * 1024
"""Bytes of WAL taken in per second; 413 MB took 1.4 s on the real gateway."""
COPY_RATE = 100 * 1024 * 1024
"""Bytes per second of a copy that is verified, and of an overwriting: 412 MB in about 4 s."""


def last_seconds(deployment: Deployment, step: str) -> float | None:
    """How long a step took the last time here."""
    for entry in read_activity(deployment, limit=50):
        for line in entry.steps:
            if line.step == step and line.state == "done" and line.seconds is not None:
                return line.seconds
    return None


def wal_seconds(s: Situation) -> float:
    """Taking in the WAL."""
    return 0.1 + s.live.wal_size / WAL_RATE


def copy_seconds(s: Situation) -> float:
    """The safety copy of what is overwritten; nothing where the old inode is the copy."""
    return 0.0 if s.way.kind == "swap" else 0.1 + (s.live.size + s.live.wal_size) / COPY_RATE


def put_seconds(s: Situation) -> float:
    """Putting the new content there."""
    return 0.1 if s.way.kind == "swap" else 0.1 + s.backup.size / COPY_RATE


def downtime(s: Situation) -> float | None:
    """How long the gateway is down; None where it was never stopped and started here."""
    if not s.running:
        return None
    stop, start = (last_seconds(s.deployment, name) for name in ("stop", "start"))
    if stop is None or start is None:
        return None
    return stop + start + wal_seconds(s) + copy_seconds(s) + put_seconds(s)
