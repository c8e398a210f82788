"""Restore: put a backup in the place of the live database, or leave everything as it was.

The order is the contract. The new file is staged and compared while the gateway still serves;
sole ownership is proved by SQLite itself after the stop; the old file is kept by a hard link
and the new one takes its name in one rename, so the live path is never absent; what comes
after is finished, or undone by the same exchange in the other direction.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import BusyError, McpdbError, VerificationError
from tui.core.models import Backup, Deployment, FileIdentity
from tui.core.operation import (
    Plan,
    Progress,
    Record,
    Recovery,
    StepFinished,
    Steps,
    StepStarted,
)
from tui.operations.backup import new_name
from tui.operations.catalogue import find_backup, safety_dir
from tui.operations.gateways import (
    gateway_of,
    health_of,
    state_of,
)
from tui.operations.restore_plan import comparison, look_around, make_plan
from tui.operations.restore_recovery import decide
from tui.operations.restored import is_damaged, known_heads, read_back, start_again
from tui.services import files
from tui.services.gateways.protocol import Gateway
from tui.services.holders import holders, inodes
from tui.services.sqlite import copying, inspection
from tui.services.sqlite.connections import sidecar
from tui.services.swapping import Exchange, SwapHelper
from tui.wording.clean import one_line

OWNERSHIP_DEADLINE = 30.0
"""Seconds to wait for others to let go of the live file."""

RELEASE_DEADLINE = 10.0
"""Seconds within which viewers have closed their connections."""


@dataclass(frozen=True, slots=True)
class Restore:
    """Replace the live database of a deployment by a backup."""

    name: ClassVar[str] = "restore"

    deployment: Deployment
    backup: str
    """Id, name or path of the backup, or `latest`."""
    start: bool = False
    """Start the gateway afterwards even if it was stopped before."""

    def source(self) -> Backup:
        """The backup that is meant.

        Raises:
            NotFoundError: There is none.
        """
        return find_backup(self.deployment, self.backup)

    def plan(self) -> Plan:
        """Say what would happen, what is gained and lost, and what forbids it."""
        return make_plan(self.name, look_around(self.deployment, self.source(), start=self.start))

    def steps(self, progress: Progress) -> Steps:
        """Stage, compare, release, stop, prove, swap, start, read back."""
        deployment = self.deployment
        gateway = gateway_of(deployment)
        backup = self.source()
        staged = files.partial(deployment.database.parent, progress.operation_id)

        yield StepStarted(
            "stage", "copy the backup beside the database", facts={"staged": str(staged)}
        )
        digest = _stage(deployment, backup, staged, progress)
        yield StepFinished("stage", {"sha256": digest, "bytes": backup.size})

        progress.checkpoint()
        yield StepStarted("compare", comparison(backup))
        expected = _compare(deployment, backup, staged, progress)
        yield StepFinished("compare", expected)

        progress.checkpoint()
        yield StepStarted("release", "every open screen lets go of the database")
        _wait_released(deployment, gateway, progress)
        yield StepFinished("release")

        progress.checkpoint()
        with SwapHelper(progress.lock) as helper:
            before = _before(gateway)
            yield StepStarted("stop", "stop the gateway", facts=before)
            stopped = _stop(gateway)
            yield StepFinished("stop", stopped)

            progress.checkpoint()
            exchange, facts = _exchange(deployment, staged)
            yield StepStarted("prove", "prove that nobody else has the file", facts=facts)
            mode = _prove(helper, exchange, gateway, progress)
            yield StepFinished("prove", {"journal_mode": mode})

            progress.checkpoint()
            yield StepStarted("swap", "put the new file in its place", cancellable=False)
            _require_down(gateway)
            if exchange.keep is not None:
                helper.swap()
            else:
                _put_where_nothing_is(staged, deployment.database)
            yield StepFinished("swap", {"swapped": True})

        yield StepStarted("start", "start the gateway, wait for healthy", cancellable=False)
        started = start_again(deployment, {**before, **facts}, progress, even_if_stopped=self.start)
        yield StepFinished("start", started)

        yield StepStarted(
            "readback", "read back; check and list the safety copy", cancellable=False
        )
        result = read_back(
            deployment,
            {**expected, **facts, "journal_mode": mode},
            clean_stop=stopped.get("clean"),
            operation_id=progress.operation_id,
        )
        yield StepFinished("readback")
        return {**result, **started, "backup": backup.id}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.restore_recovery`."""
        return decide(self.deployment, records, start=self.start)


