"""Log lines: what they say, and the tails of log files.

The gateway writes text and JSON lines side by side, so each line is looked at for itself.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from tui.core import foreign_json
from tui.core.models import LogLine
from tui.services.file_tail import Note, as_text
from tui.services.file_tails import FileTails

POLL_SECONDS = 0.2
"""How often files are looked at while they are followed."""

_LEVELS = {
    "trace": "debug",
    "debug": "debug",
    "info": "info",
    "notice": "info",
    "warn": "warn",
    "warning": "warn",
    "error": "error",
    "critical": "error",
    "fatal": "error",
    "alert": "error",
    "emergency": "error",
}
_WORD = "|".join(_LEVELS)
# 2025-08-11 03:04:11,902 - mcpgateway.services.gateway_service - ERROR - text
_DASHED = re.compile(
    rf"(?P<time>\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)"
    rf"(?: - (?P<logger>[^\s]+))? - (?P<level>{_WORD}) - (?P<message>.*)",
    re.IGNORECASE | re.DOTALL,
)
# INFO:     127.0.0.1:43926 - "GET /health HTTP/1.1" 200 OK
# INFO  [alembic.runtime.migration] Running upgrade …
# [2025-08-11 03:04:11 +0000] [1] [INFO] text
_PREFIXED = re.compile(
    rf"(?:\[(?P<time>[^\]]+)\] \[\d+\] )?\[?(?P<level>{_WORD})\b\]?:?"
    r"\s+(?:\[(?P<logger>[\w.]+)\] )?(?P<message>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)?$")
_TIME_KEYS = ("@timestamp", "timestamp", "asctime", "time", "ts")
_LEVEL_KEYS = ("levelname", "level", "severity", "log.level")
_LOGGER_KEYS = ("name", "logger", "component", "log.logger")
_MESSAGE_KEYS = ("message", "msg", "event")
_LEVEL_FIELD = re.compile(rf'"(?:{"|".join(map(re.escape, _LEVEL_KEYS))})"\s*:\s*"(\w+)"')
_LOGGER_FIELD = re.compile(rf'"(?:{"|".join(map(re.escape, _LOGGER_KEYS))})"\s*:\s*"([^"\\]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one line says, taken apart."""

    message: str
    time: datetime | None = None
    level: str = ""
    logger: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    """What else a JSON line holds, in its order."""
    is_json: bool = False


def parse(text: str, zone: tzinfo | None = None) -> Parts:
    """Take a line apart; one that follows no pattern is all message.

    Args:
        text: The line, without its line break.
        zone: Zone of times that name none; None means this host's.
    """
    if text.startswith("{"):
        parts = _parse_json(text, zone)
        if parts is not None:
            return parts
    match = _DASHED.match(text) or _PREFIXED.match(text)
    if match is None:
        return Parts(message=text)
    found = match.groupdict()
    return Parts(
        message=found["message"],
        time=moment(found["time"] or "", zone),
        level=_LEVELS[found["level"].lower()],
        logger=found["logger"] or "",
    )


def _parse_json(text: str, zone: tzinfo | None) -> Parts | None:
    try:
        values = foreign_json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict):
        return None
    used: dict[str, str] = {}
    for part, names in (
        ("message", _MESSAGE_KEYS),
        ("time", _TIME_KEYS),
        ("level", _LEVEL_KEYS),
        ("logger", _LOGGER_KEYS),
    ):
        used[part] = next((name for name in names if isinstance(values.get(name), str)), "")
    if not used["message"]:
        return None
    level = values.get(used["level"], "")
    return Parts(
        message=values[used["message"]],
        time=moment(values.get(used["time"], ""), zone),
        level=_LEVELS.get(level.lower(), ""),
        logger=values.get(used["logger"], ""),
        extra={
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in values.items()
            if name not in (used["message"], used["level"], used["logger"])
        },
        is_json=True,
    )


def is_time_key(name: str) -> bool:
    """Whether a JSON line's time stands under this name."""
    return name in _TIME_KEYS


