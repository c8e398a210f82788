"""Whether the disk failed under a live database: then nothing may overwrite or delete by it.

A disk that did not give what was asked makes every copy doubtful that is taken from now on, and
every backup precious. So the first I/O error is written down in `.mcpdb/suspect.json`; prune,
VACUUM and whatever overwrites the file refuse until a full check has passed or another file
stands at the live path. A restore, which puts a verified file there, is allowed.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui.core import foreign_json
from tui.core.errors import DiskError, McpdbError
from tui.core.models import FORMAT, Deployment
from tui.core.operation import Check, Verdict
from tui.services import files
from tui.wording.clean import one_line

_MAX = 64 * 1024


def path_of(deployment: Deployment) -> Path:
    """The file that remembers; databases of one folder share it."""
    return deployment.state_dir / "suspect.json"


def mark(deployment: Deployment, why: str) -> None:
    """Remember that reading or writing the live database failed; never raises.

    Args:
        deployment: Whose database.
        why: One sentence: what the system said, and where.
    """
    known = _read(deployment)
    known[deployment.database.name] = {"why": why, "when": datetime.now(UTC).isoformat()}
    # It is already a failure that is told; what cannot be written must not hide it.
    with suppress(OSError, McpdbError):
        files.make_private(deployment.state_dir)
        _write(deployment, known)


def notice(deployment: Deployment, error: BaseException) -> None:
    """Mark the live database if `error` is an I/O error of its file; else do nothing."""
    if isinstance(error, DiskError) and error.path == deployment.database:
        mark(deployment, str(error))


def why_suspect(deployment: Deployment) -> str:
    """Why the live database is suspect, in one sentence with its time; empty when it is not."""
    entry = _read(deployment).get(deployment.database.name)
    if not isinstance(entry, dict):
        return ""
    when = str(entry.get("when", ""))[:19].replace("T", " ")
    return f"{one_line(str(entry.get('why') or 'I/O error'))} ({one_line(when)} UTC)"


def clear(deployment: Deployment) -> None:
    """A full check of the live database passed, or another file stands there now.

    Raises:
        PrecheckError: It cannot be written down.
    """
    known = _read(deployment)
    if known.pop(deployment.database.name, None) is None:
        return
    if known:
        _write(deployment, known)
    else:
        files.remove(path_of(deployment))


def check(deployment: Deployment, verb: str) -> Check | None:
    """For the plan of what overwrites or deletes: the check that forbids it; None if nothing does.

    Args:
        deployment: Whose database.
        verb: What is refused, e.g. `prune`.
    """
    why = why_suspect(deployment)
    if not why:
        return None
    text = (
        f"the live database is damaged, or the disk failed under it: {why} No {verb} until a "
        "full check has passed; salvage or a restore of the newest good backup is the way on."
    )
    return Check("disk", Verdict.FAIL, text)


def _read(deployment: Deployment) -> dict[str, Any]:
    try:
        with files.open_regular(path_of(deployment)) as descriptor:
            values = foreign_json.loads(os.read(descriptor, _MAX))
    except (OSError, ValueError, RecursionError, McpdbError):
        return {}
    if isinstance(values, dict) and isinstance(values.get("databases"), dict):
        return dict(values["databases"])
    return {}


def _write(deployment: Deployment, known: dict[str, Any]) -> None:
    content = json.dumps({"format": FORMAT, "databases": known}, indent=1, sort_keys=True)
    files.write_atomically(path_of(deployment), content.encode())
