"""A database of a real release in which every table has a row, and every secret can be told."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

MARK = "s3cr3t"
"""What every secret begins with."""
SECRETS = (
    "a2a_agent_auth.auth_query_params", "a2a_agent_auth.auth_value", "a2a_agent_auth.oauth_config",
    "a2a_agents.auth_query_params", "a2a_agents.auth_value", "a2a_agents.oauth_config",
    "a2a_push_notification_configs.auth_token", "email_api_tokens.token_hash",
    "email_team_invitations.token", "email_users.password_hash", "gateways.add_headers",
    "gateways.auth_query_params", "gateways.auth_value", "gateways.client_key",
    "gateways.oauth_config", "llm_providers.api_key", "oauth_states.code_verifier",
    "oauth_states.state", "oauth_tokens.access_token", "oauth_tokens.refresh_token",
    "password_history.password_hash", "password_reset_tokens.token_hash",
    "registered_oauth_clients.client_secret_encrypted",
    "registered_oauth_clients.registration_access_token_encrypted", "servers.oauth_config",
    "sso_auth_sessions.code_verifier", "sso_auth_sessions.nonce", "sso_auth_sessions.state",
    "sso_providers.client_secret_encrypted",
    "tools.auth_value", "tools.headers",
)  # fmt: skip
"""Columns of 1.0.7 that hold a secret or what stands for one, found by reading its models."""

ONE_OF = {"visibility": "public", "on_error": "ignore"}
"""What constraints let in."""


def tables_of(connection: sqlite3.Connection) -> list[str]:
    """Every table, those first that others point at."""
    listed = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    )
    waiting = sorted(name for (name,) in listed)
    points_at = {
        name: {row[2] for row in connection.execute(f'PRAGMA foreign_key_list("{name}")')} - {name}
        for name in waiting
    }
    ordered: list[str] = []
    while waiting:
        ready = [n for n in waiting if not points_at[n] - set(ordered)] or waiting[:1]
        ordered += ready
        waiting = [name for name in waiting if name not in ready]
    return ordered


def fill(path: Path) -> list[str]:
    """Give every table a row, every secret a value that is known; the names of the tables."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        names = tables_of(connection)
        for table in names:
            if not connection.execute(f'SELECT 1 FROM "{table}"').fetchone():
                _add_row(connection, table)
        for secret in SECRETS:
            table, column = secret.split(".")
            declared = {r[1]: r[2] for r in connection.execute(f'PRAGMA table_info("{table}")')}
            value = _secret(secret, declared[column])
            connection.execute(
                f'UPDATE "{table}" SET "{column}" = ? || CASE ? WHEN 1 THEN \'\' ELSE rowid END',
                (value, value.startswith("{")),
            )
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return names


def _secret(name: str, declared: str) -> str:
    value = f"{MARK}-{name}"
    return json.dumps({value: value}) if declared.upper() == "JSON" else value


def _add_row(connection: sqlite3.Connection, table: str) -> None:
    keys = {
        row[3]: (row[2], row[4] or "id")
        for row in connection.execute(f'PRAGMA foreign_key_list("{table}")')
    }
    values: dict[str, Any] = {}
    for _, name, declared, _, _, _ in connection.execute(f'PRAGMA table_info("{table}")'):
        if name in keys:
            parent, column = keys[name]
            found = connection.execute(f'SELECT "{column}" FROM "{parent}" LIMIT 1').fetchone()
            values[name] = found[0] if found and parent != table else None
        else:
            values[name] = _value(table, name, declared.upper())
    columns = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" * len(values))
    connection.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', [*values.values()])


def _value(table: str, column: str, declared: str) -> object:
    """Something that the column may hold."""
    if column in ONE_OF:
        return ONE_OF[column]
    if declared == "JSON":
        return json.dumps({"of": table, "ünï": [1, None, 0.5]})
    if declared in ("INTEGER", "BIGINT"):
        return 4_711
    if declared == "BOOLEAN":
        return 1
    if declared in ("FLOAT", "NUMERIC"):
        return 0.1
    if "DATE" in declared or "TIME" in declared:
        return "2026-08-10 22:31:07.441907"
    if declared == "BLOB":
        return b"\x00\xff\n"
    return f"{column} of {table}"[:30]