# --- before the stop --------------------------------------------------------------------


def _stage(deployment: Deployment, backup: Backup, staged: Path, progress: Progress) -> str:
    """Copy the backup beside the live file and check the hash of what was read."""
    folder = deployment.database.parent
    files.probe_writable(folder)
    files.make_private(deployment.state_dir)
    files.make_private(safety_dir(deployment))
    files.probe_writable(safety_dir(deployment))
    wal = files.identity(sidecar(deployment.database, "-wal"))
    files.require_space(folder, backup.size + (wal.size if wal else 0), "A restore")
    digest = files.copy_bytes(backup.path, staged, progress.tick)
    _probe_link(staged, safety_dir(deployment))
    manifest = backup.manifest
    if manifest is not None and digest != manifest.sha256:
        raise VerificationError(
            f"FAIL sha256: expected {manifest.sha256[:12]}, found {digest[:12]}. "
            f"Do not restore {one_line(backup.path.name)}."
        )
    return digest


def _probe_link(staged: Path, folder: Path) -> None:
    """Prove before anything stops that the old file can be kept by a hard link.

    Raises:
        PrecheckError: Another filesystem, or one without hard links.
    """
    probe = folder / staged.name
    try:
        os.link(staged, probe, follow_symlinks=False)
    except OSError as error:
        raise files.denied("make a hard link in", folder, error) from error
    files.remove(probe)


def _compare(
    deployment: Deployment, backup: Backup, staged: Path, progress: Progress
) -> dict[str, Any]:
    """Check the staged file itself, then give it the live file's mode, owner and journal mode."""
    report = inspection.inspect(staged, progress.tick, progress.checkpoint)
    manifest = backup.manifest
    if manifest is not None:
        inspection.expect(
            report, manifest.as_json(), ("sha256", "size", "pages", "revision", "rows")
        )
    mode = manifest.journal_mode if manifest else report.journal_mode
    if mode == "wal":
        copying.set_journal_mode(staged, "wal")
    _adopt_owner(staged, deployment.database)
    files.fsync_file(staged)
    files.fsync_folder(staged.parent)
    found = _require(staged)
    return {
        "staged_device": found.device,
        "staged_inode": found.inode,
        "revision": report.revision,
        "rows": report.rows,
        "heads": known_heads(deployment),
    }


def _adopt_owner(staged: Path, live: Path) -> None:
    """Mode and owner as the live file's, or the folder's where there is none.

    Raises:
        PrecheckError: We may not.
    """
    model = files.identity(live)
    folder = files.identity(live.parent)
    owner = model or folder
    if owner is None:
        raise McpdbError(f"{one_line(str(live.parent))} is gone.")
    try:
        if (owner.uid, owner.gid) != (os.geteuid(), os.getegid()):
            os.chown(staged, owner.uid, owner.gid, follow_symlinks=False)
        staged.chmod(model.mode & 0o7777 if model else 0o600)
    except OSError as error:
        raise files.denied("give to its owner", staged, error) from error


def _require(path: Path) -> FileIdentity:
    found = files.identity(path)
    if found is None:
        raise McpdbError(f"{one_line(str(path))} is gone.")
    return found


