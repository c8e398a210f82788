"""What is told of migrations that were run: for the journal, the timeline and both front ends."""

from __future__ import annotations

from typing import Any

from tui.core.operation import Facts
from tui.operations.migrating.copying import Held, Prepared
from tui.services.migrations.running import Ran
from tui.wording.clean import one_line
from tui.wording.migrated import repaired
from tui.wording.quantities import plural

RESULT = (
    "action",
    "before",
    "after",
    "applied",
    "rehearsal",
    "seconds_migrate",
    "image",
    "way",
    "repaired",
)
"""What of the journal's facts belongs into the result."""

_DID = {"upgrade": "Upgraded", "downgrade": "Downgraded", "stamp": "Stamped"}


def of_result(facts: Facts) -> dict[str, Any]:
    """What of the journal's facts belongs into the result."""
    return {key: facts[key] for key in RESULT if key in facts}


def told(job: Prepared, ran: Ran, held: Held) -> dict[str, Any]:
    """What the journal keeps of a run.

    Args:
        job: What was decided.
        ran: What was run.
        held: What the stopped file held before.
    """
    repaired = [[name, how, held.rows.get(name)] for name, how in job.left]
    return {
        **({"repaired": repaired} if repaired else {}),
        "action": job.wanted.action,
        "before": list(job.route.before),
        "after": list(job.route.after),
        "applied": [run.revision for run in ran.runs if run.ok and run.direction != "stamp"],
        "seconds_migrate": ran.seconds,
        "image": ran.image or job.code.name,
        "image_id": ran.image_id,
    }


def sentence(facts: Facts) -> str:
    """What both front ends say of the result, as it is now and not as it was meant.

    Args:
        facts: The journal's, with those of the start and of reading back.
    """
    before = " ".join(facts.get("before") or ()) or "no revision"
    after = " ".join(facts.get("after") or ()) or "no revision"
    applied, action = list(facts.get("applied") or ()), str(facts.get("action") or "")
    now = one_line(str(facts.get("revision") or ""))
    ran = f" ({plural(len(applied), 'revision')})" if action != "stamp" and applied else ""
    mended = repaired(facts)
    text = f"{_DID.get(action, 'Migrated')} {before} → {after}{ran}."
    if mended:
        mended = mended[:1].upper() + mended[1:]
        text = f"{mended}. It stands at {after}." if before == after else f"{text} {mended}."
    if facts.get("gateway_up") and now and sorted(now.split()) != sorted(after.split()):
        on = "on" if action == "upgrade" else "up again"
        text += f" The gateway's start migrated it {on} to {now}."
    safety = one_line(str(facts.get("safety") or ""))
    if safety:
        text += f" The old database is kept as {safety}; `undo` takes it back."
    if not facts.get("gateway_up"):
        text += " The gateway stays stopped, as it was: not proven by a start."
    return text
