"""The encryption secret that is in force: only its fingerprint ever leaves this module.

A restored database without the secret it was written with is half restored: what the gateway
encrypted in it cannot be read any more. So each backup records which secret was in force, and
a restore compares. The secret itself reaches no argument, log, manifest, journal or trace.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

from tui.core.errors import McpdbError
from tui.core.models import Deployment, GatewayRef
from tui.operations.finding.gateways import gateway_of
from tui.services import fingerprint

VARIABLE = "AUTH_ENCRYPTION_SECRET"
_REMEMBERED = 30.0
"""Seconds for which a screen that looks again and again is told the same."""

_told: dict[tuple[Path, GatewayRef | None], tuple[float, str]] = {}


def fingerprint_of(deployment: Deployment, *, make_salt: bool = False) -> str:
    """The fingerprint of the secret that the gateway runs with; empty when it is not known.

    Args:
        deployment: Whose.
        make_salt: Make the deployment's salt where there is none. Only a change does that: what
            merely looks leaves nothing behind, and without a salt nothing is known.
    """
    key = (deployment.state_dir, deployment.gateway)
    known = _told.get(key)
    if known is not None and not make_salt and time.monotonic() < known[0]:
        return known[1]
    found = _fingerprint(deployment, make_salt=make_salt)
    _told[key] = (time.monotonic() + _REMEMBERED, found)
    return found


def forget() -> None:
    """Ask again at the next call, e.g. because the gateway was started anew."""
    _told.clear()


def match(of_backup: str, own: str) -> Literal["same", "other", "unknown"]:
    """Whether a backup was written with the secret that is in force.

    Args:
        of_backup: The manifest's `secret_fingerprint`.
        own: What `fingerprint_of` says now.
    """
    if not of_backup or not own or not fingerprint.same_salt(of_backup, own):
        return "unknown"
    return "same" if of_backup == own else "other"


def _fingerprint(deployment: Deployment, *, make_salt: bool) -> str:
    with suppress(McpdbError):
        # Looked for first: without a salt nobody needs to ask an engine for the secret.
        salt = (
            fingerprint.make_salt(deployment.state_dir)
            if make_salt
            else fingerprint.read_salt(deployment.state_dir)
        )
        gateway = gateway_of(deployment)
        secret = gateway.environment().get(VARIABLE, "") if salt and gateway else ""
        if secret:
            return fingerprint.fingerprint(secret, salt)
    return ""
