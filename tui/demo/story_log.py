"""The log that the demo's gateway has written before it is first looked at."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui.demo import catalogue
from tui.demo.content import Draw
from tui.demo.traffic import deletions

_SERVICES = "mcpgateway.services"
_TRACEBACK = """Traceback (most recent call last):
  File "/app/mcpgateway/services/gateway_service.py", line 2841, in _initialize_gateway
    async with connect(url, headers=headers) as streams:
  File "/app/mcpgateway/transports/client.py", line 117, in __aenter__
    await self._open()
ConnectionError: All connection attempts failed"""


def line(moment: datetime, logger: str, text: str, level: str = "INFO") -> str:
    """One line as the gateway formats it: local time with milliseconds, no zone."""
    local = moment.astimezone()
    stamp = f"{local:%Y-%m-%d %H:%M:%S},{local.microsecond // 1000:03d}"
    return f"{stamp} - {logger} - {level} - {text}"


def write(folder: Path, now: datetime, draw: Draw) -> None:
    """Write `gateway.log` of the last day, and older ones for the rotation to find.

    Args:
        folder: An existing folder for logs.
        now: The present of the story.
        draw: Where chance comes from.
    """
    lines = [*_ordinary(now, draw), *_events(now)]
    _write(folder / "gateway.log", [text for _, text in sorted(lines)], now)
    for days in (2, 3, 40):
        then = now - timedelta(days=days)
        text = [text for _, text in sorted(_ordinary(then, draw))]
        _write(folder / f"gateway-{then.astimezone():%Y%m%d}.log", text, then)
    old = folder / f"gateway-{(now - timedelta(days=40)).astimezone():%Y%m%d}.log"
    packed = old.with_name(f"{old.name}.gz")
    packed.write_bytes(gzip.compress(old.read_bytes(), mtime=0))
    old.unlink()
    _date(packed, now - timedelta(days=40))


def _write(path: Path, lines: list[str], moment: datetime) -> None:
    path.write_text("".join(f"{text}\n" for text in lines), encoding="utf-8")
    _date(path, moment)


def _date(path: Path, moment: datetime) -> None:
    path.chmod(0o600)
    os.utime(path, (moment.timestamp(), moment.timestamp()))


def _ordinary(now: datetime, draw: Draw) -> list[tuple[datetime, str]]:
    """A day of everyday lines."""
    found = []
    for number in range(700):
        moment = draw.moment(now - timedelta(days=1), now - timedelta(seconds=5))
        tool = draw.random.choice(catalogue.REST_TOOLS)
        port = draw.random.randint(49_152, 65_000)
        text = (
            line(moment, "uvicorn.access", f'127.0.0.1:{port} - "GET /health HTTP/1.1" 200 OK'),
            line(moment, "uvicorn.access", f'10.20.0.7:{port} - "POST /rpc HTTP/1.1" 200 OK'),
            line(moment, f"{_SERVICES}.tool_service", f"Invoked tool {tool}"),
            _json(moment, f"{_SERVICES}.metrics_buffer_service", "Flushed 5 metrics", "INFO"),
        )[number % 4]
        found.append((moment, text))
    for hour in range(24):
        moment = now - timedelta(hours=hour, minutes=14)
        text = f"Metrics cleanup #{88 - hour}: deleted 0 records in 0.02s"
        found.append((moment, line(moment, f"{_SERVICES}.metrics_cleanup_service", text)))
    return found


def _events(now: datetime) -> list[tuple[datetime, str]]:
    """What the story is about: three removals, and a peer that does not answer."""
    service = f"{_SERVICES}.gateway_service"
    found = []
    for moment, name, identity in deletions(now):
        found.append((moment, line(moment, service, f"Permanently deleted gateway: {name}")))
        after = moment + timedelta(milliseconds=3)
        request = f'10.20.0.7:51544 - "DELETE /gateways/{identity} HTTP/1.1" 200 OK'
        found.append((after, line(after, "uvicorn.access", request)))
    for count in (1, 2, 3):
        moment = now - timedelta(minutes=22 - count, seconds=20)
        text = f"Gateway grafana failed health check {count} time(s)."
        found.append((moment, line(moment, service, text, "WARNING")))
    gone = now - timedelta(minutes=19, seconds=19)
    text = "Gateway grafana failed 3 times. Deactivating..."
    found.append((gone, line(gone, service, text, "ERROR")))
    failed = now - timedelta(minutes=10, seconds=11)
    text = (
        "Gateway initialization failed for https://grafana.corp.example/mcp: "
        "All connection attempts failed"
    )
    found.append((failed, _json(failed, service, text, "ERROR", exc_info=_TRACEBACK)))
    return found


def _json(moment: datetime, logger: str, message: str, level: str, **more: str) -> str:
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    values = {"@timestamp": stamp, "level": level, "logger": logger, "message": message}
    return json.dumps({**values, "process_id": 1, **more})
