"""What is said of the operations that put another database in place, by their names.

They share one recovery; only the words differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tui.core.operation import Record


@dataclass(frozen=True, slots=True)
class Called:
    """How an operation and its file are called."""

    work: str
    """`restore`: "The restore was cut short"."""
    file: str
    """`restored database`: "The restored database is in place"."""
    source: str
    """What is put there: "The backup is in place"."""


_RESTORE = Called("restore", "restored database", "backup")
_CALLED: Mapping[str, Called] = {
    "upgrade": Called("upgrade", "upgraded database", "upgraded database"),
    "downgrade": Called("downgrade", "downgraded database", "downgraded database"),
    "stamp": Called("stamping", "stamped database", "stamped database"),
    "reset": Called("reset", "new database", "new database"),
    "bootstrap": Called("bootstrap", "new database", "new database"),
    "vacuum": Called("VACUUM", "vacuumed database", "vacuumed database"),
    "analyze": Called("ANALYZE", "analyzed database", "analyzed database"),
    "reindex": Called("rebuilding of the indexes", "rebuilt database", "rebuilt database"),
    "tune": Called("tuning", "tuned database", "tuned database"),
    "maintain": Called("weekly routine", "new file", "new file"),
}


def called(operation: str) -> Called:
    """How an operation is called."""
    return _CALLED.get(operation, _RESTORE)


def called_in(records: Sequence[Record]) -> Called:
    """How the operation of a journal is called."""
    return called(operation_in(records))


def operation_in(records: Sequence[Record]) -> str:
    """The name of the operation that wrote a journal."""
    return str(records[0].get("operation") or "restore") if records else "restore"
