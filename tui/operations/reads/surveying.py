"""What is told of a whole file or table: its schema, its sizes, its values, a text in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tui.core.models.rows import ColumnStatistics, Relation
from tui.operations.reads.short_reads import Asked, ShortReads
from tui.services.sqlite import schema_of, searching
from tui.services.sqlite.searching import Hit
from tui.services.sqlite.sizes import NO_DBSTAT as NO_SIZES
from tui.services.sqlite.sizes import Size, sizes
from tui.services.sqlite.statistics import column_statistics
from tui.services.sqlite.stopping import never

__all__ = ["NO_SIZES", "Hit", "Schema", "Size", "Surveys"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What stands on one table, as the schema says it."""

    indexes: tuple[schema_of.Index, ...]
    foreign_keys: tuple[schema_of.ForeignKey, ...]
    triggers: tuple[schema_of.Trigger, ...]


class Surveys(ShortReads):
    """Reads of a whole table or file. Those that take a while are for a thread of their own."""

    def schema(self, name: str | None = None) -> str:
        """The statements that made one relation, or all; foreign text.

        Raises:
            NotFoundError: There is nothing of that name.
            McpdbError: It cannot be read.
        """
        with self.reading() as connection:
            return schema_of.schema_text(connection, name)

    def details(self, name: str) -> Schema:
        """Indexes, foreign keys and triggers of a relation.

        Raises:
            NotFoundError: There is nothing of that name.
            McpdbError: It cannot be read.
        """
        with self.reading() as connection:
            return Schema(
                indexes=schema_of.indexes(connection, name),
                foreign_keys=schema_of.foreign_keys(connection, name),
                triggers=schema_of.triggers(connection, name),
            )

    def objects(self) -> tuple[tuple[str, str, str], ...]:
        """Kind, name and table of every index and trigger.

        Raises:
            McpdbError: It cannot be read.
        """
        with self.reading() as connection:
            return schema_of.objects(connection)

    def statistics(
        self, relation: Relation, column: str, cancelled: Asked = never
    ) -> ColumnStatistics:
        """What the values of a column are like; of a secret only how many there are.

        Raises:
            Cancelled: By `cancel` or `cancelled`.
            McpdbError: It cannot be read, or there is no such column.
        """
        with self.reading(cancelled) as connection:
            return column_statistics(connection, relation, column, cancelled=never)

    def sizes(self, cancelled: Asked = never, *, table: str = "") -> tuple[Size, ...] | None:
        """The room that tables and indexes take, or one and its; None where SQLite cannot tell.

        Raises:
            Cancelled: By `cancel` or `cancelled`.
            McpdbError: It cannot be read.
        """
        with self.reading(cancelled) as connection:
            return sizes(connection, cancelled=never, table=table)

    def search_all(
        self,
        word: str,
        *,
        found: Callable[[Hit], None] | None = None,
        begun: Callable[[str, int, int], None] | None = None,
        cancelled: Asked = never,
        per_table: int = 20,
    ) -> tuple[Hit, ...]:
        """Look for a text in all tables, one after the other; never in a secret, nor in a view.

        Args:
            word: What is looked for.
            found: Told each hit as it comes, while the file is open: it must not wait.
            begun: Told the table that is searched next, which one it is and of how many.
            cancelled: Asked often, from another thread.
            per_table: After so many hits the next table's turn comes.

        Raises:
            Cancelled: By `cancel` or `cancelled`.
            McpdbError: The text holds what no text has, or the file cannot be read.
        """
        names = [t.name for t in self.source.tables() if t.kind in ("table", "virtual")]
        hits: list[Hit] = []
        for number, name in enumerate(names, 1):
            if begun is not None:
                begun(name, number, len(names))
            with self.reading(cancelled) as connection:
                for hit in searching.search_all(
                    connection,
                    [name],
                    word,
                    cancelled=never,
                    per_table=per_table,
                    more_secrets=self.more_secrets,
                ):
                    hits.append(hit)
                    if found is not None:
                        found(hit)
        return tuple(hits)
