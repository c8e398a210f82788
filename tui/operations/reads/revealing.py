"""Secrets that somebody wants to see: who saw which is kept."""

from __future__ import annotations

from collections.abc import Collection

from tui.core.models import Deployment
from tui.operations.execution.noted import note
from tui.wording.clean import one_line


def note_reveal(
    deployment: Deployment,
    table: str,
    columns: Collection[str],
    *,
    rows: str = "",
    backup: str = "",
    command: str = "",
) -> None:
    """Write it to the activity log, before anything is shown.

    Args:
        deployment: Whose.
        table: Where the secrets stand.
        columns: Those that are shown in clear.
        rows: Of which rows, in words: `of row 7`.
        backup: Of which backup; empty for the live database.
        command: The same as a command line.

    Raises:
        McpdbError: It cannot be written: then nothing may be shown.
    """
    names = sorted(columns)
    words = ["Showed", ", ".join(map(one_line, names)), f"of {one_line(table)}", one_line(rows)]
    if backup:
        words.append(f"of backup {one_line(backup)}")
    note(
        deployment,
        "reveal",
        table,
        " ".join(filter(None, (*words, "in clear."))),
        command=command,
        result={"table": table, "columns": names, "backup": backup or None},
    )
