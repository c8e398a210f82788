"""A rehearsal without being an operation: migrate a copy, look at it, say what came of it.

`Rehearse` goes through it step by step and keeps the report; an upgrade or a downgrade that was
not rehearsed goes through it in one step of its own. The live database is read once, for the
copy, and never written.

The copy lies in `.mcpdb/scratch/<operation>/data/`: the outer folder is ours alone, the inner one
holds nothing else and is what is mounted where the data folder is.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tui.core.errors import Cancelled, DockerError, McpdbError, PrecheckError, VerificationError
from tui.core.models import Deployment, Rehearsal
from tui.core.operation import Progress
from tui.operations.backing_up import inside_container
from tui.operations.backup import copy_to
from tui.operations.migrating.looked import Looked, broken_keys, look_at, rolled_up, row_changes
from tui.services import files, operator
from tui.services.migrations.running import (
    Event,
    Job,
    MigrationFailedError,
    Ran,
    remove_left_behind,
    run,
)
from tui.services.migrations.stragglers import end_stragglers
from tui.services.sqlite.connections import sidecar
from tui.services.sqlite.schema_diff import differences
from tui.wording.clean import one_line
from tui.wording.quantities import plural
from tui.wording.rehearsal_failures import failure
from tui.wording.rehearsals import lost_rows

DATA = "data"
"""The inner folder, which is mounted."""
REVISIONS = "revisions"
"""Unit of a migration's progress; the running revision stands behind it."""
GROWTH = 10
"""One part in so many that a migration is thought to add to a database."""
_FULL = ("database or disk is full", "No space left on device")
_TRIES = 50
"""How often a folder is removed in which something that is just ending still writes."""


# --- the copy -----------------------------------------------------------------------------


def scratch_of(deployment: Deployment, operation_id: str) -> Path:
    """Return the folder of an operation's copy; the copy lies in `data` in it."""
    return deployment.state_dir / "scratch" / operation_id


def place_of(deployment: Deployment, operation_id: str) -> Path:
    """Return where the copy of the live database lies."""
    return scratch_of(deployment, operation_id) / DATA / deployment.database.name


def needed(deployment: Deployment) -> int:
    """Bytes that copy and migration take, as far as can be told."""
    parts = (files.identity(sidecar(deployment.database, suffix)) for suffix in ("", "-wal"))
    size = sum(part.size for part in parts if part is not None)
    return size + size // GROWTH


def copy_live(
    deployment: Deployment, operation_id: str, progress: Progress, inside: str = ""
) -> Path:
    """Make a hot copy of the live database in the scratch folder, as a backup is made.

    Args:
        deployment: Whose.
        operation_id: Names the scratch folder.
        progress: Told the bytes; a checkpoint.
        inside: Where it is made in the container first, see `inside_container.scratch`; the
            journal must know it already.

    Raises:
        BusyError: A rollback-journal database is written too much to be copied meanwhile.
        PrecheckError: No space, no permission.
        McpdbError: The database cannot be read.
    """
    copy = place_of(deployment, operation_id)
    files.make_private(deployment.state_dir)
    for folder in (copy.parent.parent.parent, copy.parent.parent, copy.parent):
        files.make_private(folder)
    files.probe_writable(copy.parent)
    files.require_space(copy.parent, needed(deployment), "A rehearsal")
    if inside:
        inside_container.copy(deployment, copy, inside, progress)
    else:
        inside_container.require_whole(deployment)
        copy_to(deployment, copy, progress)
    return copy


