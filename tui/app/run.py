"""Runs the screen; called by the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.app.app import McpdbApp
from tui.app.ground import check_looks
from tui.app.locating import Find
from tui.core.models import Deployment


def run_app(
    deployment: Deployment | None = None,
    *,
    find: Find | None = None,
    settings: Mapping[str, Any] | None = None,
) -> int:
    """Show the screen until the operator leaves it; returns the exit code.

    Args:
        deployment: What to look after.
        find: Looks for it where it is not known yet, once the first picture stands.
        settings: Resolved settings (`tui.core.settings.Settings`).

    Raises:
        McpdbError: There is nothing to look after, or a theme or a set of signs is none.
    """
    check_looks(settings or {})
    app = McpdbApp(deployment, find=find, settings=settings)
    app.run()
    if app.failure is not None:
        raise app.failure
    return app.return_code or 0
