"""The log of the night in which three gateways were removed, on files that never change."""

from __future__ import annotations

import json
from datetime import UTC, timedelta

from tests.app.shell_story import DEPLOYMENT, NOW, SEEN, shell
from tests.app.waiting import until
from tui.app.panes.logs import LogsPane
from tui.operations.logs.feed import Drained
from tui.operations.logs.sources import ACTIVITY, Held, LogSource

GATEWAY = LogSource("container", "container forge-gateway-1", "gw")
FILE = LogSource("file", "logs/mcpgateway.log", "file", DEPLOYMENT.database.parent / "x.log")
SERVICE = "mcpgateway.services.gateway_service"


def gw(seconds: float, text: str, level: str = "INFO", logger: str = SERVICE) -> Held:
    at = NOW - timedelta(seconds=seconds)
    stamp = at.astimezone(UTC)
    return GATEWAY, (
        f"{stamp:%Y-%m-%dT%H:%M:%S}.{stamp.microsecond // 1000:03d}000000Z "
        f"{at:%Y-%m-%d %H:%M:%S} - {logger} - {level} - {text}"
    ).encode()


def lines() -> list[Held]:
    trace = "\n".join(
        ("Traceback (most recent call last):", *('  File "/app/x.py"',) * 29, "ConnectionError: no")
    )
    failed = {
        "asctime": "2026-08-11 01:04:11", "name": SERVICE, "levelname": "ERROR",
        "message": "Gateway initialization failed for https://grafana.corp.example/mcp: "
        "All connection attempts failed", "hostname": "ctx-01", "process_id": 1,
        "@timestamp": "2026-08-11T01:04:11.902330Z", "exc_info": trace,
    }  # fmt: skip
    stamp = "2026-08-11T01:04:11.902000000Z"
    access = "uvicorn.access"
    peer = '10.20.0.7:51544 - "DELETE /gateways/5f1c0e9a2b7d4c1e8f60a3b9d2c47e15 HTTP/1.1" 200 OK'
    return [
        *(gw(2_000 - n * 7, f'10.20.0.7:5154{n} - "POST /rpc HTTP/1.1" 200 OK', logger=access)
          for n in range(9)),
        gw(1_365, "Permanently deleted gateway: crm-mcp"),
        gw(1_364.9, peer, logger=access),
        gw(1_280, "Gateway grafana failed health check 1 time(s).", "WARNING"),
        gw(1_220, "Gateway grafana failed health check 2 time(s).", "WARNING"),
        gw(1_160, "Gateway grafana failed 3 times. Deactivating...", "ERROR"),
        (FILE, json.dumps({"@timestamp": "2026-08-11T01:00:00.338Z", "level": "INFO",
                           "logger": "mcpgateway.services.metrics_cleanup_service",
                           "message": "Metrics cleanup #88: deleted 0 records in 0.02s"}).encode()),
        (GATEWAY, f"{stamp} {json.dumps(failed)}".encode()),
        gw(300, "login failed (user=dana, password=hunter2)", "WARNING", "mcpgateway.auth"),
        (ACTIVITY, json.dumps({"@timestamp": "2026-08-11T01:14:09.118Z", "level": "info",
                               "word": "ok", "logger": "dana",
                               "message": "compare k7m2qd with live: 8 tables differ"}).encode()),
    ]  # fmt: skip


class FrozenFeed:
    """Gives the lines once, and others when a test puts them in."""

    def __init__(self, _deployment, *, only=None, tail=1_000, from_start=False) -> None:
        self.only, self.tail, self.from_start = only, tail, from_start
        self.sources = (GATEWAY, FILE, ACTIVITY)
        self.began, self.problem, self.left, self.has_older = True, "", 0, False
        self.coming = [line for line in lines() if only is None or line[0] is only]
        self.ended = False

    def start(self) -> None:
        pass

    def end(self) -> None:
        self.ended = True

    def want(self) -> None:
        pass

    def drain(self) -> Drained:
        found, self.coming = self.coming, []
        return Drained(found, len(found))


def logs_app(seen=SEEN, **settings):
    """The app on frozen facts; `opened` opens the pane on the log."""
    return shell(seen, **settings)


def pane_of(app) -> LogsPane:
    return app.query_one(LogsPane)


async def opened(pilot):
    """Open the pane on the log of the story."""
    await pilot.press("5")
    pane = pane_of(pilot.app)
    pane._make_feed = FrozenFeed
    pane._begin(DEPLOYMENT)
    await until(pilot, lambda: pane._loaded and pane._view.total)
    await pilot.pause()
    return pane
