"""Our own activity as lines of a log."""

from __future__ import annotations

import json
from datetime import timedelta

from tui.core.models import ActivityEntry, Deployment
from tui.operations.activity import read_activity
from tui.services import journal


def line_of(entry: ActivityEntry) -> bytes:
    """What was done, by whom, and how it ended, at the time at which it ended."""
    at = entry.started + timedelta(seconds=entry.seconds or 0.0)
    what = " ".join(filter(None, (entry.operation, entry.subject)))
    said = entry.sentence or entry.outcome or entry.state
    level = {"done": "ok", "running": "run", "failed": "FAIL", "cut": "cut"}[entry.state]
    told = {
        "@timestamp": at.isoformat(timespec="milliseconds"),
        "level": "error" if entry.state in ("failed", "cut") else "info",
        "word": level,
        "logger": entry.who,
        "message": f"{what}: {said}",
        "op": entry.number,
        "from": entry.origin,
    }
    return json.dumps({key: value for key, value in told.items() if value != ""}).encode()


class ActivityTail:
    """Gives what was done, and then what is done, each once as begun and once as ended."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._told: set[tuple[str, str]] = set()
        self._looked: tuple[tuple[str, int, int], ...] | None = None

    def last(self, count: int) -> list[bytes]:
        """The newest `count`, oldest first."""
        lines = self.new()
        return lines[max(0, len(lines) - count) :]

    def new(self) -> list[bytes]:
        """What was not told yet; costs a look at the folder while nothing happens."""
        now = self._look()
        if now == self._looked:
            return []
        first, self._looked = self._looked is None, now
        entries = read_activity(self._deployment, 500 if first else 20)
        fresh = [entry for entry in entries if (entry.id, entry.state) not in self._told]
        self._told.update((entry.id, entry.state) for entry in fresh)
        ended = sorted(fresh, key=lambda e: e.started + timedelta(seconds=e.seconds or 0.0))
        return [line_of(entry) for entry in ended]

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        found = []
        for path in journal.paths(self._deployment.state_dir)[-20:]:
            try:
                stat = path.stat()
            except OSError:
                continue
            found.append((path.name, stat.st_mtime_ns, stat.st_size))
        return tuple(found)
