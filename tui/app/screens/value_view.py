"""One value over the whole screen: JSON that folds, text that is wrapped, bytes with their place.

Only what is in sight is read, so a value of a gigabyte is open at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from tui.app.screens.frame import Dialog, TitleRow
from tui.app.screens.lines import BOLD, MUTED, say
from tui.app.screens.row_keys import VALUE
from tui.app.viewing import reads
from tui.app.viewing.texts import BEYOND, PIECE
from tui.app.widgets.find_line import FindLine
from tui.app.widgets.piece_view import PieceView
from tui.app.widgets.tree_view import TreeView
from tui.wording import quantities
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.app.panes.table_rows import TableRows
    from tui.operations.reads.values import Search, Which

_BYTES = re.compile(r"0x((?:[0-9a-fA-F]{2})+)")


class ValueScreen(Dialog[None]):
    """Shows one value of a row."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = VALUE

    def __init__(
        self,
        rows: TableRows,
        title: str,
        which: Which | None,
        copy: Callable[[], None],
        *,
        given: str | bytes = "",
        declared: str = "",
    ) -> None:
        """Show a value.

        Args:
            rows: Who reads it.
            title: Where it stands: `tools › 7 › input_schema`.
            which: The value; None where nothing names its row.
            copy: Copies it.
            given: What is known of it, where it cannot be read.
            declared: The column's type as declared.
        """
        super().__init__()
        self._rows, self._title, self._which, self._copy = rows, title, which, copy
        self._given, self._declared = given, declared
        self._value: reads.Value | None = None
        self._form = ""
        """`JSON`, `text` or `bytes`."""
        self._sought = ""
        self._pinned = ""
        """A sentence that stays until the next key."""
        self._place: int | None = None
        """Of the last match, in bytes."""

    def title_row(self) -> TitleRow:
        """Where the value stands."""
        return TitleRow(say(f" {self._title}", BOLD))

    def compose_body(self) -> Iterable[Widget]:
        """What is looked for, and the value in one of its forms."""
        yield FindLine()
        yield TreeView()
        yield PieceView()

    def on_mount(self) -> None:
        """Look at it."""
        self.query_one(TreeView).display = False
        self.screen.set_focus(self.query_one(PieceView))
        which = self._which
        if which is None:
            self._take(reads.given(self._given, self._declared))
        else:
            self._ask("value", lambda browser: reads.value(browser, which), self._take)

    def on_unmount(self) -> None:
        """Nothing more is read for it."""
        if self._rows.desk is not None:
            self._rows.desk.drop("value", "find")

    def _ask(
        self,
        kind: str,
        run: Callable[[Any], Any],
        then: Callable[[Any], None],
        failed: Callable[[str], None] | None = None,
        *,
        idle: bool = False,
    ) -> None:
        def used(value: Any) -> None:  # noqa: ANN401
            if self.is_attached:
                then(value)

        def refused(why: str) -> None:
            if self.is_attached and failed is not None:
                failed(why)
            if self.is_attached and why:
                self.tell(why, attention=True)

        self._rows.ask(kind, run, used, refused, idle=idle)

    def _take(self, value: reads.Value) -> None:
        self._value = value
        if value.tree is not None:
            self.query_one(TreeView).show(value.tree)
        self._show("JSON" if value.tree else "bytes" if value.kind == "blob" else "text")
        if value.remark:
            self.tell(value.remark, attention=True)

    @property
    def _forms(self) -> tuple[str, ...]:
        tree = self._value.tree if self._value is not None else None
        return ("JSON", "text", "bytes") if tree is not None else ("text", "bytes")

    def _show(self, form: str) -> None:
        value, before = self._value, self._form
        if value is None:
            return
        tree, pieces = self.query_one(TreeView), self.query_one(PieceView)
        self._form = form
        tree.display, pieces.display = form == "JSON", form != "JSON"
        if form != "JSON":
            kind = "hex" if form == "bytes" else "text"
            if before in ("text", "bytes"):
                pieces.turn("hex" if kind == "hex" else "text")
            else:
                pieces.show(value.size, value.encoding, "hex" if kind == "hex" else "text")
                pieces.take(0, value.beginning)
        if not self.query_one(FindLine).has_class("-open"):
            self.set_focus(tree if form == "JSON" else pieces)
        self._entitle()
        self._say_stand()
        self.refresh_bindings()

    def _entitle(self) -> None:
        value = self._value
        if value is None:
            return
        size = quantities.plural(value.size, "byte")
        right = f"{self._form}, {size}" if value.kind in ("text", "blob") else value.kind
        self.query_one(TitleRow).show(say(f" {self._title}", BOLD), say(f"{right} ", MUTED))

    # --- pieces ---------------------------------------------------------------------------

    @on(PieceView.Wanted)
    def _read_piece(self, message: PieceView.Wanted) -> None:
        message.stop()
        which, number, value = self._which, message.number, self._value
        pieces = self.query_one(PieceView)
        if value is None:
            return
        if number == 0:
            pieces.take(0, value.beginning)
            return
        if which is None:
            content = self._given
            raw = content.encode(errors="surrogateescape") if isinstance(content, str) else content
            pieces.take(number, raw[number * PIECE : (number + 1) * PIECE + BEYOND])
            return
        self._ask(
            f"piece {number}", lambda browser: reads.piece(browser, which, number),
            lambda content: pieces.take(number, content), lambda _why: pieces.failed(number),
        )  # fmt: skip

    @on(PieceView.Moved)
    @on(TreeView.Moved)
    def _say_stand(self) -> None:
        value = self._value
        if value is None:
            return
        if self._pinned:
            self.tell(self._pinned, attention=True)
            return
        if self._form == "JSON":
            below = self.query_one(TreeView).below
            self.tell(f"{quantities.plural(below, 'line')} below" if below else "")
            return
        pieces = self.query_one(PieceView)
        words = pieces.place_words()
        if self._form == "text" and pieces.invalid_at is not None:
            name = value.encoding.upper()
            words += f" · not {name} at byte {pieces.invalid_at:,}; shown as \\x… · t: bytes"
        elif value.remark:
            words = f"{value.remark} · {words}"
        self.tell(words)

    # --- keys -----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only JSON folds."""
        return action != "fold" or self._form == "JSON"

    @property
    def _view(self) -> TreeView | PieceView:
        return self.query_one(TreeView) if self._form == "JSON" else self.query_one(PieceView)

    def action_move(self, step: int) -> None:
        """Move by lines."""
        self._pinned = ""
        self._view.move(step)

    def action_page(self, direction: int) -> None:
        """Move by half a screen."""
        self._pinned = ""
        self._view.page(direction)

    def action_edge(self, direction: int) -> None:
        """Go to the beginning or the end."""
        self._pinned = ""
        self._view.edge(direction)

    def action_fold(self) -> None:
        """Fold or unfold."""
        self._pinned = ""
        self.query_one(TreeView).fold()

    def action_turn(self) -> None:
        """Show the same in its next form."""
        self._pinned = ""
        forms = self._forms
        if self._value is not None:
            self._place = None
            self._show(forms[(forms.index(self._form) + 1) % len(forms)])

    def action_copy_value(self) -> None:
        """Copy it."""
        self._copy()

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)

    # --- looking for something ------------------------------------------------------------

    def action_find(self) -> None:
        """Type what is looked for."""
        self.query_one(FindLine).open()

    @on(FindLine.Left)
    def _left(self) -> None:
        self.set_focus(self._view)

    @on(FindLine.Sought)
    def _find(self, message: FindLine.Sought) -> None:
        message.stop()
        self.set_focus(self._view)
        self._sought, self._place = message.text, None
        self.action_next(1)

    def action_next(self, step: int) -> None:
        """Go to the next or previous match."""
        self._pinned = ""
        if not self._sought:
            self.tell("Nothing is looked for; / asks what.")
        elif self._form == "JSON":
            if not self.query_one(TreeView).find(self._sought, step):
                self._tell_none()
        else:
            self._find_bytes(step)

    def _tell_none(self, more: str = "") -> None:
        self._pinned = f"{one_line(self._sought)} is not in this value{more}."
        self._say_stand()

    def _find_bytes(self, step: int) -> None:
        value = self._value
        if value is None:
            return
        from tui.operations.reads.values import Search

        written = _BYTES.fullmatch(self._sought) if self._form == "bytes" else None
        wanted = bytes.fromhex(written[1]) if written else self._sought.encode(value.encoding)
        place = self._place if self._place is not None else self.query_one(PieceView).at - step
        # What begins with the place itself was found already.
        at = max(0, place + 1 if step > 0 else place)
        either = written is None and not value.encoding.startswith("utf-16")
        search = Search(wanted, at, backwards=step < 0, either_case=either)
        self._look(search, step)

    def _look(self, search: Search, step: int) -> None:
        which, desk = self._which, self._rows.desk
        if which is None or desk is None:
            content = self._given
            raw = content.encode(errors="surrogateescape") if isinstance(content, str) else content
            folded, wanted = raw.lower(), search.wanted.lower()
            found = (
                folded.find(wanted, search.at) if step > 0 else folded.rfind(wanted, 0, search.at)
            )
            self._found(None if found < 0 else found, search, step)
            return
        self.tell("looking … Esc leaves")
        # In the background: a key that reads something comes first, then it goes on.
        self._ask(
            "find",
            lambda browser: reads.found(browser, which, search, desk.is_cancelled),
            lambda place: self._found(place, search, step),
            idle=True,
        )

    def _found(self, place: int | None, search: Search, step: int) -> None:
        if place is None:
            where = "" if self._place is None else " after this" if step > 0 else " before this"
            self._tell_none(where)
            return
        self._place = place
        self.query_one(PieceView).to_byte(place, len(search.wanted))
