"""The copy of the stopped file: made, migrated, and checked before it may take a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, McpdbError, PrecheckError
from tui.core.models import DatabaseFacts, Rehearsal
from tui.core.operation import Progress
from tui.operations.migrating.code import Code
from tui.operations.migrating.failed import of_failed
from tui.operations.migrating.rehearsing import REVISIONS, place_of
from tui.operations.migrating.route import Route
from tui.operations.migrating.spare import hold_name, spare_of
from tui.operations.migrating.wanted import Wanted
from tui.operations.restoring.staging import adopt_owner, probe_link
from tui.operations.restoring.way import Way
from tui.services import files
from tui.services.migrations.running import Event, Job, MigrationFailedError, Ran, run
from tui.services.sqlite import copying, inspection
from tui.services.sqlite.connections import finished, sidecar, translating
from tui.services.sqlite.leftovers import is_leftover
from tui.wording.clean import one_line
from tui.wording.quantities import count, plural, prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Everything that was decided before anything was done."""

    wanted: Wanted
    code: Code
    route: Route
    way: Way
    live: DatabaseFacts
    left: tuple[tuple[str, str], ...]
    """`_alembic_tmp_*` tables that are put right."""
    rehearsal: Rehearsal | None

    def switching(self) -> dict[str, Any]:
        """What the journal must know of a switch of the image."""
        switch = self.code.target.switch
        return {"switch": dict(switch)} if switch is not None else {}

    @property
    def accepted(self) -> Mapping[str, tuple[int, int]]:
        """Rows that tables may lose, as the plan showed: before and after."""
        return self.rehearsal.lost if self.rehearsal is not None else {}


@dataclass(frozen=True, slots=True)
class Held:
    """What the stopped file holds."""

    rows: dict[str, int]
    foreign_keys: int
    """Rows that point nowhere."""
    size: int
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """For the journal."""
        return {"held_bytes": self.size, "held_sha256": self.sha256}


def needed_space(live: DatabaseFacts, way: Way) -> int:
    """Bytes that are written beside the database: the copy, and SQLite's journal of the same.

    Batch mode rebuilds whole tables, and what is rebuilt goes into the journal first.

    Args:
        live: What is migrated.
        way: Where it is written into the live file, that has a journal of its own, and is copied.
    """
    whole = live.size + live.wal_size
    return 2 * whole if way.kind == "swap" else 4 * whole


def prepare(job: Prepared, progress: Progress) -> Path:
    """Prove before anything stops that all that will be made has its place.

    Returns:
        Where the copy will lie: in a folder of its own.

    Raises:
        PrecheckError: No space, no permission, or no hard links where they are needed.
    """
    deployment = job.wanted.deployment
    staged = place_of(deployment, progress.operation_id)
    scratches = staged.parent.parent.parent
    files.probe_writable(deployment.database.parent)
    for needed in (deployment.state_dir, job.way.keep_dir, scratches):
        files.make_private(needed)
        files.probe_writable(needed)
    files.require_space(scratches, needed_space(job.live, job.way), "A migration of a copy")
    if job.way.kind == "swap":
        probe = files.partial(scratches, progress.operation_id)
        try:
            files.write_new(probe, ())
            probe_link(probe, job.way.keep_dir, otherwise="")
        finally:
            files.remove(probe)
    return staged


def copy_held(job: Prepared, staged: Path, progress: Progress) -> Held:
    """Copy the bytes of the file that the helper holds, and compare the copy with it (I9).

    No SQLite connection of this process has the live file open: read raw, it is the helper's
    locks that keep it still (I5).

    Raises:
        McpdbError: No space, or the copy is not what was copied.
    """
    live = job.wanted.deployment.database
    found = files.identity(live)
    if found is None:
        raise BusyError("The live database is gone. Nothing was changed.")
    for folder in (staged.parent.parent, staged.parent):
        files.make_private(folder)
    files.require_space(staged.parent, 2 * found.size, "The copy that is migrated")
    if job.way.kind == "swap":
        hold_name(live, spare_of(staged))
    read = files.copy_bytes(live, staged, progress.tick)
    after, copied = files.identity(live), files.identity(staged)
    if files.sha256(staged, progress.tick) != read or after is None or copied is None:
        raise McpdbError("The copy is not what was read from the live database.")
    if (after.key, after.size, after.mtime_ns) != (found.key, found.size, found.mtime_ns):
        raise BusyError("The live database changed while it was copied. Nothing was changed.")
    with finished(staged) as connection, translating(staged):
        stands = inspection.revisions(connection)
        if sorted(stands) != sorted(job.route.before):
            raise BusyError(
                f"The database stands at {one_line(' '.join(stands)) or 'no revision'} by now, "
                f"the plan was made for {' '.join(job.route.before) or 'none'}."
            )
        broken = inspection.pointing_nowhere(connection)
        rows = inspection.counts(connection, progress.checkpoint)
    return Held(rows, broken, copied.size, read)