def _wait_released(deployment: Deployment, gateway: Gateway | None, progress: Progress) -> None:
    """Wait until nobody but the gateway has the live file open.

    What is open is the acknowledgement: it cannot be given and not meant.

    Raises:
        BusyError: Somebody still has it at the deadline; named.
    """
    deadline = time.monotonic() + RELEASE_DEADLINE
    while True:
        state = state_of(gateway)
        found, _complete = holders(inodes(deployment.database), ignore=(*state.pids, os.getpid()))
        if state.is_up and not state.pids:
            # Which process is the gateway is not known here: only viewers can be told apart.
            found = [holder for holder in found if holder.ours]
        if not found:
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise BusyError(
                f"{one_line(found[0].describe())} has the database open and does not let go; "
                "nothing was changed."
            )
        progress.tick(round(RELEASE_DEADLINE - left), round(RELEASE_DEADLINE), "seconds")
        time.sleep(0.1)


# --- while the gateway is down ----------------------------------------------------------


def _before(gateway: Gateway | None) -> dict[str, Any]:
    """The state that every way out restores (I6)."""
    state = state_of(gateway)
    health = health_of(gateway, state)
    return {
        "was_running": state.is_up,
        "was_healthy": health.verdict == "healthy",
        "identity": state.identity,
        "image_id": state.image_id,
        "gateway_down": state.is_up,
    }


def _stop(gateway: Gateway | None) -> dict[str, Any]:
    if gateway is None or not gateway.state().is_up:
        return {"clean": None}
    stopped = gateway.stop()
    return {
        "clean": stopped.clean,
        "exit_code": stopped.exit_code,
        "stop_seconds": stopped.seconds,
    }


def _exchange(deployment: Deployment, staged: Path) -> tuple[Exchange, dict[str, Any]]:
    """Which file takes whose place, and under which name the old one is kept."""
    live = files.identity(deployment.database)
    folder = safety_dir(deployment)
    keep = folder / new_name("mcp_safety", folder) if live else None
    damaged = bool(live) and is_damaged(deployment)
    facts = {
        "keep": keep and str(keep),
        "live_device": live and live.device,
        "live_inode": live and live.inode,
        "damaged": damaged,
    }
    exchange = Exchange(
        live=deployment.database,
        incoming=staged,
        keep=keep,
        deadline=OWNERSHIP_DEADLINE,
        damaged=damaged,
    )
    return exchange, facts


def _prove(
    helper: SwapHelper, exchange: Exchange, gateway: Gateway | None, progress: Progress
) -> str:
    _require_down(gateway)
    if exchange.keep is None:
        return ""
    total = round(exchange.deadline)

    def waiting(left: float) -> None:
        progress.tick(round(total - left), total, "seconds")

    try:
        mode = helper.prove(exchange, waiting)
        # A process that has a rollback-journal file open and idle holds no lock, and would go
        # on with the old inode: only its open file tells.
        found, _complete = holders(inodes(exchange.live), ignore=(os.getpid(), helper.pid))
        if found:
            raise BusyError("Another process has the database open.")
        return mode
    except BusyError as error:
        found, _complete = holders(inodes(exchange.live), ignore=(os.getpid(),))
        who = f" {one_line(found[0].describe())} has it open." if found else ""
        raise BusyError(f"{error}{who} Nothing was changed.") from error


def _require_down(gateway: Gateway | None) -> None:
    """Refuse to go on if somebody started the gateway meanwhile.

    Raises:
        BusyError: It is up again.
    """
    if gateway is not None and gateway.state().is_up:
        raise BusyError(
            f"{one_line(gateway.name)} was started by somebody else; nothing was changed."
        )


def _put_where_nothing_is(staged: Path, live: Path) -> None:
    """There is no old file: a link fails if one has appeared, a rename would overwrite it."""
    try:
        os.link(staged, live, follow_symlinks=False)
        files.fsync_folder(live.parent)
    except FileExistsError as error:
        raise BusyError("A database appeared meanwhile; nothing was changed.") from error
    except OSError as error:
        raise files.denied("write", live, error) from error
    files.remove(staged)
