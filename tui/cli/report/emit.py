"""One answer, as text or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tui.cli import schema
from tui.cli.session import Session


def emit(
    session: Session,
    data: Mapping[str, Any],
    lines: Iterable[str],
    *,
    code: int = 0,
    error: str = "",
) -> int:
    """Print what a command found out; returns `code`.

    Args:
        session: Where to, and how.
        data: For `--json`; the keys of `schema.DATA`.
        lines: For people.
        code: The exit code.
        error: One sentence, when the exit code is not 0.
    """
    console = session.console
    if console.json:
        console.out_json(schema.dumps(schema.document(session.command, code, data, error)))
        return code
    for line in lines:
        console.out(line)
    if error:
        console.say(f"mcpdb-tui: {error}")
    return code
