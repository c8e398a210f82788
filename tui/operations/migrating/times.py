"""About how long the steps take, from the rehearsal, from earlier runs here and from sizes."""

from __future__ import annotations

from tui.operations.migrating.situation import Situation
from tui.operations.restoring.situation import Surroundings
from tui.operations.restoring.times import COPY_RATE, WAL_RATE, last_seconds


def wal_seconds(near: Surroundings) -> float:
    """Taking in the WAL."""
    return 0.1 + near.live.wal_size / WAL_RATE


def copy_seconds(near: Surroundings) -> float:
    """Copying the stopped file and comparing the copy with it."""
    return 0.1 + (near.live.size + near.live.wal_size) / COPY_RATE


def migrate_seconds(s: Situation) -> float | None:
    """Migrating the copy; None where it was not rehearsed."""
    if s.rehearsal is None:
        return None
    return s.rehearsal.seconds.get("migrate")


def check_seconds(s: Situation) -> float:
    """Checking the copy, as the rehearsal did or from its size."""
    rehearsed = s.rehearsal.seconds.get("check") if s.rehearsal is not None else None
    return rehearsed if rehearsed is not None else copy_seconds(s)


def put_seconds(s: Situation) -> float:
    """Putting the copy in place; a safety copy is made first where it is written in."""
    return 0.1 if s.way.kind == "swap" else 2 * copy_seconds(s)


def downtime(s: Situation) -> float | None:
    """How long the gateway is down; None where a part of it is not known."""
    if not s.running:
        return None
    stop, start = (last_seconds(s.deployment, name) for name in ("stop", "start"))
    migrate = migrate_seconds(s)
    if stop is None or start is None or migrate is None:
        return None
    work = wal_seconds(s) + copy_seconds(s) + migrate + check_seconds(s) + put_seconds(s)
    return stop + work + start
