"""Lines of a log in columns: time, source, level, logger, message, and what folds under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal, TypeAlias

from tui.app.glyphs import Glyphs
from tui.app.paint import Line, Span, cell, width_of, wrapped
from tui.operations.logs.shown import Shown
from tui.wording.quantities import count, plural

Times: TypeAlias = Literal["local", "utc", "logged", "none"]
TIMES: tuple[Times, ...] = ("local", "utc", "logged", "none")
WIDE = 120
"""From this many columns on source and logger have columns of their own."""
LOGGER = 25
_LEVELS = {
    "debug": ("debug", "muted"),
    "info": ("info", ""),
    "warn": ("WARN", "attention"),
    "error": ("ERROR", "danger"),
}
_OURS = {"ok": "healthy", "run": "running", "FAIL": "danger", "cut": "attention"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How lines are drawn now."""

    width: int
    glyphs: Glyphs
    zone: tzinfo | None
    """Of the screen's clock."""
    zone_name: str = ""
    times: Times = "local"
    wrap: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether every column has room."""
        return self.width >= WIDE

    @property
    def clock_width(self) -> int:
        """Columns of the time."""
        return {"none": 0, "logged": 24}.get(self.times, 12 if self.is_wide else 8)


def heading(look: Look) -> str:
    """The names of the columns."""
    zone = {"local": look.zone_name, "utc": "UTC", "logged": "as logged", "none": ""}[look.times]
    clock = f"time {zone}".strip() if look.times != "none" else ""
    if len(clock) > look.clock_width:
        clock = zone
    parts = [f"{clock:<{look.clock_width}.{look.clock_width}}"] if look.clock_width else []
    if look.is_wide:
        return " ".join((*parts, "from", "level", f"{'logger':<{LOGGER}}", "message"))
    return " ".join((*parts, "level", "message"))


def clock(shown: Shown, look: Look) -> str:
    """The time of a line, in the way that was chosen."""
    if look.times == "logged":
        return shown.logged
    if shown.time is None:
        return ""
    at = shown.time.astimezone(UTC if look.times == "utc" else look.zone)
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}" if look.is_wide else f"{at:%H:%M:%S}"


def rows(
    shown: Shown, look: Look, *, sign: str = " ", is_open: bool = False, is_here: bool = False
) -> list[Line]:
    """All rows of one line.

    Args:
        shown: What it says.
        look: How.
        sign: In the first column: the cursor, a mark.
        is_open: Whether what is folded into it is shown.
        is_here: Whether the cursor stands on it: then it is told what is folded into it.
    """
    before = _columns(shown, look, sign)
    if shown.is_said:
        return [before]
    room = max(1, look.width - width_of(before))
    message = _message(shown, room * (20 if look.wrap or is_open else 1) * 4)
    found: list[Line] = []
    if look.wrap or is_open:
        blank = Span(" " * (look.width - room), "muted")
        first, *rest = wrapped((blank, Span(message)), look.width)
        found.append((*before, *first[1:]))
        found += rest
    else:
        found.append((*before, *_with_count(message, shown, room, look)))
    if is_open or is_here:
        found += _details(shown, look, width_of(before), is_open=is_open)
    return found


def marker(look: Look, words: str) -> Line:
    """A line across the log that says something about it."""
    rule = look.glyphs.rule * 6
    text = f"{rule} {words} {rule}"
    left = max(0, (look.width - len(text)) // 2)
    return (Span(" " * left), Span(text, "running"))


def _columns(shown: Shown, look: Look, sign: str) -> Line:
    spans: list[Span] = [Span(sign)]
    if look.clock_width:
        spans.append(Span(cell(clock(shown, look), look.clock_width) + " ", "muted"))
    if shown.is_said:
        rule = look.glyphs.rule * 2
        return (*spans, Span(f"{rule} {shown.message} {rule}", "running"))
    word, role = _LEVELS.get(shown.level, (shown.level, ""))
    if shown.word:
        word, role = shown.word, _OURS.get(shown.word, "")
    level = Span(f"{word:<5} ", role, role == "danger")
    if not look.is_wide:
        return (*spans, level)
    return (
        *spans,
        Span(f"{shown.source.word:<4} ", "muted"),
        level,
        Span(cell(_tail(shown.logger, look), LOGGER) + " ", "muted"),
    )


def _message(shown: Shown, most: int) -> str:
    text = shown.message[:most]
    if shown.cut and len(shown.message) <= most:
        text += f" … {count(shown.cut)} more characters"
    return text


def _with_count(message: str, shown: Shown, room: int, look: Look) -> Line:
    """The message, and how many lines are folded into it."""
    if not shown.folded:
        return (Span(message),)
    tail = f" +{plural(len(shown.folded), 'line')}"
    return (
        Span(cell(message, max(1, room - len(tail)), more=look.glyphs.more)),
        Span(tail, "muted"),
    )


def _details(shown: Shown, look: Look, indent: int, *, is_open: bool) -> list[Line]:
    """What else a JSON line holds, and its traceback."""
    indent = min(indent, look.width // 2)
    blank = Span(" " * indent)
    lines: list[Line] = []
    if shown.more:
        if is_open:
            lines += [
                (Span(f"{name} ", "muted"), Span(value)) for name, value in shown.more.items()
            ]
        else:
            words = " · ".join(f"{name} {value}" for name, value in shown.more.items())
            what = "" if shown.source.kind == "activity" else "from JSON: "
            lines.append((Span(what, "muted"), Span(words)))
    if shown.folded and is_open:
        lines += [(Span(text),) for text in shown.folded]
    elif shown.folded:
        first = shown.folded[0].strip()[:80]
        more = f" … {plural(len(shown.folded), 'line')}, Enter unfolds"
        lines.append((Span(first), Span(more, "muted")))
    return _with_twigs(lines, blank, look)


def _with_twigs(lines: Sequence[Line], blank: Span, look: Look) -> list[Line]:
    last = len(lines) - 1
    fork, twig = ("|", look.glyphs.twig) if look.glyphs.ascii else ("├", "└")
    return [
        (blank, Span(f"{twig if number == last else fork} ", "muted"), *line)
        for number, line in enumerate(lines)
    ]


def _tail(logger: str, look: Look) -> str:
    """The last parts of a dotted name that fit; what all have in common is left out."""
    name = logger.removeprefix("mcpgateway.")
    while len(name) > LOGGER and "." in name:
        name = name.partition(".")[2]
    more = look.glyphs.more
    return name if len(name) <= LOGGER else more + name[-(LOGGER - len(more)) :]
