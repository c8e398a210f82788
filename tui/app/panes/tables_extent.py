"""What the list of tables tells besides rows: sizes, indexes and triggers, read on the quiet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui.app.desk import Desk, Job
from tui.app.listing.table_groups import Extent
from tui.app.panes.tables_source import TablesSource

if TYPE_CHECKING:
    from tui.services.sqlite.sizes import Size

MOST = 512 << 20
"""Bytes of a file of which every page is read without being asked for."""
OVER = "size: not measured by itself over 512M; Statistics does"


class TablesExtent(TablesSource):
    """Asks once for each file."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._extent = Extent()
        self._asked: Desk | None = None

    def want_extent(self) -> None:
        """Have it read, unless that was done."""
        desk = self._desk()
        if desk is None or desk is self._asked or self.seen.tables is None:
            return
        self._asked, self._extent = desk, Extent()

        def take_objects(found: tuple[tuple[str, str, str], ...]) -> None:
            if desk is self._asked:
                self._extent = replace(self._extent, objects=found)
                self.update()

        def take_sizes(found: tuple[Size, ...] | None) -> None:
            if desk is not self._asked:
                return
            from tui.services.sqlite.sizes import NO_DBSTAT, by_table

            if found is None:
                self._extent = replace(self._extent, remark=NO_DBSTAT)
            else:
                self._extent = replace(self._extent, sizes=by_table(found))
            self.update()

        def refused(_why: str) -> None:
            """They are a help, no more."""

        desk.ask(Job("objects", lambda browser: browser.objects(), take_objects, refused))
        size = self.seen.database.size if self.seen.database is not None else 0
        if self._opened is not None:
            size = self._opened.backup.size
        if size > MOST:
            self._extent = Extent(remark=OVER)
        else:
            desk.ask(
                Job("sizes", lambda browser: browser.sizes(desk.is_cancelled), take_sizes, refused,
                    True)
            )  # fmt: skip

    def forget_extent(self) -> None:
        """Another file is there, or it is read again."""
        self._asked = None
