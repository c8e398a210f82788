"""Where the engine keeps a container's log, how large it is, and whether it is ever rotated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tui.services.containers.engine import Engine, Facts


@dataclass(frozen=True, slots=True)
class LogFile:
    """What the engine keeps."""

    driver: str
    size: int | None
    """Bytes of all its files; None where they are not this host's, or may not be looked at."""
    rotated: bool
    """Whether the engine ever begins a new file and drops the oldest."""
    limit: str
    """`max-size` as it was set; empty without one."""
    path: str


def log_file(engine: Engine, facts: Facts) -> LogFile:
    """Look at the log of a container.

    Args:
        engine: Whose.
        facts: The container's inspect.
    """
    config = (facts.get("HostConfig") or {}).get("LogConfig") or {}
    driver, options = str(config.get("Type") or ""), config.get("Config") or {}
    limit = str(options.get("max-size") or "")
    path = str(facts.get("LogPath") or "")
    kept = driver == "json-file"
    return LogFile(
        driver=driver,
        size=_size(Path(path)) if path and not engine.is_remote else None,
        # `json-file` keeps everything unless it is told otherwise, `local` never does, and what
        # others send away is not on this disk: https://docs.docker.com/engine/logging/configure/
        rotated=not kept or limit not in ("", "-1"),
        limit=limit,
        path=path,
    )


def _size(path: Path) -> int | None:
    """Of the file and of those it was rotated into."""
    try:
        parts = [found for found in path.parent.iterdir() if found.name.startswith(path.name)]
        return sum(part.stat().st_size for part in parts)
    except OSError:
        return None
