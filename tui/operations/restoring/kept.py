"""What a restore keeps of the old database, and a rollback of the new one: checked and listed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError
from tui.core.models import Deployment, Manifest
from tui.core.operation import Facts
from tui.operations.backing_up.publishing import describe
from tui.operations.cataloguing.catalogue import next_sequence
from tui.operations.cataloguing.secret import fingerprint_of
from tui.operations.finding.gateways import gateway_of, state_of
from tui.services import files, manifests
from tui.services.manifests import new_id, write_manifest
from tui.services.sqlite.inspection import Report, inspect

REJECTED = "rejected"
"""The trigger of what a rollback has set aside: `undo` does not mean it."""


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
        _label_damaged(deployment, path, str(error), clean_stop, operation_id, trigger)
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


def _label_damaged(
    deployment: Deployment,
    path: Path,
    problem: str,
    clean_stop: bool | None,
    operation_id: str,
    trigger: str,
) -> None:
    """Say beside a file that cannot be read whose it was and what is wrong with it."""
    with suppress(McpdbError, OSError):
        report = Report(
            size=path.stat().st_size,
            page_size=0,
            pages=0,
            sha256=files.sha256(path, lambda _done, _total: None),
            revision="",
            journal_mode="",
            rows={},
            check="",
            foreign_key_errors=0,
        )
        manifest = safety_manifest(
            deployment,
            report,
            path.name,
            method="link",
            journal_mode="",
            clean_stop=clean_stop,
            parent=operation_id,
            taken=datetime.now().astimezone(),
            trigger=trigger,
        )
        write_manifest(path, replace(manifest, check_result=problem, note="kept as found"))


def list_rejected(deployment: Deployment, facts: dict[str, Any], operation_id: str) -> Facts:
    """List the restored database that did not work and was set aside; no error is one here.

    Args:
        deployment: Whose.
        facts: What the journal recorded: `rejected_path`.
        operation_id: The operation's journal.
    """
    path = Path(str(facts.get("rejected_path") or ""))
    with suppress(McpdbError, OSError):
        if not path.name or manifests.read_manifest(path) is not None:
            return {}
        manifest = safety_manifest(
            deployment,
            inspect(path, lambda _done, _total: None, lambda: None),
            path.name,
            method="link" if facts.get("way") == "swap" else "backup-api",
            journal_mode=str(facts.get("then_mode") or facts.get("journal_mode") or "delete"),
            clean_stop=None,
            parent=operation_id,
            taken=datetime.now().astimezone(),
            trigger=REJECTED,
        )
        write_manifest(path, replace(manifest, note="set aside: the gateway did not work with it"))
    return {}


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
        "source_folder": str(deployment.database.parent),
        # Whoever undoes it has to know whether the secret is still the same.
        "secret_fingerprint": fingerprint_of(deployment, make_salt=True),
    }
    return Manifest(**values)
