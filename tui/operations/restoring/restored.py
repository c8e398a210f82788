"""After a swap: is it our file, is it what was promised, and is the old one kept whole."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, ExitCode, McpdbError, PrecheckError, VerificationError
from tui.core.models import Deployment
from tui.core.operation import Facts, Progress
from tui.operations.finding.gateways import (
    gateway_of,
    state_of,
    wait_healthy,
    with_patience,
)
from tui.operations.migrating import switching
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring import UNDO_DAYS
from tui.operations.restoring.called import called
from tui.operations.restoring.kept import keep_safety
from tui.operations.timelines.timeline import read_timeline
from tui.services import files
from tui.services.gateways.protocol import Gateway
from tui.services.live.holders import SIDECARS, holders, inodes
from tui.services.sqlite import copying
from tui.services.sqlite.connections import look, sidecar
from tui.wording.clean import one_line

PATIENCE = 30.0
"""Seconds for which a database that somebody has locked is asked again."""


def known_heads(deployment: Deployment) -> list[str]:
    """What the gateway's own start may migrate a database to; empty when it cannot be told."""
    timeline = read_timeline(deployment, state_of(gateway_of(deployment)), ())
    return list(timeline.heads)


def start_again(
    deployment: Deployment, facts: dict[str, Any], progress: Progress, *, even_if_stopped: bool
) -> Facts:
    """Start the gateway if it ran before and wait until it is healthy.

    Args:
        deployment: Whose.
        facts: What the journal recorded: `was_running`, and `keep`, the safety copy's path.
        progress: Told how long it takes.
        even_if_stopped: Start it although it had been stopped by hand.

    Raises:
        UnhealthyError: It does not become healthy.
        DockerError: The engine does not answer.
    """
    gateway = gateway_of(deployment)

    def note(done: int, total: int) -> None:
        progress.note(done, total, "seconds")

    evicted = gateway is not None and with_patience(
        lambda: _evict(gateway, deployment.database, facts), note
    )
    # Somebody who started it meanwhile wants it up, but on the new file.
    if gateway is None or not (facts.get("was_running") or even_if_stopped or evicted):
        # Whoever starts it later starts the image that fits the file, on a folder it can write.
        switching.put(deployment, facts, note, wait=False)
        return {"gateway_up": False, "proven_by_start": False}
    switching.start(deployment, gateway, facts, note)
    health = wait_healthy(gateway, note)
    return {"gateway_up": True, "proven_by_start": True, "health": health.text}


def _evict(gateway: Gateway, live: Path, facts: dict[str, Any]) -> bool:
    """Stop a gateway that came up by itself and has the old file open, or may have."""
    if not facts.get("keep") or facts.get("way") == "overwrite":
        return False  # there is no other file to have open
    keep = Path(facts["keep"])
    found, complete = holders(inodes(keep))
    if (complete and not found) or not gateway.state().is_up:
        return False
    gateway.stop()
    if found:
        _take_sidecars(keep, live)
    return True


def _take_sidecars(keep: Path, live: Path) -> None:
    """What the old file's user left under the live name belongs to the old file.

    Beside the new one it would be replayed into that, and damage it.
    """
    moved = False
    for suffix in SIDECARS[1:]:
        left, kept = sidecar(live, suffix), sidecar(keep, suffix)
        if files.identity(left) is not None and files.identity(kept) is None:
            try:
                left.rename(kept)
            except OSError as error:
                raise files.denied("write", kept, error) from error
            moved = True
    if moved:
        files.fsync_folder(keep.parent)
        files.fsync_folder(live.parent)
        with suppress(McpdbError):
            # SQLite takes it in, as far as it can; else it stays beside the copy.
            copying.set_journal_mode(keep, "delete")


def read_back(
    deployment: Deployment,
    facts: dict[str, Any],
    *,
    clean_stop: bool | None,
    operation_id: str = "",
    trigger: str = "restore",
) -> Facts:
    """Check the file at the live path, then the safety copy, and list the latter.

    Rows that differ since the start are told, never a reason to roll back: the gateway rolls
    metrics up and cleans sessions within seconds of its start.

    Args:
        deployment: Whose.
        facts: What the journal recorded while staging and swapping.
        clean_stop: Whether the gateway had ended by itself before the swap.
        operation_id: The restore's journal, named as the safety copy's parent.
        trigger: The operation's name.

    Raises:
        VerificationError: The live path has another file, revision or tables.
    """
    found = files.identity(deployment.database)
    # A file that was written into is still the one that stood there.
    which = "live" if facts.get("way") == "overwrite" else "staged"
    if found is None or found.key != (facts[f"{which}_device"], facts[f"{which}_inode"]):
        raise VerificationError(
            f"{one_line(str(deployment.database))} is not the file that was put there."
        )
    try:
        told = _compared(deployment, facts)
    except (BusyError, PrecheckError) as error:
        # It stands there and the gateway works with it: that it cannot be looked at now is no
        # reason to take it back.
        told = {
            "ends_with": int(ExitCode.PARTLY),
            "outcome": "not read back",
            "sentence": f"The {called(trigger).source} is in place, but it could not be read back: "
            f"{error}",
        }
    return {
        **told,
        "undo_until": (datetime.now(UTC) + timedelta(days=UNDO_DAYS)).isoformat(),
        **keep_safety(
            deployment,
            facts,
            clean_stop=clean_stop,
            operation_id=operation_id,
            trigger=trigger,
        ),
    }


def _compared(deployment: Deployment, facts: dict[str, Any]) -> dict[str, Any]:
    """Revision and tables as they are now, against what was put there.

    Raises:
        VerificationError: It is not what was put there.
        BusyError: It is locked for longer than `PATIENCE`.
        PrecheckError: It may not be looked at.
    """
    counted = _counted(LiveDatabase(deployment))
    seen = LiveDatabase(deployment).facts()
    if seen.problem:
        raise BusyError(seen.problem)  # it could be read a moment ago
    heads = facts.get("heads") or known_heads(deployment)
    # Where nobody can say what the gateway migrates to, another revision is no proof of a fault.
    if heads and seen.revision not in (facts["revision"], *heads):
        raise VerificationError(
            f"The database is at revision {one_line(seen.revision) or 'none'}, "
            f"expected {one_line(facts['revision'])}."
        )
    missing = [table for table in facts["rows"] if table not in counted]
    if missing and seen.revision == facts["revision"]:
        raise VerificationError(f"Table {one_line(missing[0])} is not there any more.")
    changed = [table for table, rows in facts["rows"].items() if counted.get(table, rows) != rows]
    return {"revision": seen.revision, "changed_since_start": changed}


def _counted(live: LiveDatabase) -> dict[str, int]:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return live.counts()
        except BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def is_damaged(deployment: Deployment) -> bool:
    """Whether SQLite cannot read the live file; the gateway must be down."""
    try:
        with look(deployment.database, gateway_up=lambda: False):
            return False
    except VerificationError:
        return True
