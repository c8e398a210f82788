"""What several commands understand the same way on their command line."""

from __future__ import annotations

from pathlib import Path


def backup_word(word: str) -> str:
    """A backup's id, name or `latest` as it is; a path made absolute.

    The operation runs in a process of its own, which stands in another folder.
    """
    return str(Path(word).absolute()) if "/" in word else word
