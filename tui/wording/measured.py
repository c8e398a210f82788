"""What was measured of a database, in words: the same on the screen and on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.models import FileFigures, Growth, Repeat
from tui.wording.clean import one_line
from tui.wording.quantities import count, narrow_size, plural, size

NO_SIZES = "How large each table is, this SQLite cannot tell: it has no dbstat."

ONE_POINT = "One point so far; the line begins with the second backup."
NO_POINT = "No point yet; the line begins with the second backup."

YEAR = 365.25


def signed_size(change: float) -> str:
    """`+1.6M`, `-0.2M`, `0`: a difference has its sign."""
    whole = round(change)
    if not whole:
        return "0"
    return f"{'+' if whole > 0 else '-'}{size(abs(whole))}"


def per_day(bytes_a_day: float | None) -> str:
    """`+1.6M a day`; empty while that is not known."""
    if bytes_a_day is None:
        return ""
    return "the same size" if not round(bytes_a_day) else f"{signed_size(bytes_a_day)} a day"


def lasts_words(days: float | None, bytes_a_day: float | None) -> str:
    """How long the disk lasts: `about 8 months`, `>10 years`."""
    if bytes_a_day is None:
        return "not known yet"
    if days is None:
        return "it does not grow"
    if days > 10 * YEAR:
        return ">10 years"
    if days >= 2 * YEAR:
        return f"about {round(days / YEAR)} years"
    if days >= 60:
        return f"about {round(days / 30.4)} months"
    return f"about {plural(max(0, round(days)), 'day')}"


def percent(share: float) -> str:
    """`58 %`."""
    return f"{round(100 * share)} %"


def repeats_words(repeats: Sequence[Repeat]) -> str:
    """`2 indexes repeat others (90M)`; empty where none does."""
    if not repeats:
        return ""
    known = [repeat.bytes for repeat in repeats if repeat.bytes is not None]
    total = f" ({narrow_size(sum(known))})" if known else ""
    number = len(repeats)
    verb = "1 index repeats another" if number == 1 else f"{count(number)} indexes repeat others"
    return f"{verb}{total}"


def repeat_line(repeat: Repeat) -> str:
    """`ix_tools_id of tools: sqlite_autoindex_tools_1 finds the same`."""
    return (
        f"{one_line(repeat.index)} of {one_line(repeat.table)}: {one_line(repeat.by)} finds the "
        "same"
    )


def points_words(growth: Growth) -> str:
    """`14 manifests, 61 daily readings`."""
    counted = growth.counted()
    words = {"backup": "manifest", "run": "run", "daily": "daily reading"}
    told = [plural(counted[key], word) for key, word in words.items() if counted.get(key)]
    return ", ".join(told) or "none"


def file_words(figures: FileFigures) -> str:
    """`412.6M = 105,626 pages of 4,096 bytes`."""
    return (
        f"{size(figures.size)} = {plural(figures.pages, 'page')} of "
        f"{count(figures.page_size)} bytes"
    )
