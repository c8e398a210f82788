"""The copy that migrations run on: made ready for whoever runs them, and taken back afterwards."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tui.core.errors import PrecheckError, VerificationError
from tui.services.migrations.job import Job, MigrationFailedError
from tui.wording.clean import one_line

LEFTOVER = "_alembic_tmp_"
"""What Alembic's batch mode calls the table that will take another's place."""

_SIDECARS = ("-wal", "-shm", "-journal")


def prepare(job: Job, database: Path) -> None:
    """Make a copy ready: leftovers put right, an empty file where one is to be made.

    Raises:
        PrecheckError: The copy, or its folder, is not as the job needs it.
        VerificationError: SQLite cannot read or change the copy.
    """
    if job.action == "bootstrap":
        # The file is ours whoever fills it: only its owner may give it away later.
        database.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            database.touch(mode=0o600, exist_ok=False)
        except FileExistsError as error:
            raise PrecheckError(f"{database} exists: a bootstrap makes a new file.") from error
        return
    if not database.is_file() or not database.stat().st_size:
        raise PrecheckError(f"There is no copy at {database}, or it is empty.")
    if job.leftovers:
        _put_right(database, job.leftovers)


def _put_right(database: Path, leftovers: Sequence[tuple[str, str]]) -> None:
    """Drop what batch mode left behind, or give it the name it was made for; all or nothing."""
    try:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            # A view or trigger that names the table that is gone would forbid the renaming.
            connection.execute("PRAGMA legacy_alter_table=ON")
            connection.execute("BEGIN IMMEDIATE")
            for table, remedy in leftovers:
                connection.execute(_statement(table, remedy))
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        names = ", ".join(one_line(table) for table, _ in leftovers)
        raise VerificationError(f"{names} cannot be put right on the copy: {error}.") from error


def _statement(table: str, remedy: str) -> str:
    if not table.startswith(LEFTOVER) or table == LEFTOVER:
        raise PrecheckError(f"{one_line(table)} is no table that a migration left behind.")
    if remedy == "drop":
        return f"DROP TABLE {_quoted(table)}"
    if remedy == "rename":
        return f"ALTER TABLE {_quoted(table)} RENAME TO {_quoted(table.removeprefix(LEFTOVER))}"
    raise PrecheckError(f"{one_line(table)} can be dropped or renamed, not {one_line(remedy)}.")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def open_to(database: Path, owner: tuple[int, int] | None) -> None:
    """Let a container's user write the copy and its folder.

    Args:
        database: The copy.
        owner: Who gets it, where we may give it away; None opens it to everybody, which its
            private parent folder keeps from being anybody.
    """
    if owner is not None and os.geteuid() == 0:
        os.chown(database, *owner)
        os.chown(database.parent, *owner)
        return
    database.parent.chmod(0o777)
    database.chmod(0o666)


def take_back(database: Path) -> None:
    """Make the copy and its folder ours alone again."""
    me = os.geteuid(), os.getegid()
    with contextlib.suppress(FileNotFoundError):
        for path in (database.parent, *database.parent.iterdir()):
            if me[0] == 0:
                os.chown(path, *me, follow_symlinks=False)
            if path.is_symlink() or path.stat().st_uid != me[0]:
                continue  # a sidecar of the container's user; SQLite removes it below
            path.chmod(0o700 if path.is_dir() else 0o600)


def close(database: Path) -> None:
    """Bring everything into the one file: rollback journal, nothing beside it.

    Raises:
        MigrationFailedError: Something still has it open, it is no file any more, or SQLite
            cannot read it.
    """
    if database.is_symlink() or not database.is_file():
        raise MigrationFailedError(
            f"The migrations put something else to {one_line(str(database))}."
        )
    try:
        with closing(sqlite3.connect(database, timeout=10, isolation_level=None)) as connection:
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.Error as error:
        raise MigrationFailedError(f"The migrated copy cannot be closed: {error}.") from error
    left = [suffix for suffix in _SIDECARS if Path(f"{database}{suffix}").exists()]
    if mode != "delete" or left:
        said = ", ".join(left) or f"journal mode {mode}"
        raise MigrationFailedError(f"The migrated copy is still in use ({said}).")
