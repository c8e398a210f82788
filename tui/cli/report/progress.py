"""The narration of a running operation: a line a step, and how far it is."""

from __future__ import annotations

from tui.cli.console import Console
from tui.core.models import ActivityEntry, StepLine
from tui.wording import quantities
from tui.wording.clean import one_line

_ENDS = {"done": "✓", "failed": "✗", "undone": "·", "cut": "!"}


class Narrator:
    """Says each change once; on a terminal the running step stays in place until it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: dict[str, str] = {}
        self._waits_for = ""

    def show(self, entry: ActivityEntry) -> None:
        """Say what is new since the last look."""
        for step in entry.steps:
            if step.state == "pending" or self._said.get(step.step) == step.state:
                continue
            self._said[step.step] = step.state
            if step.state == "running":
                self._console.progress(f"» {one_line(step.title)}")
            else:
                self._console.say(_ended(step))
        if entry.waits_for != self._waits_for:
            self._waits_for = entry.waits_for
            if entry.waits_for:
                self._console.say("! waiting for you: run this in another terminal, within 10 min")
                self._console.say(f"  {entry.waits_for}")
        running = next((step for step in entry.steps if step.state == "running"), None)
        if running is not None and running.done and self._console.in_place:
            self._console.progress(f"» {one_line(running.title)}  {far(running)}")


def _ended(step: StepLine) -> str:
    took = "" if step.seconds is None else f"  {quantities.duration(step.seconds)}"
    why = f"  {one_line(step.text)}" if step.text else ""
    return f"{_ENDS[step.state]} {one_line(step.title)}{took}{why}"


def far(step: StepLine) -> str:
    """`61 %  252.0M of 412.6M`, `7 s of 60 s`, `revision 37 of 110`."""
    if told := quantities.of_revisions(step.done, step.total, one_line(step.unit)):
        return f"revision {told}"
    if not step.total:
        return _amount(step.done, step.unit)
    share = min(100, step.done * 100 // step.total)
    return f"{share} %  {_amount(step.done, step.unit)} of {_amount(step.total, step.unit)}"


def _amount(number: int, unit: str) -> str:
    if unit == "bytes":
        return quantities.size(number)
    return f"{number} s" if unit == "seconds" else quantities.count(number)
