"""Which columns are masked by their names alone."""

from __future__ import annotations

import pytest

from tui.core.secrets import is_secret


@pytest.mark.parametrize(
    "name",
    [
        "gateways.auth_value",
        "oauth_tokens.access_token",
        "email_api_tokens.token_hash",
        "password_history.old_hash",
        "SSO_Auth_Sessions.State",
        "sso_auth_sessions.nonce",
        "oauth_states.state",
        "some_later_table.nonce",
    ],
)
def test_what_opens_something_is_masked(name):
    assert is_secret(*name.split("."))


@pytest.mark.parametrize(
    "name",
    ["a2a_tasks.state", "token_usage_logs.tokens_used", "oauth_tokens.token_type", "tools.name"],
)
def test_what_only_sounds_like_it_is_not(name):
    assert not is_secret(*name.split("."))