def discard(deployment: Deployment, operation_id: str) -> None:
    """Remove the scratch folder with all that is in it, and one-off containers left behind.

    Raises:
        PrecheckError: Something in it may not be removed.
    """
    # While Docker is down its containers do nothing; the next one to come by finds them.
    with suppress(DockerError):
        remove_left_behind(deployment)
    end_stragglers(place_of(deployment, operation_id))
    folder = scratch_of(deployment, operation_id)
    for left in range(_TRIES, 0, -1):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            if files.identity(folder) is None:
                break
        except OSError as error:
            # What ran in it dies with its maker, which takes a moment.
            if left == 1:
                raise files.denied("remove", folder, error) from error
            time.sleep(0.02)
    if files.identity(folder) is not None:
        raise PrecheckError(f"{one_line(str(folder))} cannot be removed.")
    with suppress(OSError):
        folder.parent.rmdir()  # unless somebody else's copy lies there


# --- migrate and look ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """What the migrations came to on the copy."""

    before: Looked
    ran: Ran
    planned: int = 0
    """How many revisions were to be run; 0 when it did not come to that."""
    error: McpdbError | None = None
    """Why they did not run to their end."""


class _Heard:
    """Turns events into progress, and says again what is going on.

    Ticks that come too fast are dropped, and a revision may take long.
    """

    def __init__(self, progress: Progress, on_event: Callable[[Event], None] | None) -> None:
        self._progress = progress
        self._on_event = on_event
        self._now: tuple[int, int, str] | None = None
        self.total = 0

    def event(self, event: Event) -> None:
        if event.kind == "revision":
            self.total = event.total
            self._now = (event.number, event.total, f"{REVISIONS} {event.revision}")
        elif event.kind == "bootstrap":
            self._now = (self.total, self.total, f"{REVISIONS} bootstrap_db")
        if self._on_event is not None:
            self._on_event(event)
        self.beat()

    def beat(self) -> None:
        self._progress.checkpoint()
        if self._now is not None:
            self._progress.tick(*self._now)


def migrate(
    deployment: Deployment,
    job: Job,
    image: str,
    copy: Path,
    progress: Progress,
    on_event: Callable[[Event], None] | None = None,
) -> Migrated:
    """Run the migrations on a copy; what fails once they have begun is told, not raised.

    Raises:
        McpdbError: They did not even begin: no engine, no image, no interpreter.
        Cancelled: A stop was asked for.
    """
    before = look_at(copy, progress.checkpoint, check=False)
    heard = _Heard(progress, on_event)
    began = time.monotonic()
    try:
        ran = run(deployment, job, copy, image=image, on_event=heard.event, checkpoint=heard.beat)
    except Cancelled:
        raise
    except McpdbError as error:
        if _is_full(error):
            raise PrecheckError(
                f"No space left in {one_line(str(deployment.state_dir))} while the copy was "
                "migrated; that says nothing about the migrations."
            ) from error
        told = error.ran if isinstance(error, MigrationFailedError) else None
        if told is None and not heard.total:
            raise
        empty = Ran(runs=(), before=(), after=(), heads=(), seconds=time.monotonic() - began)
        return Migrated(before=before, ran=told or empty, planned=heard.total, error=error)
    return Migrated(before=before, ran=ran, planned=heard.total)


def _is_full(error: McpdbError) -> bool:
    """Whether a migration failed for want of space, as SQLite or the system says it."""
    failed = error.ran.runs[-1:] if isinstance(error, MigrationFailedError) and error.ran else ()
    said = " ".join([str(error), *(run.error for run in failed)])
    return any(words in said for words in _FULL)


