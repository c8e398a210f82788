"""One cheap look into the live database: which tables it has, and how much configuration.

Bounded in time: where rows cannot be counted at once, they are not known.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.core.errors import McpdbError
from tui.core.models import Deployment
from tui.operations.cataloguing.baseline import CONFIGURATION
from tui.operations.reads.looking import LiveDatabase
from tui.services.sqlite import inspection
from tui.services.sqlite.connections import translating

LONGEST = 0.15
"""Seconds that counting may take."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What one look found."""

    tables: tuple[str, ...] | None = None
    """Names of the tables; None when they could not be read."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """Of the configuration tables, those that were counted in time."""


def glance(deployment: Deployment, longest: float = LONGEST) -> Glance:
    """Look; never raises for a file that cannot be read.

    Args:
        deployment: Whose live database.
        longest: Seconds that counting may take.
    """
    live, rows = LiveDatabase(deployment), dict[str, int]()
    names: tuple[str, ...] | None = None
    end = time.monotonic() + longest
    try:
        with live.opened() as opened, translating(live.path):
            found = inspection.tables(opened.connection)
            names = tuple(table.name for table in found if table.kind != "view")
            # One count is one step of SQLite's: only an interrupt cuts it.
            timer = threading.Timer(max(0.0, longest), opened.connection.interrupt)
            timer.daemon = True
            timer.start()
            try:
                for name in CONFIGURATION:
                    if name in names and time.monotonic() < end:
                        rows[name] = inspection.count(opened.connection, name)
            finally:
                timer.cancel()
                timer.join()  # it must not reach for a connection that is closed
    except McpdbError:
        pass
    return Glance(names, rows)
