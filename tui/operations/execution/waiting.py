"""What a running operation waits for that only a person can do: a container made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.core.models import StepLine
from tui.core.operation import Record
from tui.operations.execution.journaled import merged

SECONDS = 600.0
"""Seconds for which a person may take to type the command that makes the container."""

_FORTH = ("start", "recovery:start")
"""Steps in which the gateway is started with the image that is meant …"""
_BACK = ("recovery:start-again", "recovery:start-old")
"""… and with the one that it had before."""


def command(switch: Mapping[str, Any], *, back: bool) -> str:
    """The command line that is waited for; empty where the image is brought in without a person.

    Args:
        switch: What the journal holds of a switch of the image.
        back: Whether the gateway gets the image that it had before.
    """
    if not switch.get("waiting_for"):
        return ""
    pinned = back or switch.get("pinned")
    return str(switch.get("way_back" if pinned else "waiting_for") or "")


def waited_for(records: Sequence[Record], steps: Sequence[StepLine]) -> str:
    """The command line that a running operation waits for now; empty when it waits for none.

    Args:
        records: Its journal.
        steps: What is known of its steps, how far the running one is included.
    """
    at = next((step for step in steps if step.state == "running"), None)
    if at is None or at.step not in (*_FORTH, *_BACK):
        return ""
    # Whatever else is waited for in these steps has another patience: an engine, the health.
    if (at.unit, at.total) != ("seconds", int(SECONDS)):
        return ""
    switch = merged(records).get("switch")
    return command(switch, back=at.step in _BACK) if isinstance(switch, Mapping) else ""
