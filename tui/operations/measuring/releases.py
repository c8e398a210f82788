"""What each release of the gateway sets on its SQLite connections, as its own code says.

Read from `mcpgateway/db.py` and `config.py` of the packages on PyPI, 0.3.1 to 1.0.7. A release that
was not looked at is not guessed: its settings are unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

DRIVER_BUSY = "5000"
"""Milliseconds that Python's `sqlite3` waits for a lock where nobody says otherwise."""

BUSY_VARIABLE = "DB_SQLITE_BUSY_TIMEOUT"
"""Read by the releases from 1.0.0 on: 1000 to 60000 ms, 5000 where it is not set."""


@dataclass(frozen=True, slots=True)
class Sets:
    """What a release does to each new connection."""

    pragmas: Mapping[str, str] = field(default_factory=dict)
    """Name to value; what is not here is left as SQLite and its driver have it."""
    busy_variable: str = ""
    """The variable that the busy timeout comes from; empty: the release reads none."""
    cache: str = "database"
    """What CACHE_TYPE is where it is not set; empty: the release does not read it."""


_NOTHING = Sets()
_0_8 = Sets({"journal_mode": "wal", "busy_timeout": "10000", "synchronous": "normal"})
_0_9 = Sets({**_0_8.pragmas, "busy_timeout": "30000", "cache_size": "-64000"})
_1_0 = Sets(
    {**_0_9.pragmas, "busy_timeout": DRIVER_BUSY, "foreign_keys": "on"},
    busy_variable=BUSY_VARIABLE,
)
_DEMO = Sets({"journal_mode": "wal", "synchronous": "normal", "foreign_keys": "on"}, cache="")
"""The gateway of `mcpdb-tui demo`, see `tui.demo.store`."""

_LOOKED_AT: Mapping[str, Sets] = {
    **dict.fromkeys(("0.3.1", "0.4.0", "0.5.0", "0.6.0", "0.7.0"), _NOTHING),
    "0.8.0": _0_8,
    "0.9.0": _0_9,
    **{f"1.0.{patch}": _1_0 for patch in range(8)},
}


def sets_of(release: str) -> Sets | None:
    """What a release sets; None for one that was not looked at, or no release at all.

    Args:
        release: As the image or installation says it: `1.0.7`, `v1.0.7`, `demo 1.0.5`.
    """
    if release.startswith("demo "):
        return _DEMO
    found = re.fullmatch(r"v?(\d+\.\d+\.\d+)(?:\.post\d+)?", release.strip())
    return _LOOKED_AT.get(found[1]) if found else None
