"""Runs the screen; called by the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.app.app import McpdbApp
from tui.core.models import Deployment


def run_app(
    deployment: Deployment | None,
    *,
    candidates: Sequence[Any] = (),
    settings: Mapping[str, Any] | None = None,
) -> int:
    """Show the screen until the operator leaves it; returns the exit code.

    Args:
        deployment: What to look after; None asks with the picker.
        candidates: What the picker offers.
        settings: Resolved settings (`tui.core.settings.Settings`).
    """
    app = McpdbApp(deployment, candidates=candidates, settings=settings)
    app.run()
    return app.return_code or 0
