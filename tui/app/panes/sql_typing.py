"""The editor of the SQL console: completion, the statements of before, and where the keys go."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from textual import events, on
from textual.widgets import TextArea

from tui.app import sql_history
from tui.app.listing import sql as listing
from tui.app.panes.sql_base import HISTORY, SqlBase
from tui.app.sql_editor import SqlEditor
from tui.app.sql_history import Remembered
from tui.app.sql_offer import Names, common
from tui.app.sql_tasks import Done, Task
from tui.app.widgets.rows import RowList


class SqlTyping(SqlBase):
    """Completes, and remembers what was run."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.history: tuple[Remembered, ...] = ()
        """Oldest first."""
        self._path = sql_history.history_path(os.environ)
        self._reading: Task | None = None
        self._remembering: list[Task] = []
        self._place: int | None = None
        """Which of the statements stands in the editor."""
        self._draft = ""
        """What stood there before."""
        self._completes_later = False

    def on_mount(self) -> None:
        """Read what was run before."""
        path = self._path
        self._reading = Task("history", self, lambda _task: sql_history.read(path))
        self._reading.start()

    # --- history --------------------------------------------------------------------------

    def remember(self, sql: str) -> None:
        """A statement is run."""
        path, latest = self._path, Remembered(sql, datetime.now(UTC), self.backup)
        self.history = sql_history.with_latest(self.history, latest)
        self._place = None
        task = Task("remember", self, lambda _task: sql_history.add(path, latest))
        self._remembering.append(task)
        task.start()
        self.show_history()

    def take_history(self, message: Done) -> bool:
        """The history was read or written; False where it is something else."""
        if message.task in self._remembering:
            self._remembering.remove(message.task)
            if message.problem:
                self.say(f"Not remembered: {message.problem}", "attention")
            return True
        if message.task is not self._reading:
            return False
        self._reading = None
        if message.problem:
            self.say(f"No history: {message.problem}", "attention")
        read = message.value or ()
        self.history = (*read, *self.history)[-sql_history.MOST :]
        self.show_history()
        return True

    def show_history(self) -> None:
        """Draw the statements."""
        rows = listing.history_rows(self.history, self.now())
        self.statements.show(rows, note=False, empty=" No statement was run yet.")
        self.entitle()

    @on(RowList.Opened, "#statements")
    def _take(self, message: RowList.Opened) -> None:
        message.stop()
        if message.key:
            self._put(self.history[int(message.key)].sql)
            self.screen.set_focus(self.editor)

    @on(SqlEditor.Older)
    def _older(self, message: SqlEditor.Older) -> None:
        message.stop()
        text, place = self.editor.text, self._place
        if place is not None and self.history[place].sql != text:
            place = None
        if place is None:
            self._draft, place = text, len(self.history)
        place += message.step
        while 0 <= place < len(self.history) and self.history[place].sql == text:
            place += message.step
        if place < 0:
            self.say("There is no older statement." if self.history else "Nothing was run yet.")
        elif place < len(self.history):
            self._put(self.history[place].sql, at_top=message.step < 0)
            self._place = place
        elif self._place is not None:
            self._put(self._draft)

    def _put(self, sql: str, *, at_top: bool = False) -> None:
        self._place = None
        self.editor.put(sql)
        if at_top:
            # So that another ↑ goes on.
            self.editor.move_cursor((0, len(self.editor.document.get_line(0))))

    # --- completion -----------------------------------------------------------------------

    @on(SqlEditor.Complete)
    def _complete(self, message: SqlEditor.Complete) -> None:
        message.stop()
        editor, offer = self.editor, self.offer
        if offer.chosen:
            if message.step:
                offer.step(message.step)
            else:
                self._accept(offer.begin, offer.chosen)
            return
        if self.names is None and self.source is not None:
            self._completes_later = True
            self.say("Reading the names of tables and columns …", "muted")
            return
        found = (self.names or Names()).fitting(editor.text, editor.index)
        if not found.candidates:
            self.say("Nothing that is known completes this.")
            return
        if len(found.candidates) == 1:
            self._accept(found.begin, found.candidates[0])
            return
        typed = editor.text[found.begin : editor.index]
        longer = common(found.candidates, typed)
        if longer != typed and longer.lower().startswith(typed.lower()):
            editor.put_in(found.begin, longer)
        offer.open(found)
        editor.offers = True
        self._put_offer_beside()

    def complete_now(self) -> None:
        """The names came: complete if somebody waits for that."""
        if self._completes_later:
            self._completes_later = False
            self.say("")
            self.post_message(SqlEditor.Complete(1))

    def _accept(self, begin: int, chosen: str) -> None:
        self.close_offer()
        self.editor.put_in(begin, chosen)

    def close_offer(self) -> bool:
        """Take the candidates away; False without any."""
        self.editor.offers = False
        return self.offer.close()

    def _put_offer_beside(self) -> None:
        begin = self.editor.place_of(self.offer.begin)
        editor = self.editor
        place = editor.wrapped_document.location_to_offset(begin)
        corner = editor.content_region.offset - self.region.offset
        at = corner + place - editor.scroll_offset + (editor.gutter_width, 0)
        self.offer.place(at, (self.size.width, self.size.height))

    @on(TextArea.Changed)
    @on(TextArea.SelectionChanged)
    def _typed(self, message: TextArea.Changed | TextArea.SelectionChanged) -> None:
        """What is typed on narrows the candidates of the same word; anything else ends them."""
        message.stop()
        if isinstance(message, TextArea.Changed):
            self.say("")
            self.refresh_bindings()
        if not self.offer.candidates:
            return
        editor, chosen = self.editor, self.offer.chosen
        found = (self.names or Names()).fitting(editor.text, editor.index)
        if found.begin != self.offer.begin or not found.candidates:
            self.close_offer()
        elif found.candidates != self.offer.candidates:
            self.offer.open(found)
            if chosen in found.candidates:
                self.offer.step(found.candidates.index(chosen))
            self._put_offer_beside()

    # --- where the keys go ----------------------------------------------------------------

    @on(SqlEditor.Left)
    def _leave(self, message: SqlEditor.Left) -> None:
        message.stop()
        if not self.close_offer():
            self.screen.set_focus(self.main)

    @on(SqlEditor.Say)
    def _said_by_editor(self, message: SqlEditor.Say) -> None:
        message.stop()
        self.say(message.text, "attention")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Letters are text, or keys."""
        self.types_on = event.widget is self.editor
        if not self.types_on:
            self.close_offer()
        self.stand_words()

    def stand_words(self) -> None:
        """What the message line says at rest."""

    def action_editor(self) -> None:
        """Type on."""
        self.screen.set_focus(self.editor)

    def action_tab(self, step: int) -> None:
        """Show result, plan or history."""
        self.turn_to((self.tab + step) % len(listing.TABS))
        if self.tab == HISTORY:
            self.show_history()