class _Telling:
    """Turns events into progress; says again what is going on, for a revision may take long."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._now: tuple[int, int, str] | None = None

    def event(self, event: Event) -> None:
        """Take in what begins."""
        if event.kind == "revision":
            self._now = (event.number, event.total, f"{REVISIONS} {one_line(event.revision)}")
        self.beat()

    def beat(self) -> None:
        """Report it; also a checkpoint."""
        self._progress.checkpoint()
        if self._now is not None:
            self._progress.tick(*self._now)


def migrate_copy(job: Prepared, staged: Path, progress: Progress) -> Ran:
    """Run the migrations on the copy, by the code that has them.

    Raises:
        MigrationFailedError: A revision raised; the sentence names it and its statement.
        DockerError: There is no engine or image.
    """
    telling = _Telling(progress)
    try:
        return run(
            job.wanted.deployment,
            Job(action=job.wanted.action, target=job.route.target, leftovers=job.left),
            staged,
            image=job.code.image,
            on_event=telling.event,
            checkpoint=telling.beat,
        )
    except MigrationFailedError as error:
        raise _failed(error, staged) from error


_FULL = ("disk is full", "No space left")
"""How SQLite and the system say that there is no space."""


def _failed(error: MigrationFailedError, staged: Path) -> McpdbError:
    """The sentence of a failed revision: what it said, and the statement where there is one."""
    failed = next((found for found in error.ran.runs if not found.ok), None) if error.ran else None
    if failed is not None and any(words in failed.error for words in _FULL):
        return PrecheckError(
            f"No space left in {one_line(str(staged.parent))} while {failed.revision} was run on "
            "the copy. Nothing was changed."
        )
    statement = prose(" ".join(failed.statement.split()), 300) if failed is not None else ""
    statement = one_line(statement)
    said = f" The statement: {statement}" if statement and statement[:40] not in str(error) else ""
    again = MigrationFailedError(f"{error}{said} Nothing was changed.", error.ran)
    return again.telling(**of_failed(failed))


def check(job: Prepared, staged: Path, held: Held, mode: str, progress: Progress) -> dict[str, Any]:
    """Look at the migrated copy, and make it like the file whose place it takes.

    Args:
        job: What was decided.
        staged: The copy.
        held: What it held before.
        mode: The live file's journal mode.
        progress: Told how far it is.

    Returns:
        What recovery and reading back need: which file it is, revision, rows, journal mode.

    Raises:
        McpdbError: It is not what it should be; nothing was changed.
    """
    # Whatever the code has set: a WAL is taken in, and nothing lies beside it any more.
    copying.set_journal_mode(staged, "delete")
    beside = [s for s in ("-wal", "-journal") if files.identity(sidecar(staged, s)) is not None]
    if beside:
        raise McpdbError(f"The migrations left a {beside[0]} beside the copy.")
    report = inspection.inspect(staged, progress.tick, progress.checkpoint)
    _require_good(job, held, report)
    if job.way.kind == "swap":
        if mode == "wal":
            copying.set_journal_mode(staged, "wal")
        # Another image's user gets it, and the folder, while the gateway is down: at its start.
        adopt_owner(staged, job.wanted.deployment.database, otherwise="")
    files.fsync_file(staged)
    files.fsync_folder(staged.parent)
    found = files.identity(staged)
    if found is None:
        raise McpdbError(f"{one_line(str(staged))} is gone.")
    live, spare = (files.identity(p) for p in (job.wanted.deployment.database, spare_of(staged)))
    if live is None or (spare is not None and spare.key != live.key):
        raise BusyError(
            "The live database was removed or replaced while the copy was migrated: its file is "
            "given a name again, or is kept as a safety copy."
        )
    if job.way.kind == "swap" and live.device != found.device:
        raise PrecheckError("The copy lies on another filesystem than the live database.")
    return {
        "staged_device": found.device,
        "staged_inode": found.inode,
        "then_mode": mode,
        "revision": report.revision,
        "rows": report.rows,
        "heads": list(job.code.ends_at),
    }


def _require_good(job: Prepared, held: Held, report: inspection.Report) -> None:
    if sorted(report.revision.split()) != sorted(job.route.after):
        raise McpdbError(
            f"The copy stands at {one_line(report.revision) or 'no revision'} after it, "
            f"expected {' '.join(job.route.after)}."
        )
    left = [one_line(name) for name in report.rows if is_leftover(name)]
    if left:
        raise McpdbError(f"The migrations left {', '.join(left)} in the copy.")
    if report.foreign_key_errors > held.foreign_keys:
        raise McpdbError(
            f"{plural(report.foreign_key_errors, 'row')} of the migrated copy point nowhere, "
            f"{held.foreign_keys} did before."
        )
    for table, rows in held.rows.items():
        now = report.rows.get(table)
        if table == "alembic_version" or now is None or now >= rows or is_leftover(table):
            continue
        said, then = job.accepted.get(table, (0, 0))
        if rows - now > said - then:
            raise McpdbError(
                f"Table {one_line(table)} would lose rows, {count(rows)} → {count(now)}, and the "
                "rehearsal did not say so."
            )
