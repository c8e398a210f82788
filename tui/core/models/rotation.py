"""When logs are compressed and when they go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What `rotate-logs` does by itself; ages in days."""

    folder: str = ""
    """Folder with the logs; empty: the one that the gateway logs to."""
    compress_after: float = 1.0
    delete_after: float = 30.0


DEFAULT_ROTATION = Rotation()
"""The guide's: compressed after a day, deleted after thirty."""
