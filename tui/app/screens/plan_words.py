"""A plan in words, for any operation: one page for the verdict, one for everything.

Nothing here knows an operation by name. Beside the plan's own fields these keys of
`Plan.facts` are said when they are there:

- `from`: mapping with `name`, `id`, `kind`, `label`, `taken` (ISO 8601), `size` (bytes), `who`
- `over`: mapping with `path`, `size`, `wal_size` (bytes), `holders` (list of text)
- `rows`: what is known of rows beyond counts, see `tui.wording.plans`
- `gateway_running`, `healthy_before`: booleans
- `undo_days`: for how many days it can be undone
- `notes`: list of sentences that belong to the verdict
- `goes_wrong`: list of [case, answer], instead of the usual ones
- `verb`: what the button says; `subject_kind`: what is named by the typed word
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from textual.content import Content

from tui.app.screens import import_words, migration_rows, plan_rows
from tui.app.screens.lines import (
    ATTENTION,
    BOLD,
    DANGER,
    MUTED,
    beside,
    ends,
    hanging,
    line,
    say,
    signed,
    wrapped,
)
from tui.app.screens.plan_rulings import rulings_rows
from tui.app.screens.plan_steps import steps
from tui.core.operation import Check, Plan, Verdict
from tui.wording import migrating_plans, plans
from tui.wording.clean import one_line
from tui.wording.quantities import age, middle, size

_INDENT = 12


def verb(plan: Plan) -> str:
    """What the button says."""
    return one_line(str(plan.facts.get("verb") or plan.operation.capitalize()))


def verdict_page(plan: Plan, width: int, now: datetime) -> list[Content]:
    """What an operator must have read before going on, for a narrow terminal."""
    gains, losses = _headings(plan, narrow=True)
    rows: list[Content] = [*what(plan, width, now, narrow=True), Content("")]
    if rulings := rulings_rows(plan, width):
        rows += [*rulings, Content("")]

    def put(label: str, text: Content | str) -> None:
        rows.extend(hanging(line(" ", (label, BOLD)), text, width, _INDENT))

    room = 2 * (width - _INDENT) - 8
    counted = "row counts: " if plan.changes and not plans.is_by_name(plan) else ""
    if plans.replaces_rows(plan):
        put(gains, counted + plan_rows.summary(plan, room - len(counted), more_rows=True))
        put(losses, _lost(plan, room, now))
    if effect := import_words.rows_of(plan):
        put("ROWS", effect)
    rows += migration_rows.narrow(plan, width, _INDENT)
    put("DOWN", plans.down(plan))
    for note in _notes(plan):
        put("", say(note, ATTENTION))
    put("CHECKED", " · ".join(f"{c.name} ok" for c in plan.checks if c.verdict is Verdict.OK))
    for check in _not_ok(plan):
        if not migrating_plans.is_told(plan, check.text):
            put("", _check(check))
    wrong = (f"{case}: {answer.split('; ')[0]}" for case, answer in goes_wrong(plan)[:3])
    put("GOES WRONG", "; ".join(wrong))
    put("BACK OUT", back_out(plan))
    return rows


def details_page(plan: Plan, width: int) -> list[Content]:
    """Steps, checks and tables in full, for a narrow terminal."""
    room = width - 3
    changes = [*plans.back(plan), *plans.lost(plan)]
    opened = [say(holder) for holder in plans.holders(plan)] or [say("nobody has it")]
    parts = [
        _headed("REVISIONS", found) if (found := migration_rows.revisions(plan, room)) else [],
        steps(plan, width - 1),
        _headed("CHECKED", checks(plan, room)),
        _headed("IF SOMETHING GOES WRONG", _wrong(plan, room)),
    ]
    if plans.replaces_rows(plan):
        parts += [
            _headed("OPEN IN", opened),
            _headed("ROWS", plan_rows.tables(plan, room, changes)),
        ]
    return _margin([row for part in parts if part for row in (*part, Content(""))], 1)


def wide_page(plan: Plan, width: int, now: datetime) -> list[Content]:
    """Everything at once, in two columns."""
    half = (width - 6) // 2
    return _margin(
        [
            *what(plan, width - 4, now, narrow=False),
            Content(""),
            *rulings_rows(plan, width - 4),
            *_gained_and_lost(plan, half, now),
            *([line(("ROWS  ", BOLD), effect)] if (effect := import_words.rows_of(plan)) else []),
            *migration_rows.wide(plan, width - 4),
            *(say(note, ATTENTION) for note in _notes(plan)),
            Content(""),
            *beside(
                _headed("CHECKED", checks(plan, half - 2)),
                _headed("IF SOMETHING GOES WRONG", _wrong(plan, half - 2)),
                half,
            ),
            Content(""),
            *steps(plan, width - 4),
            line("The gateway is down: ", plans.down(plan)),
            line("Back out: ", back_out(plan)),
            *migration_rows.rest(plan, width - 4),
        ],
        2,
    )


def _gained_and_lost(plan: Plan, half: int, now: datetime) -> list[Content]:
    """Two columns of tables, where data is replaced."""
    if not plans.replaces_rows(plan):
        return []
    gains, losses = _headings(plan, narrow=False)
    left = _headed(gains, plan_rows.tables(plan, half - 2, plans.back(plan)))
    right = _headed(losses, plan_rows.tables(plan, half - 2, plans.lost(plan)))
    right += [line("  ", piece) for piece in wrapped(f"All: {_since(plan, now)}", half - 2)]
    return beside(left, right, half)


def what(plan: Plan, width: int, now: datetime, *, narrow: bool) -> list[Content]:
    """What is put over what."""
    things: list[tuple[str, str, str, str]] = []
    source, target = plan.facts.get("from"), plan.facts.get("over")
    if isinstance(source, Mapping):
        text = _source(source, now, narrow=narrow)
        things.append(("from", str(source.get("name", "")), text, _size(source)))
    if isinstance(target, Mapping):
        opened = ", ".join(plans.holders(plan))
        text = f"open in {opened}" if opened else "nobody has it open"
        sizes = _size(target)
        if (wal := target.get("wal_size")) and not narrow:
            sizes += f" + {size(int(wal))} wal"
        things.append(("over", str(target.get("path", "")), text, sizes))
    if (file := import_words.file_of(plan)) is not None:
        things.insert(0, ("file", *file))
    names = [middle(one_line(name), width // 2 - 4) for _, name, _, _ in things]
    room = max((len(name) for name in names), default=0)
    return [
        ends(line(" ", (label, MUTED), "  ", (f"{name:<{room}}", BOLD), "  ", text), sizes, width)
        for (label, _, text, sizes), name in zip(things, names, strict=True)
    ]


def _source(source: Mapping[str, Any], now: datetime, *, narrow: bool) -> str:
    parts = [str(source.get(key)) for key in ("id", "kind", "label") if source.get(key)]
    taken = _moment(source.get("taken"))
    if taken and narrow:
        parts.append(f"{age((now - taken).total_seconds())} old")
    elif taken:
        local = taken.astimezone()
        parts.append(
            f"taken {local:%Y-%m-%d %H:%M:%S %Z} ({age((now - taken).total_seconds())} ago)"
        )
    who = f" by {source['who']}" if source.get("who") and not narrow else ""
    return ", ".join(parts) + who


def _size(values: Mapping[str, Any]) -> str:
    return size(int(values["size"])) if values.get("size") is not None else "size unknown"


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _headings(plan: Plan, *, narrow: bool) -> tuple[str, str]:
    if "from" not in plan.facts:
        return ("CHANGES", "LOST") if narrow else ("WHAT CHANGES", "WHAT IS LOST")
    return ("GET BACK", "LOSE") if narrow else ("YOU GET BACK", "YOU LOSE")


def _since(plan: Plan, now: datetime) -> str:
    source = plan.facts.get("from")
    taken = _moment(source.get("taken")) if isinstance(source, Mapping) else None
    parts = []
    if plan.operation == "undo":
        parts.append("what it brought, and what was written since")
    elif taken:
        local = taken.astimezone()
        stamp = (
            f"{local:%H:%M:%S}"
            if local.date() == now.astimezone().date()
            else (f"{local:%Y-%m-%d %H:%M}")
        )
        parts.append(f"written after {stamp} ({age((now - taken).total_seconds())})")
    if days := plan.facts.get("undo_days"):
        parts.append(f"in the safety copy for {days} days")
    return ", ".join(parts)


def _lost(plan: Plan, room: int, now: datetime) -> str:
    since = _since(plan, now)
    if not since:
        return plan_rows.summary(plan, room, more_rows=False)
    rest = plan_rows.summary(plan, room - len(since) - 2, more_rows=False)
    return f"{since}: {rest}"


def _notes(plan: Plan) -> list[str]:
    """Sentences that belong to the verdict; what a check or another line says is not repeated."""
    notes = [str(note) for note in plan.facts.get("notes") or ()]
    said = [check.text for check in _not_ok(plan)]
    return [
        note
        for note in notes
        if not migrating_plans.is_told(plan, note) and not any(note in text for text in said)
    ]


# --- checks, faults, steps --------------------------------------------------------------


def _not_ok(plan: Plan) -> list[Check]:
    order = {Verdict.FAIL: 0, Verdict.WARN: 1, Verdict.UNKNOWN: 2}
    found = [check for check in plan.checks if check.verdict is not Verdict.OK]
    return sorted(found, key=lambda check: order[check.verdict])


def _check(check: Check) -> Content:
    style = DANGER if check.verdict is Verdict.FAIL else ""
    return line(signed(check.verdict), " ", (f"{check.name}: ", BOLD), (_told(check), style))


def _told(check: Check) -> str:
    """Its text without the verdict, which stands before it."""
    return check.text.removeprefix("FAIL ")


def checks(plan: Plan, width: int) -> list[Content]:
    """Every check with its verdict, worst first."""
    ordered = [*_not_ok(plan), *(c for c in plan.checks if c.verdict is Verdict.OK)]
    if not ordered:
        return [say("nothing had to be checked", MUTED)]
    name = min(26, max(len(one_line(check.name)) for check in ordered))
    return [
        row
        for check in ordered
        for row in hanging(
            line(signed(check.verdict, padded=True), "  ", check.name),
            _told(check),
            width,
            name + 11,
        )
    ]


def goes_wrong(plan: Plan) -> list[tuple[str, str]]:
    """What may happen on the way, and what becomes of it."""
    if given := plan.facts.get("goes_wrong"):
        return [(str(case), str(answer)) for case, answer in given]
    found = migrating_plans.goes_wrong(plan)
    stops = any(not step.gateway_up for step in plan.steps)
    if stops and plan.facts.get("healthy_before") and plan.facts.get("gateway_running", True):
        found.append(
            ("not healthy in time", "the old one comes back by itself; the gateway with it")
        )
    found.append(("your SSH drops", "it goes on; start mcpdb-tui again to see it"))
    found.append(("the power fails", "old or new, whole; the next start finishes or undoes it"))
    if stops:
        found.append(("someone holds the file", "named; gateway back, nothing changed"))
    return found


def _wrong(plan: Plan, width: int) -> list[Content]:
    return [
        row
        for case, answer in goes_wrong(plan)
        for row in hanging(say(case), say(answer, MUTED), width, 24)
    ]


def back_out(plan: Plan) -> str:
    """Until when it can be cancelled, and how it is undone."""
    return plans.back_out(plan, cancel="C", undo="Z undo")


def _headed(heading: str, rows: list[Content]) -> list[Content]:
    return [say(heading, BOLD), *(line("  ", row) for row in rows)]


def _margin(rows: list[Content], width: int) -> list[Content]:
    return [line(" " * width, row) for row in rows]
