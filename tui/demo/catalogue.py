"""What the demo's gateway federates: names, numbers and people, all made up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One federated gateway and the tools it offers."""

    name: str
    id: str = ""
    """Fixed where the story names it; otherwise drawn."""
    tools: int
    nouns: tuple[str, ...] = ()
    """What its tools act on; verbs are added until there are enough."""
    named: tuple[str, ...] = ()
    """Tools that come first, by name."""
    secret: int = 0
    """Characters of its stored credential; 0 when it has none."""
    transport: str = "STREAMABLEHTTP"
    tags: tuple[str, ...] = ("internal",)
    reachable: bool = True
    links: int = 0
    """How many of its tools are offered by a virtual server."""


LOST = (
    Peer(
        name="crm-mcp",
        id="5f1c0e9a2b7d4c1e8f60a3b9d2c47e15",
        tools=16,
        nouns=("account", "contact", "lead", "opportunity"),
        secret=118,
        links=9,
    ),
    Peer(
        name="billing-mcp",
        id="77b3d2c48e0f4a6f9d15b2c7e3a80f41",
        tools=13,
        nouns=("invoice", "payment", "refund", "plan"),
        secret=142,
        links=7,
    ),
    Peer(
        name="hr-mcp",
        id="e08a91f6c4d24b0c8a73f5e9b6d1c208",
        tools=9,
        nouns=("employee", "absence", "position"),
        secret=96,
        links=5,
    ),
)
"""What somebody removed after the newest backup."""

KEPT = (
    Peer(
        name="github",
        tools=46,
        named=("create-issue", "get-file-contents", "list-pull-requests"),
        nouns=("repository", "branch", "release", "workflow", "label", "commit", "gist", "team"),
        secret=118,
        links=18,
    ),
    Peer(
        name="grafana",
        tools=32,
        named=("list-dashboards", "query-range", "search-dashboards"),
        nouns=("alert", "datasource", "folder", "annotation", "panel", "snapshot"),
        secret=96,
        transport="SSE",
        reachable=False,
        links=12,
    ),
    Peer(
        name="jira",
        tools=38,
        named=("add-comment", "search-issues", "transition-issue"),
        nouns=("issue", "sprint", "board", "project", "worklog", "filter", "version"),
        secret=142,
        links=17,
    ),
    Peer(
        name="slack",
        tools=28,
        named=("post-message",),
        nouns=("channel", "message", "reaction", "reminder", "canvas"),
        secret=104,
        links=12,
    ),
    Peer(
        name="time",
        tools=2,
        named=("convert-time", "get-current-time"),
        transport="STDIO",
        tags=("public",),
        links=2,
    ),
    Peer(
        name="weather",
        id="c01d4a7b9e2f4c0f8a51d1b7e6f0a933",
        tools=6,
        named=("get-forecast", "get-alerts"),
        nouns=("station", "region"),
        tags=("weather", "public"),
        links=4,
    ),
    Peer(
        name="wiki",
        tools=24,
        named=("search-pages",),
        nouns=("page", "space", "attachment", "comment"),
        secret=88,
        links=14,
    ),
    Peer(
        name="postgres-ro",
        tools=8,
        named=(
            *("query", "explain", "list-schemas", "list-tables"),
            *("describe-table", "sample-rows", "show-indexes", "table-sizes"),
        ),
        links=6,
    ),
    Peer(
        name="s3-reports",
        tools=18,
        nouns=("report", "bucket", "export"),
        secret=112,
        links=9,
    ),
    Peer(
        name="pagerduty",
        tools=34,
        nouns=("incident", "schedule", "service", "escalation", "override"),
        secret=98,
        links=13,
    ),
    Peer(
        name="sentry",
        tools=32,
        nouns=("event", "project", "release", "alert", "replay"),
        secret=120,
        links=11,
    ),
)

REST_TOOLS = (
    "ping-billing-endpoint",
    "ping-search-endpoint",
    "convert-currency",
    "resolve-short-link",
    "validate-vat-number",
    "render-diagram",
    "translate-text",
    "extract-table",
    "geocode-address",
    "lookup-postcode",
    "check-certificate",
    "send-sms",
)
"""Tools of no gateway."""

REST_LINKS = 3

VERBS = ("get", "list", "create", "update", "search", "delete", "export", "count", "archive")

SERVERS = (
    "engineering",
    "support-desk",
    "finance",
    "sales",
    "people",
    "on-call",
    "reporting",
    "everyone",
    "playground",
)

TEAMS = (
    "Platform",
    "Payments",
    "Search",
    "Data",
    "Mobile",
    "Security",
    "Support",
    "Finance",
    "People",
)

PEOPLE = (
    *("dana", "li", "amara", "jonas", "priya", "mateo", "sofia", "kenji", "fatima", "oliver"),
    *("noor", "elena", "tomas", "aisha", "bruno", "chloe", "david", "emeka", "freya", "goran"),
    *("hana", "ivan", "julia", "karim", "lena", "marco", "nadia", "omar", "petra", "quinn"),
    *("rosa", "sven", "tara", "umar", "vera", "wei", "ximena", "yara", "zoe", "arjun", "beatriz"),
)

ROLES = (
    ("platform_admin", "global", ["*"]),
    ("team_admin", "team", ["teams.manage", "tools.create", "tools.update", "tools.delete"]),
    ("developer", "team", ["tools.create", "tools.read", "tools.execute", "resources.read"]),
    ("viewer", "team", ["tools.read", "resources.read", "prompts.read"]),
    ("auditor", "global", ["audit.read", "metrics.read"]),
)

AGENTS = ("release-notes-writer", "incident-summarizer")

RESOURCES = ("runbook", "handbook", "schema", "dashboard", "policy", "changelog")

PROMPTS = (
    *("summarize-incident", "draft-release-notes", "explain-error", "review-pull-request"),
    *("translate-reply", "triage-ticket", "write-postmortem", "estimate-effort"),
)

REVISIONS = {
    "guide": "27d9ce43a1f8",
    "older": "f83e15d7a20c",
    "current": "1b7da6c4980e",
    "head": "d45c8b39e07f",
}
"""Where the demo's files stand; two revisions lie between `current` and `head`."""
