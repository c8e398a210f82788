"""Entries of the activity log for what reads, and takes neither a lock nor a plan.

A reading needs no journal to recover from, but who took data out, or saw a secret, is kept as
long as what changed something. Such an entry is a whole journal that is written in one piece, so
nothing ever has to be resumed from it, and no lock is needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import FORMAT, Deployment
from tui.services import files, journal
from tui.services.operator import origin
from tui.services.sharing import share_state

NOTED = "noted"
"""In the name of such a journal: it never was running."""


def note(
    deployment: Deployment,
    operation: str,
    subject: str,
    sentence: str,
    *,
    command: str = "",
    began: datetime | None = None,
    result: Mapping[str, Any] | None = None,
) -> None:
    """Write down what was read and by whom.

    Args:
        deployment: Whose.
        operation: A word: `export`, `reveal`.
        subject: What it was about: a table.
        sentence: What was done, in one sentence.
        command: The same as a command line.
        began: When; now by default.
        result: Plain JSON values.

    Raises:
        McpdbError: It cannot be written; then what has to be noted may not be done.
    """
    import json

    files.make_private(deployment.state_dir)
    folder = journal.folder(deployment.state_dir)
    files.make_private(folder)
    number, journal_id = journal.next_id(deployment.state_dir, operation, subject)
    now = datetime.now(UTC)
    lines: list[dict[str, Any]] = [
        {
            "kind": "begun",
            "at": (began or now).isoformat(),
            "format": FORMAT,
            "number": number,
            "operation": operation,
            "title": f"{operation} {subject}".strip(),
            "subject": subject,
            "pid": os.getpid(),
            **origin(command).as_json(),
        },
        {
            "kind": "ended",
            "at": now.isoformat(),
            "exit": int(ExitCode.DONE),
            "outcome": "done",
            "sentence": sentence,
            "result": dict(result or {}),
        },
    ]
    text = "".join(json.dumps(line, default=str) + "\n" for line in lines)
    stamp = f"{journal_id}-{NOTED}-{os.getpid()}"
    files.write_atomically(journal.path_of(deployment.state_dir, stamp), text.encode())
    share_state(deployment.state_dir, deployment.group)


def note_if_possible(deployment: Deployment, *words: str, **more: Any) -> str:  # noqa: ANN401
    """The same for what may be done all the same; why it could not be written, else empty.

    Looking alone never makes the state folder: without one nothing is written.
    """
    if not files.is_folder(deployment.state_dir):
        return ""
    try:
        note(deployment, *words, **more)
    except McpdbError as error:
        return str(error)
    return ""
