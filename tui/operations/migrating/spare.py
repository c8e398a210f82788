"""The live file's second name while a copy is migrated.

What migrates is foreign code. A container is given the copy alone, but code of this host can
reach the live path, and a file whose last name goes is lost when the gateway is stopped.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from tui.services import files


def spare_of(staged: Path) -> Path:
    """A second name of the live file while foreign code runs: one that only removes names."""
    return staged.parent.parent / "held"


def hold_name(live: Path, spare: Path) -> None:
    """Give the live file its second name.

    Raises:
        PrecheckError: There are no hard links here.
    """
    with suppress(FileExistsError):
        try:
            os.link(live, spare, follow_symlinks=False)
        except FileExistsError:
            raise
        except OSError as error:
            raise files.denied("make a hard link in", spare.parent, error) from error


def put_name_back(live: Path, spare: Path, keep: Path) -> None:
    """Where migrations have removed or replaced the live file, give it a name again.

    Args:
        live: Its path.
        spare: See `spare_of`; there may be none.
        keep: Its name where another file stands at the path by now.

    Raises:
        PrecheckError: It cannot be given one.
    """
    held, stands = files.identity(spare), files.identity(live)
    if held is None or held.links > 1:
        return  # it has its own name, or a swap has kept it
    target = live if stands is None else keep
    try:
        os.link(spare, target, follow_symlinks=False)
        files.fsync_folder(target.parent)
    except OSError as error:
        raise files.denied("put back", target, error) from error
