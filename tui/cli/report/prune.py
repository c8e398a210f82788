"""What a prune would do, a line a backup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tui.cli.report.table import aligned
from tui.core.operation import Plan
from tui.wording.quantities import count, narrow_size


def ruling_lines(plan: Plan) -> Iterator[str]:
    """Each backup with its rule, newest first as in the catalogue, then the sum."""
    rulings: list[Mapping[str, Any]] = list(plan.facts.get("rulings") or ())
    if not rulings:
        yield "No backup yet."
        return
    rows = [
        (
            "" if ruling["keep"] else "-",
            str(ruling["backup"]),
            narrow_size(int(ruling["size"])),
            str(ruling["name"]),
            str(ruling["rule"]),
        )
        for ruling in rulings
    ]
    yield from aligned(rows, right=(2,))
    yield (
        f"{count(int(plan.facts['dropped']))} dropped, {count(int(plan.facts['kept']))} kept, "
        f"{narrow_size(int(plan.facts['freed']))} freed"
    )
