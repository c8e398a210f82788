"""Whether a backup was written with the encryption secret that is in force, and what that means."""

from __future__ import annotations

import re
import sqlite3

from tui.core.errors import McpdbError
from tui.core.models import Backup
from tui.core.operation import Check, Verdict
from tui.core.secrets import is_secret
from tui.operations.cataloguing.secret import fingerprint_of, match
from tui.operations.restoring.situation import Situation
from tui.services.sqlite import inspection
from tui.services.sqlite.connections import finished, translating
from tui.wording.clean import one_line
from tui.wording.quantities import count, plural

_HASHED = re.compile(r".*hash(ed)?|.*password.*|.*_hash_.*|.*hint.*|.*prefix.*", re.IGNORECASE)
"""Secrets that are compared, never decrypted: they hold whatever the encryption secret is."""
_NAMED = 3
"""So many tables are named."""
_LARGE = 200 * 1024 * 1024
"""A larger backup is not counted: it would have to be read whole."""


def secret_check(s: Situation) -> Check:
    """The check `secret` of a plan."""
    own = fingerprint_of(s.deployment)
    theirs = s.backup.manifest.secret_fingerprint if s.backup.manifest else ""
    answer = match(theirs, own)
    if answer == "same":
        return Check("secret", Verdict.OK, f"fingerprint {one_line(own.rpartition(':')[2][:4])}")
    if answer == "unknown":
        whose = "the gateway's" if theirs else "the backup's"
        text = f"{whose} AUTH_ENCRYPTION_SECRET is not known: stored secrets may be unreadable"
        return Check("secret", Verdict.UNKNOWN, text)
    return Check("secret", Verdict.WARN, _other(s.backup))


def _other(backup: Backup) -> str:
    tail = "cannot be read until AUTH_ENCRYPTION_SECRET is the one of that day"
    try:
        found = {} if backup.compression else stored_secrets(backup)
    except McpdbError:
        found = {}
    if not found:
        return f"another encryption secret: what is encrypted in it {tail}"
    tables = sorted(found.items(), key=lambda item: -item[1])
    names = [f"{one_line(table)} {count(number)}" for table, number in tables[:_NAMED]]
    more = ", …" if len(tables) > _NAMED else ""
    total = plural(sum(found.values()), "stored secret")
    return f"another encryption secret: {total} ({', '.join(names)}{more}) {tail}"


def stored_secrets(backup: Backup) -> dict[str, int]:
    """How many encrypted values each table of a backup holds; tables without any are left out.

    Raises:
        McpdbError: It cannot be read.
    """
    found: dict[str, int] = {}
    if backup.size > _LARGE:
        return found
    with finished(backup.path) as connection, translating(backup.path):
        for table in inspection.tables(connection):
            if table.kind == "table" and (number := _values(connection, table.name)):
                found[table.name] = number
    return found


def _values(connection: sqlite3.Connection, table: str) -> int:
    names = [
        inspection.quote(column)
        for column in inspection.columns(connection, table)
        if is_secret(table, column) and not _HASHED.fullmatch(column)
    ]
    if not names:
        return 0
    total = " + ".join(
        f"coalesce(sum({name} IS NOT NULL AND {name} NOT IN ('', 'null', '{{}}', '[]')), 0)"
        for name in names
    )
    (number,) = connection.execute(f"SELECT {total} FROM {inspection.quote(table)}").fetchone()
    return int(number)
