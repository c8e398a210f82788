"""What migrations did to a copy: revision by revision, in schema, rows and seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

MigrationAction: TypeAlias = Literal["upgrade", "downgrade", "stamp", "bootstrap"]
SchemaKind: TypeAlias = Literal["table", "column", "index", "constraint", "trigger", "view"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRun:
    """One revision as it was run."""

    revision: str
    direction: Literal["up", "down", "stamp"]
    seconds: float
    ok: bool
    message: str = ""
    did: tuple[str, ...] = ()
    """What it changed in words, e.g. `+ table mcp_app_sessions (3 indexes)`; empty: nothing."""
    statement: str = ""
    """The SQL that failed, cleaned and at most 2,000 characters; empty when none did."""
    error: str = ""
    """The database's or Python's own sentence; empty when it ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaChange:
    """One thing of the schema that is new, gone or different."""

    sign: Literal["+", "-", "~"]
    kind: SchemaKind
    table: str
    name: str
    """Of the column, index …; the table's own name where `kind` is `table`."""
    detail: str = ""
    """Definition, or `old -> new` where it differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenKey:
    """Rows of a table that point to rows of another one that are not there."""

    table: str
    parent: str
    """The table that they point to."""
    before: int
    after: int
    same: bool = False
    """Whether they are the very same rows as before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The report of migrations run on a copy that was thrown away."""

    id: str
    """The operation's journal."""
    taken: datetime
    who: str
    action: MigrationAction
    target: str
    """The revision it ends at; empty when that could not be told."""
    image: str
    """What a person calls the image or interpreter it ran with."""
    image_id: str
    """The image's id; empty for an interpreter."""
    release: str
    """Of that image, as far as it is known."""
    before: tuple[str, ...]
    """Rows of `alembic_version` before it."""
    after: tuple[str, ...]
    runs: tuple[RevisionRun, ...] = ()
    planned: int = 0
    """How many revisions were to be run; 0 when it did not come to that."""
    schema: tuple[SchemaChange, ...] = ()
    rows: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    """Tables whose row count the migrations changed, before and after; None: no such table."""
    start_rows: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    """The same for what the start behind the migrations changed by itself: told, never lost."""
    rolled_up: tuple[str, ...] = ()
    """Tables with rows that a start of the gateway itself rolls up, and that were left alone."""
    foreign_keys: tuple[int, int] = (0, 0)
    """Rows that point nowhere, before and after."""
    broken_keys: tuple[BrokenKey, ...] = ()
    """The same by table, where any point nowhere before or after."""
    integrity: str = ""
    """`ok`, or what `quick_check` says of the copy afterwards; empty when not reached."""
    heads: tuple[str, ...] = ()
    """Heads of the image."""
    size: tuple[int, int] = (0, 0)
    """Bytes of the copy before and after."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """By part: `copy`, `migrate` (the container's start included), `bootstrap`, `check`."""
    leftovers: tuple[str, ...] = ()
    """`_alembic_tmp_*` tables that were put right on the copy first."""
    live_inode: int = 0
    """Of the database it was copied from."""
    problem: str = ""
    """Why it failed, in one sentence; empty when it ran to its end."""
    output: tuple[str, ...] = ()
    """Last lines that the migrations printed, cleaned."""

    @property
    def ok(self) -> bool:
        """Whether it ran to its end, and nothing it left forbids doing it for real."""
        return not self.problem and self.integrity == "ok" and not self.lost

    @property
    def lost(self) -> Mapping[str, tuple[int, int]]:
        """Tables that hold fewer rows afterwards though they still exist."""
        return {
            table: (before, after)
            for table, (before, after) in self.rows.items()
            if before is not None and after is not None and after < before
        }

    @property
    def failed(self) -> RevisionRun | None:
        """The revision that raised."""
        return next((run for run in self.runs if not run.ok), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationFinding:
    """Something that is wrong between database and migrations, and its remedy."""

    name: str
    """`leftover`, `unknown-revision`, `ahead-of-stamp`, `behind-stamp`, `heads`, `no-version`,
    `two-versions`, `crash-loop`, `owner`, `empty`, `missing`."""
    verdict: Literal["warn", "FAIL", "unknown"]
    text: str
    """What is, in one sentence."""
    remedy: str = ""
    """What to do, in one sentence."""
    operation: str = ""
    """Name of the operation that does it; empty where none can."""
    params: Mapping[str, object] = field(default_factory=dict)
    details: tuple[str, ...] = ()
    """More lines, e.g. of the log."""
