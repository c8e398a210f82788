"""ANALYZE and VACUUM beside a running gateway: only on request, and the one exception to looking.

A live file is opened for writing here, by the operation's own process. What keeps that harmless:
WAL mode only, in which readers go on; `wal_autocheckpoint=0`, for a checkpoint by us beside a
writer is where SQLite before 3.51.3 can lose commits; one transaction, which SQLite itself takes
back whatever cuts it; a deadline, after which it is interrupted; and only root or the file's owner
does it, so that nothing is left beside the file that the gateway cannot write.

VACUUM holds up writers for as long as it runs, and writes every page: a verified copy is made
before (I8). ANALYZE looks at a few rows of each index (`analysis_limit`), so that it takes a moment
alone, and writes nothing but its own tables.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, McpdbError, PrecheckError
from tui.core.models import Deployment
from tui.core.operation import Progress
from tui.operations.backing_up.publishing import new_name
from tui.operations.backup import copy_to
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.finding.gateways import gateway_of
from tui.operations.maintaining.watching import asking, bytes_in
from tui.operations.reads.holding import hold_for
from tui.operations.restoring.kept import safety_manifest
from tui.operations.restoring.overwriting import partial_of
from tui.services import files, manifests
from tui.services.live.index_room import has_room
from tui.services.sqlite import copying, inspection, maintenance
from tui.services.sqlite.connections import connect, require_database_file, sidecar, translating
from tui.services.sqlite.stopping import TimeIsUpError, stoppable
from tui.wording.clean import one_line
from tui.wording.quantities import duration

DEADLINE = 300.0
"""Seconds after which a VACUUM beside a running gateway is given up."""

KEEP = "copy the database as it is and verify the copy"
ANALYZE = "ANALYZE: count what the query planner goes by, a part of each index"
VACUUM = "VACUUM: write every page anew; writers wait meanwhile"


def needed_space(size: int, wal: int) -> int:
    """Bytes: SQLite's temporary copy, and the WAL that every page is written into."""
    return 2 * (size + wal)


def why_not(deployment: Deployment, journal_mode: str) -> str:
    """Why nothing may be written beside the running gateway; empty when it may."""
    live = deployment.database
    found = files.identity(live)
    if blocked := deployment.blocked("live") or deployment.blocked("database"):
        return blocked.text
    if found is None or os.geteuid() not in (0, found.uid):
        owner = files.user_name(found.uid) if found else "nobody"
        return f"only root or {owner}, whose file it is, may write beside the gateway"
    if journal_mode != "wal":
        return f"journal mode {journal_mode or 'unknown'}: all others would wait; stop the gateway"
    return ""


