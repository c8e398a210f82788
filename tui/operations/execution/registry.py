"""The operations by name, so that a journal or a request can be turned back into one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any, cast

from tui.core.errors import UsageError
from tui.core.models import Deployment
from tui.core.operation import Operation

_PLACES: Mapping[str, tuple[str, str]] = {
    "backup": ("backup", "BackupCreate"),
    "backup-cold": ("cold_backup", "ColdBackup"),
    "verify": ("verify", "BackupVerify"),
    "verify-all": ("verify", "VerifyAll"),
    "adopt": ("adopt", "Adopt"),
    "pin": ("annotate", "Pin"),
    "label": ("annotate", "Relabel"),
    "delete": ("delete", "Delete"),
    "prune": ("prune", "Prune"),
    "drill": ("drill", "Drill"),
    "salvage": ("salvage", "Salvage"),
    "rehearse": ("rehearse", "Rehearse"),
    "schedule": ("schedule", "Schedule"),
    "unschedule": ("schedule", "Unschedule"),
    "restore": ("restore", "Restore"),
    "undo": ("undo", "Undo"),
    "bring-back": ("bring_back", "BringBack"),
    "import": ("import_rows", "ImportRows"),
    "own": ("own", "Own"),
    "modes": ("modes", "Modes"),
    "make-folder": ("make_folder", "MakeFolder"),
    "uncron": ("uncron", "Uncron"),
    "upgrade": ("upgrade", "Upgrade"),
    "downgrade": ("downgrade", "Downgrade"),
    "stamp": ("stamp", "Stamp"),
    "check": ("check", "DatabaseCheck"),
    "analyze": ("analyze", "Analyze"),
    "vacuum": ("vacuum", "Vacuum"),
    "reindex": ("reindex", "Reindex"),
    "tune": ("tune", "Tune"),
    "maintain": ("maintain", "Maintain"),
    "bootstrap": ("bootstrap", "Bootstrap"),
    "reset": ("bootstrap", "Reset"),
    "start": ("control", "GatewayStart"),
    "stop": ("control", "GatewayStop"),
    "restart": ("control", "GatewayRestart"),
    "down": ("compose_control", "ComposeDown"),
    "up": ("compose_control", "ComposeUp"),
    "rotate-logs": ("rotate_logs", "RotateLogs"),
}
"""Module of `tui.operations` and class; loaded when asked for, since a process runs one of them."""


class _Operations(Mapping[str, type[Any]]):
    """The classes by name."""

    def __getitem__(self, name: str) -> type[Any]:
        module, kind = _PLACES[name]
        return cast("type[Any]", getattr(import_module(f"tui.operations.{module}"), kind))

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


OPERATIONS: Mapping[str, type[Any]] = _Operations()


def parameters(operation: Operation) -> dict[str, Any]:
    """An operation's own fields as JSON values, without the deployment."""
    found = cast(Any, operation)
    return {f.name: getattr(found, f.name) for f in fields(found) if f.name != "deployment"}


def build(name: str, deployment: Deployment, params: Mapping[str, Any]) -> Operation:
    """Make an operation again from what `parameters` gave.

    Raises:
        UsageError: No operation has this name or these parameters.
    """
    kind = OPERATIONS.get(name)
    if kind is None:
        raise UsageError(f"This mcpdb-tui knows no operation {name!r}; a newer one wrote it.")
    try:
        return cast(Operation, kind(deployment=deployment, **params))
    except TypeError as error:
        raise UsageError(f"The operation {name} does not take these parameters.") from error
