"""The steps of a VACUUM beside the running gateway: copy, VACUUM, look at every page again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tui.core.errors import DamagedError
from tui.core.models import Deployment
from tui.core.operation import Progress, StepFinished, Steps, StepStarted
from tui.operations.maintaining import online
from tui.operations.maintaining.checking import (
    QUICK,
    damage_words,
    integrity_of,
    is_damaged,
    remember,
)


def vacuum_beside(
    deployment: Deployment, progress: Progress, *, keep: Path | None, trigger: str
) -> Steps:
    """Copy what stands there, VACUUM it, check its pages; returns `before`, `after` and the copy.

    Args:
        deployment: Whose.
        progress: Of the operation.
        keep: The safety copy's name; None where a verified copy was made a moment ago.
        trigger: The operation's name, for its manifest.

    Raises:
        McpdbError: Nothing was changed, or the file is damaged: then it is suspect from now on.
    """
    kept: dict[str, Any] = {}
    if keep is not None:
        yield StepStarted("keep", online.KEEP, facts={"keep": str(keep)})
        online.keep(deployment, keep, progress, trigger=trigger)
        kept = online.kept(keep)
        yield StepFinished("keep", kept)
        progress.checkpoint()
    yield StepStarted("vacuum-online", online.VACUUM)
    done = online.vacuum(deployment, progress)
    yield StepFinished("vacuum-online", done)

    yield StepStarted("recheck", QUICK)
    found = integrity_of(deployment, progress, quick=True)
    remember(deployment, found)
    yield StepFinished("recheck", found)
    if is_damaged(found):
        raise DamagedError(damage_words(found))
    told = {key: found[key] for key in ("integrity", "check", "checked_at", "checked_file")}
    return {**kept, **done, **told}
