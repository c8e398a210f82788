"""The activity log as a file: CSV for a spreadsheet, JSON with the steps of every operation."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from tui.core.errors import McpdbError, UsageError
from tui.core.models import ActivityEntry, Deployment
from tui.operations.activity import read_entry
from tui.operations.execution.noted import note_if_possible
from tui.operations.reads.export_target import looked_at
from tui.services import files
from tui.services.rows_out.delimited import DelimitedWriter
from tui.services.rows_out.values import Value
from tui.wording.clean import one_line
from tui.wording.entries import what
from tui.wording.quantities import count

Kind: TypeAlias = Literal["csv", "json"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAME = "activity.csv"
"""What an export is called where nothing else is said."""

_COLUMNS: tuple[tuple[str, Callable[[ActivityEntry], Value]], ...] = (
    ("op", lambda entry: entry.number),
    ("began", lambda entry: entry.started.isoformat()),
    ("who", lambda entry: entry.who),
    ("host", lambda entry: entry.host),
    ("from", lambda entry: entry.origin),
    ("what", what),
    ("state", lambda entry: entry.state),
    ("exit", lambda entry: entry.exit_code),
    ("outcome", lambda entry: entry.outcome),
    ("result", lambda entry: entry.sentence),
    ("seconds", lambda entry: entry.seconds),
    ("down_seconds", lambda entry: entry.down_seconds),
    ("command", lambda entry: entry.command),
    ("journal", lambda entry: entry.id),
)
COLUMNS = tuple(name for name, _ in _COLUMNS)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and where."""

    path: Path
    entries: int

    @property
    def sentence(self) -> str:
        """What is said of it."""
        number = "1 entry" if self.entries == 1 else f"{count(self.entries)} entries"
        return f"Exported {number} to {one_line(str(self.path))}."


def kind_of(path: Path) -> Kind:
    """What a file's name says that it is.

    Raises:
        UsageError: It says nothing that is written.
    """
    ending = path.suffix.removeprefix(".").lower()
    if ending not in KINDS:
        raise UsageError(
            f"{one_line(path.name)} says no format; the log is written as .csv or .json."
        )
    return "json" if ending == "json" else "csv"


def write(
    deployment: Deployment,
    found: Sequence[ActivityEntry],
    path: Path,
    *,
    replace: bool = False,
    command: str = "",
) -> Written:
    """Write entries of the log; the file is seen whole or not at all, and is private (0600).

    Args:
        deployment: Whose log.
        found: What is written, in this order; for JSON each is read again with its steps.
        path: Where to; its ending says the format.
        replace: Whether a file that stands there goes.
        command: The same as a command line: the log says that it was exported.

    Raises:
        UsageError: The name says no format, or the place is the database's, a backup's, taken.
        McpdbError: It cannot be written.
    """
    kind = kind_of(path)
    target = looked_at(deployment, path.absolute(), is_folder=False)
    if target.problem:
        raise UsageError(f"{target.problem} Nothing was written.")
    if target.taken and not replace:
        raise UsageError(
            f"{one_line(str(path))} is there already ({target.taken}). Nothing was written."
        )
    text = "".join(_csv(found)) if kind == "csv" else _json(deployment, found)
    files.write_atomically(path.absolute(), text.encode("utf-8", "backslashreplace"))
    written = Written(path, len(found))
    note_if_possible(deployment, "export", "activity", written.sentence, command=command)
    return written


def _csv(found: Sequence[ActivityEntry]) -> Sequence[str]:
    # Names of tables and of people come from elsewhere: no spreadsheet shall run them.
    writer = DelimitedWriter(COLUMNS, ",", safe=True)
    pieces = list(writer.begin())
    for entry in found:
        pieces += writer.row([value(entry) for _, value in _COLUMNS])
    return [*pieces, *writer.end()]


def _json(deployment: Deployment, found: Sequence[ActivityEntry]) -> str:
    document = {
        "format": 1,
        "deployment": deployment.name,
        "entries": [asdict(_with_steps(deployment, entry)) for entry in found],
    }
    return json.dumps(document, default=_plain, indent=1) + "\n"


def _with_steps(deployment: Deployment, entry: ActivityEntry) -> ActivityEntry:
    if entry.steps:
        return entry
    try:
        return read_entry(deployment, entry.id)
    except McpdbError:
        return entry  # Pruned meanwhile: what is known of it is written.


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
