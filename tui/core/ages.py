"""Ages as people write them: `1d`, `36h`, `30d`."""

from __future__ import annotations

import re

from tui.core.errors import UsageError

_AGE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([mhdw]?)")
_DAYS = {"m": 1 / 1440, "h": 1 / 24, "d": 1.0, "": 1.0, "w": 7.0}


def days(text: str, where: str) -> float:
    """An age in days; a bare number counts days.

    Args:
        text: `1d`, `36h`, `90m`, `2w`, `30`.
        where: What to name when it is wrong.

    Raises:
        UsageError: It is none.
    """
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        raise UsageError(f"{where} must be an age like 1d, 36h or 30d, not {text!r}.")
    return float(found[1]) * _DAYS[found[2]]


def as_text(age: float) -> str:
    """The shortest way to write an age of so many days, whole minutes at least."""
    minutes = round(age * 1440)
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"
