"""The operations by name, so that a journal or a request can be turned back into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from tui.core.errors import UsageError
from tui.core.models import Deployment
from tui.core.operation import Operation
from tui.operations.adopt import Adopt
from tui.operations.annotate import Pin, Relabel
from tui.operations.backup import BackupCreate
from tui.operations.bootstrap import Bootstrap, Reset
from tui.operations.bring_back import BringBack
from tui.operations.cold_backup import ColdBackup
from tui.operations.control import GatewayRestart, GatewayStart, GatewayStop
from tui.operations.delete import Delete
from tui.operations.downgrade import Downgrade
from tui.operations.drill import Drill
from tui.operations.own import Own
from tui.operations.prune import Prune
from tui.operations.rehearse import Rehearse
from tui.operations.restore import Restore
from tui.operations.schedule import Schedule, Unschedule
from tui.operations.stamp import Stamp
from tui.operations.undo import Undo
from tui.operations.upgrade import Upgrade
from tui.operations.verify import BackupVerify, VerifyAll

OPERATIONS: Mapping[str, type[Any]] = {
    kind.name: kind
    for kind in (
        BackupCreate,
        ColdBackup,
        BackupVerify,
        VerifyAll,
        Adopt,
        Pin,
        Relabel,
        Delete,
        Prune,
        Drill,
        Rehearse,
        Schedule,
        Unschedule,
        Restore,
        Undo,
        BringBack,
        Own,
        Upgrade,
        Downgrade,
        Stamp,
        Bootstrap,
        Reset,
        GatewayStart,
        GatewayStop,
        GatewayRestart,
    )
}


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
