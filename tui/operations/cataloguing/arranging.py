"""The catalogue as somebody wants to see it: sorted, filtered, and why each backup is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError
from tui.core.models import Backup, Catalogue, Deployment
from tui.core.models.retention import Ruling

_NEVER = datetime.min.replace(tzinfo=UTC)
_ORDERS: Mapping[str, Callable[[Backup], Any]] = {
    "size": lambda b: -b.size,
    "kind": lambda b: b.kind,
    "verified": lambda b: -((b.verified or _NEVER) - _NEVER).total_seconds(),
}
SORTS = ("taken", "age", *_ORDERS)
"""Newest first, oldest first, largest first, by kind, and most lately verified first."""


def arranged(backups: Sequence[Backup], sort: str = "taken", words: str = "") -> tuple[Backup, ...]:
    """Filter and sort.

    Args:
        backups: Newest first, as the catalogue has them.
        sort: One of `SORTS`; what is equal stays newest first.
        words: Each must occur in what a row says, whatever its case.
    """
    wanted = words.casefold().split()
    found = [b for b in backups if all(word in _text(b) for word in wanted)]
    if sort == "age":
        return tuple(reversed(found))
    order = _ORDERS.get(sort)
    return tuple(found if order is None else sorted(found, key=order))


def _text(backup: Backup) -> str:
    manifest = backup.manifest
    flags = {
        "pinned": backup.pinned,
        "drilled": backup.drilled is not None,
        "neighbour": backup.neighbour,
        "future": backup.future_dated,
        "adopted": manifest is not None and manifest.adopted,
        "second": manifest is not None and bool(manifest.second),
    }
    said = [
        backup.id,
        backup.path.name,
        backup.kind,
        backup.revision,
        backup.release,
        backup.label,
        manifest.note if manifest else "",
        str(backup.verdict),
        backup.fit.text,
        backup.compression,
        backup.problem,
        *(word for word, holds in flags.items() if holds),
    ]
    return " ".join(said).casefold()


def rulings(deployment: Deployment, catalogue: Catalogue) -> dict[Path, Ruling]:
    """What the deployment's retention says of each backup, by its path."""
    from tui.operations.cataloguing.retention import host_now, rule

    backups = catalogue.backups
    undo = _needed_by_undo(deployment) if any(b.kind == "safety" for b in backups) else set()
    found = rule(backups, deployment.retention, host_now(), undo=undo)
    return {b.path: ruling for b, ruling in zip(backups, found, strict=True)}


def _needed_by_undo(deployment: Deployment) -> set[str]:
    from tui.operations.undo import Undo

    with suppress(McpdbError):
        return {Undo(deployment).source().id}
    return set()
