"""Lines of text for screens: foreign text cleaned, never read as markup, cut to a width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.app.glyphs import UNICODE, Glyphs, sign_of
from tui.core.operation import Verdict
from tui.wording.clean import one_line, printable

HEALTHY = "$healthy"
ATTENTION = "$attention"
DANGER = "$danger bold"
RUNNING = "$running"
MUTED = "$muted"
BOLD = "bold"
SELECTED = "$selection-text on $selection $selection-style"

ROLES = {"ok": HEALTHY, "warn": ATTENTION, "fail": DANGER, "unknown": ATTENTION}


class Lines(Widget):
    """Lines of text as they are given; drawn with ASCII where nothing else can be shown."""

    DEFAULT_CSS = "Lines { width: 1fr; height: auto; }"

    content: reactive[Content] = reactive(Content(""), layout=True)

    def __init__(
        self,
        content: Content | None = None,
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(Lines.content, content or Content(""))

    def render(self) -> Content:
        """Draw the lines."""
        return drawn(self, self.content)


def glyphs_of(widget: Widget) -> Glyphs:
    """What the app's terminal can show."""
    glyphs: Glyphs = getattr(widget.app, "glyphs", UNICODE)
    return glyphs


def drawn(widget: Widget, content: Content) -> Content:
    """Our own typography as the app's glyphs have it."""
    glyphs = glyphs_of(widget)
    if not glyphs.ascii:
        return content
    plain = Content(content.plain.translate(_ASCII), list(content.spans))
    return Content(glyphs.more).join(plain.split("…", allow_blank=True))


_ASCII = str.maketrans("·→─━│┃↓↑▸◂█░✓✗»∅•›", ".>--||v^><#.+x*0*>")


def say(value: object, style: str = "") -> Content:
    """`value` on one line, cleaned, as text and never as markup."""
    return Content.styled(one_line(str(value)), style)


def line(*parts: object) -> Content:
    """One line out of pieces: `Content` as it is, (text, style) pairs, plain values."""
    return Content.assemble(
        *(
            part
            if isinstance(part, Content)
            else say(*part)
            if isinstance(part, tuple)
            else say(part)
            for part in parts
        )
    )


def signed(verdict: Verdict, *, padded: bool = False) -> Content:
    """`✓ ok`, `! warn`, `✗ FAIL`, `? unknown`; padded to the widest that is common.

    Args:
        verdict: What the words say.
        padded: Fill up so that what follows stands in a column.
    """
    name = sign_of(verdict)
    word = f"{verdict.value:<5}" if padded else verdict.value
    return Content.styled(f"{UNICODE.sign(name)} {word}", ROLES[name])


def wrapped(value: Content | str, width: int) -> list[Content]:
    """`value` broken into lines of at most `width` cells; words longer than that are folded."""
    content = value if isinstance(value, Content) else Content(printable(value))
    pieces = [piece for part in content.split("\n") for piece in _wrap_one(part, max(width, 4))]
    return pieces or [Content("")]


def _wrap_one(content: Content, width: int) -> list[Content]:
    lines = [piece.rstrip() for piece in content.wrap(width)]
    return lines or [Content("")]


def hanging(label: Content | str, value: Content | str, width: int, indent: int) -> list[Content]:
    """Label in the margin, value wrapped beside it.

    Args:
        label: Stands in the first line; at most `indent` cells.
        value: Text that may be long.
        width: Cells of the whole line.
        indent: Where the value begins.
    """
    head = label if isinstance(label, Content) else say(label, MUTED)
    first, *rest = wrapped(value, width - indent)
    gap = Content(" " * max(0, indent - head.cell_length))
    return [
        Content.assemble(head, gap, first),
        *(Content.assemble(" " * indent, piece) for piece in rest),
    ]


def headline(operation: str, title: str) -> Content:
    """`RESTORE  put the backup …`: the operation's name once, in capitals."""
    name = operation.upper()
    if title.upper().startswith(name):
        return say(name + title[len(name) :], BOLD)
    return say(f"{name}  {title}", BOLD)


def ends(left: Content, right: Content | str, width: int) -> Content:
    """One line with text at both ends; the left end gives way when both do not fit."""
    tail = right if isinstance(right, Content) else say(right)
    room = width - tail.cell_length - 1
    head = left.truncate(max(room, 0), ellipsis=True)
    return Content.assemble(head, " " * max(1, width - head.cell_length - tail.cell_length), tail)


def beside(
    left: Sequence[Content], right: Sequence[Content], width: int, gap: int = 2
) -> list[Content]:
    """Two columns; the left one is padded to `width` cells, its lines must not be longer."""
    height = max(len(left), len(right))
    blank = Content("")
    return [
        Content.assemble(head, " " * (max(0, width - head.cell_length) + gap), tail)
        for head, tail in zip(
            [*left, *[blank] * (height - len(left))],
            [*right, *[blank] * (height - len(right))],
            strict=True,
        )
    ]


def stack(lines: Iterable[Content]) -> Content:
    """Lines as one content."""
    return Content("\n").join(lines)
