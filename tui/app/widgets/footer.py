"""The footer: the keys that work here, greyed ones in parentheses as well as dim."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import ActiveBinding
from textual.strip import Strip

from tui.app.paint import Line, Span, width_of
from tui.app.widgets.painted import Painted

_ALWAYS = ("app.help", "app.back", "app.leave")
"""Ids of keys that are never crowded out."""


class KeyBar(Painted):
    """Draws the active bindings of the screen it stands on."""

    DEFAULT_CSS = "KeyBar { height: 1; width: 1fr; }"

    def on_mount(self) -> None:
        """Follow changes of what is possible."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def render_line(self, y: int) -> Strip:
        """As many keys as fit, help and the way back always."""
        keys = list(self._keys(self.screen.active_bindings.values()))
        last = [spans for wanted in _ALWAYS for ident, spans in keys if ident == wanted]
        rest = [spans for ident, spans in keys if ident not in _ALWAYS]
        room = self.size.width - 1 - sum(width_of(spans) + 2 for spans in last)
        chosen: list[Line] = []
        for spans in rest:
            room -= width_of(spans) + 2
            if room < -1:
                break
            chosen.append(spans)
        result: list[Span] = [Span(" ")]
        for index, spans in enumerate([*chosen, *last]):
            if index:
                result.append(Span("  "))
            result.extend(spans)
        return self.draw(result)

    def _keys(self, bindings: Iterable[ActiveBinding]) -> Iterable[tuple[str, Line]]:
        done: set[str] = set()
        focused = self.screen.focused
        typed_in = focused if focused and focused.check_consume_key("a", "a") else None
        for active in bindings:
            if typed_in is not None and active.node is not typed_in:
                continue  # There letters are text, not keys.
            binding = active.binding
            if not binding.show or not binding.description or binding.action in done:
                continue
            done.add(binding.action)
            key = self.app.get_key_display(binding)
            yield binding.id or "", self._key(key, binding.description, active)

    def _key(self, key: str, words: str, active: ActiveBinding) -> Line:
        key, words = self.glyphs.plain(key), self.glyphs.plain(words)
        action = f"app.press({active.binding.key.split(',')[0]!r})"
        if active.enabled:
            return (Span(key, "focus", True, action), Span(f" {words}", "", False, action))
        return (Span(f"({key} {words})", "muted", False, action),)
