"""The new file of a stopped database: made from the held one, and compared with it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from tui.core.errors import BusyError, McpdbError, PrecheckError, VerificationError
from tui.core.models import Deployment
from tui.core.operation import Progress
from tui.operations.maintaining.watching import asking, bytes_in, bytes_read
from tui.operations.restoring.staging import adopt_owner
from tui.operations.restoring.way import Way
from tui.services import files
from tui.services.sqlite import copying, inspection, maintenance
from tui.services.sqlite.connections import connect, finished, translating
from tui.services.sqlite.stopping import stoppable
from tui.wording.clean import one_line

Work: TypeAlias = Literal["vacuum", "analyze", "reindex"]

_STATEMENTS = {"analyze": ("ANALYZE", "PRAGMA optimize"), "reindex": ("REINDEX",)}


@dataclass(frozen=True, slots=True)
class Held:
    """What the stopped file holds."""

    rows: dict[str, int]
    foreign_keys: int
    shape: dict[str, Any]
    figures: maintenance.Figures
    revisions: tuple[str, ...]
    numbers: dict[str, list[Any]]
    """Row numbers of each table, where something goes by them."""
    numbered_for: tuple[str, ...]
    """What goes by them."""


def known(live: Path, progress: Progress) -> Held:
    """Look at a file that is held by the helper: without locks, for nobody can write it (I5).

    Raises:
        McpdbError: It cannot be read.
    """
    cancelled = asking(progress, bytes_read())
    with (
        translating(live),
        closing(connect(live, "immutable=1")) as connection,
        stoppable(connection, cancelled),
    ):
        # An index may lack rows: that is what it is made anew for.
        rows = inspection.counts(connection, progress.checkpoint, by_index=False)
        users = maintenance.rowid_users(connection)
        return Held(
            rows=rows,
            foreign_keys=inspection.pointing_nowhere(connection),
            shape=maintenance.shape(connection),
            figures=maintenance.figures(connection),
            revisions=inspection.revisions(connection),
            numbers=maintenance.row_numbers(connection, tuple(rows)) if users else {},
            numbered_for=users,
        )


def make(
    step: str,
    live: Path,
    staged: Path,
    progress: Progress,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Carry out one step on the new file.

    Args:
        step: `vacuum` and `duplicate` make it, `analyze` and `reindex` work on it.
        live: The held file; it is only read.
        staged: The new one.
        progress: Told how far it is.
        settings: What the new file is to be set to; see `check`.

    Raises:
        McpdbError: No space, or it cannot be read.
    """
    found = files.identity(live)
    if found is None:
        raise BusyError("The live database is gone. Nothing was changed.")
    if step == "vacuum":
        cancelled = asking(progress, bytes_in(staged), found.size)
        others = {name: value for name, value in settings.items() if name != "journal_mode"}
        maintenance.vacuum_into(live, staged, cancelled, others)
    elif step == "duplicate":
        files.copy_bytes(live, staged, progress.tick)
    else:
        cancelled = asking(progress, bytes_read())
        maintenance.work_on_copy(staged, _STATEMENTS[step], cancelled)
    after = files.identity(live)
    if after is None or (after.key, after.size, after.mtime_ns) != (
        found.key,
        found.size,
        found.mtime_ns,
    ):
        raise BusyError("The live database changed while it was read. Nothing was changed.")


def check(
    deployment: Deployment,
    held: Held,
    staged: Path,
    way: Way,
    mode: str,
    progress: Progress,
    *,
    full: bool,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """Look at the new file, and make it like the one whose place it takes.

    Args:
        deployment: Whose.
        held: What the live file holds.
        staged: The new file.
        way: How it gets into its place.
        mode: The live file's journal mode.
        progress: Told how far it is.
        full: Compare its indexes with its tables as well.
        settings: What the file is to be set to from now on: `page_size`, `auto_vacuum` (its
            number), `journal_mode`. All else is as it was.

    Returns:
        What recovery, reading back and the result need.

    Raises:
        McpdbError: It is not what it should be; nothing was changed.
    """
    live, mode = deployment.database, settings.get("journal_mode", mode)
    copying.set_journal_mode(staged, "delete")
    report = inspection.inspect(staged, progress.tick, progress.checkpoint, full=full)
    inspection.expect(report, {"rows": held.rows}, ("rows",))
    # Through a damaged index rows seem to point nowhere that do not.
    mended = full and report.foreign_key_errors < held.foreign_keys
    if report.foreign_key_errors != held.foreign_keys and not mended:
        raise VerificationError(
            f"{report.foreign_key_errors} rows of the new file point nowhere, "
            f"{held.foreign_keys} did before."
        )
    with finished(staged) as connection, translating(staged):
        figures = maintenance.figures(connection)
        _require_same(held, connection, settings)
    if way.kind == "swap":
        if mode == "wal":
            copying.set_journal_mode(staged, "wal")
        adopt_owner(staged, live, otherwise="")
    files.fsync_file(staged)
    files.fsync_folder(staged.parent)
    found, stands = files.identity(staged), files.identity(live)
    if found is None or stands is None:
        raise BusyError("A file was removed meanwhile. Nothing was changed.")
    if way.kind == "swap" and stands.device != found.device:
        raise PrecheckError("The new file lies on another filesystem than the live database.")
    return {
        "staged_device": found.device,
        "staged_inode": found.inode,
        "then_mode": mode,
        "revision": report.revision,
        "rows": report.rows,
        "revisions": list(held.revisions),
        "before": held.figures.as_json(),
        "after": figures.as_json(),
        "integrity": "ok",
        "check": report.check,
        "foreign_keys": report.foreign_key_errors,
        "checked_at": datetime.now(UTC).isoformat(),
    }


def _require_same(held: Held, connection: Any, settings: Mapping[str, str]) -> None:  # noqa: ANN401
    shape = maintenance.shape(connection)
    for key, value in held.shape.items():
        wanted = int(settings[key]) if key in settings else value
        if shape[key] != wanted:
            raise McpdbError(f"The {key.replace('_', ' ')} of the new file is another one.")
    if held.numbers and maintenance.row_numbers(connection, tuple(held.rows)) != held.numbers:
        names = ", ".join(map(one_line, held.numbered_for[:3]))
        raise McpdbError(
            f"The rows of the new file have other numbers, and {names} may go by them. "
            "Nothing was changed."
        )
