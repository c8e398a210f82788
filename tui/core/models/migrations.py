"""Revisions and where a database stands among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

RevisionState: TypeAlias = Literal["applied", "current", "pending", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One Alembic revision as the image ships it."""

    revision: str
    down: tuple[str, ...]
    """What it follows; two for a merge, none for a base."""
    message: str
    """The sentence a person wants: never a licence line."""
    created: str = ""
    """Date of the file as its docstring gives it; the chain decides, not dates."""
    doc: str = ""
    branch_labels: tuple[str, ...] = ()
    release: str = ""
    """The release whose head it is; a hint, never a key."""
    state: RevisionState = "unknown"
    applied: datetime | None = None
    """When it was applied while we watched; None before our log."""
    downgrade: str = ""
    """`no loss`, `drops data`, `no-op`, `may refuse` or `unknown`; empty when not judged."""
    source: str = field(default="", repr=False)
    """Text of its file; empty when only the compiled form was there."""

    @property
    def is_merge(self) -> bool:
        """Whether it joins branches."""
        return len(self.down) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The migrations of the code beside the database, newest first, and where it stands."""

    revisions: tuple[Revision, ...]
    heads: tuple[str, ...]
    current: tuple[str, ...]
    """Rows of `alembic_version`; empty when it was never migrated."""
    unknown: tuple[str, ...] = ()
    """Of `current`, what this code does not know."""
    read_from: str = ""
    """`forge-gateway-1 (exec)`, `one-off container of …`, `/usr/bin/python3` …"""
    seconds: float = 0.0
    problem: str = ""
    """Why there are no revisions, in one sentence."""

    @property
    def pending(self) -> int:
        """How many revisions a start of this code would run."""
        return sum(1 for r in self.revisions if r.state == "pending")

    @property
    def applied(self) -> int:
        """How many the database has, the current one included."""
        return sum(1 for r in self.revisions if r.state in ("applied", "current"))