def time_text(text: str) -> str:
    """The time at the beginning of a text line, as it stands there; empty when there is none."""
    match = _DASHED.match(text) or _PREFIXED.match(text)
    return (match["time"] or "") if match else ""


def moment(text: str, zone: tzinfo | None = None) -> datetime | None:
    """Read a time of day with date; nanoseconds are cut to microseconds.

    Returns:
        The moment in UTC, or None when `text` is no such time.
    """
    match = _ISO.match(text.strip())
    if match is None:
        return None
    date, clock, fraction, offset = match.groups()
    micros = (fraction or "0")[:6].ljust(6, "0")
    try:
        value = datetime.fromisoformat(f"{date}T{clock}.{micros}{offset or ''}")
        if value.tzinfo is None:
            value = value.replace(tzinfo=zone)
        return value.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def line(source: str, text: str, at: datetime | None = None, zone: tzinfo | None = None) -> LogLine:
    """Make a log line; `at` is a time known from elsewhere, e.g. from the engine."""
    if at is not None and text.startswith("{") and text.endswith("}"):
        # A flood is mostly such lines; two searches cost a quarter of reading the JSON. Quotes
        # inside a message are escaped, so they are never taken for a key.
        level, logger = _LEVEL_FIELD.search(text), _LOGGER_FIELD.search(text)
        return LogLine(
            source=source,
            text=text,
            time=at,
            level=_LEVELS.get(level[1].lower(), "") if level else "",
            logger=logger[1] if logger else "",
        )
    parts = parse(text, zone)
    return LogLine(
        source=source,
        text=text,
        time=at or parts.time,
        level=parts.level,
        logger=parts.logger,
    )


def event(source: str, text: str, at: datetime | None = None) -> LogLine:
    """Make a line that we say about a log."""
    return LogLine(source=source, text=f"── {text} ──", time=at or datetime.now(UTC), event=True)


def tail_files(
    paths: Sequence[Path],
    *,
    tail: int = 1_000,
    since: datetime | None = None,
    follow: bool = False,
    stop: Callable[[], bool] = lambda: False,
    source: str = "file",
    zone: tzinfo | None = None,
    between: Callable[[], Iterable[LogLine]] = tuple,
) -> Iterator[LogLine]:
    """Yield the lines of log files, merged by time, oldest first.

    Args:
        paths: Files, and folders whose `*.log` files are meant, also those made later.
        tail: At most this many lines of the past, of all files together.
        since: Only lines after this moment; lines without a time belong to the one before.
        follow: Go on with new lines until `stop()`; survives rotation and truncation.
        stop: Asked before each look.
        source: What the lines are marked with.
        zone: Zone of times that name none; None means this host's.
        between: Asked with each look for lines that stand before the new ones.
    """
    tails = FileTails(paths)
    past: list[tuple[datetime, int, LogLine]] = []
    for order, reader in enumerate(tails.tails.values()):
        latest = datetime.min.replace(tzinfo=UTC)
        for text in reader.last(tail):
            made = line(source, text, zone=zone)
            # A line without time keeps its place behind the line it belongs to.
            latest = made.time or latest
            if since is None or latest > since:
                past.append((latest, order, made))
    past.sort(key=lambda item: item[:2])
    yield from (item[2] for item in past[len(past) - min(tail, len(past)) :])
    while follow and not stop():
        yield from between()
        quiet = True
        for path, batch in tails.batches():
            quiet = False
            if isinstance(batch, Note):
                yield event(source, f"{path.name} {batch}")
            else:
                yield from (line(source, as_text(raw), zone=zone) for raw in batch)
        if quiet:
            time.sleep(POLL_SECONDS)


def tail_file(
    path: Path,
    *,
    tail: int = 1_000,
    follow: bool = False,
    stop: Callable[[], bool] = lambda: False,
    source: str = "file",
) -> Iterator[LogLine]:
    """Yield the lines of one log file; see `tail_files`."""
    return tail_files([path], tail=tail, follow=follow, stop=stop, source=source)
