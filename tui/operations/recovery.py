"""Finishing or undoing what was cut short, before anything else changes the database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tui.core.errors import ExitCode, McpdbError, PrecheckError
from tui.core.models import FORMAT, Deployment
from tui.core.operation import Operation, Record
from tui.operations.registry import build
from tui.operations.running import Run
from tui.services import journal, operator, processes
from tui.services.sqlite.copying import discard

_PARTIAL = ".*.partial*"


def unfinished_paths(deployment: Deployment) -> list[tuple[Path, list[Record]]]:
    """The journals without an end, oldest first; ended ones are not read whole."""
    found = []
    for path in journal.paths(deployment.state_dir):
        records = journal.read(path)
        if not journal.has_ended(records):
            found.append((path, records))
    return found


def operation_of(records: list[Record]) -> Operation:
    """The operation a journal was written by.

    Raises:
        PrecheckError: It was written by a newer mcpdb-tui: nothing may be changed here.
        UsageError: This mcpdb-tui does not know the operation.
    """
    begun = records[0]
    if begun.get("format") != FORMAT:
        raise PrecheckError(
            f"This state was written by a newer mcpdb-tui (format {begun.get('format')}). "
            "Reading works, changing is off."
        )
    deployment = Deployment.from_json(begun["deployment"])
    return build(str(begun["operation"]), deployment, begun.get("params", {}))


def finish_all(
    deployment: Deployment, lock: int, began: Callable[[str], None]
) -> list[tuple[str, ExitCode]]:
    """Finish or undo every operation that was cut; call it with the lock held.

    Args:
        deployment: Whose database.
        lock: Descriptor of the lock.
        began: Told the id of each journal before it is gone on with.

    Returns:
        Each journal's id and how it ended.

    Raises:
        McpdbError: One cannot be understood, or its debt cannot be paid now; nothing else may
            change the database before.
    """
    ended: list[tuple[str, ExitCode]] = []
    for path, records in unfinished_paths(deployment):
        if not records:
            # Cut before its first record: nothing had been announced, so nothing was done.
            path.unlink()
            continue
        operation = operation_of(records)
        began(path.stem)
        writer = journal.Journal.reopen(path)
        pid, started, boot = processes.me()
        records.append(
            writer.append(
                "resumed",
                pid=pid,
                started=started,
                boot=boot,
                who=operator.who(),
                host=operator.host(),
            )
        )
        run = Run(operation, writer, records, cancelled=lambda: False, lock=lock)
        code = run.settle()
        over = journal.has_ended(records)
        writer.close(ended=over)
        ended.append((path.stem, code))
        if not over:
            raise McpdbError(str(records[-1].get("sentence", "An operation is not finished.")))
    _sweep(deployment)
    return ended


def _sweep(deployment: Deployment) -> None:
    """Remove half-made files nobody owns any more: we hold the lock, so no owner lives."""
    folders = (deployment.database.parent, deployment.backup_dir, deployment.state_dir)
    for folder in folders:
        with suppress(OSError):
            for path in folder.glob(_PARTIAL):
                if path.is_file() and not path.is_symlink():
                    discard(path)
