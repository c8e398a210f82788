"""What was done, by whom, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tui.core.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One step of an operation, as its journal tells."""

    step: str
    title: str
    state: Literal["pending", "running", "done", "failed", "undone", "cut"]
    started: datetime | None = None
    seconds: float | None = None
    done: int = 0
    total: int = 0
    unit: str = "bytes"
    cancellable: bool = True
    text: str = ""
    gateway_up: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityEntry:
    """One operation: who did what, when, and how it ended."""

    id: str
    """Name of its journal without the ending."""
    number: int
    operation: str
    subject: str
    """What it was about: a backup's id, a table …"""
    title: str
    started: datetime
    who: str
    host: str
    origin: str
    """Where the operator came from: an address, a tty or `cron`."""
    pid: int
    command: str
    state: Literal["running", "done", "failed", "cut"]
    """`cut`: its process is gone and it never ended."""
    exit_code: int | None = None
    outcome: str = ""
    """`done`, `rolled back`, `cancelled`, `refused` …"""
    sentence: str = ""
    """The result in one sentence."""
    seconds: float | None = None
    cancellable: bool = False
    """Whether a running one can be cancelled now."""
    steps: tuple[StepLine, ...] = ()
    result: Mapping[str, Any] = field(default_factory=dict)
    down_since: datetime | None = None
    down_seconds: float | None = None
    """How long the gateway was down; still counting while `down_since` is set."""
    waits_for: str = ""
    """The exact command line that a person has to run before it goes on; empty: it waits for
    nobody."""

    @property
    def verdict(self) -> Verdict:
        """The sign in front of the line."""
        if self.state == "failed" and self.exit_code not in (4, 11):
            return Verdict.FAIL
        if self.state == "done" and self.outcome.endswith("left out"):
            return Verdict.WARN  # done, but not all of it
        return Verdict.OK if self.state in ("done", "running") else Verdict.WARN


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOwner:
    """Who holds the lock for mutating operations."""

    pid: int
    who: str
    host: str
    what: str
    since: datetime
