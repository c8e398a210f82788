"""Running migrations on a copy, by whichever interpreter has the gateway's code.

A container's gateway is migrated in a one-off container of its image (or of another local one)
with the copy's folder where its data folder is; any other by the local interpreter. The live
file is never within reach of what runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import McpdbError
from tui.core.models import Deployment, MigrationAction, RevisionRun


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


def run(
    deployment: Deployment,
    job: Job,
    database: Path,
    *,
    image: str = "",
    on_event: Callable[[Event], None] = lambda _event: None,
    checkpoint: Callable[[], None] = lambda: None,
    deadline: float = 1_800.0,
) -> Ran:
    """Run migrations on a copy.

    Args:
        deployment: Whose code and settings.
        job: What is run.
        database: The copy; its folder holds nothing else and is given to what runs.
        image: Another local image, by name or id; empty means the gateway's own.
        on_event: Told what begins and ends, as it does.
        checkpoint: Called at least every 0.5 s; what it raises ends the run.
        deadline: Seconds after which it is ended.

    Raises:
        MigrationFailedError: A revision raised; the copy is to be thrown away.
        DockerError: There is no engine or image, or the container did not end in time.
        NotFoundError: Nothing here has the gateway's code.
    """
    raise NotImplementedError