@contextmanager
def _writing(deployment: Deployment) -> Iterator[sqlite3.Connection]:
    """A connection that writes and never checkpoints while somebody else has the file open.

    Raises:
        BusyError: Somebody else writes for longer than the gateway would wait.
        PrecheckError: It may not be done.
    """
    live = deployment.database
    require_database_file(live)
    if not has_room(live):
        raise PrecheckError(f"{one_line(str(live.parent))} is full. Nothing was changed.")
    patience = hold_for(gateway_of(deployment))
    with translating(live), closing(connect(live, "mode=rw", timeout=patience)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0").fetchone()
        mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
        if problem := why_not(deployment, mode):
            raise PrecheckError(f"{problem}. Nothing was changed.")
        yield connection


def analyze(deployment: Deployment, progress: Progress) -> dict[str, Any]:
    """Run a short ANALYZE; returns `rows_limit`.

    Raises:
        BusyError: It took longer than the gateway's writes can wait; nothing was changed.
        McpdbError: It cannot be done.
    """
    seconds = hold_for(gateway_of(deployment))
    with _writing(deployment) as connection:
        connection.execute(f"PRAGMA analysis_limit={maintenance.ANALYSIS_LIMIT}").fetchone()
        try:
            with stoppable(connection, asking(progress, lambda: 0), seconds):
                connection.execute("ANALYZE")
                connection.execute("PRAGMA optimize").fetchall()
        except TimeIsUpError as error:
            raise BusyError(
                f"ANALYZE took longer than the gateway's writes can wait ({duration(seconds)}). "
                "Nothing was changed."
            ) from error
    return {"rows_limit": maintenance.ANALYSIS_LIMIT}


def vacuum(deployment: Deployment, progress: Progress) -> dict[str, Any]:
    """Run VACUUM in the live file; returns `before` and `after`.

    Raises:
        BusyError: The deadline has passed, or somebody else writes; nothing was changed.
        PrecheckError: No space; nothing was changed.
    """
    live = deployment.database
    size, wal = live.stat().st_size, bytes_in(sidecar(live, "-wal"))
    files.require_space(live.parent, needed_space(size, wal()), "VACUUM beside the gateway")
    began = wal()
    with _writing(deployment) as connection:
        if users := maintenance.rowid_users(connection):
            raise PrecheckError(_numbers_matter(users))
        # What is sorted and copied holds all rows: beside the database, not in a shared folder.
        folder = str(deployment.state_dir).replace("'", "''")
        connection.execute(f"PRAGMA temp_store_directory='{folder}'")
        before = maintenance.figures(connection)
        try:
            cancelled = asking(progress, lambda: max(0, wal() - began))
            with stoppable(connection, cancelled, DEADLINE):
                connection.execute("VACUUM")
        except TimeIsUpError as error:
            raise BusyError(
                f"VACUUM took longer than {duration(DEADLINE)}: it was ended, for writers wait "
                "meanwhile. Nothing was changed."
            ) from error
        after = maintenance.figures(connection)
    return {"before": before.as_json(), "after": after.as_json()}


def _numbers_matter(users: tuple[str, ...]) -> str:
    names = ", ".join(map(one_line, users[:3]))
    return (
        f"VACUUM may give rows other numbers, and {names} may go by them; with the gateway stopped "
        "(--stop) they are compared before anything is put in place. Nothing was changed."
    )


# --- the copy that is made before ----------------------------------------------------------


def keep_of(deployment: Deployment) -> Path:
    """The name that the safety copy will get."""
    folder = safety_dir(deployment)
    files.make_private(folder)
    return folder / new_name("mcp_safety", folder)


def keep(deployment: Deployment, target: Path, progress: Progress, *, trigger: str) -> None:
    """Copy what stands there, verify the copy, and list it (I8).

    Raises:
        McpdbError: It cannot be copied, or the copy is not whole; nothing was changed.
    """
    partial, began, taken = partial_of(target), time.monotonic(), datetime.now().astimezone()
    live = deployment.database
    wanted = live.stat().st_size + bytes_in(sidecar(live, "-wal"))()
    files.require_space(target.parent, wanted, "The safety copy")
    copied = copy_to(deployment, partial, progress)
    report = inspection.inspect(partial, progress.tick, progress.checkpoint)
    values = safety_manifest(
        deployment,
        report,
        target.name,
        method="backup-api",
        journal_mode=copied.journal_mode,
        clean_stop=None,
        parent=progress.operation_id,
        taken=taken,
        seconds=time.monotonic() - began,
        trigger=trigger,
    )
    manifests.write_manifest(target, values)
    try:
        partial.rename(target)
        files.fsync_folder(target.parent)
    except OSError as error:
        raise files.denied("write", target, error) from error


def discard_unfinished(target: Path) -> None:
    """Remove a copy that never got its name, and what describes it."""
    copying.discard(partial_of(target))
    if files.identity(target) is None:
        files.remove(manifests.path_for(target))


def kept(target: Path) -> dict[str, Any]:
    """What a result says of the copy, as restores do."""
    try:
        manifest = manifests.read_manifest(target)
    except McpdbError:
        manifest = None
    return {
        "safety": target.name,
        "safety_path": str(target),
        "safety_ok": manifest is not None and manifest.check_result == "ok",
        "safety_id": manifest.id if manifest is not None else "",
    }
