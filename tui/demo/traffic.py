"""What happens in the demo's database by itself: calls, sign-ins, log entries, sessions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

from tui.demo import catalogue
from tui.demo.content import Draw, Row, insert, stamp
from tui.demo.store import CALL_ERRORS

_CALLS = 75.0
_ENTRIES = 28.0
_SIGN_INS = 12.0
_MEASUREMENTS = 20.0
"""Rows a day."""


class Traffic:
    """Rows that come with time; each call goes on where the last one ended."""

    def __init__(self, draw: Draw, begin: datetime) -> None:
        self._draw = draw
        self._until = begin

    def run(self, connection: sqlite3.Connection, until: datetime, rate: float = 1.0) -> None:
        """Let time pass until `until`, at `rate` times the usual traffic."""
        since, self._until = self._until, until
        days = (until - since) / timedelta(days=1) * rate
        tools = [row[0] for row in connection.execute("SELECT id FROM tools WHERE enabled")]

        def rows(per_day: float, make: Callable[[datetime], Row]) -> list[Row]:
            moments = sorted(self._draw.moment(since, until) for _ in range(round(per_day * days)))
            return [make(moment) for moment in moments]

        insert(connection, "tool_metrics", rows(_CALLS, lambda moment: self._call(moment, tools)))
        insert(connection, "structured_log_entries", rows(_ENTRIES, self._entry))
        insert(connection, "email_auth_events", rows(_SIGN_INS, self._sign_in))
        insert(connection, "performance_metrics", rows(_MEASUREMENTS, self._measurement))
        connection.execute("UPDATE gateways SET last_seen = ? WHERE reachable", (stamp(until),))

    def sessions(self, connection: sqlite3.Connection, count: int, now: datetime) -> None:
        """Open `count` sessions in the hours before `now`."""
        opened = [self._draw.moment(now - timedelta(hours=20), now) for _ in range(count)]
        rows = [
            {
                "session_id": self._draw.id(),
                "created_at": stamp(moment),
                "last_accessed": stamp(moment + timedelta(minutes=4)),
                "data": json.dumps({"protocolVersion": "2025-06-18"}),
            }
            for moment in opened
        ]
        insert(connection, "mcp_sessions", rows)

    def _call(self, moment: datetime, tools: list[str]) -> Row:
        failed = self._draw.random.random() < 0.06
        return {
            "tool_id": self._draw.random.choice(tools),
            "timestamp": stamp(moment),
            "response_time": round(self._draw.random.lognormvariate(-1.8, 0.9), 4),
            "is_success": int(not failed),
            "error_message": self._draw.random.choice(CALL_ERRORS) if failed else None,
        }

    def _entry(self, moment: datetime) -> Row:
        level = self._draw.random.choices(("INFO", "WARNING", "ERROR"), (92, 6, 2))[0]
        tool = self._draw.random.choice(catalogue.REST_TOOLS)
        said = {
            "INFO": f"Invoked tool {tool}",
            "WARNING": f"Slow tool {tool}: took longer than 2.0 s",
            "ERROR": f"Tool invocation failed: {tool}: {CALL_ERRORS[0]}",
        }
        return {
            "id": self._draw.id(),
            "timestamp": stamp(moment),
            "level": level,
            "component": "tool_service",
            "message": said[level],
            "correlation_id": self._draw.id(),
            "user_email": f"{self._draw.random.choice(catalogue.PEOPLE)}@example.com",
            "duration_ms": round(self._draw.random.uniform(8, 900), 1),
            "context": json.dumps({"tool": tool, "attempt": 1}),
        }

    def _sign_in(self, moment: datetime) -> Row:
        succeeded = self._draw.random.random() > 0.07
        return {
            "timestamp": stamp(moment),
            "user_email": f"{self._draw.random.choice(catalogue.PEOPLE)}@example.com",
            "event_type": "login",
            "success": int(succeeded),
            "ip_address": f"10.20.0.{self._draw.random.randint(2, 60)}",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
            "failure_reason": None if succeeded else "invalid password",
        }

    def _measurement(self, moment: datetime) -> Row:
        average = self._draw.random.uniform(20, 240)
        return {
            "timestamp": stamp(moment),
            "component": "http_gateway",
            "operation": self._draw.random.choice(("tools/call", "tools/list", "resources/read")),
            "request_count": self._draw.random.randint(1, 400),
            "error_count": self._draw.random.randint(0, 3),
            "avg_duration_ms": round(average, 2),
            "p95_duration_ms": round(average * 2.4, 2),
        }


def lose_gateways(connection: sqlite3.Connection, draw: Draw, now: datetime) -> None:
    """Do what somebody did 23 minutes before `now`: three gateways go, and all they offered."""
    for row in deletions(now):
        connection.execute("DELETE FROM gateways WHERE name = ?", (row[1],))
        entry = {
            "id": draw.id(),
            "timestamp": stamp(row[0]),
            "level": "INFO",
            "component": "gateway_service",
            "message": f"Permanently deleted gateway: {row[1]}",
            "user_email": "li@example.com",
        }
        insert(connection, "structured_log_entries", [entry])
    # One tool was really changed, so that a comparison has more to tell than removals.
    connection.execute(
        "UPDATE tools SET url = url || '/v2', version = version + 1, updated_at = ?"
        " WHERE name = 'weather-get-forecast'",
        (stamp(now - timedelta(hours=1)),),
    )
    connection.execute(
        "DELETE FROM mcp_sessions WHERE session_id IN"
        " (SELECT session_id FROM mcp_sessions ORDER BY created_at LIMIT 5)"
    )


def deletions(now: datetime) -> list[tuple[datetime, str, str]]:
    """When which gateway was removed: moment, name, id."""
    first = now - timedelta(minutes=23) + timedelta(seconds=15)
    seconds = (0.0, 3.616, 7.328)
    return [
        (first + timedelta(seconds=offset), peer.name, peer.id)
        for offset, peer in zip(seconds, catalogue.LOST, strict=True)
    ]
