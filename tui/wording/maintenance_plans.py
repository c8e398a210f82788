"""What a plan of maintenance tells, in words that both front ends show.

From its facts, see `tui.operations.maintaining.planning`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.core.operation import Plan
from tui.wording.clean import one_line
from tui.wording.quantities import duration, narrow_size

MODES = ("stop", "online", "look")


def told(plan: Plan) -> list[tuple[str, str]]:
    """`now`, `needs`, `keeps` and `last`, as far as they are known; empty for other plans."""
    facts = plan.facts
    if facts.get("mode") not in MODES:
        return []
    said = (
        ("now", now(facts)),
        ("needs", needs(facts)),
        ("keeps", keeps(facts)),
        ("last", last(facts)),
    )
    return [(label, text) for label, text in said if text]


def now(facts: Mapping[str, Any]) -> str:
    """`412.6M, 38.6M of it unused`."""
    before = facts.get("before")
    if not isinstance(before, Mapping) or not before.get("pages"):
        return ""
    size, pages = int(before["bytes"]), int(before["pages"])
    unused = size // pages * int(before["free_pages"])
    return f"{narrow_size(size)}, {narrow_size(unused)} of it unused"


def needs(facts: Mapping[str, Any]) -> str:
    """`825M in /srv/forge/data while it runs`."""
    if not facts.get("needs"):
        return ""
    where = f" in {one_line(str(facts['needs_in']))}" if facts.get("needs_in") else ""
    return f"{narrow_size(int(facts['needs']), 'up')}{where} while it runs"


def keeps(facts: Mapping[str, Any]) -> str:
    """`412.6M as it is now, as a safety copy for 30 days`: until then nothing is won."""
    if not facts.get("keeps"):
        return ""
    size = narrow_size(int(facts["keeps"]))
    return f"{size} as it is now, as a safety copy for {facts.get('keeps_days')} days"


def last(facts: Mapping[str, Any]) -> str:
    """`41.2 s, gateway down 15.7 s: VACUUM gave back …`; empty where it was never done here."""
    found = facts.get("last")
    if not isinstance(found, Mapping) or found.get("seconds") is None:
        return ""
    text = f"took {duration(float(found['seconds']))}"
    if found.get("down"):
        text += f", gateway down {duration(float(found['down']))}"
    said = one_line(str(found.get("sentence") or found.get("outcome") or ""))
    return f"{text}: {said}" if said else text
