"""The keys of what is on the screen, generated from its bindings, and what the signs mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from tui.app.screens.frame import Dialog
from tui.app.screens.lines import BOLD, MUTED, Lines, beside, hanging, line, say, stack
from tui.app.widgets.groups import EVERYWHERE, HERE


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One key and what it does."""

    key: str
    text: str
    group: str = ""
    """Heading that it stands under."""


@dataclass(frozen=True, slots=True)
class KeysHere:
    """The keys that are bound now."""

    here: tuple[HelpLine, ...]
    everywhere: tuple[HelpLine, ...]
    greyed: tuple[str, ...]


def bindings_help(screen: Screen[Any]) -> KeysHere:
    """Read the keys off a screen, its focused widget and the app, as they are bound now.

    A binding without an id is no key of ours; the keys of one action stand on one line.
    """
    keys: dict[tuple[DOMNode, str], list[str]] = {}
    found: dict[tuple[DOMNode, str], tuple[Binding, bool]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.id or not (binding.description or binding.tooltip):
            continue
        what = (active.node, binding.action)
        key = screen.app.get_key_display(binding)
        shown = keys.setdefault(what, [])
        if key not in shown:
            shown.append(key)
        found.setdefault(what, (binding, active.enabled))
    here: list[HelpLine] = []
    everywhere: list[HelpLine] = []
    greyed: list[str] = []
    for what, (binding, enabled) in found.items():
        node = what[0]
        group = binding.group or (EVERYWHERE if node is screen.app else HERE)
        text = binding.tooltip or binding.description
        help_line = HelpLine(" ".join(keys[what][:3]), text, group.description)
        (everywhere if group.description == EVERYWHERE.description else here).append(help_line)
        if not enabled:
            greyed.append(f"{help_line.key} {binding.description or text}")
    return KeysHere(tuple(here), tuple(everywhere), tuple(greyed))


_SIGNS = (
    ("✓", "+", "ok", "checked and good, with when"),
    ("!", "!", "warn", "works, wants a person"),
    ("✗", "x", "FAIL", "does not work or is not whole"),
    ("?", "?", "unknown", 'could not be looked at, with why; never "no"'),
    ("»", "*", "running", "going on now, with how far"),
    ("~", "~", "stale", "was known, may have changed; with its age"),
    ("·", ".", "off", "not in use, not yet its turn, cancelled"),
)
_WORDS = (
    ("● applied", "◉ current, ○ ahead or pending: states of a revision"),
    ("∅", "SQL NULL; '' is empty text; •••• 118 ch is a masked secret"),
    ("412.6M", "sizes are binary, one letter as in ls -h"),
    ("1h14m", "ages; times are the host's local time, details have UTC beside it"),
    ("…", "not known yet; ~752,640 was counted before the file changed"),
    ("too new", "the backup's revision is not known to the running image"),
)


class HelpScreen(Dialog[None]):
    """Two pages: keys, and what signs and words mean."""

    DEFAULT_CSS = """
    HelpScreen .box { scrollbar-size: 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q,question_mark,f1",
            "close",
            "close",
            key_display="Esc",
            id="help.close",
            group=HERE,
            tooltip="close",
        ),
        Binding(
            "tab,right_square_bracket,left_square_bracket",
            "turn",
            "signs, words, times",
            key_display="Tab",
            id="help.turn",
            group=HERE,
            tooltip="keys, or signs and words",
        ),
        Binding("j,down", "scroll(1)", "more", key_display="j", id="help.down", group=HERE),
        Binding("k,up", "scroll(-1)", "back", key_display="k", id="help.up", group=HERE),
    ]
    boxed = True

    def __init__(
        self,
        title: str,
        here: Sequence[HelpLine],
        everywhere: Sequence[HelpLine],
        greyed: Sequence[str],
    ) -> None:
        """Show keys.

        Args:
            title: Where they work: `2 Backups`.
            here: Keys of this page; their groups become headings.
            everywhere: Keys that work on every page.
            greyed: What cannot be done now, a key or a sentence each.
        """
        super().__init__()
        self._title = title
        self._here, self._everywhere, self._greyed = here, everywhere, greyed
        self._signs = False

    @classmethod
    def of(cls, screen: Screen[Any], title: str = "") -> HelpScreen:
        """The help of a screen as it is now."""
        keys = bindings_help(screen)
        return cls(title or "this page", keys.here, keys.everywhere, keys.greyed)

    def compose_body(self) -> Iterable[Widget]:
        """Compose the box."""
        with (box := VerticalScroll(classes="box", can_focus=False)):
            box.border_title = say(f"Keys here: {self._title}")
            box.border_subtitle = say("Esc closes")
            yield Lines(id="help")

    def on_resize(self) -> None:
        """Write for the new size."""
        self.query_one(".box").styles.max_height = max(6, self.app.size.height - 6)
        self._write()

    def _write(self) -> None:
        width = min(self.app.size.width, 100) - 4
        rows = _signs_page(width) if self._signs else self._keys_page(width)
        self.query_one("#help", Lines).content = stack(rows)

    def _keys_page(self, width: int) -> list[Content]:
        half = width // 2 - 1
        left = _grouped(self._here, HERE.description, half)
        right = _grouped(self._everywhere, EVERYWHERE.description, width - half - 2)
        rows = beside(left, right, half)
        if self._greyed:
            rows += hanging("Greyed now:", ", ".join(self._greyed), width, 12)
        return rows

    def action_close(self) -> None:
        """Go back; help changes nothing."""
        self.dismiss(None)

    def action_turn(self) -> None:
        """Show the other page."""
        self._signs = not self._signs
        self.query_one(".box").scroll_home(animate=False)
        self._write()

    def action_scroll(self, lines: int) -> None:
        """Scroll where the box is too small."""
        self.query_one(".box").scroll_relative(y=lines, animate=False)


def _grouped(lines: Sequence[HelpLine], first: str, width: int) -> list[Content]:
    groups: dict[str, list[HelpLine]] = {first: []}
    for help_line in lines:
        groups.setdefault(help_line.group or first, []).append(help_line)
    rows: list[Content] = []
    for heading, members in groups.items():
        if not members:
            continue
        rows.append(say(heading, BOLD))
        for member in members:
            rows += hanging(line("  ", (member.key, BOLD)), say(member.text), width, 12)
    return rows


def _signs_page(width: int) -> list[Content]:
    rows = [say("Signs, each with its word", BOLD)]
    for sign, plain, word, meaning in _SIGNS:
        head = line("  ", (sign, BOLD), (f" {plain}  ", MUTED), (f"{word:<9}", BOLD))
        rows += hanging(head, meaning, width, 17)
    rows.append(say("Words, numbers, times", BOLD))
    for word, meaning in _WORDS:
        rows += hanging(line("  ", (word, BOLD)), meaning, width, 17)
    return rows
