"""A plan that migrates, in words that the screen and the command line share.

These keys of `Plan.facts` are read when they are there: `before` and `after` (rows of
`alembic_version`), `release_before`, `release_after`, `image`, `image_release`, `starts_with`,
`switches`, `switch` (`from_name`, `to_name`, `service`, `waiting_for`), `revisions` (mappings with
`revision`, `message`, `release`, `downgrade`), `runs` (how many of them are run), `leftovers`,
`rehearsal` (`taken`, `who`, `ok`, `seconds`, `lost`, and `failed`, `failed_at`, `why` of one that
failed; None where nothing was rehearsed), `seconds`
(`copy`, `migrate`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tui.core.operation import Plan
from tui.wording.clean import one_line
from tui.wording.quantities import count, duration, plural

NOT_REHEARSED = "not rehearsed yet: the first step does it, on a copy"
NO_ROWS = "no table loses rows, as far as it was rehearsed"
WORTH_TELLING = 0.05
"""Seconds from which on a part of a rehearsal is told."""
ALL_KEPT = "The old file is kept as it is."


@dataclass(frozen=True, slots=True)
class Step:
    """One revision that is run, or that a stamp says is there."""

    revision: str
    release: str
    message: str
    risk: str
    """What going down again would do; only told where one goes down."""


def is_migration(plan: Plan) -> bool:
    """Whether it runs revisions or stamps one."""
    return "revisions" in plan.facts and "after" in plan.facts


def revisions(plan: Plan) -> list[Step]:
    """The revisions in the order they are run."""
    down = plan.operation == "downgrade"
    return [
        Step(
            one_line(str(item.get("revision") or "")),
            one_line(str(item.get("release") or "")),
            one_line(str(item.get("message") or "")),
            one_line(str(item.get("downgrade") or "unknown")) if down else "",
        )
        for item in plan.facts.get("revisions") or ()
    ]


def change(plan: Plan) -> str:
    """`e198602c3c1e → 7ab59991e017 (1.0.5 → 1.0.7), 6 revisions with image 1.0.7`."""
    facts = plan.facts
    before, after = _ids(facts.get("before")), _ids(facts.get("after"))
    text = f"{before or 'no revision'} → {after or one_line(str(facts.get('target') or '…'))}"
    names = [one_line(str(facts.get(key) or "")) for key in ("release_before", "release_after")]
    if all(names) and names[0] != names[1]:
        text += f" ({names[0]} → {names[1]})"
    if plan.operation == "stamp":
        return f"{text}, no migration is run"
    runs = int(facts.get("runs") or 0)
    way = " down" if plan.operation == "downgrade" else ""
    by = _image(plan)
    told = f"{plural(runs, 'revision')}{way}" if runs else "no revision"
    return f"{text}, {told}" + (f" with {by}" if by else "")


def _image(plan: Plan) -> str:
    facts = plan.facts
    name = one_line(str(facts.get("image_release") or facts.get("image") or ""))
    if not name:
        return ""
    return f"image {name}" if facts.get("image_id") else name


def switch(plan: Plan) -> str:
    """`gateway from 1.0.5 to 1.0.7 by compose up -d --no-deps; going back pins the old image`."""
    facts = plan.facts
    found = facts.get("switch")
    if isinstance(found, Mapping) and found.get("to") != found.get("from"):
        service = one_line(str(found.get("service") or "the gateway"))
        names = [one_line(str(found.get(key) or "")) for key in ("from_name", "to_name")]
        came = f" from {_tag(names[0])}" if names[0] else ""
        waiting = one_line(str(found.get("waiting_for") or ""))
        how = f"you are asked to type: {waiting}" if waiting else "by compose up -d --no-deps"
        return f"{service}{came} to {_tag(names[1])}, {how}; going back pins the old image"
    if facts.get("switches") and facts.get("starts_with"):
        name = _tag(one_line(str(facts["starts_with"])))
        return f"the gateway starts with {name}; going back brings the old image with the old file"
    return ""


def rehearsed(plan: Plan) -> str:
    """`Aug 11 03:14 by dana: ok, migrate 1.2 s`, how it failed, or that it was not yet."""
    report = plan.facts.get("rehearsal")
    if not isinstance(report, Mapping):
        return NOT_REHEARSED
    when = _moment(report.get("taken"))
    if report.get("failed"):
        at, why = (one_line(str(report.get(key) or "")) for key in ("failed_at", "why"))
        moment = f" {when:%b %d %H:%M}" if when else ""
        return f"FAIL{moment}" + (f" at {at}" if at else "") + (f": {why}" if why else "")
    who = one_line(str(report.get("who") or ""))
    word = "ok" if report.get("ok") else "it went through, with losses"
    parts = [f"{when:%b %d %H:%M}" if when else "before", f"by {who}" if who else ""]
    seconds = report.get("seconds") or {}
    took = ", ".join(
        f"{name} {duration(float(seconds[name]))}"
        for name in ("migrate", "bootstrap", "check")
        if isinstance(seconds.get(name), int | float) and seconds[name] >= WORTH_TELLING
    )
    return " ".join(part for part in parts if part) + f": {word}" + (f", {took}" if took else "")


def is_rehearsed(plan: Plan) -> bool:
    """Whether a rehearsal of the same is kept that came to its end."""
    report = plan.facts.get("rehearsal")
    return isinstance(report, Mapping) and not report.get("failed")


def lost(plan: Plan) -> list[str]:
    """`roles 7 → 5` for each table that the rehearsal saw losing rows."""
    report = plan.facts.get("rehearsal")
    found = report.get("lost") if isinstance(report, Mapping) else None
    return [
        f"{one_line(str(table))} {count(int(pair[0]))} → {count(int(pair[1]))}"
        for table, pair in sorted((found or {}).items())
    ]


def loss(plan: Plan) -> str:
    """What is lost, in one sentence."""
    facts = plan.facts
    if plan.operation == "stamp":
        return "nothing: one row of alembic_version is written"
    found = lost(plan)
    if found:
        told = ", ".join(found[:4]) + (f", {count(len(found) - 4)} more" if len(found) > 4 else "")
        return f"{plural(len(found), 'table')} lose rows: {told}. {ALL_KEPT}"
    if facts.get("risk") == "drops data":
        return f"what the dropped tables and columns hold. {ALL_KEPT}"
    if facts.get("risk") == "may refuse" and not is_rehearsed(plan):
        return "it may refuse to go down: then nothing is changed"
    return NO_ROWS if is_rehearsed(plan) else "the rehearsal tells; rows lost stop it there"


def repaired(plan: Plan) -> str:
    """`_alembic_tmp_tools is dropped`, `… is renamed back`; empty where nothing was left."""
    words = {"drop": "is dropped", "rename": "is renamed back"}
    return "; ".join(
        f"{one_line(str(table))} {words.get(str(how), 'is looked at')}, on the copy"
        for table, how in plan.facts.get("leftovers") or ()
    )


def work(plan: Plan) -> str:
    """`of it copy 3.9 s, migrate 1.2 s`; empty where neither is known."""
    seconds = plan.facts.get("seconds")
    found = seconds if isinstance(seconds, Mapping) else {}
    told = [
        f"{name} {duration(float(found[name]))}"
        for name in ("copy", "migrate")
        if isinstance(found.get(name), int | float)
    ]
    return f"of it {', '.join(told)}" if told else ""


def told(plan: Plan) -> list[tuple[str, str]]:
    """Label and text of what is said of it beside checks and steps."""
    if not is_migration(plan):
        return []
    pairs = [
        ("change", change(plan)),
        ("repair", repaired(plan)),
        ("image", switch(plan)),
        ("rehearsed", rehearsed(plan) if plan.operation != "stamp" else ""),
        ("lost", loss(plan)),
        ("afterwards", afterwards(plan)),
    ]
    return [(label, text) for label, text in pairs if text]


def afterwards(plan: Plan) -> str:
    """`Image 1.0.5 migrates up again at its start. It holds only with release 1.0.3.`.

    Or, of a gateway that migrates nothing then, what stays pending.
    """
    again = one_line(str(plan.facts.get("starts_again") or ""))
    if not again:
        return one_line(str(plan.facts.get("stays_pending") or ""))
    release = one_line(str(plan.facts.get("release_after") or ""))
    return f"{again} It holds only with release {release}." if release else again


def is_told(plan: Plan, text: str) -> bool:
    """Whether a sentence of the plan stands among what is told of it anyway."""
    return bool(text) and any(one_line(text) in said for _, said in told(plan))


def goes_wrong(plan: Plan) -> list[tuple[str, str]]:
    """What may happen on the way that only a migration knows."""
    if not is_migration(plan) or plan.operation == "stamp":
        return []
    found = [
        (
            "a revision fails",
            "statement shown, gateway back unchanged",
        )
    ]
    if plan.facts.get("switches"):
        found.append(("new image will not run", "old file, owner, image come back together"))
    return found


def _ids(revisions_: object) -> str:
    found = revisions_ if isinstance(revisions_, list | tuple) else ()
    return " + ".join(one_line(str(revision)) for revision in found)


def _tag(image: str) -> str:
    name, colon, tag = image.partition("@")[0].rpartition(":")
    return tag if name and colon and "/" not in tag else image


def _moment(value: Any) -> datetime | None:  # noqa: ANN401 - a plain JSON value
    try:
        return datetime.fromisoformat(str(value)).astimezone()
    except ValueError:
        return None
