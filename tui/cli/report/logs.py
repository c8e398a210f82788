"""Lines of a log for people: the columns of the screen, or as they came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from tui.operations.logs.shown import Shown, raw_text, show
from tui.operations.logs.sources import Held
from tui.wording.clean import one_line
from tui.wording.quantities import count

_LEVELS = {"warn": "WARN", "error": "ERROR"}
_LOGGER = 25


def lines_of(held: Held, zone: tzinfo | None, *, raw: bool = False) -> Iterator[str]:
    """One line of a log: its own, and what is folded into it.

    Args:
        held: The line.
        zone: In which times are told.
        raw: As it came, secrets masked.
    """
    if raw:
        yield from map(one_line, raw_text(held).split("\n"))
        return
    shown = show(held)
    at = "" if shown.time is None else _clock(shown, zone)
    if shown.is_said:
        yield f"{at:<23} ── {one_line(shown.message)} ──"
        return
    level = shown.word or _LEVELS.get(shown.level, shown.level)
    logger = one_line(shown.logger.removeprefix("mcpgateway."))
    yield (
        f"{at:<23} {shown.source.word:<4} {level:<5} {logger:<{_LOGGER}} {one_line(shown.message)}"
        + (f" … {count(shown.cut)} more characters, --raw shows them" if shown.cut else "")
    )
    for text in shown.folded:
        yield f"    {one_line(text)}"


def _clock(shown: Shown, zone: tzinfo | None) -> str:
    assert shown.time is not None
    at = shown.time.astimezone(zone)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"
