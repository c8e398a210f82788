"""A plan in lines: what over what, what is gained and lost, checked, and what happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tui.cli.report.table import aligned, labelled
from tui.cli.report.words import about, ago, local, signed
from tui.core.operation import Plan, TableChange, Verdict
from tui.wording.clean import one_line
from tui.wording.quantities import count, size

_INDENT = "  "


def plan_lines(plan: Plan) -> Iterator[str]:
    """Everything a person must have seen before going on."""
    yield f"{plan.operation.upper()}  {one_line(plan.title)}"
    yield from labelled([*_what(plan.facts)], _INDENT)
    yield from _rows(plan)
    if plan.checks:
        yield "CHECKED"
        ordered = sorted(plan.checks, key=lambda check: check.verdict is not Verdict.FAIL)
        yield from _indented([(signed(c.verdict), c.name, c.text) for c in ordered])
    if plan.steps:
        yield "WHAT HAPPENS"
        yield from _indented(
            [
                (
                    str(number),
                    step.title,
                    "gateway up" if step.gateway_up else "gateway DOWN",
                    about(step.seconds),
                    "" if step.cancellable else "no cancel from here",
                )
                for number, step in enumerate(plan.steps, 1)
            ]
        )
    yield from labelled(
        [("down", _down(plan)), ("back out", _back_out(plan)), ("by hand", plan.command)], _INDENT
    )


def _indented(rows: list[tuple[str, ...]]) -> Iterator[str]:
    return (_INDENT + line for line in aligned(rows))


def _what(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    source, target = facts.get("from"), facts.get("over")
    if isinstance(source, Mapping):
        words = [str(source.get(key)) for key in ("id", "kind", "label") if source.get(key)]
        taken = datetime.fromisoformat(str(source["taken"]))
        who = f" by {source['who']}" if source.get("who") else ""
        text = f"taken {local(taken)} ({ago(taken)}){who}, {size(int(source['size']))}"
        yield "from", f"{source.get('name')}  {', '.join(words)}, {text}"
    if isinstance(target, Mapping):
        wal = int(target.get("wal_size") or 0)
        sizes = size(int(target["size"])) + (f" + {size(wal)} wal" if wal else "")
        opened = [str(holder) for holder in target.get("holders") or ()]
        if facts.get("gateway_running"):
            opened.insert(0, "the gateway")
        by = f"open in {', '.join(opened)}" if opened else "nobody has it open"
        yield "over", f"{target.get('path')}  {sizes}, {by}"


def _rows(plan: Plan) -> Iterator[str]:
    if "from" not in plan.facts:
        return
    gained = [change for change in plan.changes if _difference(change) > 0]
    lost = [change for change in plan.changes if _difference(change) < 0]
    for heading, changes, none in (
        ("YOU GET BACK", gained, "no table gets more rows"),
        ("YOU LOSE", lost, "no table gets fewer rows"),
    ):
        yield heading
        if not changes:
            yield _INDENT + none
            continue
        rows = [
            (c.table, f"{_difference(c):+,}", f"{_side(c.now)} → {_side(c.then)}") for c in changes
        ]
        yield from (_INDENT + line for line in aligned(rows, right=(1,)))
    yield _INDENT + "Row counts only: a changed or replaced row is not seen."


def _difference(change: TableChange) -> int:
    return (change.then or 0) - (change.now or 0)


def _side(rows: int | None) -> str:
    return "none" if rows is None else count(rows)


def _down(plan: Plan) -> str:
    if plan.facts.get("gateway_running") is False:
        return "the gateway is stopped now"
    if plan.downtime is None:
        return "how long is not known; calls to the gateway fail meanwhile"
    if plan.downtime == 0:
        return "not at all, the gateway keeps running"
    return f"about {about(plan.downtime)}; calls to the gateway fail meanwhile"


def _back_out(plan: Plan) -> str:
    last = next((n for n, step in enumerate(plan.steps, 1) if not step.cancellable), None)
    text = f"ctrl-c until step {last}" if last else "ctrl-c at any time"
    if days := plan.facts.get("undo_days"):
        text += f"; afterwards mcpdb-tui undo, for {days} days"
    return text
