"""Letting a group read what is otherwise its owner's alone: 0750 and 0640 (the `group` setting).

Nobody but the owner ever writes there, whatever the setting is.
"""

from __future__ import annotations

import grp
import os
import stat
from contextlib import suppress
from pathlib import Path

from tui.core.errors import PrecheckError
from tui.services.files import denied, identity
from tui.wording.clean import one_line

FOLDER_MODE = 0o750
FILE_MODE = 0o640


def gid_of(group: str) -> int:
    """The number of a group.

    Raises:
        PrecheckError: This host knows no such group.
    """
    try:
        return grp.getgrnam(group).gr_gid
    except (KeyError, ValueError) as error:
        raise PrecheckError(
            f"There is no group {one_line(group)} on this host; it is named by the setting "
            "`group`. Nothing was changed."
        ) from error


def share(path: Path, group: str) -> None:
    """Give a folder or file to a group to read; nothing without one.

    Args:
        path: No link: those are left as they are.
        group: The group's name; empty leaves it to its owner alone.

    Raises:
        PrecheckError: There is no such group, or it may not be given to it.
    """
    found = identity(path) if group else None
    if found is None or stat.S_ISLNK(found.mode):
        return
    gid = gid_of(group)
    mode = FOLDER_MODE if stat.S_ISDIR(found.mode) else FILE_MODE
    if (found.gid, found.mode & 0o7777) == (gid, mode):
        return
    try:
        os.chown(path, -1, gid, follow_symlinks=False)
        path.chmod(mode)
    except OSError as error:
        raise denied(f"give group {one_line(group)} the right to read", path, error) from error


def share_state(state_dir: Path, group: str) -> None:
    """Let a group see lock, journals and the folder of the safety copies, where we may.

    The safety copies keep mode and owner of the database they were; the salt stays private. A
    group that does not exist is refused by the next backup: a restore must not depend on it.
    """
    if not group:
        return
    journals = state_dir / "journal"
    with suppress(PrecheckError):
        for path in (state_dir, state_dir / "lock", journals, state_dir / "safety"):
            share(path, group)
        for path in journals.glob("*.jsonl"):
            share(path, group)
