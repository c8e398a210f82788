"""Waiting for what threads bring to a screen: for a condition, never for a time."""

from __future__ import annotations

import time

from tests.app.shell_story import screen_text

PATIENCE = 60.0
"""Seconds; a machine that does other work as well needs many."""


async def until(pilot, condition):
    """Wait for a condition; says what the screen was when it never comes true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"never: {condition}\n{screen_text(pilot.app)}"
        await pilot.pause(0.02)
