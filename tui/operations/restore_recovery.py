"""What a restore that was cut, failed or cancelled still owes, decided from its journal alone.

Before the swap everything is undone. After it, it is finished; if the gateway then does not
become healthy (or the file is not what was promised) the exchange is done the other way round,
provided that the old state was sound. Every action may be repeated after any cut.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import ContainerRef, Deployment
from tui.core.operation import Facts, Progress, Record, Recovery, RecoveryAction
from tui.operations.gateways import gateway_of, start_with_patience, wait_healthy
from tui.operations.journaled import (
    Failure,
    failure,
    finished,
    merged,
    recovered,
    recovery_failure,
    started,
)
from tui.operations.restored import is_damaged, keep_safety, read_back, start_again
from tui.services import files
from tui.services.sqlite import copying
from tui.services.sqlite.connections import sidecar
from tui.services.swapping import Exchange, SwapHelper
from tui.wording.clean import one_line

BACK_DEADLINE = 30.0
"""Seconds to wait for others to let go of the file that is taken back."""


def decide(deployment: Deployment, records: Sequence[Record], *, start: bool) -> Recovery:
    """Decide what is left to do; see the module.

    Args:
        deployment: Whose database.
        records: The journal so far.
        start: Start the gateway in the end even if it had been stopped before.
    """
    facts = merged(records)
    went_back = any(r["kind"] == "recovery_started" and r["action"] == "swap-back" for r in records)
    if not went_back and not _is_swapped(deployment, facts, records):
        return _undo_before(deployment, records, facts)
    cause = _failed_afterwards(records)
    if cause is None:
        return _finish(deployment, records, facts, start=start)
    if _may_go_back(facts):
        return _go_back(deployment, records, facts, cause)
    return _leave(deployment, records, facts, cause)


def _is_swapped(deployment: Deployment, facts: Facts, records: Sequence[Record]) -> bool:
    if finished(records, "swap"):
        return True
    if not started(records, "swap"):
        return False
    found = files.identity(deployment.database)
    staged = (facts.get("staged_device"), facts.get("staged_inode"))
    return found is not None and found.key == staged


def _failed_afterwards(records: Sequence[Record]) -> Failure | None:
    """A failure behind the swap. An engine that is gone is none: its debt is paid later."""
    cause = failure(records)
    candidates = [
        cause if cause is not None and cause.step in ("start", "readback") else None,
        recovery_failure(records, "start"),
        recovery_failure(records, "readback"),
    ]
    return next((c for c in candidates if c and c.exit_code is not ExitCode.DOCKER), None)


def _may_go_back(facts: Facts) -> bool:
    """Only where the old state was sound: healthy before, the old file kept and readable."""
    return bool(
        facts.get("was_running")
        and facts.get("was_healthy")
        and facts.get("keep")
        and not facts.get("damaged")
    )


def _gave_up(records: Sequence[Record], action: str) -> Failure | None:
    """The failure of an action in the present attempt; another attempt tries it again."""
    begin = max((i for i, r in enumerate(records) if r["kind"] == "resumed"), default=0)
    return recovery_failure(records[begin:], action)


def _pending(
    records: Sequence[Record], actions: Sequence[RecoveryAction]
) -> tuple[RecoveryAction, ...]:
    """The actions that have neither been carried out nor failed in this attempt."""
    return tuple(
        action
        for action in actions
        if not recovered(records, action.action) and not _gave_up(records, action.action)
    )


# --- before the swap: everything is undone -----------------------------------------------


def _undo_before(
    deployment: Deployment, records: Sequence[Record], facts: dict[str, Any]
) -> Recovery:
    actions: list[RecoveryAction] = []
    stop_begun = started(records, "stop") and bool(facts.get("was_running"))
    if stop_begun and not finished(records, "stop"):
        # The engine may still be stopping it: a start now would be answered "already running".
        actions.append(RecoveryAction("settle", "let the stop end", lambda _p: _stop(deployment)))
    actions.append(
        RecoveryAction("discard", "remove the staged copy", lambda _p: _discard(deployment, facts))
    )
    if facts.get("journal_mode") == "wal" and finished(records, "prove"):
        actions.append(
            RecoveryAction(
                "mode",
                "put the journal mode back",
                lambda p: _put_mode_back(deployment, p),
            )
        )
    if stop_begun:
        actions.append(
            RecoveryAction(
                "start-again",
                "start the gateway again",
                lambda p: _start(deployment, p, healthy=bool(facts.get("was_healthy"))),
            )
        )
    cause = failure(records)
    code = cause.exit_code if cause else ExitCode.FAILED
    words = cause.sentence if cause else "The restore was cut short before the swap."
    outcome = cause.outcome if cause else "cut short, undone"
    not_started = _gave_up(records, "start-again")
    if not_started:
        code, outcome = ExitCode.UNHEALTHY, "gateway not back"
        words = f"{words} {not_started.sentence} Start it with: {_start_command(deployment)}"
    if "nothing was changed" not in words.lower():
        words = f"{words} Nothing was changed."
    return Recovery("undo", words, _pending(records, actions), code, outcome)


def _discard(deployment: Deployment, facts: dict[str, Any]) -> Facts:
    """Remove the staged file, and the safety link if the exchange got no further than that."""
    staged, keep = facts.get("staged"), facts.get("keep")
    if keep:
        live, link = files.identity(deployment.database), files.identity(Path(keep))
        if live and link and live.key == link.key and link.links > 1:
            if facts.get("damaged"):
                _bring_sidecars_back(Path(keep), deployment.database)
            files.remove(Path(keep))
    if staged:
        copying.discard(Path(staged))
    return {}


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


def _put_mode_back(deployment: Deployment, progress: Progress) -> Facts:
    """Put WAL mode back if the helper died before it could; nobody's data depends on it."""
    gateway = gateway_of(deployment)
    live = deployment.database
    if gateway is not None and gateway.state().is_up:
        return {}
    exchange = Exchange(live=live, incoming=live, keep=None, deadline=1.0, journal_mode="wal")
    with suppress(McpdbError), SwapHelper(progress.lock) as helper:
        helper.prove(exchange, lambda _left: None)
    return {}


