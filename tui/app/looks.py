"""Single looks that the threads of the model take, and what is kept of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tui.app.seen import Seen
from tui.core.errors import McpdbError
from tui.core.models import ActivityEntry, DatabaseFacts, Deployment
from tui.wording import quantities

if TYPE_CHECKING:
    from tui.core.operation import Recovery


def with_facts(seen: Seen, facts: DatabaseFacts, begins: str, now: datetime) -> Seen:
    """Put new facts in; remembers what the file was before, and since when it has a problem."""
    local = now.astimezone()
    last = seen.last_there
    if facts.exists and facts.size and not facts.problem:
        last = f"{quantities.narrow_size(facts.size)} at {local:%H:%M:%S}"
    since = seen.problem_since if facts.problem else None
    if facts.problem and since is None:
        since = now
    return replace(seen, database=facts, first_bytes=begins, last_there=last, problem_since=since)


def outlooks(deployment: Deployment, entries: Sequence[ActivityEntry]) -> Mapping[str, Recovery]:
    """What is left to do about each operation that was cut."""
    cut = [entry.id for entry in entries if entry.state == "cut"]
    if not cut:
        return {}
    from tui.operations.execution.recovery import outlook

    found = {ident: outlook(deployment, ident) for ident in cut}
    return {ident: recovery for ident, recovery in found.items() if recovery is not None}


def why_no_undo(deployment: Deployment) -> str:
    """Why the last restore cannot be undone; empty when it can."""
    from tui.operations.migrating.unbootstrap import made_by_bootstrap
    from tui.operations.undo import Undo

    try:
        if made_by_bootstrap(deployment) is None:
            Undo(deployment).source()
    except McpdbError as error:
        return str(error)
    return ""
