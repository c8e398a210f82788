"""Runs the screen; called by the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.app.app import McpdbApp
from tui.core.errors import UsageError
from tui.core.models import Deployment
from tui.wording.clean import one_line


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

    Raises:
        UsageError: A theme or a set of signs is none.
    """
    _check(settings or {})
    app = McpdbApp(deployment, candidates=candidates, settings=settings)
    app.run()
    return app.return_code or 0


_GLYPHS = ("auto", "unicode", "ascii")


def _check(settings: Mapping[str, Any]) -> None:
    """Refuse looks that do not exist; a mistyped one would be passed over in silence."""
    from textual.theme import BUILTIN_THEMES

    from tui.app.themes import THEMES

    theme = str(settings.get("theme") or "")
    ours = [known.name for known in THEMES]
    if theme and theme not in (*ours, *BUILTIN_THEMES):
        raise UsageError(
            f"No theme is called {one_line(theme)!r}. Ours: {', '.join(ours)}; "
            "or one of Textual's, e.g. textual-light, nord."
        )
    signs = str(settings.get("glyphs") or "auto")
    if signs not in _GLYPHS:
        raise UsageError(f"glyphs is one of {', '.join(_GLYPHS)}, not {one_line(signs)!r}.")
