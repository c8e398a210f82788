"""What is run on a copy, what is told meanwhile, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.core.errors import McpdbError
from tui.core.models import MigrationAction, RevisionRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is run."""

    action: MigrationAction
    """`bootstrap` makes the database where none is."""
    target: str = "head"
    """Revision, beginning of one, `head`, or `-1` for a downgrade by one."""
    bootstrap: bool = False
    """Run `PACKAGE.bootstrap_db` behind the migrations, as a start of the gateway does."""
    leftovers: tuple[tuple[str, str], ...] = ()
    """`_alembic_tmp_*` tables to put right first, each with `drop` or `rename`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What is going on."""

    kind: str
    """`revision` (begins), `done` (of a revision), `bootstrap` (begins), `bootstrapped`."""
    revision: str = ""
    number: int = 0
    """Which of how many, from 1."""
    total: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of it."""

    runs: tuple[RevisionRun, ...]
    before: tuple[str, ...]
    """Rows of `alembic_version`."""
    after: tuple[str, ...]
    heads: tuple[str, ...]
    seconds: float
    """All of it: container, interpreter, migrations, bootstrap."""
    bootstrap_seconds: float = 0.0
    rows: Mapping[str, int] = field(default_factory=dict)
    """Rows of each table behind the migrations and before the bootstrap; empty without one."""
    image: str = ""
    """What a person calls the image or the interpreter."""
    image_id: str = ""
    release: str = ""
    user: tuple[int, int] | None = None
    """Uid and gid that the image runs as; None where they are those of this process's file."""
    output: tuple[str, ...] = ()
    """Last lines that were printed, cleaned."""


class MigrationFailedError(McpdbError):
    """A revision raised, or the program could not run.

    Args:
        text: One sentence.
        ran: How far it came; the failing revision is the last of `runs`.
    """

    def __init__(self, text: str, ran: Ran | None = None) -> None:
        super().__init__(text)
        self.ran = ran
