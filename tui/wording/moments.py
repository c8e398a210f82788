"""A moment as it is typed: `03:04`, `2026-08-11 03:04`, `1h30m`, `7d`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_AGE = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m(?:in)?)?(?:(\d{1,7})s)?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)


def moment_of(text: str, now: datetime) -> datetime | None:
    """Read a moment; None when it is none.

    Args:
        text: An age (`90s`, `15m`, `1h30m`, `7d`), a time of the last 24 hours (`03:04`), or a
            date with or without time, as ISO 8601 says it; without a zone it is `now`'s.
        now: The host's time, with its zone.
    """
    text = text.strip()
    try:
        age = _AGE.fullmatch(text)
        if age is not None and any(age.groups()):
            days, hours, minutes, seconds = (int(part or 0) for part in age.groups())
            return now - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        clock = _CLOCK.fullmatch(text)
        if clock is not None:
            hour, minute, second = (int(part or 0) for part in clock.groups())
            at = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
            return at if at <= now else at - timedelta(days=1)
        at = datetime.fromisoformat(text)
        return at if at.tzinfo is not None else at.replace(tzinfo=now.tzinfo)
    except (ValueError, OverflowError):
        return None
