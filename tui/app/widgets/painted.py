"""The base of every widget of the shell: it paints lines with the theme's roles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui.app.glyphs import UNICODE, Glyphs
from tui.app.paint import Painter, Span

if TYPE_CHECKING:
    from datetime import datetime

    from tui.app.seen import Seen


class Painted(Widget):
    """A widget whose content is lines of spans."""

    _painter: Painter | None = None
    _ground: Style | None = None

    @property
    def painter(self) -> Painter:
        """Paints with the active theme."""
        if self._painter is None:
            self._painter = Painter(self.app.theme_variables)
        return self._painter

    def notify_style_update(self) -> None:
        """Forget the colours of the last theme."""
        super().notify_style_update()
        self._painter = self._ground = None

    @property
    def glyphs(self) -> Glyphs:
        """Signs and lines that this terminal can show."""
        return cast("Glyphs", getattr(self.app, "glyphs", UNICODE))

    @property
    def seen(self) -> Seen:
        """What is known of the deployment, as the app last published it."""
        return cast("Seen", getattr(self.app, "seen"))  # noqa: B009

    def now(self) -> datetime:
        """The host's time, in its zone."""
        return cast("datetime", getattr(self.app, "now")())  # noqa: B009

    @property
    def ground(self) -> Style:
        """The widget's own background."""
        if self._ground is None:
            self._ground = Style(bgcolor=self.rich_style.bgcolor)
        return self._ground

    def draw(self, spans: Iterable[Span], *, over: str = "", width: int | None = None) -> Strip:
        """Paint one line over the whole content width."""
        columns = self.size.width if width is None else width
        if self.glyphs.ascii:
            spans = tuple(span._replace(text=self.glyphs.plain(span.text)) for span in spans)
        return self.painter.strip(spans, columns, self.ground, over, self.glyphs.more)
