"""What a journal and a result say of the revision that raised."""

from __future__ import annotations

from tui.core.models import RevisionRun
from tui.core.operation import Facts


def of_failed(run: RevisionRun | None) -> Facts:
    """Its id, the database's own sentence and the statement; empty where none raised.

    Args:
        run: The revision that raised.
    """
    if run is None:
        return {}
    return {"revision": run.revision, "error": run.error, "statement": run.statement}
