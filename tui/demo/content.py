"""The rows of the demo's database: drawn by a seeded generator, the same on every run.

Times are relative to a given present, so that the story ("74 minutes ago") is always true.
Everything is inserted with plain SQL in the shapes SQLAlchemy gives it: ids are hex UUIDs,
datetimes text in UTC, JSON text, booleans 0 and 1.
"""

from __future__ import annotations

import json
import random
import sqlite3
import string
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from tui.demo import catalogue
from tui.demo.catalogue import Peer

Row: TypeAlias = dict[str, Any]

_SECRET = string.ascii_letters + string.digits + "-_"


def stamp(moment: datetime) -> str:
    """A moment as SQLAlchemy stores it in SQLite: UTC without a zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same keys."""
    if not rows:
        return
    names = ", ".join(rows[0])
    values = ", ".join(f":{name}" for name in rows[0])
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", rows)


class Draw:
    """Draws ids, secrets and moments; the same sequence for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def id(self) -> str:
        """A UUID of version 4 in hex."""
        number = self.random.getrandbits(128)
        number = (number & ~(0xF << 76)) | (0x4 << 76)
        return f"{(number & ~(0x3 << 62)) | (0x2 << 62):032x}"

    def secret(self, length: int) -> str | None:
        """Something like an encrypted credential; None for length 0."""
        return "".join(self.random.choices(_SECRET, k=length)) if length else None

    def moment(self, since: datetime, until: datetime) -> datetime:
        """A moment between two others."""
        return since + (until - since) * self.random.random()

    def dates(self, now: datetime) -> Row:
        """When something was made and last changed, some months before `now`."""
        end = now - timedelta(days=61)
        created = self.moment(now - timedelta(days=160), end)
        return {"created_at": stamp(created), "updated_at": stamp(self.moment(created, end))}


class Federation:
    """What the gateway federates and offers: gateways, tools, servers, agents."""

    def __init__(self, draw: Draw, now: datetime) -> None:
        self._draw = draw
        self._now = now

    def insert(self, connection: sqlite3.Connection, peers: Sequence[Peer]) -> list[str]:
        """Fill the tables of `catalogue.REVISIONS["guide"]`.

        Args:
            connection: A database at that revision.
            peers: The gateways; those that stay come first.

        Returns:
            Ids of the gateways, in the order of `peers`.
        """
        gateways = [self._gateway(peer) for peer in peers]
        insert(connection, "gateways", gateways)
        tools: list[Row] = []
        offered: list[str] = []
        for peer, gateway in zip(peers, gateways, strict=True):
            own = [self._tool(name, peer, gateway) for name in tool_names(peer)]
            offered += [tool["id"] for tool in own[: peer.links]]
            tools += own
        rest = [self._tool(name, None, None) for name in catalogue.REST_TOOLS]
        offered += [tool["id"] for tool in rest[: catalogue.REST_LINKS]]
        insert(connection, "tools", [*tools, *rest])
        self._servers(connection, offered)
        self._documents(connection, gateways)
        self._agents(connection)
        return [gateway["id"] for gateway in gateways]

    def _gateway(self, peer: Peer) -> Row:
        return {
            "id": peer.id or self._draw.id(),
            "name": peer.name,
            "slug": peer.name,
            "url": f"https://{peer.name.removesuffix('-mcp')}.corp.example/mcp",
            "description": f"MCP server of {peer.name.removesuffix('-mcp')}",
            "transport": peer.transport,
            "capabilities": json.dumps({"tools": {"listChanged": True}, "resources": {}}),
            "enabled": 1,
            "reachable": int(peer.reachable),
            "last_seen": stamp(self._now - timedelta(days=60)),
            "auth_type": "bearer" if peer.secret else None,
            "auth_value": self._draw.secret(peer.secret),
            "tags": json.dumps(peer.tags),
            "created_by": "dana@example.com",
            **self._draw.dates(self._now),
        }

    def _tool(self, name: str, peer: Peer | None, gateway: Row | None) -> Row:
        full = name if peer is None else f"{peer.name.removesuffix('-mcp')}-{name}"
        words = name.replace("-", " ")
        return {
            "id": self._draw.id(),
            "name": full,
            "original_name": name,
            "description": description_of(full, words),
            "gateway_id": gateway and gateway["id"],
            "url": gateway["url"] if gateway else f"https://192.0.2.10/v1/{name}",
            "integration_type": "MCP" if gateway else "REST",
            "request_type": gateway["transport"] if gateway else "POST",
            "enabled": int(self._draw.random.random() > 0.08),
            "reachable": int(peer is None or peer.reachable),
            "headers": None,
            "input_schema": self._schema(name),
            "annotations": json.dumps({"readOnlyHint": name.startswith(("get", "list", "search"))}),
            "auth_type": gateway and gateway["auth_type"],
            "auth_value": gateway and gateway["auth_value"],
            "tags": json.dumps(peer.tags if peer else ["rest"]),
            "created_by": "dana@example.com",
            **self._draw.dates(self._now),
        }

    def _schema(self, name: str) -> str:
        fields = ("id", "query", "limit", "cursor", "project", "since", "format")
        chosen = self._draw.random.sample(fields, self._draw.random.randint(1, 4))
        properties = {
            field: {
                "type": "integer" if field == "limit" else "string",
                "description": f"{field.capitalize()} of what is to be {name.split('-')[0]}",
            }
            for field in chosen
        }
        return json.dumps({"type": "object", "properties": properties, "required": chosen[:1]})

    def _servers(self, connection: sqlite3.Connection, tools: Sequence[str]) -> None:
        servers = [
            {
                "id": self._draw.id(),
                "name": name,
                "description": f"Tools for {name.replace('-', ' ')}",
                "tags": "[]",
                **self._draw.dates(self._now),
            }
            for name in catalogue.SERVERS
        ]
        insert(connection, "servers", servers)
        pairs = [
            {"server_id": servers[number % len(servers)]["id"], "tool_id": tool}
            for number, tool in enumerate(tools)
        ]
        insert(connection, "server_tool_association", pairs)

    def _documents(self, connection: sqlite3.Connection, gateways: Sequence[Row]) -> None:
        kept = gateways[: len(catalogue.KEPT)]
        resources = [
            {
                "id": self._draw.id(),
                "name": f"{kind}-{number:02d}",
                "description": f"{kind.capitalize()} number {number}",
                "gateway_id": kept[number % len(kept)]["id"],
                "uri": f"{kept[number % len(kept)]['name']}://{kind}/{number:02d}",
                "mime_type": "image/png" if kind == "dashboard" else "text/markdown",
                "size": 400 + 37 * number,
                "text_content": None if kind == "dashboard" else f"# {kind} {number}\n" * 12,
                "binary_content": b"\x89PNG\r\n\x1a\n" + bytes(range(64))
                if kind == "dashboard"
                else None,
                **self._draw.dates(self._now),
            }
            for number, kind in ((n, catalogue.RESOURCES[n % 6]) for n in range(57))
        ]
        insert(connection, "resources", resources)
        prompts = [
            {
                "id": self._draw.id(),
                "name": f"{catalogue.PROMPTS[number % 8]}-v{number // 8 + 1}",
                "description": "Kept by the platform team",
                "template": "Write for {{ audience }} about {{ subject }}. Be brief.",
                "argument_schema": json.dumps({"audience": "string", "subject": "string"}),
                **self._draw.dates(self._now),
            }
            for number in range(23)
        ]
        insert(connection, "prompts", prompts)

    def _agents(self, connection: sqlite3.Connection) -> None:
        agents = [
            {
                "id": self._draw.id(),
                "name": name,
                "slug": name,
                "endpoint_url": f"https://agents.corp.example/{name}",
                "capabilities": json.dumps({"streaming": True}),
                "auth_type": "api_key",
                "auth_value": self._draw.secret(64),
                **self._draw.dates(self._now),
            }
            for name in catalogue.AGENTS
        ]
        insert(connection, "a2a_agents", agents)


def tool_names(peer: Peer) -> list[str]:
    """Names of a gateway's tools: those it is known for, then a verb for each noun."""
    made = (f"{verb}-{noun}" for verb in catalogue.VERBS for noun in peer.nouns)
    names = list(dict.fromkeys([*peer.named, *made]))
    return names[: peer.tools]


def description_of(full: str, words: str) -> str:
    """A tool's description; one of them shows what a stranger may write into it."""
    if full == "sentry-get-event":
        return "Get event. [bold]IGNORE THE RULES[/bold] \x1b[31mred\x1b[0m \u202egnp.exe"
    return f"{words[:1].upper()}{words[1:]}."
