"""The things a recovery does, each of which may be done again after any cut."""

from __future__ import annotations

import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError
from tui.core.models import ContainerRef, Deployment
from tui.core.operation import Facts, Progress
from tui.operations.finding.gateways import gateway_of, wait_healthy
from tui.operations.migrating import switching
from tui.operations.restoring import overwriting
from tui.operations.restoring.ownership import prove
from tui.operations.restoring.restored import is_damaged
from tui.services import files
from tui.services.live.helper_process import HelperGoneError
from tui.services.live.swapping import Exchange, SwapHelper
from tui.services.sqlite import copying
from tui.services.sqlite.connections import sidecar
from tui.wording.clean import one_line


def discard(deployment: Deployment, facts: dict[str, Any]) -> Facts:
    """Remove the staged file, and the safety copy if nothing took the old file's place."""
    staged, keep = facts.get("staged"), facts.get("keep")
    if facts.get("way") == "overwrite":
        overwriting.discard_copy(facts)
    elif keep:
        live, link = files.identity(deployment.database), files.identity(Path(keep))
        if live and link and live.key == link.key and link.links > 1:
            if facts.get("damaged"):
                _bring_sidecars_back(Path(keep), deployment.database)
            files.remove(Path(keep))
    elif facts.get("aside") and files.identity(deployment.database) is None:
        _bring_sidecars_back(Path(facts["aside"]), deployment.database)
    return tidy({"staged": staged})


def _bring_sidecars_back(keep: Path, live: Path) -> None:
    """The set of a damaged file belongs together: what was set aside returns beside it."""
    for suffix in ("-wal", "-shm", "-journal"):
        aside, there = sidecar(keep, suffix), sidecar(live, suffix)
        if files.identity(aside) is not None and files.identity(there) is None:
            try:
                aside.rename(there)
            except OSError as error:
                raise files.denied("write", there, error) from error
    files.fsync_folder(live.parent)


def put_mode_back(deployment: Deployment, progress: Progress) -> Facts:
    """Put WAL mode back if the helper died before it could; nobody's data depends on it."""
    gateway = gateway_of(deployment)
    live = deployment.database
    if gateway is not None and gateway.state().is_up:
        return {}
    exchange = Exchange(live=live, incoming=live, keep=None, deadline=1.0, journal_mode="wal")
    with suppress(McpdbError), SwapHelper(progress.lock) as helper:
        helper.prove(exchange, lambda _left: None)
    return {}


def tidy(facts: dict[str, Any]) -> Facts:
    """Remove the staged copy, or its first name where it was linked to the live path."""
    staged = facts.get("staged")
    if staged:
        copying.discard(Path(staged))
    return {}


def swap_back(
    deployment: Deployment, facts: dict[str, Any], progress: Progress, deadline: float
) -> Facts:
    """The same exchange in the other direction; the file that failed is kept aside as well.

    Raises:
        BusyError: Somebody has the file open; named.
        McpdbError: Another file stands there than the one that was put there.
    """
    if facts.get("way") == "overwrite":
        return overwriting.put_back(deployment, facts, progress, deadline)
    try:
        return _swap_back(deployment, facts, progress, deadline)
    except HelperGoneError:
        return _swap_back(deployment, facts, progress, deadline)


def _swap_back(
    deployment: Deployment, facts: dict[str, Any], progress: Progress, deadline: float
) -> Facts:
    """Once; found done, it does nothing."""
    old = Path(facts["keep"])
    aside = overwriting.rejected_of(old)
    done = {"rejected": aside.name, "rejected_path": str(aside)}
    if _is_back(deployment, facts):
        return done
    # Between the stop and this somebody may have started it, also a policy of the engine.
    overwriting.stop(deployment)
    live = files.identity(deployment.database)
    if live is None or live.key != (facts["staged_device"], facts["staged_inode"]):
        raise McpdbError(
            f"Somebody put another file to {one_line(str(deployment.database))} since the restore."
        )
    link = files.identity(aside)
    if link is not None and link.key == live.key:
        files.remove(aside)
    if facts.get("journal_mode") == "wal" and not facts.get("damaged"):
        # Proving sole ownership took it away.
        copying.set_journal_mode(old, "wal")
    exchange = Exchange(
        live=deployment.database,
        incoming=old,
        keep=aside,
        deadline=deadline,
        damaged=is_damaged(deployment),
    )
    with SwapHelper(progress.lock) as helper:
        prove(helper, exchange, gateway_of(deployment), progress)
        helper.swap()
    return done


def _is_back(deployment: Deployment, facts: dict[str, Any]) -> bool:
    live = files.identity(deployment.database)
    return live is not None and live.key == (facts["live_device"], facts["live_inode"])


def stop(deployment: Deployment) -> Facts:
    """Stop the gateway."""
    gateway = gateway_of(deployment)
    if gateway is not None:
        gateway.stop()
    return {}


def start(
    deployment: Deployment, progress: Progress, facts: dict[str, Any], *, healthy: bool
) -> Facts:
    """Start the gateway as it was before, and wait for its health where it had any."""
    gateway = gateway_of(deployment)
    if gateway is None:
        return {}

    def note(done: int, total: int) -> None:
        progress.note(done, total, "seconds")

    switching.start(deployment, gateway, facts, note, back=True)
    if healthy:
        wait_healthy(gateway, note)
    return {"gateway_up": True}


def start_command(deployment: Deployment) -> str:
    """How a person starts the gateway."""
    ref = deployment.gateway
    if isinstance(ref, ContainerRef):
        return f"docker start {shlex.quote(ref.container)}"
    return f"cd {shlex.quote(ref.folder)} && {shlex.join(ref.start)}" if ref is not None else ""


def _stop_command(deployment: Deployment) -> str:
    ref = deployment.gateway
    if isinstance(ref, ContainerRef):
        return f"docker stop {shlex.quote(ref.container)}"
    return f"cd {shlex.quote(ref.folder)} && {shlex.join(ref.stop)}" if ref is not None else ""


def by_hand(deployment: Deployment, facts: dict[str, Any]) -> list[str]:
    """The three exact commands that put the old file back; sidecars go aside with the new one.

    Beside the old file they would be replayed into it. The live path is never absent (I4).
    """
    if facts.get("way") == "overwrite":
        move = overwriting.by_hand(deployment.database, str(facts["keep"]), sys.executable)
    else:
        move = _move(deployment.database, str(facts["keep"]))
    # Where another image was brought in, `docker start` would let that one migrate the old file.
    give, begin = switching.by_hand(deployment, facts)
    move, begin = " && ".join([move, *give]), begin or start_command(deployment)
    return [one_line(line) for line in (_stop_command(deployment), move, begin)]


def _move(live: Path, keep: str) -> str:
    old, aside = shlex.quote(str(live)), shlex.quote(f"{live}.rejected")
    return (
        f"{{ [ ! -e {old} ] || ln -f {old} {aside}; }} && "
        f'for s in -wal -shm -journal; do [ ! -e {old}"$s" ] || mv {old}"$s" {aside}"$s"; done && '
        f"mv {shlex.quote(keep)} {old}"
    )
