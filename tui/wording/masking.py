"""Secrets in a line of a log made unreadable: the one rule of screen, command line and files.

A value is told by the name before it (`password=…`, `"api_key": "…"`), by the word before it
(`Bearer …`), or by its own shape (JSON web tokens, well-known prefixes, private keys, the password
in an address). Rather too much is masked than too little.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tui.core.secrets import is_secret

MASK = "••••"
"""Stands for a secret, however long it was."""

_MORE_NAMES = frozenset(
    {"authorization", "proxy_authorization", "cookie", "set_cookie", "passwd", "pwd", "passphrase",
     "apikey", "jwt", "bearer", "session_id", "sessionid"}
)  # fmt: skip
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_SHAPES = re.compile(
    r"\beyJ[\w-]{5,}(?:\.[\w-]*){1,4}"  # a JSON web token
    r"|\bgAAAAA[\w-]{20,}={0,2}"  # Fernet
    r"|\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|pk_live_|sk_live_|AKIA|ASIA|AIza)[\w-]{12,}"
)
_SCHEME = re.compile(r"\b(bearer|basic|negotiate)(\s+|%20|\+)([\w.~+/=-]{6,})", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(?<=://)([^\s/@:\"']{0,200}):([^\s/@\"']{1,200})@")
_NAME = re.compile(r"""(?<![\w-])\\?["']?([A-Za-z_][\w.-]{0,63})\\?["']?\s{0,2}[=:]\s{0,2}""")
_VALUE = re.compile(
    r"""
        \\"[^"\\]*\\?"?
      | "(?:[^"\\]|\\.)*"?
      | '(?:[^'\\]|\\.)*'?
      | (?:[bB]earer|[bB]asic)\s+[^\s"',;&)}\]]+
      | [^\s"',;&)}\]]+
    """,
    re.VERBOSE,
)
_LITERALS = frozenset({"none", "null", "true", "false", MASK})


@lru_cache(1_000)
def is_secret_name(name: str) -> bool:
    """Whether what stands under a name in a log is masked."""
    plain = name.lower().replace("-", "_").rpartition(".")[2]
    return plain in _MORE_NAMES or is_secret("", plain)


def masked(text: str) -> str:
    """Return `text` with every secret that is recognised as `••••`; doing it twice is the same."""
    if "PRIVATE KEY-----" in text:
        text = _PRIVATE_KEY.sub(MASK, text)
    text = _SHAPES.sub(MASK, text)
    text = _SCHEME.sub(rf"\1\2{MASK}", text)
    if "://" in text:
        text = _IN_ADDRESS.sub(rf"\1:{MASK}@", text)
    return _without_named(text) if "=" in text or ":" in text else text


def _without_named(text: str) -> str:
    """Mask what stands under a secret name."""
    parts: list[str] = []
    done = place = 0
    while (name := _NAME.search(text, place)) is not None:
        # A value of another name may hold names itself: it is not passed over.
        place = name.end()
        if not is_secret_name(name[1]):
            continue
        value = _VALUE.match(text, place)
        if value is not None:
            parts += (text[done:place], _hidden(name[1], value.group()))
            done = place = value.end()
    return "".join((*parts, text[done:]))


def _hidden(name: str, value: str) -> str:
    quote = next((mark for mark in ('\\"', '"', "'") if value.startswith(mark)), "")
    bare = value.removeprefix(quote).removesuffix(quote) if quote else value
    is_code = not quote and bare in (name, f"self.{name}")
    if not bare or is_code or bare.lower() in _LITERALS or bare[:1] in "{[":
        return value
    end = quote if quote and value.endswith(quote) and len(value) > len(quote) else ""
    return f"{quote}{MASK}{end}"