def describe(
    job: Job,
    migrated: Migrated,
    copy: Path,
    progress: Progress,
    *,
    copy_seconds: float = 0.0,
    live_inode: int = 0,
) -> Rehearsal:
    """Look at a migrated copy, and say what came of it.

    Args:
        job: What was run; its target is the report's where it names a revision.
        migrated: How that went.
        copy: The copy.
        progress: Its id names the report.
        copy_seconds: How long copying took.
        live_inode: Of the database it was copied from.

    Raises:
        McpdbError: The copy cannot be read.
        Cancelled: A stop was asked for.
    """
    ran, before = migrated.ran, migrated.before
    seconds = {
        "copy": copy_seconds,
        "migrate": max(0.0, ran.seconds - ran.bootstrap_seconds),
    }
    if ran.bootstrap_seconds:
        seconds["bootstrap"] = ran.bootstrap_seconds
    known = Rehearsal(
        id=progress.operation_id,
        taken=datetime.now(UTC),
        who=operator.who(),
        action=job.action,
        target=_target(job, ran),
        image=ran.image,
        image_id=ran.image_id,
        release=ran.release,
        before=ran.before,
        after=ran.after,
        runs=ran.runs,
        planned=migrated.planned,
        heads=ran.heads,
        size=(before.size, 0),
        foreign_keys=(before.foreign_keys, 0),
        seconds=seconds,
        leftovers=tuple(table for table, _remedy in job.leftovers),
        live_inode=live_inode,
        problem=str(migrated.error or ""),
        output=ran.output,
    )
    return known if migrated.error else _looked_over(known, migrated, copy, progress)


def _target(job: Job, ran: Ran) -> str:
    """The revision it ends at: as it was asked for, or as it came about."""
    if job.target and job.target not in ("head", "heads") and not job.target.startswith("-"):
        return job.target
    ends = ran.heads if job.target in ("head", "heads") else ran.after
    return ends[0] if len(ends) == 1 else ""


def _looked_over(known: Rehearsal, migrated: Migrated, copy: Path, progress: Progress) -> Rehearsal:
    """Add what a second look at the copy finds."""
    began = time.monotonic()
    before = migrated.before
    try:
        after = look_at(copy, progress.checkpoint, check=True)
    except VerificationError as error:
        return replace(known, integrity=str(error))
    # What the start behind the migrations changed is its own doing, also where it is less.
    between = migrated.ran.rows or after.rows
    more = after.foreign_keys - before.foreign_keys
    problem = ""
    if more > 0:
        problem = f"{plural(more, 'row')} would point nowhere that do not now."
    return replace(
        known,
        schema=differences(before.schema, after.schema),
        rows=row_changes(before.rows, between),
        start_rows=row_changes(between, after.rows),
        rolled_up=rolled_up(before.rows, after.rows),
        foreign_keys=(before.foreign_keys, after.foreign_keys),
        broken_keys=broken_keys(before, after),
        integrity=after.integrity,
        size=(before.size, after.size),
        seconds={**known.seconds, "check": time.monotonic() - began},
        problem=problem,
    )


def rehearse(
    deployment: Deployment,
    job: Job,
    image: str,
    copy: Path,
    progress: Progress,
    *,
    copy_seconds: float = 0.0,
    live_inode: int = 0,
    on_event: Callable[[Event], None] | None = None,
) -> Rehearsal:
    """Migrate a copy and look at it; what fails once it has begun is told, not raised.

    Args:
        deployment: Whose code and settings.
        job: What is run.
        image: Another local image, by name or id; empty means the gateway's own code.
        copy: See `copy_live`; the caller removes it with `discard`.
        progress: Told revision by revision; its id names the report.
        copy_seconds: How long copying took.
        live_inode: Of the database it was copied from.
        on_event: Told what begins and ends, too.

    Raises:
        DockerError: There is no engine or image.
        NotFoundError: Nothing here has the gateway's code.
        Cancelled: A stop was asked for.
    """
    migrated = migrate(deployment, job, image, copy, progress, on_event)
    return describe(job, migrated, copy, progress, copy_seconds=copy_seconds, live_inode=live_inode)


def refusal(report: Rehearsal) -> McpdbError | None:
    """Return why it must not be done for real: exit 1 or 3; None when it may be."""
    if report.ok:
        return None
    if report.failed is not None or not report.integrity:
        return McpdbError(failure(report))
    if report.integrity != "ok":
        said = one_line(report.integrity).rstrip(".")
        return VerificationError(f"The migrated copy is damaged: {said}.")
    return VerificationError(f"{lost_rows(report)}." if report.lost else report.problem)
