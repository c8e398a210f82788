"""Which columns hold secrets, told by their names.

Columns differ between releases of the gateway, so names are matched, not listed; an operator
adds patterns of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

PATTERNS = (
    "*secret*",
    "*token*",
    "*password*",
    "*_key",
    "auth_value",
    "auth_*_value",
    "auth_query_params",
    "oauth_config",
    "headers",
    "add_headers",
    "*credential*",
    "code_verifier",
    # What a sign-in that is under way is recognised by: whoever has it can end it as another.
    "nonce",
    "oauth_states.state",
    "sso_auth_sessions.state",
    # Rows that a salvage could put into no table: any of their values may be a secret.
    "mcpdb_salvage_strays*.c[0-9]*",
)
"""Lower-case shell patterns for column names, from the gateway's releases 0.3.1 to 1.0.8; with a
dot for `table.column`."""

_NOT_SECRET = ("token_endpoint*", "*token_type", "*tokens_used", "max_tokens", "*_token_count")


def is_secret(table: str, column: str, more: Sequence[str] = ()) -> bool:
    """Whether values of a column are masked.

    Args:
        table: The table's name; a pattern with a dot matches `table.column`.
        column: The column's name.
        more: The operator's own patterns.
    """
    name = column.lower()
    if any(fnmatchcase(name, pattern) for pattern in _NOT_SECRET):
        return False
    whole = f"{table.lower()}.{name}"
    return any(
        fnmatchcase(whole if "." in pattern else name, pattern)
        for pattern in (*PATTERNS, *(m.lower() for m in more))
    ) or (table.lower() == "password_history" and name.endswith("hash"))