# --- after the swap: finish ---------------------------------------------------------------


def _finish(
    deployment: Deployment, records: Sequence[Record], facts: dict[str, Any], *, start: bool
) -> Recovery:
    cause = failure(records)
    actions = (
        RecoveryAction("tidy", "remove the name of the copy", lambda _p: _tidy(facts)),
        RecoveryAction(
            "start",
            "start the gateway, wait for healthy",
            lambda p: start_again(deployment, facts, p, even_if_stopped=start),
        ),
        RecoveryAction(
            "readback",
            "read back; check and list the safety copy",
            lambda p: read_back(
                deployment,
                facts,
                clean_stop=facts.get("clean"),
                operation_id=p.operation_id,
            ),
        ),
    )
    words = "The restored database is in place; what is left is finished."
    if cause is not None:
        words = f"{cause.sentence} {words}"
    return Recovery("finish", words, _pending(records, actions), ExitCode.DONE, "done")


def _tidy(facts: dict[str, Any]) -> Facts:
    """Where nothing stood at the live path the file was linked there: drop its first name."""
    staged = facts.get("staged")
    if staged:
        copying.discard(Path(staged))
    return {}


# --- after the swap: the way back --------------------------------------------------------


def _go_back(
    deployment: Deployment, records: Sequence[Record], facts: dict[str, Any], cause: Failure
) -> Recovery:
    actions = (
        RecoveryAction("stop-new", "stop the gateway", lambda _p: _stop(deployment)),
        RecoveryAction(
            "swap-back",
            "put the old database back",
            lambda p: _swap_back(deployment, facts, p),
        ),
        RecoveryAction(
            "start-old",
            "start the gateway on the old database",
            lambda p: _start(deployment, p, healthy=True),
        ),
    )
    stuck = _gave_up(records, "swap-back") or _gave_up(records, "stop-new")
    if stuck is not None:
        return Recovery(
            "undo",
            f"{cause.sentence} The old database could not be put back: {stuck.sentence} "
            "Nothing was deleted; both databases are whole.",
            (),
            ExitCode.ROLLBACK_FAILED,
            "not undone",
            {"by_hand": _by_hand(deployment, facts)},
        )
    not_started = _gave_up(records, "start-old")
    if not_started is not None:
        return Recovery(
            "undo",
            f"{cause.sentence} The old database is back and whole, but the gateway is not "
            f"healthy: {not_started.sentence}",
            (),
            ExitCode.UNHEALTHY,
            "rolled back, gateway not healthy",
        )
    return Recovery(
        "undo",
        f"{cause.sentence} The old database is back and whole.",
        _pending(records, actions),
        ExitCode.ROLLED_BACK,
        "rolled back",
    )


