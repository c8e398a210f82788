"""The people of the demo: users, teams, roles and what they sign in with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from tui.demo import catalogue
from tui.demo.content import Draw, insert, stamp

ADDRESSES = tuple(f"{name}@example.com" for name in catalogue.PEOPLE)


class People:
    """Those who use the gateway; inserted before any traffic."""

    def __init__(self, draw: Draw, now: datetime) -> None:
        self._draw = draw
        self._now = now
        self._begin = now - timedelta(days=160)

    def insert(self, connection: sqlite3.Connection) -> None:
        """Fill the tables of `catalogue.REVISIONS["guide"]`, but for `oauth_tokens`."""
        addresses = ADDRESSES
        users = [
            {
                "email": address,
                "password_hash": f"$argon2id$v=19$m=65536,t=3,p=1${self._draw.secret(65)}",
                "full_name": address.partition("@")[0].capitalize(),
                "is_admin": int(number < 2),
                "last_login": stamp(self._now - timedelta(days=61)),
                **self._draw.dates(self._now),
            }
            for number, address in enumerate(addresses)
        ]
        insert(connection, "email_users", users)
        created = stamp(self._begin)
        teams = [
            {
                "id": self._draw.id(),
                "name": name,
                "slug": name.lower(),
                "created_by": addresses[0],
                "created_at": created,
            }
            for name in catalogue.TEAMS
        ]
        insert(connection, "email_teams", teams)
        members = [
            {
                "id": self._draw.id(),
                "team_id": teams[number % len(teams)]["id"],
                "user_email": address,
                "role": "owner" if number < len(teams) else "member",
                "joined_at": created,
            }
            for number, address in enumerate(addresses)
        ]
        insert(connection, "email_team_members", members)
        self._roles(connection)

    def _roles(self, connection: sqlite3.Connection) -> None:
        created = stamp(self._begin)
        roles = [
            {
                "id": self._draw.id(),
                "name": name,
                "scope": scope,
                "permissions": json.dumps(permissions),
                "is_system_role": 1,
                "created_at": created,
            }
            for name, scope, permissions in catalogue.ROLES
        ]
        insert(connection, "roles", roles)
        given = [*((address, 2) for address in ADDRESSES), *((a, 1) for a in ADDRESSES[:3])]
        grants = [
            {
                "id": self._draw.id(),
                "user_email": address,
                "role_id": roles[role]["id"],
                "granted_at": created,
            }
            for address, role in given
        ]
        insert(connection, "user_roles", grants)

    def oauth_tokens(self, connection: sqlite3.Connection, gateways: Sequence[str]) -> None:
        """Sign the first people in at some gateways."""
        tokens = [
            {
                "id": self._draw.id(),
                "gateway_id": gateways[number % len(gateways)],
                "user_id": f"u-{1000 + number}",
                "app_user_email": ADDRESSES[number],
                "access_token": self._draw.secret(212),
                "refresh_token": self._draw.secret(148),
                "scopes": json.dumps(["read", "write"]),
                "expires_at": stamp(self._now + timedelta(days=number)),
                **self._draw.dates(self._now),
            }
            for number in range(12)
        ]
        insert(connection, "oauth_tokens", tokens)

    def api_tokens(self, connection: sqlite3.Connection) -> None:
        """Fill the table that a revision after `guide` makes."""
        tokens = [
            {
                "id": self._draw.id(),
                "user_email": ADDRESSES[number],
                "name": f"script {number + 1}",
                "token_hash": f"{self._draw.random.getrandbits(256):064x}",
                "resource_scopes": json.dumps(["tools.execute"]),
                "created_at": stamp(self._now - timedelta(days=40)),
            }
            for number in range(17)
        ]
        insert(connection, "email_api_tokens", tokens)
