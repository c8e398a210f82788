"""Whether something in a folder changed, told without opening a file."""

from __future__ import annotations

import os
from pathlib import Path


def signature(*folders: Path) -> tuple[object, ...]:
    """Changes whenever a name in one of the folders comes, goes or is written."""
    result: list[object] = []
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    found = entry.stat(follow_symlinks=False)
                    result.append((entry.name, found.st_size, found.st_mtime_ns))
        except OSError:
            result.append(str(folder))
    return (frozenset(result),)
