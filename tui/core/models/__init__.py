"""The things the product talks about, as plain values; one module per subject.

Times are timezone-aware and in UTC, sizes in bytes, durations in seconds. Text that came from
elsewhere (names, messages, rows) is kept as it came: `tui.wording.clean` makes it printable
where it is shown.

A module is imported with the first of its names that is asked for: making some sixty dataclasses
takes longer than drawing the first screen, which needs a few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui.core.models.activity import ActivityEntry, LockOwner, StepLine
    from tui.core.models.backups import Backup, BackupKind, Catalogue, Fit, Manifest
    from tui.core.models.compare import Comparison, RowDifference, RowKind, Side, TableDifference
    from tui.core.models.database import DatabaseFacts, FileIdentity, Holder, Rows, TableInfo
    from tui.core.models.deployment import (
        FORMAT,
        ContainerRef,
        Deployment,
        GatewayRef,
        MigrationsRef,
        Problem,
        ProcessRef,
    )
    from tui.core.models.doctor import Diagnosis, Remedy
    from tui.core.models.gateway import GatewayState, Health, LogLine, Running, Stopped
    from tui.core.models.measuring import (
        DAY,
        FileFigures,
        Growth,
        IndexFigures,
        Point,
        Repeat,
        Setting,
        TableFigures,
    )
    from tui.core.models.migrations import Applied, Revision, RevisionState, Timeline
    from tui.core.models.rehearsal import (
        BrokenKey,
        MigrationAction,
        MigrationFinding,
        Rehearsal,
        RevisionRun,
        SchemaChange,
        SchemaKind,
    )
    from tui.core.models.retention import DEFAULT_POLICY, Policy, Ruling
    from tui.core.models.rotation import Rotation
    from tui.core.models.status import LastDrill, Need, Status

_PLACES = {
    "activity": (
        "ActivityEntry",
        "LockOwner",
        "StepLine",
    ),
    "backups": (
        "Backup",
        "BackupKind",
        "Catalogue",
        "Fit",
        "Manifest",
    ),
    "compare": (
        "Comparison",
        "RowDifference",
        "RowKind",
        "Side",
        "TableDifference",
    ),
    "database": (
        "DatabaseFacts",
        "FileIdentity",
        "Holder",
        "Rows",
        "TableInfo",
    ),
    "deployment": (
        "FORMAT",
        "ContainerRef",
        "Deployment",
        "GatewayRef",
        "MigrationsRef",
        "Problem",
        "ProcessRef",
    ),
    "doctor": (
        "Diagnosis",
        "Remedy",
    ),
    "gateway": (
        "GatewayState",
        "Health",
        "LogLine",
        "Running",
        "Stopped",
    ),
    "measuring": (
        "DAY",
        "FileFigures",
        "Growth",
        "IndexFigures",
        "Point",
        "Repeat",
        "Setting",
        "TableFigures",
    ),
    "migrations": (
        "Applied",
        "Revision",
        "RevisionState",
        "Timeline",
    ),
    "rehearsal": (
        "BrokenKey",
        "MigrationAction",
        "MigrationFinding",
        "Rehearsal",
        "RevisionRun",
        "SchemaChange",
        "SchemaKind",
    ),
    "retention": (
        "DEFAULT_POLICY",
        "Policy",
        "Ruling",
    ),
    "rotation": ("Rotation",),
    "status": (
        "LastDrill",
        "Need",
        "Status",
    ),
}
"""Which module has which names."""
_MODULES = {name: module for module, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = found
    return found


__all__ = [
    "DAY",
    "DEFAULT_POLICY",
    "FORMAT",
    "ActivityEntry",
    "Applied",
    "Backup",
    "BackupKind",
    "BrokenKey",
    "Catalogue",
    "Comparison",
    "ContainerRef",
    "DatabaseFacts",
    "Deployment",
    "Diagnosis",
    "FileFigures",
    "FileIdentity",
    "Fit",
    "GatewayRef",
    "GatewayState",
    "Growth",
    "Health",
    "Holder",
    "IndexFigures",
    "LastDrill",
    "LockOwner",
    "LogLine",
    "Manifest",
    "MigrationAction",
    "MigrationFinding",
    "MigrationsRef",
    "Need",
    "Point",
    "Policy",
    "Problem",
    "ProcessRef",
    "Rehearsal",
    "Remedy",
    "Repeat",
    "Revision",
    "RevisionRun",
    "RevisionState",
    "Rotation",
    "RowDifference",
    "RowKind",
    "Rows",
    "Ruling",
    "Running",
    "SchemaChange",
    "SchemaKind",
    "Setting",
    "Side",
    "Status",
    "StepLine",
    "Stopped",
    "TableDifference",
    "TableFigures",
    "TableInfo",
    "Timeline",
]
