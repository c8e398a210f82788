"""The ground that the shell stands on: theme, signs, clock, and how a fault of ours ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from textual.app import App
from textual.theme import BUILTIN_THEMES

from tui.app import glyphs, themes
from tui.app.terminal import HangUpSafeDriver
from tui.core.errors import UsageError
from tui.wording.clean import one_line, printable

_GLYPHS = ("auto", "unicode", "ascii")


def check_looks(settings: Mapping[str, Any]) -> None:
    """Refuse looks that do not exist; a mistyped one would be passed over in silence.

    Raises:
        UsageError: A theme or a set of signs is none.
    """
    theme = str(settings.get("theme") or "")
    ours = [known.name for known in themes.THEMES]
    if theme and theme not in (*ours, *BUILTIN_THEMES):
        raise UsageError(
            f"No theme is called {one_line(theme)!r}. Ours: {', '.join(ours)}; "
            "or one of Textual's, e.g. textual-light, nord."
        )
    signs = str(settings.get("glyphs") or "auto")
    if signs not in _GLYPHS:
        raise UsageError(f"glyphs is one of {', '.join(_GLYPHS)}, not {one_line(signs)!r}.")


class Ground(App[int]):
    """An app with our themes and signs, on the host's clock."""

    TITLE = "mcpdb-tui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, settings: Mapping[str, Any], clock: Callable[[], datetime]) -> None:
        """Choose the looks.

        Args:
            settings: `theme`, `glyphs`, `slow_link`, `utc`, `mask`.
            clock: The host's time; pictures freeze it.
        """
        from os import environ

        # Textual would turn colours into greys; with an ansi theme it leaves them out.
        plain = "NO_COLOR" in environ
        super().__init__(driver_class=HangUpSafeDriver, ansi_color=True if plain else None)
        for theme in themes.THEMES:
            self.register_theme(theme)
        self._plain = plain
        self._clock = clock
        self.take_looks(settings)

    def take_looks(self, settings: Mapping[str, Any]) -> None:
        """Look as the settings say; those of a project are known once it was found.

        Raises:
            UsageError: A theme or a set of signs is none.
        """
        check_looks(settings)
        self.theme = self._known_theme(str(settings.get("theme") or ""))
        self.glyphs = glyphs.choose(str(settings.get("glyphs") or "auto"))
        self.mask = tuple(settings.get("mask") or ())
        self.slow = bool(settings.get("slow_link"))
        if self.slow:
            self.animation_level = "none"
        self._utc = bool(settings.get("utc"))

    def _known_theme(self, name: str) -> str:
        if self._plain and not name.startswith("mcpdb-16"):
            return themes.NO_COLOR
        return name if name in self.available_themes else themes.DEFAULT

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The roles, for themes that do not set them themselves."""
        return themes.role_defaults(self.current_theme)

    def now(self) -> datetime:
        """The host's time, in its zone, or in UTC where that was asked for."""
        return self._clock().astimezone(UTC) if self._utc else self._clock()

    def other_zone(self) -> None:
        """Show times in UTC, or in the host's zone again."""
        self._utc = not self._utc

    def next_theme(self) -> None:
        """Go round our themes."""
        names = [theme.name for theme in themes.THEMES]
        here = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(here + 1) % len(names)]

    def _fatal_error(self) -> None:
        """End loudly on a fault of ours: where it is, but none of the values around it.

        Textual would print every local variable; rows and secrets are among them, raw.
        """
        from traceback import format_exc

        from rich.segment import Segments
        from rich.text import Text

        words = Text(printable(format_exc()))
        self._exit_renderables.append(Segments(self.console.render(words)))
        self._close_messages_no_wait()
