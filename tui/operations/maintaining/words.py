"""What is said of maintenance that came to its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size

ANALYZED = "ANALYZE done; the gateway's plans change with its next connection."
VACUUM_LEFT_OUT = "VACUUM left out: the gateway runs; --stop allows it."
"""What a routine says that nobody has allowed to stop the gateway."""
NOTHING_STARTED = "The gateway stays stopped, as it was: not proven by a start."


def vacuum_words(facts: Mapping[str, Any]) -> str:
    """What it gave back, e.g. `VACUUM gave back 38.6M: 412.6M → 374.0M`."""
    before, after = facts.get("before") or {}, facts.get("after") or {}
    was, now = int(before.get("bytes") or 0), int(after.get("bytes") or 0)
    sizes = f"{narrow_size(was)} → {narrow_size(now)}"
    if now < was:
        return f"VACUUM gave back {narrow_size(was - now)}: {sizes}."
    return f"VACUUM gave back nothing: {sizes}."


def kept_words(facts: Mapping[str, Any]) -> str:
    """Where the old file is: until it is pruned it takes its space."""
    if not facts.get("safety"):
        return ""
    name = one_line(str(facts["safety"]))
    if not facts.get("way"):
        # The gateway has gone on since: putting that back would lose what it wrote.
        return f"A copy from before it is kept as {name}."
    return f"The old file is kept as {name}."


def started_words(facts: Mapping[str, Any]) -> str:
    """What is not proven where nothing was started."""
    return NOTHING_STARTED if facts.get("proven_by_start") is False else ""
