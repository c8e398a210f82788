"""A rotation's plan: its steps, what was looked at, and what is said of each file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tui.core.errors import McpdbError
from tui.core.operation import Check, PlannedStep, Verdict
from tui.operations.rotating.choosing import CHANGES, Found, is_writable, totals
from tui.services import files
from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size, plural

TITLES: Mapping[str, str] = {
    "delete": "delete compressed logs that are old enough",
    "copy": "compress a copy and read it back",
    "finish": "put the copy in the log's place, or empty the log",
}

_MOST = 6
"""Files that are named in a question."""


def title(found: Sequence[Found], name: str) -> str:
    """What is done, in one line."""
    number = totals(found)
    parts = [
        f"{verb} {plural(number[action], noun)}"
        for action, verb, noun in (
            ("compress", "compress", "log"),
            ("empty", "copy and empty", "open log"),
            ("delete", "delete", "old log"),
        )
        if number[action]
    ]
    return f"rotate the logs of {name}: {', '.join(parts) if parts else 'nothing to do'}"


def effects(work: Sequence[Found]) -> list[str]:
    """What happens to each file, the first of many, for a box that asks."""
    lines = [f"{one_line(one.name)}: {one.action}, {one.why}" for one in work[:_MOST]]
    more = len(work) - _MOST
    return [*lines, *([f"and {plural(more, 'more file')}"] if more > 0 else [])]


def planned(found: Sequence[Found]) -> tuple[PlannedStep, ...]:
    """The steps, as far as there is work for them."""
    number = totals(found)
    steps = [PlannedStep("delete", TITLES["delete"])] if number["delete"] else []
    if number["compress"] or number["empty"]:
        steps += [
            PlannedStep("copy", TITLES["copy"]),
            PlannedStep("finish", TITLES["finish"], cancellable=False),
        ]
    return tuple(steps)


def checks(found: Sequence[Found], complete: bool) -> list[Check]:
    """What was looked at: rights, room, who could be looked into, what is not ours."""
    checks = []
    places = sorted({one.folder for one in found if one.action in CHANGES})
    for place in places:
        try:
            if not is_writable(place):
                raise files.denied("write to", place, PermissionError())
            checks.append(_room(place, found))
        except McpdbError as error:
            checks.append(Check("permission", Verdict.FAIL, str(error), error.exit_code))
    if not complete:
        text = "not every process can be looked into: what may be open is copied and emptied"
        checks.append(Check("open", Verdict.UNKNOWN, text))
    skipped = sum(one.action == "skip" for one in found)
    if skipped:
        text = f"{plural(skipped, 'file')} not ours to rotate, left as found"
        checks.append(Check("others", Verdict.OK, text))
    return checks


def _room(place: Path, found: Sequence[Found]) -> Check:
    """Whether the largest log's copy will fit, as far as can be said before it is packed."""
    here = [one for one in found if one.folder == place]
    gone = sum(one.identity.size for one in here if one.action == "delete")
    largest = max((o.identity.size for o in here if o.action in ("compress", "empty")), default=0)
    free = files.free_space(place)
    text = f"{narrow_size(free, 'down')} free in {one_line(str(place))}"
    if free + gone < largest // 10:
        text = f"{text}: a log that does not fit stays as it is"
        return Check("space", Verdict.WARN, text)
    return Check("space", Verdict.OK, text)
