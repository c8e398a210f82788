"""Whether the gateway has worked with the new file between a cut and `resume`.

Then it may have committed, and going back would take that from the live database: a person decides
it, never a recovery by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError
from tui.core.models import Deployment
from tui.core.operation import Facts, Progress, Record, RecoveryAction
from tui.operations.execution.journaled import merged, recovered, recovery_failure
from tui.operations.finding.gateways import gateway_of, with_patience
from tui.services.live.holders import holders, inodes

LOOK = "look"


def has_served(records: Sequence[Record]) -> bool:
    """Whether the journal knows that it came up on the new file before the present attempt."""
    if merged(records).get("served") or recovery_failure(records, LOOK):
        return True
    return bool(merged(records[: _resumed_at(records)]).get("gateway_up"))


def look(
    deployment: Deployment, records: Sequence[Record], *, bars: bool = False
) -> tuple[RecoveryAction, ...]:
    """What an attempt that goes on after a cut does first; nothing where it was done.

    Args:
        deployment: Whose.
        records: The journal so far.
        bars: Fail if the gateway works with the new file; otherwise it is only journaled.
    """
    begin = _resumed_at(records)
    if not begin or recovered(records[begin:], LOOK):
        return ()
    facts = merged(records)
    return (
        RecoveryAction(
            LOOK,
            "see whether the gateway works with the new file already",
            lambda p: _look(deployment, facts, p, bars=bars),
        ),
    )


def _resumed_at(records: Sequence[Record]) -> int:
    return max((i for i, r in enumerate(records) if r["kind"] == "resumed"), default=0)


def _look(
    deployment: Deployment, facts: dict[str, Any], progress: Progress, *, bars: bool
) -> Facts:
    gateway = gateway_of(deployment)
    if gateway is None:
        return {}
    up = with_patience(
        lambda: gateway.state().is_up, lambda done, total: progress.note(done, total, "seconds")
    )
    if not up or _has_old(facts):
        return {}
    if bars:
        raise BusyError("The gateway runs on the new file and may have written to it.")
    return {"served": True}


def _has_old(facts: dict[str, Any]) -> bool:
    """Whether somebody has the old file open: then it came up before the exchange."""
    if not facts.get("keep") or facts.get("way") == "overwrite":
        return False
    return bool(holders(inodes(Path(facts["keep"])))[0])
