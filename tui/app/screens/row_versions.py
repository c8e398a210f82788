"""One row on both sides of a comparison, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from tui.app.listing import differing
from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import (
    ATTENTION,
    BOLD,
    MUTED,
    Lines,
    beside,
    glyphs_of,
    line,
    say,
    stack,
    wrapped,
)
from tui.app.widgets.groups import EVERYWHERE, HERE
from tui.core.models import RowDifference, TableDifference
from tui.wording.clean import one_line


class VersionsScreen(Dialog[None]):
    """One row on both sides: what differs first, bold; secrets masked."""

    DEFAULT_CSS = "VersionsScreen #page { height: 1fr; scrollbar-size: 0 0; }"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "more", key_display="j", id="versions.down", group=HERE),
        Binding("k,up", "scroll(-1)", "back", key_display="k", id="versions.up", group=HERE),
        Binding(
            "pagedown,ctrl+d", "scroll(10)", show=False, id="versions.page_down", group=HERE,
            tooltip="half a page down",
        ),
        Binding(
            "pageup,ctrl+u", "scroll(-10)", show=False, id="versions.page_up", group=HERE,
            tooltip="half a page up",
        ),
        Binding(
            "escape,q", "leave", "back", key_display="Esc", id="versions.leave",
            group=EVERYWHERE, tooltip="back to the rows",
        ),
    ]  # fmt: skip

    def __init__(
        self, table: TableDifference, row: RowDifference, *, mask: Sequence[str] = ()
    ) -> None:
        """Show a row.

        Args:
            table: Whose.
            row: Which.
            mask: The operator's own patterns of secret columns.
        """
        super().__init__()
        self._table, self._row, self._mask = table, row, tuple(mask)

    def title_row(self) -> TitleRow:
        """Which row it is, and what became of it."""
        name = differing.name_of(self._table, self._row, self._mask)
        where = {"removed": "only in A", "added": "only in B"}.get(self._row.kind, "in A and B")
        kind = f"{self._row.kind}, {where} "
        return TitleRow(say(f" {one_line(self._table.table)}  {name}", BOLD), say(kind, MUTED))

    def compose_body(self) -> Iterable[Widget]:
        """The page."""
        with VerticalScroll(id="page", can_focus=False):
            yield Lines(id="lines")

    def on_mount(self) -> None:
        """Say what is cut."""
        words = "what differs comes first" if self._row.kind == "changed" else ""
        if self._row.cut:
            words = ", ".join(filter(None, (words, "long values are cut after 4,096 characters")))
        self.tell(words)

    def on_resize(self) -> None:
        """Write everything for the new width."""
        width = self.app.size.width - 1
        found = differing.versions(self._table, self._row, glyphs_of(self), self._mask)
        names = min(28, max((len(version.name) for version in found), default=8)) + 2
        both = self._row.kind == "changed"
        half = (width - names - 3) // 2 if both else width - names - 3
        rows = [line(" " * (names + 1), (f"{'A':<{half + 2}}B" if both else "", MUTED))]
        for version in found:
            rows += _version(version, names, half, both=both)
        self.query_one("#lines", Lines).content = stack(rows)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one("#page").scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Back to the rows."""
        self.dismiss(None)


def _version(version: differing.Version, names: int, half: int, *, both: bool) -> list[Content]:
    """One column: its name in the margin, its value on each side."""
    style = BOLD if version.differs and version.counts else ""
    before, after = (_value(text, half, style) for text in (version.before, version.after))
    values = beside(before, after, half) if both else before if version.before else after
    label = wrapped(say(version.name, style or MUTED), names - 1)
    if version.differs and not version.counts:
        label.append(say("does not count", ATTENTION))
    return [line(" ", row) for row in beside(label, values, names - 1, gap=1)]


def _value(text: str | None, width: int, style: str) -> list[Content]:
    if text is None:
        return [say("no such column", MUTED)]
    return wrapped(Content.styled(text, style), width)
