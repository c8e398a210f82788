"""Telling somebody else that something failed: a command gets it on stdin, an address by POST.

Nothing of it stands in a command line, which everybody may read. A hook has an end: after its time
it is killed with all that it started. Whatever it does, it is only told.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from typing import Any

from tui.core.hook_table import Hook
from tui.wording.clean import one_line

PREFIX = "MCPDB_FAILED_"
"""Of the variables that a command gets, one per fact."""
_LAST = 200
"""Characters of what a hook said that are repeated."""


def tell(hook: Hook, facts: Mapping[str, Any]) -> list[str]:
    """Tell a hook's command and its address, each once.

    Args:
        hook: Whom.
        facts: Plain JSON values without secrets.

    Returns:
        What did not work, a sentence each; empty when all was told.
    """
    body = json.dumps(facts, default=str).encode()
    found = []
    if hook.command and (why := _run(hook, facts, body)):
        found.append(f"on_failure: the command {one_line(hook.command[0])} {why}.")
    if hook.webhook and (why := _post_within(hook, body)):
        found.append(f"on_failure: the webhook {one_line(hook.host)} {why}.")
    return found


def _run(hook: Hook, facts: Mapping[str, Any], body: bytes) -> str:
    """Run the command; what went wrong, empty when nothing did."""
    told = {f"{PREFIX}{key.upper()}": _as_variable(value) for key, value in facts.items()}
    try:
        process = subprocess.Popen(
            list(hook.command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **told},
            cwd="/",
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return f"cannot be started: {one_line(getattr(error, 'strerror', None) or str(error))}"
    try:
        # One that does not read its stdin is no failure: communicate() forgives that.
        out, _ = process.communicate(body, timeout=hook.timeout)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=5)
        return f"did not end within {hook.timeout:g} s and was killed"
    if process.returncode == 0:
        return ""
    lines = out.decode(errors="replace").strip().splitlines()
    said = f": {one_line(lines[-1])[:_LAST]}" if lines else ""
    return f"ended with exit {process.returncode}{said}"


def _as_variable(value: object) -> str:
    """A fact as text that an environment can hold."""
    return str("" if value is None else value).replace("\0", "").encode(errors="replace").decode()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: what is posted goes to the address that was written down, or nowhere."""

    def redirect_request(self, *_parts: object) -> None:
        """Decline, so that the answer counts as the error that it is."""


def _post_within(hook: Hook, body: bytes) -> str:
    """Post within the time allowed, also to one that sends its answer byte by byte."""
    answer = [f"did not answer within {hook.timeout:g} s"]

    def post() -> None:
        answer[0] = _post(hook, body)

    thread = threading.Thread(target=post, name="on_failure", daemon=True)
    thread.start()
    thread.join(hook.timeout)
    return answer[0]


def _post(hook: Hook, body: bytes) -> str:
    """Post it; what went wrong, never with the address's path, which may be a secret."""
    # Neither files nor ftp, whatever an address or a redirect says.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _NoRedirect(),
    ):
        opener.add_handler(handler)
    headers = {"Content-Type": "application/json", "User-Agent": "mcpdb-tui"}
    try:
        request = urllib.request.Request(hook.webhook, body, headers, method="POST")
        with opener.open(request, timeout=hook.timeout) as answer:
            answer.read(1)
            return ""
    except urllib.error.HTTPError as error:
        with error:
            if 300 <= error.code < 400:
                return f"answered {error.code}: redirects are not followed, give the new address"
            return f"answered {error.code}"
    except TimeoutError:
        return f"did not answer within {hook.timeout:g} s"
    except urllib.error.URLError as error:
        return f"cannot be reached: {_reason(error.reason)}"
    except (OSError, HTTPException, ValueError) as error:
        return f"cannot be reached: {_reason(error)}"


def _reason(error: object) -> str:
    text = getattr(error, "strerror", None) or type(error).__name__
    return one_line(str(text))
