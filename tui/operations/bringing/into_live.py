"""Writing rows of a finished file into the live database, in one transaction: the shared steps.

Bringing rows of a backup back and importing rows of a text file differ in where the rows come
from. From then on both do the same: the gateway is stopped; a helper process proves that nobody
else has the file and holds it; what stands in it is copied and the copy verified; all rows are
written in one transaction on the live file itself, which keeps its inode, owner and mode. Until
the commit everything can be taken back; the order is the contract.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, McpdbError, VerificationError
from tui.core.models import Deployment
from tui.core.operation import Facts, Progress, StepFinished, Steps, StepStarted
from tui.operations.backing_up.publishing import new_name
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.finding.gateways import gateway_of
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring import UNDO_DAYS
from tui.operations.restoring.kept import keep_safety, safety_manifest
from tui.operations.restoring.overwriting import partial_of
from tui.operations.restoring.ownership import before, require_down, stop, wait_released
from tui.operations.restoring.restored import start_again
from tui.services import files, manifests
from tui.services.gateways.protocol import Gateway
from tui.services.live.bringing import BringHelper
from tui.services.live.holders import holders, inodes
from tui.services.sqlite import inspection
from tui.services.sqlite.choosing import Selection
from tui.wording.clean import one_line

OWNERSHIP_DEADLINE = 30.0
"""Seconds to wait for others to let go of the live file."""

RELEASE_DEADLINE = 10.0
"""Seconds within which viewers have closed their connections."""

KEEP = "copy the database aside and verify the copy"
WRITE = "write the rows, check the foreign keys, read them back"
COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class Incoming:
    """Rows that were checked and are now written."""

    plain: Path
    """The finished database they come from."""
    selection: Selection
    checked: Mapping[str, Any]
    """What the check found: `effect` as `tui.services.sqlite.bringing` has it, and `plain`, by
    which the file is known again."""


def known_again(plain: Path) -> list[int] | None:
    """By what a file that was checked is known again when it is read."""
    found = files.identity(plain)
    if found is None:
        return None
    return [found.device, found.inode, found.size, found.mtime_ns]


def write_steps(
    deployment: Deployment, incoming: Incoming, progress: Progress, *, trigger: str
) -> Steps:
    """Release, stop, prove, keep, write, commit; returns the facts of all of them.

    Args:
        deployment: Whose.
        incoming: The rows.
        progress: Of the operation.
        trigger: The operation's name, for the safety copy's manifest.

    Raises:
        McpdbError: Nothing was changed; the gateway is put back by the recovery.
    """
    gateway, checked = gateway_of(deployment), dict(incoming.checked)
    progress.checkpoint()
    yield StepStarted("release", "every open screen lets go of the database")
    wait_released(deployment, gateway, progress, RELEASE_DEADLINE)
    yield StepFinished("release")

    progress.checkpoint()
    with BringHelper(progress.lock) as helper:
        facts = {**before(gateway), **_stands(deployment)}
        yield StepStarted("stop", "stop the gateway", facts=facts)
        stopped = stop(gateway)
        yield StepFinished("stop", stopped)

        progress.checkpoint()
        yield StepStarted("prove", "take in the wal, prove that nobody else has the file")
        mode = _prove(helper, deployment, gateway, progress)
        yield StepFinished("prove", {"journal_mode": mode})

        progress.checkpoint()
        keep = safety_dir(deployment) / new_name("mcp_safety", safety_dir(deployment))
        facts |= checked | stopped | {"journal_mode": mode, "keep": str(keep)}
        yield StepStarted("keep", KEEP, facts={"keep": str(keep)})
        _keep(deployment, helper, keep, facts, progress, trigger)
        yield StepFinished("keep")

        progress.checkpoint()
        yield StepStarted("write", WRITE)
        _require_same(incoming.plain, checked["plain"])
        witness = helper.write(incoming.plain, incoming.selection, checked["effect"], progress.tick)
        yield StepFinished("write", {"witness": witness})

        progress.checkpoint()
        yield StepStarted("commit", COMMIT, cancellable=False)
        require_down(gateway)
        helper.commit()
        yield StepFinished("commit", {"committed": True})
    return facts


def start_step(deployment: Deployment, facts: Mapping[str, Any], progress: Progress) -> Steps:
    """Start the gateway again if it ran, and wait until it is healthy; what that told."""
    yield StepStarted("start", "start the gateway, wait for healthy", cancellable=False)
    started = start_again(deployment, dict(facts), progress, even_if_stopped=False)
    yield StepFinished("start", started)
    return started


# --- while the gateway is down ------------------------------------------------------------


def _stands(deployment: Deployment) -> dict[str, Any]:
    """Which file it is, and how it is to look again whatever happens."""
    live = files.identity(deployment.database)
    if live is None:
        raise McpdbError(f"{one_line(str(deployment.database))} is gone; nothing was changed.")
    seen = LiveDatabase(deployment).facts()
    return {
        "live_device": live.device,
        "live_inode": live.inode,
        "mode_before": seen.journal_mode,
        "revision": seen.revision,
    }


def _prove(
    helper: BringHelper, deployment: Deployment, gateway: Gateway | None, progress: Progress
) -> str:
    """Have the helper own the file alone; its journal mode.

    Raises:
        BusyError: Somebody else has it open; named.
    """
    require_down(gateway)
    live, total = deployment.database, round(OWNERSHIP_DEADLINE)
    try:
        mode = helper.prove(
            live,
            OWNERSHIP_DEADLINE,
            lambda left: progress.tick(round(total - left), total, "seconds"),
        )
        # An idle reader of a rollback-journal file holds no lock: only its open file tells.
        found, _complete = holders(inodes(live), ignore=(helper.pid,))
        if found:
            raise BusyError("Another process has the database open.")
        return mode
    except BusyError as error:
        found, _complete = holders(inodes(live), ignore=(helper.pid,))
        who = f" {one_line(found[0].describe())} has it open." if found else ""
        raise BusyError(f"{error}{who} Nothing was changed.") from error


def _keep(
    deployment: Deployment,
    helper: BringHelper,
    keep: Path,
    facts: Mapping[str, Any],
    progress: Progress,
    trigger: str,
) -> None:
    """Copy what is held, verify the copy against it, and list it (I8, I9).

    Raises:
        McpdbError: It cannot be copied, or the copy is not what is held; nothing was changed.
    """
    partial, began = partial_of(keep), time.monotonic()
    rows = helper.copy(partial, progress.tick)
    report = inspection.inspect(partial, progress.tick, progress.checkpoint)
    inspection.expect(report, {"rows": rows}, ("rows",))
    values = safety_manifest(
        deployment,
        report,
        keep.name,
        method="backup-api",
        journal_mode=str(facts["journal_mode"]),
        clean_stop=facts.get("clean"),
        parent=progress.operation_id,
        taken=datetime.now().astimezone(),
        seconds=time.monotonic() - began,
        trigger=trigger,
    )
    manifests.write_manifest(keep, values)
    try:
        partial.rename(keep)
        files.fsync_folder(keep.parent)
    except OSError as error:
        raise files.denied("write", keep, error) from error


def _require_same(plain: Path, checked: object) -> None:
    """The file that is read now must be the one that was checked.

    Raises:
        BusyError: It is another one.
    """
    found = known_again(plain)
    if found is None or found != checked:
        raise BusyError(
            f"{one_line(plain.name)} was changed by somebody meanwhile. Nothing was changed."
        )


# --- afterwards ---------------------------------------------------------------------------


def seen_after(deployment: Deployment, facts: Mapping[str, Any]) -> Facts:
    """See that the live file is the same one and can be read; list what was kept.

    Returns:
        `revision`, `undo_until` and what `keep_safety` tells.

    Raises:
        VerificationError: Another file stands there, or it cannot be read.
    """
    found = files.identity(deployment.database)
    if found is None or found.key != (facts["live_device"], facts["live_inode"]):
        raise VerificationError(
            f"{one_line(str(deployment.database))} is not the file that was written into."
        )
    seen = LiveDatabase(deployment).facts()
    if seen.problem:
        raise VerificationError(seen.problem)
    kept = keep_safety(deployment, dict(facts), clean_stop=facts.get("clean"))
    return {
        "revision": seen.revision,
        "undo_until": (datetime.now(UTC) + timedelta(days=UNDO_DAYS)).isoformat(),
        **kept,
    }


def undo_words(facts: Mapping[str, Any], kept: Mapping[str, Any]) -> str:
    """The end of the result's sentence: where the old content is, and what takes it back."""
    stays = "" if facts.get("was_running") else " The gateway stays stopped, as it was."
    return (
        f"The database as it was is kept as {one_line(str(kept['safety']))}; `undo` takes it "
        f"back.{stays}"
    )
