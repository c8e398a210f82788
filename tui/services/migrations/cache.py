"""Answers of the probe, remembered between starts: `$XDG_CACHE_HOME/mcpdb-tui/revisions/`.

An image never changes under its id, so its answer holds for ever. An interpreter's answer holds
as long as the files it was read from are the same; their times are kept with it. Anything that
is damaged, foreign or stale is no answer: the probe is asked again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tui.core import foreign_json
from tui.services.migrations.graph import MigrationGraph, graph_from

_FORMAT = 1
"""Of a remembered answer; one of another form is asked for again."""


def image_key(image_id: str, package: str) -> str:
    """Name the answer of an image; empty when the image is not known."""
    return _key("image", image_id, package) if image_id else ""


def interpreter_key(python: str, package: str) -> str:
    """Name the answer of an interpreter of this host."""
    return _key("python", python, package)


def recall(key: str) -> MigrationGraph | None:
    """Return a remembered graph that still holds, else nothing; `seconds` is 0."""
    folder = _folder()
    if not key or folder is None:
        return None
    try:
        kept = foreign_json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))
        if kept["format"] != _FORMAT or _changed(kept["times"]):
            return None
        return graph_from(kept["answer"], str(kept["read_from"]), 0.0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def has(key: str) -> bool:
    """Whether something is remembered under a key, whether it still holds or not."""
    folder = _folder()
    return bool(key) and folder is not None and (folder / f"{key}.json").is_file()


def remember(
    key: str, answer: Mapping[str, Any], read_from: str, files: Iterable[str] = ()
) -> None:
    """Keep an answer; a folder that cannot be written only costs the next start a probe.

    Args:
        key: `image_key` or `interpreter_key`; empty keeps nothing.
        answer: The program's answer as it came.
        read_from: How it was read, in words.
        files: Files of this host on which it rests.
    """
    folder = _folder()
    if not key or folder is None:
        return
    times = {path: _time(path) for path in files}
    kept = {"format": _FORMAT, "read_from": read_from, "times": times, "answer": answer}
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # mkstemp makes it 0600; the rename shows it whole or not at all.
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{key}.", suffix=".partial")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(kept, file)
            Path(temporary).replace(folder / f"{key}.json")
        except OSError:
            Path(temporary).unlink(missing_ok=True)


def _folder() -> Path | None:
    told = os.environ.get("XDG_CACHE_HOME", "")
    if told and Path(told).is_absolute():
        return Path(told) / "mcpdb-tui" / "revisions"
    try:
        return Path.home() / ".cache" / "mcpdb-tui" / "revisions"
    except RuntimeError:
        return None  # no home: nothing is remembered


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _time(path: str) -> int:
    """Return a file's modification time in nanoseconds; 0 when it is not there."""
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0


def _changed(times: Mapping[str, int]) -> bool:
    return any(_time(path) != time for path, time in times.items())
