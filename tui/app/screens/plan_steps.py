"""The steps of a plan: gateway up or down, about how long, and until when C cancels."""

from __future__ import annotations

from textual.content import Content

from tui.app.screens.lines import ATTENTION, BOLD, MUTED, hanging, line, say
from tui.core.operation import Plan
from tui.wording.plans import about


def steps(plan: Plan, width: int) -> list[Content]:
    """The steps with gateway and time, and the line from which there is no cancel."""
    wide = width > 110
    right = 24
    rows = [
        line(("WHAT HAPPENS", BOLD), " " * (width - right - 12), (f"{'gateway':<9}about", MUTED))
    ]
    crossed = False
    for number, step in enumerate(plan.steps, 1):
        if not step.cancellable and not crossed:
            crossed = True
            rows.append(no_return(width, wide=wide))
        gateway = say("up       ") if step.gateway_up else say("DOWN     ", ATTENTION)
        title = hanging(f"  {number:>2}  ", say(step.title), width - right - 2, 6)
        first = title[0]
        pad = " " * max(0, width - right - first.cell_length)
        rows.append(line(first, pad, gateway, about(step.seconds) or "not known"))
        rows += title[1:]
    return rows


def no_return(width: int, *, wide: bool) -> Content:
    """The line from which there is no cancel."""
    text = (
        "until here C cancels and the gateway comes back; from here it finishes or undoes itself"
        if wide
        else "C cancels until here; below it finishes or undoes itself"
    )
    rule = max(2, width - len(text) - 4)
    before = 4 if wide else max(1, rule - 6)
    return line(("─" * before + f" {text} " + "─" * (rule - before), ATTENTION))
