"""A plan in lines: what over what, what is gained and lost, checked, and what happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from tui.cli.report.table import aligned, labelled
from tui.cli.report.words import about, ago, local, signed
from tui.core.operation import Check, Plan, Verdict
from tui.wording import maintenance_plans, migrating_plans, plans
from tui.wording.quantities import size
from tui.wording.undone import undone_text

_INDENT = "  "


def plan_lines(plan: Plan) -> Iterator[str]:
    """Everything a person must have seen before going on."""
    yield "  ".join(plans.headline(plan))
    said = [*_what(plan), *migrating_plans.told(plan), *maintenance_plans.told(plan)]
    yield from labelled(said, _INDENT)
    yield from _revisions(plan)
    yield from _rows(plan)
    if plan.checks:
        yield "CHECKED"
        ordered = sorted(plan.checks, key=lambda check: check.verdict is not Verdict.FAIL)
        yield from _indented(
            [(signed(c.verdict), c.name, c.text.removeprefix("FAIL ")) for c in ordered]
        )
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
        [
            ("down", plans.down(plan)),
            ("back out", plans.back_out(plan, cancel="ctrl-c", undo="mcpdb-tui undo")),
            ("by hand", plan.command),
        ],
        _INDENT,
    )


def _told(check: Check) -> str:
    """Its text without the verdict, which stands before it."""
    return check.text.removeprefix("FAIL ")


def _indented(rows: list[tuple[str, ...]]) -> Iterator[str]:
    return (_INDENT + line for line in aligned(rows))


def _what(plan: Plan) -> Iterator[tuple[str, str]]:
    if undoes := undone_text(plan.facts, datetime.now(UTC)):
        yield "undoes", undoes
    source, target = plan.facts.get("from"), plan.facts.get("over")
    if isinstance(source, Mapping):
        words = [str(source.get(key)) for key in ("id", "kind", "label") if source.get(key)]
        taken = datetime.fromisoformat(str(source["taken"]))
        who = f" by {source['who']}" if source.get("who") else ""
        text = f"taken {local(taken)} ({ago(taken)}){who}, {size(int(source['size']))}"
        yield "from", f"{source.get('name')}  {', '.join(words)}, {text}"
    if isinstance(target, Mapping):
        wal = int(target.get("wal_size") or 0)
        sizes = size(int(target["size"])) + (f" + {size(wal)} wal" if wal else "")
        opened = plans.holders(plan)
        by = f"open in {', '.join(opened)}" if opened else "nobody has it open"
        yield "over", f"{target.get('path')}  {sizes}, {by}"


def _revisions(plan: Plan) -> Iterator[str]:
    """What is run, or what a stamp says is there."""
    found = migrating_plans.revisions(plan)
    if found:
        yield "REVISIONS"
        rows: list[tuple[str, ...]] = [
            (str(number), step.revision, step.release, step.message, step.risk)
            for number, step in enumerate(found, 1)
        ]
        yield from _indented(rows)


def _rows(plan: Plan) -> Iterator[str]:
    if not plans.replaces_rows(plan):
        return
    if same := plans.nothing(plan):
        yield _INDENT + same
        return
    for heading, found, none in (
        ("YOU GET BACK", plans.back(plan), plans.none_of(more_rows=True)),
        ("YOU LOSE", plans.lost(plan), plans.none_of(more_rows=False)),
    ):
        yield heading
        if not found:
            yield _INDENT + none
            continue
        rows = [(line.table, line.amount, line.note) for line in found]
        yield from (_INDENT + line for line in aligned(rows, right=(1,)))
    if not plans.is_by_name(plan):
        yield _INDENT + plans.COUNTS_ONLY