def _swap_back(deployment: Deployment, facts: dict[str, Any], progress: Progress) -> Facts:
    """The same exchange in the other direction; the file that failed is kept aside as well."""
    old = Path(facts["keep"])
    aside = old.with_name(old.name.removesuffix(".db") + ".rejected.db")
    live = files.identity(deployment.database)
    if live is not None and live.key == (facts["live_device"], facts["live_inode"]):
        return {"rejected": aside.name}
    link = files.identity(aside)
    if live is not None and link is not None and link.key == live.key:
        files.remove(aside)
    if facts.get("journal_mode") == "wal" and not facts.get("damaged"):
        # Proving sole ownership took it away.
        copying.set_journal_mode(old, "wal")
    exchange = Exchange(
        live=deployment.database,
        incoming=old,
        keep=aside,
        deadline=BACK_DEADLINE,
        damaged=is_damaged(deployment),
    )
    with SwapHelper(progress.lock) as helper:
        helper.prove(exchange, lambda left: progress.note(int(left), 0, "seconds"))
        helper.swap()
    return {"rejected": aside.name}


def _leave(
    deployment: Deployment, records: Sequence[Record], facts: dict[str, Any], cause: Failure
) -> Recovery:
    """The old state was not sound either: the verified restore stays, undo is offered."""
    actions = (
        RecoveryAction(
            "list-safety",
            "check and list the safety copy",
            lambda p: keep_safety(
                deployment,
                facts,
                clean_stop=facts.get("clean"),
                operation_id=p.operation_id,
            ),
        ),
    )
    return Recovery(
        "finish",
        f"{cause.sentence} The restored database is in place and whole; there was no sound "
        "state to go back to. `undo` takes it back.",
        _pending(records, actions),
        ExitCode.UNHEALTHY,
        "left unhealthy",
    )


# --- the gateway -------------------------------------------------------------------------


def _stop(deployment: Deployment) -> Facts:
    gateway = gateway_of(deployment)
    if gateway is not None:
        gateway.stop()
    return {}


def _start(deployment: Deployment, progress: Progress, *, healthy: bool) -> Facts:
    gateway = gateway_of(deployment)
    if gateway is None:
        return {}

    def note(done: int, total: int) -> None:
        progress.note(done, total, "seconds")

    start_with_patience(gateway, note)
    if healthy:
        wait_healthy(gateway, note)
    return {"gateway_up": True}


def _start_command(deployment: Deployment) -> str:
    ref = deployment.gateway
    if isinstance(ref, ContainerRef):
        return f"docker start {shlex.quote(ref.container)}"
    return f"cd {shlex.quote(ref.folder)} && {shlex.join(ref.start)}" if ref is not None else ""


def _stop_command(deployment: Deployment) -> str:
    ref = deployment.gateway
    if isinstance(ref, ContainerRef):
        return f"docker stop {shlex.quote(ref.container)}"
    return f"cd {shlex.quote(ref.folder)} && {shlex.join(ref.stop)}" if ref is not None else ""


def _by_hand(deployment: Deployment, facts: dict[str, Any]) -> list[str]:
    """The three exact commands that put the old file back; sidecars go aside with the new one.

    Beside the old file they would be replayed into it. The live path is never absent (I4).
    """
    live, keep = shlex.quote(str(deployment.database)), shlex.quote(str(facts["keep"]))
    aside = shlex.quote(f"{deployment.database}.rejected")
    move = (
        f'ln -f {live} {aside} && for s in -wal -shm -journal; do [ ! -e {live}"$s" ] || '
        f'mv {live}"$s" {aside}"$s"; done && mv {keep} {live}'
    )
    return [
        one_line(line) for line in (_stop_command(deployment), move, _start_command(deployment))
    ]
