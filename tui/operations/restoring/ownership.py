"""Stopping the gateway, and proving that nobody else has the live file."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, PrecheckError
from tui.core.models import Deployment, FileIdentity, Holder
from tui.core.operation import Progress
from tui.operations.backing_up.publishing import new_name
from tui.operations.finding.gateways import health_of, state_of
from tui.operations.restoring.restored import is_damaged
from tui.operations.restoring.way import Way
from tui.services import files
from tui.services.gateways.protocol import Gateway
from tui.services.live.holders import holders, inodes
from tui.services.live.swapping import Exchange, SwapHelper
from tui.wording.clean import one_line

SETTLE = 5.0
"""Seconds for somebody who merely takes a look; who waits to write waits longer."""


def wait_released(
    deployment: Deployment, gateway: Gateway | None, progress: Progress, seconds: float
) -> None:
    """Wait until nobody but the gateway has the live file open.

    What is open is the acknowledgement: it cannot be given and not meant.

    Raises:
        BusyError: Somebody still has it after so many seconds; named.
    """
    deadline = time.monotonic() + seconds
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
        progress.tick(round(seconds - left), round(seconds), "seconds")
        time.sleep(0.1)


def before(gateway: Gateway | None) -> dict[str, Any]:
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


def stop(gateway: Gateway | None) -> dict[str, Any]:
    """Stop the gateway; whether it ended by itself goes into the safety copy's manifest."""
    if gateway is None:
        return {"clean": None}
    state = gateway.state()
    if not state.is_up:
        # It ended before we came: killed (137) or by itself (0), as far as anybody knows.
        return {"clean": None if state.exit_code is None else state.exit_code == 0}
    stopped = gateway.stop()
    return {
        "clean": stopped.clean,
        "exit_code": stopped.exit_code,
        "stop_seconds": stopped.seconds,
    }


def require_down(gateway: Gateway | None) -> None:
    """Refuse to go on if somebody started the gateway meanwhile.

    Raises:
        BusyError: It is up again.
    """
    if gateway is not None and gateway.state().is_up:
        raise BusyError(
            f"{one_line(gateway.name)} was started by somebody else; nothing was changed."
        )


def exchange_of(
    deployment: Deployment, staged: Path, way: Way, expected: dict[str, Any], deadline: float
) -> tuple[Exchange, dict[str, Any]]:
    """Which file takes whose place, and under which name the old one is kept.

    Raises:
        PrecheckError: A file that SQLite cannot read would have to be written into.
    """
    live: FileIdentity | None = files.identity(deployment.database)
    name = way.keep_dir / new_name("mcp_safety", way.keep_dir)
    keep = name if live else None
    damaged = bool(live) and is_damaged(deployment)
    if damaged and way.kind == "overwrite":
        raise PrecheckError(
            f"The live file cannot be read, so it can only be set aside, and {way.why}. "
            "Nothing was changed."
        )
    facts = {
        "keep": keep and str(keep),
        # Where nothing is, something may still lie beside it.
        "aside": None if live else str(name),
        "live_device": live and live.device,
        "live_inode": live and live.inode,
        "damaged": damaged,
    }
    exchange = Exchange(
        live=deployment.database,
        incoming=staged,
        keep=keep,
        deadline=deadline,
        damaged=damaged,
        way=way.kind,
        then_mode=str(expected.get("then_mode") or ""),
    )
    return exchange, facts


def prove(
    helper: SwapHelper, exchange: Exchange, gateway: Gateway | None, progress: Progress
) -> str:
    """Have the helper own the file alone; its journal mode, empty where there is none.

    Raises:
        BusyError: Somebody else has it open; named.
    """
    require_down(gateway)
    if exchange.keep is None:
        return ""
    total = round(exchange.deadline)

    def waiting(left: float) -> None:
        progress.tick(round(total - left), total, "seconds")

    try:
        mode = helper.prove(exchange, waiting)
        # A process that has a rollback-journal file open and idle holds no lock, and would go
        # on with the old inode: only its open file tells. A screen that was just reading when
        # it was asked to let go waits for the helper's lock, and is gone in a moment.
        if _settled(helper, exchange, gateway, progress):
            raise BusyError("Another process has the database open.")
        return mode
    except BusyError as error:
        found, _complete = holders(inodes(exchange.live), ignore=(os.getpid(),))
        who = f" {one_line(found[0].describe())} has it open." if found else ""
        raise BusyError(f"{error}{who} Nothing was changed.") from error


def still_alone(
    helper: SwapHelper, exchange: Exchange, gateway: Gateway | None, progress: Progress
) -> None:
    """Look once more, where a while has gone by since `prove`.

    Who has opened the file meanwhile waits for the helper's lock, and would then write into the
    old file: what it commits would be lost.

    Raises:
        BusyError: Somebody still has it open at the deadline, named, or the gateway is up again.
    """
    if found := _settled(helper, exchange, gateway, progress):
        raise BusyError(
            f"{one_line(found[0].describe())} has opened the database meanwhile and does not "
            "let go. Nothing was changed."
        )


def _settled(
    helper: SwapHelper, exchange: Exchange, gateway: Gateway | None, progress: Progress
) -> list[Holder]:
    """Wait until only the helper has the live file open; who else has it after `SETTLE`.

    Raises:
        BusyError: The gateway is up again.
    """
    until = time.monotonic() + SETTLE
    while True:
        require_down(gateway)
        found, _complete = holders(inodes(exchange.live), ignore=(os.getpid(), helper.pid))
        left = until - time.monotonic()
        if not found or left <= 0:
            return found
        progress.tick(round(SETTLE - left), round(SETTLE), "seconds")
        progress.checkpoint()
        time.sleep(0.1)
