"""Sizes, counts, ages and durations, in the words every screen and report uses."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path

import humanize

_UNITS = "KMGTPE"


def size(count: int) -> str:
    """A size as `ls -h` says it, one decimal: `412.6M`; bytes below 1 KiB as `139B`."""
    return humanize.naturalsize(count, gnu=True, format="%.1f")


def narrow_size(count: int, rounding: str = "nearest") -> str:
    """A size without decimals: `413M`.

    Args:
        count: Bytes.
        rounding: `nearest`, `up` for what is needed, `down` for what is free.
    """
    if count < 1024:
        return f"{count}B"
    exponent = min(int(math.log(count, 1024)), len(_UNITS))
    scaled = count / 1024**exponent
    whole = {"up": math.ceil, "down": math.floor}.get(rounding, round)(scaled)
    if whole >= 1024 and exponent < len(_UNITS):
        exponent, whole = exponent + 1, 1
    return f"{whole}{_UNITS[exponent - 1]}"


def count(number: int) -> str:
    """A count with commas: `752,640`."""
    return humanize.intcomma(number)


def of_revisions(done: int, total: int, unit: str) -> str:
    """How far migrations are: `3 of 6 e28cd485ad3c`; empty for any other unit than `revisions`.

    Args:
        done: Which revision is running, or how many have been run.
        total: How many there are.
        unit: `revisions`, and behind it the one that is running.
    """
    word, _space, running = unit.partition(" ")
    return f"{done} of {total} {running}".strip() if word == "revisions" and total else ""


def plural(number: int, noun: str) -> str:
    """`1 table`, `71 tables`, `2 entries`."""
    if number == 1:
        return f"1 {noun}"
    stem = noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeiou" else noun + "s"
    return f"{count(number)} {stem}"


def age(seconds: float) -> str:
    """An age with two units while the first has one digit: `1h14m`, `17h`, `3d16h`, `32d`."""
    whole = max(0, int(seconds))
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, secs = divmod(rest, 60)
    for big, big_unit, small, small_unit in (
        (days, "d", hours, "h"),
        (hours, "h", minutes, "m"),
        (minutes, "m", secs, "s"),
    ):
        if big:
            return (
                f"{big}{big_unit}{small}{small_unit}" if big < 10 and small else f"{big}{big_unit}"
            )
    return f"{secs}s"


def duration(seconds: float) -> str:
    """A duration: `0.2 s`, `71.2 s`, `2 min 05 s`."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def when(moment: datetime, now: datetime) -> str:
    """A moment in a list, host local time: `Aug 11 02:00`; of another year: `2025-11-03`."""
    local, today = moment.astimezone(), now.astimezone()
    if local.year != today.year:
        return local.strftime("%Y-%m-%d")
    return local.strftime("%b %d %H:%M")


def middle(text: str, width: int) -> str:
    """Cut a path or file name in its middle: `/srv/…/mcp.db`."""
    if len(text) <= width:
        return text
    if width < 3:
        return text[:width]
    head = (width - 1) // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"


def prose(text: str, width: int) -> str:
    """Cut prose at its end with `…`."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def path(value: Path, width: int = 60) -> str:
    """A path cut in its middle."""
    return middle(str(value), width)
