"""A plan in words that the screen and the command line share: rows gained and lost, the downtime.

Rows are told from `Plan.changes` (counts before and after) unless `Plan.facts["rows"]` says more:

- `back`, `lost`, `changed`: lists of mappings with `table`, `rows`, `names` (a few of them) and,
  for `changed`, `columns`
- `same`: how many tables do not differ
- `nothing`: the sentence where nothing would change, else empty
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tui.core.operation import Plan, TableChange
from tui.wording import migrating_plans
from tui.wording.clean import one_line
from tui.wording.quantities import count, duration

COUNTS_ONLY = "Row counts only: a changed or replaced row is not seen."
REMOVES = ("delete", "prune")
"""Operations after which nothing can be undone."""
NOT_COMPARED = "rows were not compared"


_NAMES: Mapping[str, str] = {"backup-cold": "COLD BACKUP", "bring-back": "BRING"}
"""Where an operation's name is no word of its title's sentence."""


@dataclass(frozen=True, slots=True)
class RowLine:
    """What becomes of one table."""

    table: str
    amount: str
    """`+3`, `-4,212`, or `1` for rows that become as they were."""
    note: str
    """Their names, or `280 → 318`; empty when there is nothing to say."""


def headline(plan: Plan) -> tuple[str, str]:
    """What is done, in capitals and only once: `RESTORE`, `put the backup …`; `DELETE`, `the …`."""
    name = _NAMES.get(plan.operation, plan.operation.upper())
    title = one_line(plan.title)
    if title.upper().startswith(f"{name} "):
        title = title[len(name) :].lstrip()
    return name, title


def difference(change: TableChange) -> int:
    """Rows more or less; a table that is on one side only counts with all its rows."""
    return (change.then or 0) - (change.now or 0)


def is_by_name(plan: Plan) -> bool:
    """Whether rows were compared by their keys, not only counted."""
    return bool(plan.facts.get("rows"))


def replaces_rows(plan: Plan) -> bool:
    """Whether rows of the live database change: only then is there something to compare."""
    return is_compared(plan) or ("from" in plan.facts and "over" in plan.facts)


def is_compared(plan: Plan) -> bool:
    """Whether anything is known about rows."""
    return bool(plan.changes) or is_by_name(plan)


def nothing(plan: Plan) -> str:
    """The sentence where nothing would change, else empty."""
    return one_line(str(_rows(plan).get("nothing") or ""))


def back(plan: Plan) -> list[RowLine]:
    """Tables that get rows, and rows that become as they were."""
    if not is_by_name(plan):
        return [_counted(change) for change in plan.changes if difference(change) > 0]
    found = [_named(row, "+") for row in _rows(plan).get("back") or ()]
    for row in _rows(plan).get("changed") or ():
        columns = ", ".join(one_line(str(column)) for column in row.get("columns") or ())
        words = ": ".join(part for part in (_names(row), columns) if part)
        note = f"as it was: {words}" if words else "as it was"
        found.append(RowLine(one_line(str(row["table"])), count(int(row["rows"])), note))
    return found


def lost(plan: Plan) -> list[RowLine]:
    """Tables that lose rows."""
    if not is_by_name(plan):
        return [_counted(change) for change in plan.changes if difference(change) < 0]
    return [_named(row, "-") for row in _rows(plan).get("lost") or ()]


def none_of(*, more_rows: bool) -> str:
    """What is said where no table gains, or loses."""
    return "no table has more rows" if more_rows else "no table has fewer rows"


def summary(lines: list[RowLine], room: int, *, none: str) -> str:
    """As many tables as fit into `room` columns, and how many more there are."""
    parts: list[str] = []
    for row in lines:
        named = f" ({row.note})" if row.note and "→" not in row.note else ""
        part = f"{row.table} {row.amount}{named}"
        if parts and len(", ".join([*parts, part])) > room - 16:
            break
        parts.append(part)
    text = ", ".join(parts) or none
    if more := len(lines) - len(parts):
        text += f", {count(more)} more: j"
    return text


def about(seconds: float | None) -> str:
    """An estimate: `0.2 s`, `4 s`, `2 min 05 s`; empty when nothing is known."""
    if seconds is None:
        return ""
    if seconds >= 120:
        return duration(seconds)
    return f"{seconds:.0f} s" if seconds >= 9.5 else f"{seconds:.1f}".removesuffix(".0") + " s"


def down(plan: Plan) -> str:
    """How long nobody can use the gateway."""
    if plan.facts.get("gateway_running") is False:
        return "it is stopped now"
    if plan.facts.get("stays_down"):
        return "it has to be stopped first, and stays stopped afterwards"
    if plan.downtime is None:
        return f"{_partly_known(plan)}; calls to the gateway fail meanwhile"
    if plan.downtime == 0:
        return "not at all, the gateway keeps running"
    part = migrating_plans.work(plan)
    of_it = f" ({part})" if part else ""
    return f"about {about(plan.downtime)}{of_it}; calls to the gateway fail meanwhile"


def _partly_known(plan: Plan) -> str:
    """What was measured, and which step never was: `about 4 s (…) and a stop, never timed here`."""
    down_steps = [step for step in plan.steps if not step.gateway_up]
    known = [step.seconds for step in down_steps if step.seconds is not None]
    untimed = {step.step for step in down_steps if step.seconds is None}
    names = [name for step, name in _UNTIMED.items() if step in untimed]
    if not known or not names or not migrating_plans.is_rehearsed(plan):
        return "how long is not known"
    part = migrating_plans.work(plan)
    of_it = f" ({part})" if part else ""
    return f"about {about(sum(known))}{of_it} and {' and '.join(names)}, never timed here"


_UNTIMED: Mapping[str, str] = {
    "stop": "its stop",
    "start": "its start",
}
"""Steps that take what nobody can compute from sizes."""


def back_out(plan: Plan, *, cancel: str, undo: str) -> str:
    """Until when it can be cancelled, and how it is undone.

    Args:
        plan: What would be done.
        cancel: What cancels here: `C`, `ctrl-c`.
        undo: What undoes here: `Z undo`, `mcpdb-tui undo`.
    """
    last = next((n for n, step in enumerate(plan.steps, 1) if not step.cancellable), None)
    text = f"{cancel} until step {last}" if last else f"{cancel} at any time"
    if last == 1:
        text = "only now: once begun it goes to its end"
    if days := plan.facts.get("undo_days"):
        text += f"; afterwards {undo}, for {days} days"
    elif plan.operation in REMOVES:
        text += "; what was removed does not come back"
    return text


def holders(plan: Plan) -> list[str]:
    """Who has the file open that is replaced, the gateway first."""
    target = plan.facts.get("over")
    found = [one_line(str(h)) for h in _list(target, "holders")]
    return ["the gateway", *found] if plan.facts.get("gateway_running") else found


def _list(values: object, key: str) -> Iterable[Any]:
    return values.get(key) or () if isinstance(values, Mapping) else ()


def _rows(plan: Plan) -> Mapping[str, Any]:
    found = plan.facts.get("rows")
    return found if isinstance(found, Mapping) else {}


def _counted(change: TableChange) -> RowLine:
    note = f"{_side(change.now)} → {_side(change.then)}"
    return RowLine(one_line(change.table), f"{difference(change):+,}", note)


def _side(rows: int | None) -> str:
    return "none" if rows is None else count(rows)


def _named(row: Mapping[str, Any], sign: str) -> RowLine:
    number = int(row["rows"])
    return RowLine(one_line(str(row["table"])), f"{sign}{number:,}", _names(row))


def _names(row: Mapping[str, Any]) -> str:
    """`crm-mcp, billing-mcp, hr-mcp`, and how many more."""
    found = [one_line(str(name)) for name in row.get("names") or ()]
    more = int(row["rows"]) - len(found)
    text = ", ".join(found)
    return f"{text}, {count(more)} more" if found and more > 0 else text
