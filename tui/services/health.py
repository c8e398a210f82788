"""Ask a gateway's health address and believe its JSON.

The gateway answers HTTP 200 also while its JSON says `unhealthy`, so the code alone says
nothing; see https://ibm.github.io/mcp-context-forge/ for the address itself.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import IO, Literal, TypeAlias

from tui.core import foreign_json
from tui.core.models import Health

Verdict: TypeAlias = Literal["healthy", "unhealthy", "unreachable", "unknown"]

LARGEST = 256 * 1024
"""Bytes of an answer that are read; the gateway's own has about 2 KiB."""
_TEXT = 300
_REASONS = ("error", "detail", "reason", "message")


def ask(url: str, timeout: float = 5.0, learnt: str = "") -> Health:
    """Ask once.

    Args:
        url: The health address, http or https.
        timeout: Seconds for the whole answer, however slowly it drips.
        learnt: How the address was found; kept in the result.

    Returns:
        The verdict; every failure is one, nothing is raised.
    """
    began = time.monotonic()

    def health(verdict: Verdict, text: str) -> Health:
        return Health(
            verdict=verdict,
            text=text,
            address=url,
            learnt=learnt,
            seconds=time.monotonic() - began,
        )

    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return health("unknown", f"{url} is no http or https address")
    try:
        code, body = _fetch(url, parts.hostname, timeout)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return health("unreachable", f"{url} does not answer: {_reason(error, timeout)}")
    verdict, text = judge(code, body)
    return health(verdict, text)


def judge(code: int, body: bytes) -> tuple[Verdict, str]:
    """Verdict and text for an answer.

    Args:
        code: HTTP status.
        body: The answer, cut at `LARGEST`.
    """
    try:
        values = foreign_json.loads(body)
    except (ValueError, RecursionError):
        values = None
    status = values.get("status") if isinstance(values, dict) else None
    if not isinstance(values, dict) or not isinstance(status, str):
        if code >= 500:
            return "unhealthy", f"HTTP {code} without the gateway's JSON"
        return "unknown", f"HTTP {code}, but the answer is not the gateway's health JSON"
    if status.lower() == "healthy" and code < 400:
        return "healthy", json.dumps(values, separators=(",", ":"))[:_TEXT]
    reason = next((values[name] for name in _REASONS if isinstance(values.get(name), str)), "")
    said = f"the JSON says {status}"
    lead = f"HTTP {code} but {said}" if code < 400 else f"HTTP {code}, {said}"
    return "unhealthy", f"{lead}: {reason}"[:_TEXT] if reason else lead[:_TEXT]


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to the host that was asked: another one says nothing of ours."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the request to follow, or None, which leaves the redirect as the answer."""
        there = urllib.parse.urlsplit(newurl)
        if there.hostname != urllib.parse.urlsplit(req.full_url).hostname:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _fetch(url: str, host: str, timeout: float) -> tuple[int, bytes]:
    deadline = time.monotonic() + timeout
    opener = urllib.request.build_opener(
        # Proxies of the environment know nothing of addresses on this host.
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=_tls(host)),
        _SameHost(),
    )
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    try:
        answer = opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        body = b""
        while len(body) < LARGEST:
            if time.monotonic() > deadline:
                raise TimeoutError
            block = answer.read1(min(65_536, LARGEST - len(body)))
            if not block:
                break
            body += block
        return int(answer.status), body


def _tls(host: str) -> ssl.SSLContext:
    """Certificates are checked, except on loopback, where a self-signed one is usual."""
    context = ssl.create_default_context()
    if is_loopback(host):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def is_loopback(host: str) -> bool:
    """Whether a name or address means this very host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _reason(error: BaseException, timeout: float) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(cause, ConnectionRefusedError):
        return "connection refused"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return "it does not speak TLS"
    if isinstance(cause, socket.gaierror):
        return "its name is not known"
    if isinstance(cause, http.client.HTTPException):
        return "the answer is not HTTP"
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
