"""What every dialog shares: the place under rows 1 and 2, its title, message and keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget

from tui.app.screens.lines import ATTENTION, BOLD, MUTED, Lines, drawn, ends, glyphs_of, line, say
from tui.app.widgets.groups import EVERYWHERE, HERE

COPIED = "to your terminal (OSC 52). Nothing arrived? tmux: set -g set-clipboard on"
WIDE = 120
"""From this many columns on a page has two columns."""


class TitleRow(Widget):
    """Row 3: what this page is, and a word at its right end."""

    DEFAULT_CSS = "TitleRow { height: 1; background: $background; }"

    def __init__(self, left: Content, right: Content | str = "") -> None:
        super().__init__()
        self._left, self._right = left, right

    def show(self, left: Content, right: Content | str = "") -> None:
        """Replace both ends."""
        self._left, self._right = left, right
        self.refresh()

    def render(self) -> Content:
        """Draw both ends; the right one only where both fit."""
        right = self._right if isinstance(self._right, Content) else say(self._right)
        room = self.size.width
        if self._left.cell_length + right.cell_length >= room:
            return drawn(self, self._left.truncate(room, ellipsis=True))
        return drawn(self, ends(self._left, right, room))


class MessageLine(Lines):
    """The last line but one: results and reasons."""

    DEFAULT_CSS = "MessageLine { height: auto; max-height: 3; background: $background; }"

    def say(self, text: str, style: str = MUTED) -> None:
        """Show one sentence; it takes as many lines as it needs."""
        self.content = line(" ", (text, style))


class KeyLine(Widget):
    """The footer: keys of the page that is shown, greyed ones in parentheses as well as dim."""

    DEFAULT_CSS = "KeyLine { height: 1; background: $background; }"

    def on_mount(self) -> None:
        """Follow changes of what is possible."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def render(self) -> Content:
        """Draw the keys that fit."""
        shown: dict[str, Content] = {}
        bindings = [a for a in self.screen.active_bindings.values() if a.node is self.screen]
        for active in sorted(bindings, key=lambda a: a.binding.group is EVERYWHERE):
            binding = active.binding
            if not binding.show or binding.action in shown:
                continue
            key = self.app.get_key_display(binding)
            shown[binding.action] = (
                line((key, BOLD), f" {binding.description}")
                if active.enabled
                else say(f"({key} {binding.description})", MUTED)
            )
        keys = Content("  ").join(shown.values())
        return drawn(self, keys.truncate(self.size.width, ellipsis=True))


class Choice(Widget, can_focus=True):
    """A button drawn in words: `▸[ Cancel ]◂` with the focus, `( Restore )` when it is off."""

    DEFAULT_CSS = """
    Choice {
        width: auto; height: 1;
        &.-replaces { color: $danger; text-style: bold; }
        &:disabled { color: $muted; text-style: none; opacity: 100% !important; }
        &:focus { background: $selection; color: $selection-text; text-style: $selection-style; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "press",
            "do it",
            show=False,
            key_display="Enter",
            id="choice.press",
            group=HERE,
            tooltip="do what is highlighted",
        ),
    ]

    class Pressed(Message):
        """The choice was made."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> Choice:
            """The choice, so that `@on` can select by id."""
            return self.choice

    def __init__(self, label: str, *, id: str, replaces: bool = False) -> None:
        super().__init__(id=id, classes="-replaces" if replaces else "")
        self.label = label

    def render(self) -> Content:
        """Draw brackets that say the state without colour."""
        if self.disabled:
            return line(" ( ", self.label, " ) ")
        if self.has_focus:
            return drawn(self, line("▸[ ", self.label, " ]◂"))
        return line(" [ ", self.label, " ] ")

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """The same in every state, so that nothing moves."""
        return say(self.label).cell_length + 6

    def action_press(self) -> None:
        """Make the choice."""
        if not self.disabled:
            self.post_message(self.Pressed(self))

    def on_click(self, event: events.Click) -> None:
        """A click makes the choice."""
        event.stop()
        self.action_press()

    def watch_has_focus(self, value: bool) -> None:
        """Redraw the brackets."""
        super().watch_has_focus(value)
        self.refresh()


class Dialog(ModalScreen[ScreenResultType]):
    """A page from row 3 down; rows 1 and 2 of the screen below stay in sight, live.

    The screen itself is see-through where no widget covers it (a container, even a transparent
    one, covers): so gateway and host are drawn by the one place that knows them.
    """

    DEFAULT_CSS = """
    Dialog {
        background: transparent; overflow: hidden; layout: vertical; align-horizontal: center;
        & > TitleRow { margin-top: 2; }
        & > #body { height: 1fr; background: $background; }
        & > #foot { dock: bottom; height: auto; }
        & > .box {
            width: 100%; max-width: 100; height: auto; max-height: 100%; margin-top: 1;
            padding: 0 1; background: $surface; border: heavy $border;
            border-title-style: bold;
        }
        &.-ascii > .box { border: ascii $border; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "question_mark",
            "help",
            "help",
            key_display="?",
            id="dialog.help",
            group=EVERYWHERE,
            tooltip="the keys of this page",
        ),
        Binding(
            "f1",
            "help",
            "help",
            key_display="F1",
            id="dialog.help_too",
            group=EVERYWHERE,
            tooltip="the keys of this page",
        ),
    ]
    boxed: ClassVar[bool] = False
    """Whether the page is a box over what is below, or covers it."""

    def title_row(self) -> TitleRow:
        """Row 3; empty unless a page has something to say there."""
        return TitleRow(Content(""))

    def compose_body(self) -> Iterable[Widget]:
        """The page itself."""
        return ()

    def compose(self) -> ComposeResult:
        """Stack the title, the page, the message line and the keys."""
        self.set_class(glyphs_of(self).ascii, "-ascii")
        yield self.title_row()
        if self.boxed:
            yield from self.compose_body()
        else:
            with Vertical(id="body"):
                yield from self.compose_body()
        with Vertical(id="foot"):
            yield MessageLine(id="message")
            yield KeyLine()

    def tell(self, text: str, *, attention: bool = False) -> None:
        """Write one sentence on the message line, once that is there."""
        lines = self.query(MessageLine)
        if lines:
            lines.first().say(text, ATTENTION if attention else MUTED)
        elif self.is_attached:
            # Under load a screen is mounted before what is nested in it.
            self.call_after_refresh(self.tell, text, attention=attention)

    def overhear(self, text: str, *, attention: bool = False) -> None:
        """What the shell says while this page covers its message line."""
        self.tell(text, attention=attention)

    def copy(self, text: str, what: str) -> None:
        """Copy exactly what is shown, through the terminal (OSC 52), and say so."""
        self.app.copy_to_clipboard(text)
        self.tell(f"Copied {what} {COPIED}")

    def action_help(self) -> None:
        """Show the keys of this page."""
        from tui.app.screens.help import HelpScreen

        self.app.push_screen(HelpScreen.of(self))
