"""What an import's plan says beside what every plan does: its file, and what becomes of rows."""

from __future__ import annotations

from collections.abc import Mapping

from tui.core.operation import Plan
from tui.wording.clean import one_line
from tui.wording.quantities import plural, size


def file_of(plan: Plan) -> tuple[str, str, str] | None:
    """Path, `ndjson, 2 rows` and size of what is imported; None where nothing is."""
    file = plan.facts.get("file")
    if not isinstance(file, Mapping):
        return None
    words = f"{one_line(str(file.get('kind')))}, {plural(int(file.get('rows') or 0), 'row')}"
    return str(file.get("path")), words, size(int(file.get("size") or 0))


def rows_of(plan: Plan) -> str:
    """`1 row new, 1 changed, 12 the same; what only tools has stays`; empty where nothing is."""
    if file_of(plan) is None:
        return ""
    table = one_line(str(plan.facts.get("table")))
    return f"{plan.facts.get('effect_words')}; rows that only {table} has stay"
