"""The Statistics of a table: read column by column in the background, for as long as it is seen."""

from __future__ import annotations

from tui.app.listing import statistics as listing
from tui.app.panes.rows_base import RowsBase
from tui.app.widgets.statistics import StatisticsView
from tui.core.models.rows import ColumnStatistics, Relation
from tui.services.sqlite.sizes import Size
from tui.wording import quantities

KINDS = ("statistics", "size")


class RowsStatistics(RowsBase):
    """Looks at columns."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._of: Relation | None = None
        self._columns: dict[str, ColumnStatistics | str] = {}
        self._looking = ""
        """The column that is being looked at."""
        self._stopped = False
        self._size_words = "…"

    @property
    def _statistics(self) -> StatisticsView:
        return self.query_one(StatisticsView)

    def begin_statistics(self) -> None:
        """Read what is not known yet of the table; in the order of its columns."""
        table = self.table
        if self._of is None or self._of.name != table:
            self._of, self._columns, self._size_words = None, {}, "…"
        self._stopped = False
        self.show_statistics()
        if self._of is None:
            self.ask("statistics", lambda browser: browser.relation(table), self._look_at_all,
                     self._no_statistics)  # fmt: skip
        else:
            self._look_on()

    def _look_at_all(self, relation: Relation) -> None:
        self._of = relation
        self._look_on()

    def _measure(self) -> None:
        """Last: every page of the table is read for it."""
        relation, desk = self._of, self.desk
        if relation is not None and desk is not None and self._size_words == "…":
            self.ask(
                "size", lambda browser: browser.sizes(desk.is_cancelled, table=relation.name),
                self._take_size, lambda _why: None, idle=True,
            )  # fmt: skip

    def _take_size(self, found: tuple[Size, ...] | None) -> None:
        self._size_words = listing.size_words(found)
        self.entitle()

    def _no_statistics(self, why: str) -> None:
        if why:
            self._statistics.show((), {}, "", why)

    @property
    def statistics_aside(self) -> str:
        """What stands at the other end of the title."""
        return self._size_words

    @property
    def _is_large(self) -> bool:
        info = self.known(self.table)
        return info is None or info.rows is None or info.rows > listing.MANY

    def _shown_columns(self) -> list[str]:
        return [c.name for c in self._of.columns if not c.hidden] if self._of is not None else []

    def _look_on(self) -> None:
        """Look at the next column of which nothing is known."""
        missing = [name for name in self._shown_columns() if name not in self._columns]
        if not missing:
            self._looking = ""
            self.show_statistics()
            self._measure()
        elif self._is_large:
            self.show_statistics()
            self._measure()
            self.say("Each column is a pass over the whole table: Enter looks at one.")
        elif not self._stopped:
            self._look_at(missing[0], then_on=True)

    def _look_at(self, name: str, *, then_on: bool) -> None:
        relation, desk = self._of, self.desk
        if relation is None or desk is None:
            return
        self._looking = name
        self.show_statistics()

        def take(found: ColumnStatistics | str) -> None:
            self._columns[name] = found
            self._looking = ""
            if then_on:
                self._look_on()
            else:
                self.show_statistics()

        def failed(why: str) -> None:
            if why:
                take(why)
            else:
                self._looking = ""
                self.show_statistics()

        # In the background: any key that reads something comes first, then it is begun anew.
        self.ask(
            "statistics",
            lambda browser: browser.statistics(relation, name, desk.is_cancelled),
            take, failed, idle=True,
        )  # fmt: skip

    def look_at_column(self) -> None:
        """Look at the column under the cursor, again if need be."""
        name = self._statistics.list.cursor_key
        if name and self._looking != name:
            self._look_at(name, then_on=not self._is_large)

    def end_statistics(self) -> bool:
        """Stop looking; False where nothing was being looked at."""
        was = bool(self._looking)
        self._stopped, self._looking = True, ""
        if self.desk is not None:
            self.desk.drop(*KINDS)
        return was

    def stop_statistics(self) -> bool:
        """Stop at a wish, and say so; False where there is nothing to stop."""
        if not self.end_statistics():
            return False
        done, count = len(self._columns), len(self._shown_columns())
        self.show_statistics()
        self.say(f"Stopped at {quantities.count(done)} of {quantities.plural(count, 'column')}; "
                 "Enter goes on.")  # fmt: skip
        return True

    def show_statistics(self) -> None:
        """Draw what is known."""
        shown = [c for c in self._of.columns if not c.hidden] if self._of is not None else []
        self._statistics.show(shown, self._columns, self._looking, "…")
