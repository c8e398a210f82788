"""The gist of a comparison in words, and what kind of table each one is.

Configuration is what people make; traffic comes and goes by itself; links tie configuration
together. Names are those of the gateway's releases 0.3.1 to 1.0.8; a table that is none of
these is named as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from tui.core.models import RowKind, TableDifference
from tui.services.sqlite.inspection import CORE_TABLES
from tui.wording.clean import one_line
from tui.wording.quantities import count, plural

OnlyIn: TypeAlias = Literal["", "first", "second"]
Families: TypeAlias = Mapping[tuple[str, RowKind], str]
"""Table and kind of rows that all went with rows of the table named."""

CONFIGURATION: Mapping[str, str] = {
    "gateways": "gateway",
    "servers": "server",
    "tools": "tool",
    "resources": "resource",
    "prompts": "prompt",
    "a2a_agents": "A2A agent",
    "grpc_services": "gRPC service",
    "email_users": "user",
    "email_teams": "team",
    "email_team_members": "team member",
    "email_team_invitations": "team invitation",
    "roles": "role",
    "user_roles": "role assignment",
    "email_api_tokens": "API token",
    "oauth_tokens": "OAuth token",
    "registered_oauth_clients": "OAuth client",
    "sso_providers": "SSO provider",
    "llm_providers": "LLM provider",
    "llm_models": "LLM model",
    "password_history": "password change",
    "global_config": "global setting",
    "a2a_agent_auth": "A2A agent login",
    "tool_plugin_bindings": "plugin binding",
    "a2a_agent_plugin_bindings": "plugin binding",
    "server_interfaces": "server interface",
}
"""Tables whose rows people make, with the word for one row."""

LINKS = "*_association"
"""Pattern of tables that only tie rows of configuration together."""

TRAFFIC: Sequence[tuple[str, str]] = (
    ("observability_*", "traces"),
    ("performance_*", "performance figures"),
    ("*_metrics", "metrics"),
    ("*_metrics_hourly", "metrics"),
    ("mcp_messages", "messages"),
    ("*mcp_*sessions", "sessions"),
    ("resource_subscriptions", "subscriptions"),
    ("email_auth_events", "sign-ins"),
    ("sso_auth_sessions", "sign-ins"),
    ("oauth_states", "sign-ins"),
    ("password_reset_tokens", "sign-ins"),
    ("structured_log_entries", "log entries"),
    ("audit_trails", "audit records"),
    ("security_events", "audit records"),
    ("permission_audit_log", "audit records"),
    ("email_team_member_history", "audit records"),
    ("token_usage_logs", "token use"),
    ("token_revocations", "token use"),
    ("a2a_task*", "A2A tasks"),
    ("server_task_mappings", "A2A tasks"),
)
"""Patterns of tables that the gateway fills by itself, with the word for their rows."""


def traffic_word(table: str) -> str:
    """What the rows of a table of traffic are called; empty when it is none."""
    if table in CONFIGURATION:
        return ""
    return next((word for pattern, word in TRAFFIC if fnmatchcase(table, pattern)), "")


def is_told(table: str) -> bool:
    """Whether rows of a table may have gone with others: configuration and links."""
    return table in CONFIGURATION or fnmatchcase(table, LINKS)


def order(table: str) -> tuple[int, int, str]:
    """Sorts tables as an operator looks for them: core, configuration, links, other, traffic."""
    if table in CORE_TABLES:
        return (0, CORE_TABLES.index(table), table)
    if table in CONFIGURATION:
        return (1, list(CONFIGURATION).index(table), table)
    if fnmatchcase(table, LINKS):
        return (2, 0, table)
    return (4 if traffic_word(table) else 3, 0, table)


def words(found: Sequence[TableDifference], tables: int, families: Families) -> str:
    """Say what matters, without a full stop.

    Args:
        found: The tables that differ, in order.
        tables: How many were compared.
        families: Which rows went with others, so that they are told together.
    """
    told = [d for d in found if d.differs]
    unknown = [d for d in told if d.problem]
    if told == unknown:
        ignored = sorted({column for d in found for column in d.ignored})
        but = f": only {', '.join(map(one_line, ignored))} changed" if ignored else ""
        equal = plural(tables - len(unknown), "table")
        text = f"No difference{' that counts' if ignored else ''} in {equal}{but}"
        return "; ".join(filter(None, (text, _schema(told))))
    parts = _configuration(told, families) + _links(told, families)
    rest, schema = _rest(told), _schema(told)
    text = ", ".join(parts)
    if rest and text:
        text += f"; the rest is {_listed(rest)}"
    elif rest:
        one = len(rest) == 1 and rest[0].startswith(("traffic", "1 row "))
        text = f"only {_listed(rest)} differ{'s' if one else ''}"
    return "; ".join(filter(None, (text, schema)))


def _configuration(told: Sequence[TableDifference], families: Families) -> list[str]:
    parts: list[str] = []
    for difference in told:
        noun = CONFIGURATION.get(difference.table)
        if noun is None or difference.only_in:
            continue
        kinds: tuple[tuple[RowKind, int], ...] = (
            ("removed", difference.removed),
            ("added", difference.added),
        )
        for kind, number in kinds:
            if number and (difference.table, kind) not in families:
                company = _company(difference.table, kind, number, told, families)
                parts.append(f"{plural(number, noun)} {kind}{company}")
        if difference.changed:
            parts.append(f"{plural(difference.changed, noun)} changed")
    return parts


def _company(
    parent: str, kind: RowKind, number: int, told: Sequence[TableDifference], families: Families
) -> str:
    """` with their 38 tools`: what went with some rows, and with those that went with them."""
    gone, went = {parent}, []
    for difference in told:
        if families.get((difference.table, kind)) in gone:
            gone.add(difference.table)
            noun = CONFIGURATION.get(difference.table)
            rows = difference.removed if kind == "removed" else difference.added
            if noun is not None:
                went.append(plural(rows, noun))
    if not went:
        return ""
    whose = "its" if number == 1 else "their"
    return f" with {whose} {_listed(went)}"


def _links(told: Sequence[TableDifference], families: Families) -> list[str]:
    parts = []
    for difference in told:
        if not fnmatchcase(difference.table, LINKS) or difference.only_in:
            continue
        ends = difference.table.removesuffix("_association").replace("_", "-")
        kinds: tuple[tuple[RowKind, int], ...] = (
            ("removed", difference.removed),
            ("added", difference.added),
        )
        for kind, number in kinds:
            if number and families.get((difference.table, kind), "") not in CONFIGURATION:
                parts.append(f"{plural(number, f'{ends} link')} {kind}")
        if difference.changed:
            parts.append(f"{plural(difference.changed, f'{ends} link')} changed")
    return parts


def _rest(told: Sequence[TableDifference]) -> list[str]:
    """`traffic (metrics, sessions)`, and tables that nobody knows by name."""
    traffic: dict[str, None] = {}
    others: list[str] = []
    for difference in told:
        if not (difference.removed or difference.added or difference.changed):
            continue
        if word := traffic_word(difference.table):
            traffic[word] = None
        elif not is_told(difference.table):
            rows = difference.removed + difference.added + difference.changed
            others.append(f"{plural(rows, 'row')} of {one_line(difference.table)}")
    parts = [f"traffic ({', '.join(traffic)})"] if traffic else []
    parts += others[:3]
    if len(others) > 3:
        parts.append(f"rows of {count(len(others) - 3)} more tables")
    return parts


def _schema(told: Sequence[TableDifference]) -> str:
    parts = []
    for which, name in (("first", "A"), ("second", "B")):
        number = sum(1 for d in told if d.only_in == which)
        if number:
            parts.append(f"{plural(number, 'table')} only in {name}")
    columns = sum(1 for d in told if d.columns_removed or d.columns_added)
    if columns:
        parts.append(f"other columns in {plural(columns, 'table')}")
    problems = sum(1 for d in told if d.problem)
    if problems:
        parts.append(f"{plural(problems, 'table')} not compared")
    return ", ".join(parts)


def _listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
