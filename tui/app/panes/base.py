"""What every pane shares: it draws from what is known, and asks the app for what it wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, TypeAlias, cast

from textual.containers import Vertical
from textual.message import Message

from tui.app.glyphs import Glyphs
from tui.app.paint import Line
from tui.app.seen import Seen
from tui.core.models import Deployment

if TYPE_CHECKING:
    from tui.app.screens.menu import Item
    from tui.app.screens.trouble import Trouble, TroublePage
    from tui.app.verbs import TakeBack
    from tui.core.operation import Operation

MakeOperation: TypeAlias = "Callable[[Deployment], Operation]"

CONTENT_ACTIONS = ("open", "filter", "next_match", "actions")
"""What needs the pane's own content."""
NO_BASELINE = "c compare: there is no verified backup to compare with; b makes one."
BESIDE = 140
"""From this many columns on a list has its detail beside it instead of below."""


class Pane(Vertical):
    """One numbered part of the screen; drawn again whenever what is known changes."""

    NUMBER: ClassVar[int]
    TITLE: ClassVar[str]

    KEYLESS: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Actions that menu and palette offer without a key: title, and what it does."""

    DEFAULT_CSS = "Pane { height: 1fr; width: 1fr; }"

    @dataclass
    class Say(Message):
        """A sentence for the message line."""

        text: str
        role: str = ""

    @dataclass
    class Do(Message):
        """Something that changes the deployment is asked for; made where it may import much."""

        make: MakeOperation
        back: TakeBack | None = None
        """How `u` takes it back; None where that cannot be done."""
        words: tuple[str, ...] = ()
        """What is said of it in a question; with that, even what is light asks y or n."""

    @dataclass
    class Ask(Message):
        """One line of text is asked for; with it something is done."""

        title: str
        value: str
        """What stands in the field at first."""
        hint: str
        then: Callable[[str], Pane.Do]

    @dataclass
    class Look(Message):
        """The page of an operation is asked for."""

        ident: str

    @dataclass
    class Browse(Message):
        """A backup is to be shown in the table browser."""

        ident: str

    @dataclass
    class Compare(Message):
        """What differs between two databases is to be shown."""

        first: str
        """A backup."""
        second: str = "live"
        table: str = ""
        """Where the cursor stands first."""
        bring: bool = False
        """Whether it goes on to bringing tables or rows back."""

    @dataclass
    class Go(Message):
        """Another pane is asked for, with the cursor on a thing; then `action` is done there."""

        number: int
        key: str = ""
        action: str = ""

    @dataclass
    class Badged(Message):
        """What stands in the tab bar in place of the pane's name; empty: the name again."""

        text: str

    @dataclass
    class Offer(Message):
        """A menu is asked for; what is chosen is done by the pane."""

        title: str
        items: list[Item] = field(default_factory=list)

    @dataclass
    class LookAtCut(Message):
        """What is left of an operation that was cut short is to be shown."""

    @dataclass
    class Stands(Message):
        """What the message line says while nothing else is to be said."""

        text: Line

    _stale = True

    def on_mount(self) -> None:
        """Follow what is known."""
        self.watch(self.app, "seen", self.update)
        self.watch(self.app, "second", self._tick)

    def update(self) -> None:
        """Draw what is known, now or when the pane comes into sight."""
        self._stale = True
        if self.display and self.is_mounted:
            self._stale = False
            self.show(self.seen)
            self.show_trouble(self.trouble(self.seen))
            self.refresh_bindings()

    def _tick(self) -> None:
        if self.display and self.is_mounted:
            self.tick()

    def come(self, key: str = "") -> None:
        """The pane comes into sight."""
        self.display = True
        self.update()
        if key:
            self.point_at(key)
        else:
            self.rest()
        self.take_focus()

    def take_focus(self) -> None:
        """The pane's main part has the focus, or what stands in its place."""
        page = self.trouble_page
        if page is not None:
            self.screen.set_focus(page)
        else:
            self.focus_first()

    # --- trouble --------------------------------------------------------------------------

    @property
    def trouble_page(self) -> TroublePage | None:
        """What stands in place of the pane's own content; None while it can show that."""
        return self._page

    _page: TroublePage | None = None

    def show_trouble(self, trouble: Trouble | None) -> None:
        """Put a page in place of the content, or take it away again."""
        page = self._page
        if trouble is not None:
            self.stand(())
        if trouble is None:
            if page is not None:
                self._page = None
                self._take_page_away(page)
            return
        if page is not None:
            page.show(trouble)
            return
        from tui.app.screens.trouble import TroublePage

        had_focus = self.has_focus_within
        for child in self.children:
            child.styles.display = "none"
        self._page = TroublePage(trouble)
        self.mount(self._page)
        if had_focus:
            self.call_after_refresh(self.take_focus)

    def _take_page_away(self, page: TroublePage) -> None:
        had_focus = page.has_focus
        for child in self.children:
            child.styles.clear_rule("display")
        page.remove()
        if had_focus:
            self.call_after_refresh(self.take_focus)

    # --- for subclasses -------------------------------------------------------------------

    def show(self, seen: Seen) -> None:
        """Draw what is known."""

    def trouble(self, seen: Seen) -> Trouble | None:
        """What keeps the pane from showing its own; None when it can."""
        return None

    def filter_by(self, terms: str) -> bool:
        """Narrow the list; False where there is none."""
        return False

    def go_to_row(self, number: str) -> bool:
        """Go to row N of the table that is open; False where there is none."""
        return False

    def copied(self) -> str:
        """What `y` copies of the thing under the cursor; empty when there is nothing."""
        return ""

    def tick(self) -> None:
        """A second went by while the pane is in sight."""

    def point_at(self, key: str) -> None:
        """Put the cursor on a thing."""

    def stand_on(self, key: str) -> None:
        """Put the cursor on a thing, to do something with it: nothing is opened."""
        self.point_at(key)

    def rest(self) -> None:
        """Show the top of each list, unless somebody moved the cursor there."""

    def focus_first(self) -> None:
        """Give the focus to the pane's main part.

        At once, by the screen: the next key may be waiting already.
        """

    def back(self) -> bool:
        """Esc: one step back within the pane; False when there is none."""
        return False

    def about_to(self, action: str) -> None:
        """Palette or menu will do this: what it is done in comes into sight."""

    def why_not(self, action: str) -> str:
        """Why an action cannot be done now, in one sentence; empty when it can."""
        return ""

    def title_of(self, action: str) -> str:
        """What the menu calls an action on the row under the cursor; empty: as ever."""
        return ""

    def by_hand(self, action: str) -> tuple[str, ...]:
        """The words of the same as a command, for who lacks the rights to do it here."""
        return ()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done; what belongs to content that is not shown is left out."""
        if self.trouble_page is not None and action in CONTENT_ACTIONS:
            return False
        if action == "copy" and self.trouble_page is not None and not self.to_copy():
            return False
        return None if self.is_mounted and self.why_not(action) else True

    # --- for use --------------------------------------------------------------------------

    @property
    def seen(self) -> Seen:
        """What is known now."""
        return cast("Seen", getattr(self.app, "seen"))  # noqa: B009

    @property
    def glyphs(self) -> Glyphs:
        """Signs and lines that this terminal can show."""
        return cast("Glyphs", getattr(self.app, "glyphs"))  # noqa: B009

    def now(self) -> datetime:
        """The host's time."""
        return cast("datetime", getattr(self.app, "now")())  # noqa: B009

    def say(self, text: str, role: str = "") -> None:
        """Write a sentence on the message line."""
        self.post_message(self.Say(text, role))

    def stand(self, text: Line) -> None:
        """What the message line shows at rest; a page of trouble says all itself."""
        self.post_message(self.Stands(() if self._page is not None else text))

    @property
    def badge(self) -> str:
        """What stands in the tab bar in place of the pane's name; empty: the name."""
        return ""

    def to_copy(self) -> str:
        """What `y` copies: the remedy where there is trouble."""
        return self._page.command if self._page is not None else self.copied()

    def action_copy(self) -> None:
        """Copy what is under the cursor."""
        if text := self.to_copy():
            self.copy(text)

    def copy(self, text: str) -> None:
        """Copy text through the terminal, and say so."""
        self.app.copy_to_clipboard(text)
        size = len(text.encode())
        self.say(
            f"Copied {size:,} bytes to your terminal (OSC 52). "
            "Nothing arrived? tmux: set -g set-clipboard on"
        )
