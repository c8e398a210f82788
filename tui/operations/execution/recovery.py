"""Finishing or undoing what was cut short, before anything else changes the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from tui.core.errors import ERRORS_BY_CODE, ExitCode, McpdbError, PrecheckError, UsageError
from tui.core.models import FORMAT, Deployment
from tui.core.operation import Operation, Record, Recovery
from tui.operations.execution.journaled import merged
from tui.operations.execution.registry import build
from tui.operations.execution.running import Run
from tui.services import journal, operator, processes
from tui.services.sqlite.copying import discard
from tui.wording.clean import one_line

_PARTIAL = re.compile(
    r"\.(?:(?P<journal>\d{6}-\d{8}T\d{6}Z-[a-z0-9_-]+)|(?:.*[.-])?(?P<pid>\d+))"
    r"\.partial(?:-journal|-wal|-shm)?"
)
"""Names of half-made files: of an operation, or of a process that wrote something small."""


def unfinished_paths(deployment: Deployment) -> list[tuple[Path, list[Record]]]:
    """The journals without an end, oldest first; ended ones are not read whole."""
    found = []
    for path in journal.paths(deployment.state_dir):
        if journal.is_over(path):
            continue
        records = journal.read(path)
        if not journal.has_ended(records):
            found.append((path, records))
    return found


def require_known_format(deployment: Deployment) -> None:
    """Refuse to change anything where a newer mcpdb-tui wrote last (I2).

    Raises:
        PrecheckError: It did.
    """
    for path in reversed(journal.paths(deployment.state_dir)):
        if not journal.is_refusal(path):
            records = journal.read(path)
            if records and records[0]["kind"] == "begun":
                _require_format(records[0])
            return


def _require_format(begun: Record) -> None:
    if begun.get("format") != FORMAT:
        raise PrecheckError(
            f"This state was written by a newer mcpdb-tui (format {begun.get('format')}). "
            "Reading works, changing is off."
        )


def operation_of(records: list[Record]) -> Operation:
    """The operation a journal was written by.

    Raises:
        PrecheckError: It was written by a newer mcpdb-tui, or is not understood: nothing may
            be changed here.
    """
    begun = records[0]
    _require_format(begun)
    try:
        deployment = Deployment.from_json(begun["deployment"])
        return build(str(begun["operation"]), deployment, begun.get("params", {}))
    except (UsageError, KeyError, TypeError, ValueError) as error:
        raise PrecheckError(
            f"The operation {begun.get('operation')} was cut short and its journal is not "
            f"understood ({one_line(str(error))}). Reading works, changing is off: a newer "
            "mcpdb-tui may know what is left to do."
        ) from error


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
    elsewhere: set[Path] = set()
    require_known_format(deployment)
    for path, records in unfinished_paths(deployment):
        if not records or records[0]["kind"] != "begun":
            journal.set_aside(path)
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
        if second := merged(records).get("second_final"):
            elsewhere.add(Path(second).parent)
        if not over:
            # With the exit code of what stands in the way, e.g. of a Docker that is gone.
            kind = ERRORS_BY_CODE.get(code, McpdbError)
            raise kind(str(records[-1].get("sentence", "An operation is not finished.")))
    _sweep(deployment, elsewhere)
    return ended


def _sweep(deployment: Deployment, elsewhere: Iterable[Path]) -> None:
    """Remove half-made files whose owner is dead; call it with the lock held."""
    for path in half_made(deployment, elsewhere):
        with suppress(OSError):
            discard(path)


def half_made(deployment: Deployment, elsewhere: Iterable[Path] = ()) -> list[Path]:
    """Half-made files whose owner is dead, if nothing changes the database now.

    An operation of this database is dead where we hold its lock, or nobody does. Another database
    may write its backups into the same folder under a lock of its own: its files are not ours to
    judge.

    Args:
        deployment: Whose.
        elsewhere: More folders to look into.
    """
    state = deployment.state_dir
    ours = {path.stem for path in journal.paths(state)}
    found = []
    folders = (deployment.database.parent, deployment.backup_dir, state, *_within(state))
    for folder in (*folders, *elsewhere):
        with suppress(OSError):
            for path in folder.iterdir():
                name = _PARTIAL.fullmatch(path.name)
                if name is None or path.is_symlink() or not path.is_file():
                    continue
                pid = name["pid"]
                if name["journal"] in ours or (pid and not processes.start_time(int(pid))):
                    found.append(path)
    return list(dict.fromkeys(found))


def _within(state: Path) -> list[Path]:
    """The folders of the state folder: whatever an operation writes lies in one of them."""
    try:
        return [path for path in state.iterdir() if path.is_dir() and not path.is_symlink()]
    except OSError:
        return []


def outlook(deployment: Deployment, journal_id: str) -> Recovery | None:
    """What `resume` would do about an operation that was cut; looking changes nothing.

    None when the journal cannot be understood, or has ended meanwhile.
    """
    try:
        records = journal.read(journal.path_of(deployment.state_dir, journal_id))
        if not records or journal.has_ended(records):
            return None
        return operation_of(records).recover(records)
    except McpdbError:
        return None
