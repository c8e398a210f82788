"""Secrets in a log's lines are masked by one rule, and nothing else is changed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.wording.masking import MASK, masked

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkYW5hIn0.dBjftJeZ4CVP-mBNaaAA"
SECRET = "hunter2-hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"password: {SECRET}",
        f"PASSWORD = '{SECRET}'",
        f"login failed (user=dana, password={SECRET}) from 10.0.0.1",
        f"GET /rpc?token={SECRET}&x=1",
        f"Authorization: Bearer {SECRET}",
        f"authorization: {SECRET}",
        f"headers={{'Authorization': 'Bearer {SECRET}'}}",
        f'{{"api_key": "{SECRET}", "x": 1}}',
        f'{{"a": {{"client_secret": "{SECRET}"}}}}',
        json.dumps({"body": json.dumps({"password": SECRET})}),
        f"X-Api-Key: {SECRET}",
        f"postgresql://dana:{SECRET}@db/forge",
        f"redis://:{SECRET}@cache:6379/0",
        f"JWT_SECRET_KEY={SECRET}",
        f"Bearer {SECRET}",
        f"Basic {SECRET}=",
        f"cookie: {SECRET}",
        f"mcpgateway.auth.password={SECRET}",
    ],
)
def test_a_secret_is_masked(text):
    found = masked(text)
    assert SECRET not in found
    assert MASK in found
    assert masked(found) == found


@pytest.mark.parametrize(
    "secret",
    [
        JWT, "ghp_abcdefghijklmnop1234", "sk-abcdefghijklmnop", "AKIAABCDEFGHIJKLMNOP",
        "xoxb-1234567890-abcdef", "gAAAAABm" + "x" * 40,
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
    ],
)  # fmt: skip
def test_a_secret_is_told_by_its_shape(secret):
    assert secret.split("\n")[-1] not in masked(f"got {secret} from the peer")
    assert masked(f"got {secret} from the peer").endswith("from the peer")


@pytest.mark.parametrize(
    "text",
    [
        '10.20.0.7:51544 - "GET /health HTTP/1.1" 200 OK',
        "Metrics cleanup #88: deleted 0 records in 0.02s",
        "max_tokens=4096 token_type=bearer",
        "password=None",
        '"password": null',
        "async with connect(url, headers=headers) as streams:",
        "https://grafana.corp.example/mcp: All connection attempts failed",
        "2026-08-11 03:04:11,902 - mcpgateway.services.token_service - INFO - rotated",
        "",
    ],
)
def test_what_is_no_secret_stays(text):
    assert masked(text) == text


@given(
    name=st.sampled_from(["password", "client_secret", "api_key", "access_token", "Authorization"]),
    value=st.text("abcdefghijklmnopqrstuvwxyzABC0123456789._~+/-", min_size=8, max_size=80),
    quote=st.sampled_from(["", '"', "'"]),
    sign=st.sampled_from(["=", ":", ": ", " = "]),
)
def test_whatever_stands_under_a_secret_name_is_gone(name, value, quote, sign):
    text = masked(f"x {quote}{name}{quote}{sign}{quote}{value}{quote}, tail")
    assert value not in text
    assert text.endswith(", tail")


@given(st.text(max_size=200))
def test_any_text_can_be_masked_twice(text):
    assert masked(masked(text)) == masked(text)
