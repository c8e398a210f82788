"""One line as it is shown: taken apart, secrets masked; done only for what is in sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tui.core.models import LogLine
from tui.operations.logs.sources import Held, LogSource
from tui.services import logs
from tui.services.file_tail import as_text
from tui.services.log_bytes import text_of
from tui.wording.masking import MASK, is_secret_name, masked

LONGEST = 16_384
"""Characters of a line that are taken apart; what is behind them is only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a line says; the texts are masked, but not cleaned."""

    source: LogSource
    message: str
    time: datetime | None = None
    logged: str = ""
    """The time as the line itself has it."""
    level: str = ""
    """`debug`, `info`, `warn`, `error` or empty."""
    word: str = ""
    """What is shown of the level, where that is another word."""
    logger: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    """What else a JSON line holds."""
    folded: tuple[str, ...] = ()
    """A traceback, or further lines of a message."""
    cut: int = 0
    """Characters that are not shown."""

    @property
    def is_said(self) -> bool:
        """Whether it is our own word about the log."""
        return self.source.kind == "said"


def time_of(held: Held) -> datetime | None:
    """When a line was written."""
    source, raw = held
    if source.stamped:
        return logs.moment(raw[: raw.find(b" ")].decode("ascii", "replace"))
    text = as_text(raw.partition(b"\n")[0][:LONGEST])
    return logs.parse(text, source.zone).time


def show(held: Held) -> Shown:
    """Take a line apart."""
    source, raw = held
    stamp = raw[: raw.find(b" ")].decode("ascii", "replace") if source.stamped else ""
    body = text_of(raw, stamped=source.stamped)
    at = logs.moment(stamp) if stamp else None
    cut = max(0, len(body) - LONGEST)
    first, *rest = as_text(body[:LONGEST]).split("\n")
    if source.kind == "said":
        return Shown(source=source, message=first, time=at, logged=stamp)
    parts = logs.parse(first, source.zone)
    lines = parts.message.split("\n")
    folded = [*lines[1:], *rest]
    more: dict[str, str] = {}
    logged = ""
    word = ""
    # Its own times last: they stand in a column already.
    for name, value in sorted(parts.extra.items(), key=lambda item: logs.is_time_key(item[0])):
        if source.kind == "activity" and name in ("word", "@timestamp"):
            word = value if name == "word" else word
            continue
        logged = logged or (value if logs.is_time_key(name) else "")
        if "\n" in value.strip():
            folded += value.strip().split("\n")
        else:
            more[name] = MASK if is_secret_name(name) and value else masked(value)
    if not parts.is_json and parts.time is not None:
        logged = logs.time_text(first)
    # Masked as one text: a key or certificate goes over several lines.
    hidden = masked("\n".join(folded)).split("\n") if folded else []
    return Shown(
        source=source,
        message=masked(lines[0]),
        time=at or parts.time,
        logged=logged or stamp,
        level=parts.level,
        word=word,
        logger=parts.logger,
        more=more,
        folded=tuple(hidden),
        cut=cut,
    )


def raw_text(held: Held) -> str:
    """A line as it came, secrets masked; of a container with the engine's time before it."""
    source, raw = held
    if source.kind == "said":
        return f"── {as_text(text_of(raw, stamped=True))} ──"
    return masked(as_text(raw))


def as_line(held: Held) -> LogLine:
    """The same for a program: texts masked."""
    source, raw = held
    shown = show(held)
    text = masked(as_text(text_of(raw, stamped=source.stamped)))
    return LogLine(
        source=source.word or "us",
        text=f"── {text} ──" if shown.is_said else text,
        time=shown.time,
        level=shown.level,
        logger=shown.logger,
        event=shown.is_said,
        name=source.name,
        message=shown.message,
    )


def said(text: str, at: datetime) -> Held:
    """A line of our own about the log."""
    from tui.operations.logs.sources import SAID

    return SAID, f"{at.isoformat()} {text}".encode()
