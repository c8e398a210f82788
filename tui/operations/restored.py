"""After a swap: is it our file, is it what was promised, and is the old one kept whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError, VerificationError
from tui.core.models import Deployment, Manifest
from tui.core.operation import Facts, Progress
from tui.operations.catalogue import next_sequence
from tui.operations.gateways import gateway_of, start_with_patience, state_of, wait_healthy
from tui.operations.looking import LiveDatabase
from tui.operations.publishing import describe
from tui.operations.restoring import UNDO_DAYS
from tui.operations.secret import fingerprint_of
from tui.operations.timeline import read_timeline
from tui.services import files, manifests
from tui.services.gateways.protocol import Gateway
from tui.services.holders import holders, inodes
from tui.services.manifests import new_id, write_manifest
from tui.services.sqlite.connections import look
from tui.services.sqlite.inspection import Report, inspect
from tui.wording.clean import one_line


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
    keep = facts.get("keep")
    evicted = gateway is not None and _evict(gateway, keep and Path(keep))
    # Somebody who started it meanwhile wants it up, but on the new file.
    if gateway is None or not (facts.get("was_running") or even_if_stopped or evicted):
        return {"gateway_up": False, "proven_by_start": False}
    start_with_patience(gateway, lambda done, total: progress.note(done, total, "seconds"))
    health = wait_healthy(gateway, lambda done, total: progress.note(done, total, "seconds"))
    return {"gateway_up": True, "proven_by_start": True, "health": health.text}


def _evict(gateway: Gateway, keep: Path | None) -> bool:
    """Stop a gateway that came up by itself and still has the old file open."""
    if keep is None:
        return False
    found, _complete = holders(inodes(keep))
    if not found or not gateway.state().is_up:
        return False
    gateway.stop()
    return True


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
    live = LiveDatabase(deployment)
    seen = live.facts()
    if seen.problem:
        raise VerificationError(seen.problem)
    heads = facts.get("heads") or known_heads(deployment)
    # Where nobody can say what the gateway migrates to, another revision is no proof of a fault.
    if heads and seen.revision not in (facts["revision"], *heads):
        raise VerificationError(
            f"The database is at revision {one_line(seen.revision) or 'none'}, "
            f"expected {one_line(facts['revision'])}."
        )
    counted = live.counts()
    missing = [table for table in facts["rows"] if table not in counted]
    if missing and seen.revision == facts["revision"]:
        raise VerificationError(f"Table {one_line(missing[0])} is not there any more.")
    changed = [table for table, rows in facts["rows"].items() if counted.get(table, rows) != rows]
    return {
        "revision": seen.revision,
        "changed_since_start": changed,
        "undo_until": (datetime.now(UTC) + timedelta(days=UNDO_DAYS)).isoformat(),
        **keep_safety(
            deployment,
            facts,
            clean_stop=clean_stop,
            operation_id=operation_id,
            trigger=trigger,
        ),
    }


def is_damaged(deployment: Deployment) -> bool:
    """Whether SQLite cannot read the live file; the gateway must be down."""
    try:
        with look(deployment.database, gateway_up=lambda: False):
            return False
    except VerificationError:
        return True


def keep_safety(
    deployment: Deployment,
    facts: dict[str, Any],
    *,
    clean_stop: bool | None,
    operation_id: str = "",
    trigger: str = "restore",
) -> dict[str, Any]:
    """Check the safety copy and write its manifest; damage is said, not hidden, and no error."""
    keep = facts.get("keep")
    if not keep:
        return {"safety": "", "safety_ok": None}
    path = Path(keep)
    found = {"safety": path.name, "safety_path": str(path)}
    try:
        existing = manifests.read_manifest(path)
    except McpdbError:
        existing = None
    if existing is not None:
        return {
            **found,
            "safety_ok": existing.check_result == "ok",
            "safety_id": existing.id,
        }
    try:
        report = inspect(path, lambda _done, _total: None, lambda: None)
    except McpdbError as error:
        # A damaged original is kept as found, labelled so, and blocks nothing (I8).
        return {**found, "safety_ok": False, "safety_problem": str(error)}
    manifest = safety_manifest(
        deployment,
        report,
        path.name,
        method="link",
        journal_mode=str(facts.get("journal_mode") or "delete"),
        clean_stop=clean_stop,
        parent=operation_id,
        taken=datetime.now().astimezone(),
        trigger=trigger,
    )
    try:
        write_manifest(path, manifest)
    except McpdbError as error:
        # A disk that has no room for a manifest is no reason to take a healthy database back:
        # the copy is there and whole, and `undo` finds it by its path.
        return {**found, "safety_ok": True, "safety_problem": str(error)}
    return {**found, "safety_ok": True, "safety_id": manifest.id}


def safety_manifest(
    deployment: Deployment,
    report: Report,
    name: str,
    *,
    method: str,
    journal_mode: str,
    clean_stop: bool | None,
    parent: str,
    taken: datetime,
    seconds: float = 0.0,
    trigger: str = "restore",
) -> Manifest:
    """What is recorded beside the old content of a live database.

    Args:
        deployment: Whose.
        report: What was found in the file.
        name: Its file name.
        method: `link`, or `backup-api` where the live file was overwritten.
        journal_mode: The live file's before.
        clean_stop: Whether the gateway had ended by itself.
        parent: The operation's journal.
        taken: When the content was true.
        seconds: How long a copy took.
        trigger: The operation that needed it.
    """
    values = describe(
        report,
        id=new_id(),
        sequence=next_sequence(deployment),
        kind="safety",
        taken=taken,
        verified=datetime.now().astimezone(),
        seconds=seconds,
        trigger=trigger,
        method=method,
        clean_stop=clean_stop,
        image=state_of(gateway_of(deployment)).image,
        journal_mode=journal_mode,
        label="",
        note="",
        parent=parent,
    )
    values |= {
        "name": name,
        "source": deployment.database.name,
        "secret_fingerprint": fingerprint_of(deployment),
    }
    return Manifest(**values)
