"""Which file the SQL console asks: the live database, or the backup that 1 Tables has open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.app.desk import Job
from tui.app.panes.base import Pane
from tui.app.sql_offer import Names
from tui.app.sql_tasks import Asked, Done, Task

if TYPE_CHECKING:
    from tui.app.panes.opened import OpenedBackup
    from tui.core.models.queries import Caps
    from tui.operations.reads.query import Query, Source

NOTHING = "No database is looked at here."


@dataclass(frozen=True, slots=True)
class LastRun:
    """A statement that was run, and of what: enough to read all its rows again, for a file."""

    sql: str
    source: Source
    backup: str = ""
    """Id of the backup that it was asked of; empty for the live database."""


class SqlSource(Pane):
    """Knows who is asked, for how long a statement may run, and the names in it."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.source: Source | None = None
        self.backup = ""
        """Id of the backup that is asked; empty for the live database."""
        self._problem = ""
        self.last_run: LastRun | None = None
        """What the result is of, and what an export of it reads again; None without one."""
        self.caps: Caps | None = None
        """What a statement may take; None until the file was looked at."""
        self.names: Names | None = None
        self._opened: OpenedBackup | None = None
        self._looking: Task | None = None

    # --- who is asked ---------------------------------------------------------------------

    def follow_source(self) -> bool:
        """Ask what 1 Tables shows; False where that is what was asked already."""
        shown = next(iter(self.screen.query("#pane-1")), None)
        opened: OpenedBackup | None = getattr(shown, "opened", None)
        if opened is self._opened and (opened is not None or self.source is not None):
            return False
        self._opened, self.backup = opened, opened.backup.id if opened else ""
        self.source, self._problem, self.names, self.caps = None, "", None, None
        if opened is None:
            model = getattr(self.app, "model", None)
            self.source = model.live() if model is not None else None
            self._problem = "" if model is not None else NOTHING
            self.look_at_names()
        else:
            opened.desk.ask(
                Job(
                    "source",
                    lambda browser: browser.source,
                    lambda source: self._unpacked(opened, source),
                    lambda why: self._not_unpacked(opened, why),
                )
            )
        return True

    def _unpacked(self, opened: OpenedBackup, source: Source) -> None:
        if opened is self._opened and not opened.desk.has_ended:
            self.source = source
            self.look_at_names()
            self.update()

    def _not_unpacked(self, opened: OpenedBackup, why: str) -> None:
        if why and opened is self._opened:
            self._problem = why
            self.update()

    @property
    def problem(self) -> str:
        """Why nothing can be asked; empty where it can."""
        if self.source is not None:
            return ""
        state = self._opened.state if self._opened is not None else ""
        return self._problem or state or "…"

    def gone(self) -> Asked:
        """What tells that the file of now is to be let go of."""
        opened, source = self._opened, self.source
        if opened is not None:
            return lambda: opened.desk.has_ended
        return lambda: bool(getattr(source, "released", False))

    def asker(self) -> Query | None:
        """Who runs a statement; None where nothing can be asked."""
        from tui.operations.reads.query import Query

        if self.source is None:
            return None
        return Query(self.source, tuple(getattr(self.app, "mask", ())))

    # --- names and bounds -----------------------------------------------------------------

    def look_at_names(self) -> None:
        """Read tables, columns and bounds; what is known stays until then."""
        query = self.asker()
        if query is None or (self._looking is not None and self._looking.is_alive()):
            return

        def look(_task: Task) -> tuple[Caps, Names]:
            found = query.vocabulary()
            return query.allowed(), Names(found.names, found.columns)

        self._looking = Task("names", self, look, self.gone())
        self._looking.start()

    def take_names(self, message: Done) -> bool:
        """Names came; False where it is something else."""
        if message.task is not self._looking:
            return False
        self._looking = None
        if message.value is not None:
            self.caps, self.names = message.value
        elif self.names is None:
            # Keywords complete all the same.
            self.names = Names()
        return True
