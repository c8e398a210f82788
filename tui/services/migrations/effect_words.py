"""What a revision does, in words for both front ends."""

from __future__ import annotations

from typing import Literal

from tui.services.migrations.effects import Effect, effects
from tui.wording.clean import one_line


def words(effect: Effect, here: str = "") -> str:
    """One effect without its sign.

    Args:
        effect: What is done.
        here: How much of its table there is, said behind one that is not new.
    """
    return one_line(_words(effect, here).replace("  ", " "))


def _words(effect: Effect, here: str) -> str:
    where = f" on {effect.table}" if effect.table and not effect.batch else ""
    detail = f" {effect.detail}" if effect.detail else ""
    match effect.what:
        case "raise":
            return f"raises: {effect.name} (line {effect.line})"
        case "sql":
            return f"runs {effect.name or 'SQL made at run time'}"
        case "table" if effect.sign == "+":
            return f"table {effect.name}" + (f" ({effect.detail})" if effect.detail else "")
        case "table":
            return f"table {effect.name}{detail if effect.sign == '~' else ''}{here}"
        case "column":
            table = "" if effect.batch or not effect.table else f"{effect.table}."
            told = f": {effect.detail}" if effect.detail else ""
            return f"column {table}{effect.name}{told}"
        case "rows":
            return f"rows in {effect.name}"
    return f"{effect.what} {effect.name}{where}{detail}"


def rebuilds(table: str, here: str = "") -> str:
    """What is said above the effects that are done in batch."""
    return one_line(f"rebuilds table {table} (batch){here}")


def told(source: str, direction: Literal["upgrade", "downgrade"]) -> list[str]:
    """A line for each effect; what is done in batch stands under its table.

    Args:
        source: Text of a revision file.
        direction: Which function is read.
    """
    lines, table = [], ""
    for effect in effects(source, direction):
        if effect.batch and effect.table != table:
            lines.append(rebuilds(effect.table))
        table = effect.table if effect.batch else ""
        lines.append(f"{effect.sign} {words(effect)}")
    return lines
