"""What a plan that migrates says beside checks and steps, as lines of a screen."""

from __future__ import annotations

from textual.content import Content

from tui.app.screens.lines import ATTENTION, BOLD, MUTED, hanging, line, say
from tui.core.operation import Plan
from tui.wording import migrating_plans as words
from tui.wording.quantities import count, prose

_LABELS = {
    "change": "CHANGES",
    "repair": "REPAIRS",
    "image": "IMAGE",
    "rehearsed": "REHEARSED",
    "lost": "LOST",
    "afterwards": "AFTERWARDS",
}
FIRST = 6
"""Revisions that stand on a wide page before the rest of it."""


def narrow(plan: Plan, width: int, indent: int) -> list[Content]:
    """Label and text, one below the other."""
    rows: list[Content] = []
    for label, text in words.told(plan):
        rows += hanging(
            line(" ", (_LABELS[label], BOLD)), _styled(plan, label, text), width, indent
        )
    return rows


def wide(plan: Plan, width: int) -> list[Content]:
    """The same with the first revisions below."""
    rows = narrow(plan, width, 13)
    found = revisions(plan, width - 2)
    if not found:
        return rows
    rows += [Content(""), *(line("  ", row) for row in found[:FIRST])]
    if more := len(found) - FIRST:
        rows += [say(f"    {count(more)} more below", MUTED)] if more > 0 else []
    return rows


def rest(plan: Plan, width: int) -> list[Content]:
    """What did not stand among the first ones."""
    found = revisions(plan, width - 2)
    if len(found) <= FIRST:
        return []
    return [Content(""), say("ALL REVISIONS", BOLD), *(line("  ", row) for row in found)]


def revisions(plan: Plan, width: int) -> list[Content]:
    """One line a revision: release, message, and on the way down its risk."""
    rows = []
    for number, step in enumerate(words.revisions(plan), 1):
        risk = f"  {step.risk}" if step.risk else ""
        room = max(12, width - 28 - len(risk))
        message = prose(step.message, room)
        rows.append(
            line(
                (f"{number:>4}  ", MUTED),
                (f"{step.revision:<12}", BOLD),
                (f"  {step.release:<6}", MUTED),
                f"  {message:<{room}}" if risk else f"  {message}",
                (
                    risk,
                    ATTENTION if step.risk in ("drops data", "may refuse", "unknown") else MUTED,
                ),
            )
        )
    return rows


def _styled(plan: Plan, label: str, text: str) -> Content:
    warns = label == "rehearsed" and not words.is_rehearsed(plan)
    warns = warns or label == "afterwards" or (label == "lost" and bool(words.lost(plan)))
    return say(text, ATTENTION if warns else "")
