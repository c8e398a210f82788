"""How SQLite would go about the statement in the editor."""

from __future__ import annotations

from tui.app.listing import sql as listing
from tui.app.paint import Span, line
from tui.app.panes.sql_base import PLAN
from tui.app.panes.sql_copying import SqlCopying
from tui.app.sql_tasks import Done, Task

STOPPED = "Stopped: the file is not there any more. R explains again."


class SqlPlanning(SqlCopying):
    """Explains."""

    _planning: Task | None = None
    _explained = ""
    """The statement whose plan it is."""

    def turn_to(self, tab: int) -> None:
        """Show result, plan or history; the plan is that of the statement in the editor."""
        super().turn_to(tab)
        if tab == PLAN:
            self.explain()

    def explain(self) -> None:
        """Ask how SQLite would go about the statement in the editor; it is not run."""
        query, sql = self.asker(), self.editor.text
        if query is None or not sql.strip():
            self.plan = (line(Span(f" {self.problem or listing.EMPTY}", "muted")),)
            self.settle()
            return
        self.plan = (line(Span(" …", "muted")),)
        self.stop_planning()
        self._explained = sql
        self._planning = Task(
            "plan", self, lambda task: query.explain(sql, cancelled=task.is_cancelled), self.gone()
        )
        self._planning.start()
        self.settle()

    def stop_planning(self) -> None:
        """Nobody wants to see the plan."""
        if self._planning is not None:
            self._planning.stop()

    def take_plan(self, message: Done) -> bool:
        """A plan came; False where it is something else."""
        if message.task is not self._planning:
            return False
        self._planning = None
        wrong = message.wrong
        if message.value is not None:
            self.plan = listing.plan_lines(message.value)
        else:
            place = (wrong.line, wrong.column) if wrong is not None else (0, 0)
            why = wrong.plain if wrong is not None else message.problem or STOPPED
            self.plan = listing.wrong_lines(self._explained, place, why, self.size.width - 1)
        self.settle()
        return True
