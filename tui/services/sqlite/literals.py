"""Values and names written out as SQL, for statements that an operator reads and runs."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from tui.services.sqlite.inspection import quote
from tui.services.sqlite.keyset import RawText

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*", re.IGNORECASE)
_TOKENS = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|\?""",
    re.DOTALL,
)
"""What may hold a question mark that is no parameter, and those that are."""
_KEYWORDS = """
    add all alter and as autoincrement between by case check collate commit constraint
    create cross current_date current_time current_timestamp default deferrable delete
    distinct drop else end escape except exists false foreign from full glob group having
    if in index indexed inner insert intersect into is isnull join key left like limit
    match natural not notnull null of offset on or order outer over primary raise
    references regexp right select set table then to transaction trigger true union unique
    update using values view when where window with without
"""
"""Words that mean something where a name may stand."""


def name_of(identifier: str) -> str:
    """An identifier, in quotes only where it needs them."""
    if _PLAIN.fullmatch(identifier) and identifier.lower() not in _KEYWORDS.split():
        return identifier
    return quote(identifier)


def literal(value: Any) -> str:  # noqa: ANN401
    """A value as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(int(value))
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ("9e999" if value > 0 else "-9e999")
    if isinstance(value, RawText):
        return f"CAST(x'{value.hex()}' AS TEXT)"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    text = str(value)
    if "\0" in text:
        return f"CAST(x'{text.encode().hex()}' AS TEXT)"
    return "'" + text.replace("'", "''") + "'"


def inlined(sql: str, values: Sequence[Any]) -> str:
    """An expression with its parameters written out."""
    left = iter(values)

    def place(match: re.Match[str]) -> str:
        return literal(next(left)) if match[0] == "?" else match[0]

    return _TOKENS.sub(place, sql)
