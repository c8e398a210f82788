"""Revisions and where a database stands among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from tui.core.models.rehearsal import MigrationFinding, Rehearsal

RevisionState: TypeAlias = Literal["applied", "current", "pending", "ahead", "unknown"]
"""`pending`: this code has it, the database does not; `ahead`: only another image has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How a revision came into the database, as our own log tells."""

    at: datetime
    operation: str
    """Its name: `upgrade`, `restore` …"""
    number: int = 0
    """Of the operation; 0 where it is not known."""
    who: str = ""
    entry: str = ""
    """Id of the operation's journal."""
    rehearsal: str = ""
    """Id of the rehearsal it followed; empty without one."""


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
    applied_by: Applied | None = None
    """By which operation, and by whom; None before our log."""
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
    release: str = ""
    """Of this code, as the package says it; empty when it says none."""
    stale: bool = False
    """Remembered from an earlier start, and not asked for again yet."""
    ahead: tuple[Revision, ...] = ()
    """What only another local image has, newest first; never part of `revisions`."""
    ahead_image: str = ""
    """What a person calls the other image; set even where it has nothing that is ahead."""
    ahead_image_id: str = ""
    ahead_release: str = ""
    ahead_heads: tuple[str, ...] = ()
    """Where the other image ends."""
    ahead_problem: str = ""
    """Why the other image could not be read, in one sentence."""
    rehearsals: tuple[Rehearsal, ...] = field(default=(), repr=False)
    """Reports that are kept, newest first."""
    findings: tuple[MigrationFinding, ...] = ()
    """What is wrong between database and migrations, worst first."""

    @property
    def pending(self) -> int:
        """How many revisions a start of this code would run."""
        return sum(1 for r in self.revisions if r.state == "pending")

    @property
    def applied(self) -> int:
        """How many the database has, the current one included."""
        return sum(1 for r in self.revisions if r.state in ("applied", "current"))
