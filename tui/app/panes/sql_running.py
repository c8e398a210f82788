"""Running the statement of the SQL console, and what comes of it."""

from __future__ import annotations

import time

from textual import on
from textual.timer import Timer

from tui.app.listing import sql as listing
from tui.app.paint import Span, line
from tui.app.panes.sql_base import PLAN, RESULT
from tui.app.panes.sql_planning import SqlPlanning
from tui.app.panes.sql_source import LastRun
from tui.app.sql_editor import SqlEditor
from tui.app.sql_result import Rows
from tui.app.sql_tasks import Arrived, Done, Task
from tui.core.models.queries import Caps, Result

TICK = 0.1
"""Seconds between two looks at how long a statement has run."""
LET_GO = 0.25
"""Seconds after which a statement that was told to stop is over for who looks at it."""
REPLACED = "Stopped: the database is being replaced. Run it again afterwards."
NO_ROWS = "No row was read before it was stopped."
CLOSED = "Stopped: the backup was closed."
NO_RUN = "No statement runs. q goes back and then quits."


class SqlRunning(SqlPlanning):
    """Runs one statement at a time."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._runs: Task | None = None
        self._ticker: Timer | None = None
        self._result: Result | None = None

    def on_unmount(self) -> None:
        """Let go of the file."""
        if self._runs is not None:
            self._runs.stop()
        self.stop_planning()

    def forget_result(self) -> None:
        """Another file is asked: rows of the old one do not stay."""
        self.stop()
        self._runs = self.last_run = self.rows = self._result = None
        self._calm()
        self.said, self.plan = (line(Span(f" {listing.EMPTY}", "muted")),), ()
        self.grid.clear()

    # --- running --------------------------------------------------------------------------

    @property
    def has_statement(self) -> bool:
        """A statement runs."""
        return self._runs is not None

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        match action:
            case "run" | "again" if self.has_statement:
                return "A statement runs; ctrl+c stops it."
            case "run" if not self.editor.text.strip():
                return listing.EMPTY
            case "run" | "again" if self.source is None:
                what = f"Backup {self.backup} cannot be asked" if self.backup else "Not run"
                return f"{what}: {self.problem}"
            case "again" if self.tab != PLAN and self.last_run is None:
                return "No statement was run yet."
            case "stop" if not self.has_statement:
                return NO_RUN
        return super().why_not(action)

    def action_run(self) -> None:
        """Run what stands in the editor."""
        if reason := self.why_not("run"):
            self.say(reason, "attention")
        else:
            self._run(self.editor.text)

    @on(SqlEditor.Run)
    def _run_typed(self, message: SqlEditor.Run) -> None:
        message.stop()
        self.close_offer()
        self.action_run()

    def action_again(self) -> None:
        """Run the statement of the result again; of Plan explain again."""
        if self.tab == PLAN:
            self.explain()
        elif reason := self.why_not("again"):
            self.say(reason, "attention")
        elif self.last_run is not None:
            self._run(self.last_run.sql)

    def _run(self, sql: str) -> None:
        query, source = self.asker(), self.source
        if query is None or source is None:
            return
        self.remember(sql)
        self.last_run, self._begun_at = LastRun(sql, source, self.backup), self.now()
        self.rows = self._result = None
        self.said = ()
        self.grid.clear()
        self.forget_wish()
        self._runs = Task(
            "run",
            self,
            lambda task: query.run(sql, cancelled=task.is_cancelled, arrived=task.arrived),
            self.gone(),
        )
        self._runs.start()
        slow = bool(getattr(self.app, "slow", False))
        self._ticker = self.set_interval(1.0 if slow else TICK, self.entitle)
        self.turn_to(RESULT)
        self.stand_words()

    @on(SqlEditor.Stop)
    def _stop_typed(self, message: SqlEditor.Stop) -> None:
        message.stop()
        if self.has_statement:
            self.stop()
        elif not self.editor.selected_text:
            self.say(NO_RUN)

    def action_stop(self) -> None:
        """Stop what runs."""
        self.stop()

    def stop(self) -> None:
        """Stop the statement; what was read of it stays."""
        task = self._runs
        if task is not None and not task.stopped.is_set():
            task.stop()
            self.set_timer(LET_GO, lambda: self._let_go(task))

    def _let_go(self, task: Task) -> None:
        """A statement that waits for a lock ends when that wait does: nobody waits for it here."""
        if task is not self._runs:
            return
        rows = self.rows
        if rows is None:
            self._over(Done(task, problem=""))
            return
        seconds = time.monotonic() - task.begun
        self._over(
            Done(
                task,
                Result(
                    columns=rows.names, rows=tuple(rows.rows), ended="cancelled", elapsed=seconds,
                    caps=self.caps or Caps(),
                ),
            )
        )  # fmt: skip

    # --- what comes of it -----------------------------------------------------------------

    @on(Arrived)
    def _arrived(self, message: Arrived) -> None:
        message.stop()
        if message.task is not self._runs:
            return
        if self.rows is None:
            self._show_rows(Rows(message.columns, message.rows))
        else:
            self.rows.take(message.rows)
            self.answer_wish()

    def _show_rows(self, rows: Rows) -> None:
        self.rows = rows
        self.grid.show(rows.relation, columns=rows.names)
        self.settle()

    @on(Done)
    def _done(self, message: Done) -> None:
        message.stop()
        if message.task is self._runs:
            self._over(message)
        elif self.take_plan(message):
            return
        elif self.take_names(message):
            self.update()
            self.complete_now()
        elif not self.take_history(message):
            self.take_copy(message)

    def _over(self, message: Done) -> None:
        task, self._runs = message.task, None
        self._calm()
        result = message.value if isinstance(message.value, Result) else None
        stopped = message.problem == "" or (result is not None and result.ended == "cancelled")
        # By nobody here: the file was to be let go of.
        taken = stopped and not task.stopped.is_set()
        if taken:
            self.say(CLOSED if self.backup else REPLACED, "attention")
        if result is not None:
            self._ended(result)
        else:
            from tui.operations.reads.looking import BEING_REPLACED

            self._failed(message, BEING_REPLACED if taken and not self.backup else NO_ROWS)
        if self.caps is None:
            self.look_at_names()
        self.settle()

    def _calm(self) -> None:
        """Nothing counts up any more."""
        if self._ticker is not None:
            self._ticker.stop()
            self._ticker = None

    def _ended(self, result: Result) -> None:
        self._result = result
        if self.rows is None:
            self._show_rows(Rows(result.columns, result.rows))
        rows = self.rows
        if rows is not None:
            rows.result = result
            self.grid.empty = "0 rows." if result.ended == "complete" else NO_ROWS
            self.answer_wish()
            self.grid.count(len(rows))
        if result.note:
            self.say(result.note, "attention")

    def _failed(self, message: Done, otherwise: str) -> None:
        self.rows = None
        run, wrong = self.last_run, message.wrong
        why = wrong.plain if wrong is not None else message.problem or otherwise
        place = (wrong.line, wrong.column) if wrong is not None else (0, 0)
        sql, width = run.sql if run else "", self.size.width or 80
        self.said = listing.wrong_lines(sql, place, why, width - 1)
        if place[0] and self.types_on and self.editor.text == sql:
            self.editor.move_cursor((place[0] - 1, place[1] - 1))
