"""Temporary views that cover a connection's secrets; why they are needed: `masking.py`."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence

from tui.services.sqlite.authorizing import table_functions, warm_up
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.masking import Masks, Veil
from tui.services.sqlite.schema_text import fold, read_table, tokens
from tui.services.sqlite.sql_words import words
from tui.wording.clean import one_line


def cover(connection: sqlite3.Connection, masks: Masks, sql: str) -> Veil:
    """Cover the secrets of `main` on this connection with temporary views.

    Args:
        connection: In a transaction, whose ROLLBACK takes the views away again; they speak of the
            schema as this transaction sees it. Without an authorizer, not `query_only`.
        masks: What is masked.
        sql: The statement: what it does not name, directly or by a view, needs no cover and gets
            none (a view takes 0.15 ms). The authorizer refuses it all the same.

    Raises:
        sqlite3.Error: The schema cannot be read.
    """
    return _Covering(connection, masks, sql).veil


class _Covering:
    """The making of a veil."""

    def __init__(self, connection: sqlite3.Connection, masks: Masks, sql: str) -> None:
        self.veil = Veil()
        self._connection = connection
        self._masks = masks
        schema = [
            (_text(kind), _text(name), _text(text))
            for kind, name, text in connection.execute(
                "SELECT type, name, sql FROM main.sqlite_schema WHERE type IN ('table', 'view')"
            ).fetchall()
        ]
        tables = {name: text for kind, name, text in schema if kind == "table"}
        views = {name: text for kind, name, text in schema if kind == "view"}
        self._mentioned = fold("\n".join((sql, *views.values())))
        virtual = [name for name, text in tables.items() if _is_virtual(text)]
        warm_up(connection, (*filter(self._is_mentioned, table_functions()), *map(quote, virtual)))
        self.veil.names = {fold(name): name for _, name, _ in schema}
        self.veil.views = set(map(fold, views))
        self._cover_tables(tables)
        self._close_virtual(virtual, tables)
        self._cover_views(views)

    def _is_mentioned(self, name: str) -> bool:
        # A name with quotes of its own is written with more of them.
        return fold(name) in self._mentioned or any(c in name for c in "\"'`]")

    def _cover_tables(self, tables: Mapping[str, str]) -> None:
        for name, rows in self._all_columns().items():
            text = tables.get(name, "")
            hidden = {column for column, _ in rows if self._masks.hide(name, column)}
            if any(generated for _, generated in rows):
                hidden |= set(_made_of(name, text, rows, self._masks))
            if not hidden:
                continue
            self.veil.hidden[fold(name)] = {fold(column): column for column in hidden}
            if self._is_mentioned(name) and not _is_virtual(text):
                self._cover_table(name, [column for column, _ in rows], hidden)

    def _close_virtual(self, virtual: Collection[str], tables: Collection[str]) -> None:
        """Close virtual tables with secrets, and the tables that their modules keep them in.

        No view can stand between them: a module reads through the same authorizer.
        """
        for owner in virtual:
            hidden = self.veil.hidden.get(fold(owner))
            if not hidden:
                continue
            shown = f"{one_line(owner)} has secrets ({one_line(', '.join(hidden.values()))})"
            self._close(owner, f"Refused: {shown} that cannot be masked; unmask them first.")
            for name in tables:
                if fold(name).startswith(f"{fold(owner)}_"):
                    why = f"Refused: {one_line(name)} is part of what {shown}; unmask them first."
                    self.veil.kept[fold(name)] = why
                    self._close(name, why)

    def _close(self, name: str, why: str) -> None:
        """Let nobody read this, and not by USING either, of which the authorizer is not told."""
        if self._is_mentioned(name):
            reader = "closed_" + secrets.token_hex(16)
            self.veil.closed[reader] = why
            self._execute(f"CREATE TEMP VIEW {reader} AS SELECT name FROM main.sqlite_schema")
            self._execute(f"DROP VIEW IF EXISTS temp.{quote(name)}")
            self._execute(f"CREATE TEMP VIEW {quote(name)} AS SELECT * FROM {reader}")

    def _all_columns(self) -> dict[str, list[tuple[str, bool]]]:
        """Columns that SELECT * shows, and whether each is generated, of every table."""
        found: dict[str, list[tuple[str, bool]]] = {}
        for table, column, kind in self._connection.execute(
            "SELECT t.name, c.name, c.hidden FROM main.sqlite_schema t, "
            "pragma_table_xinfo(t.name, 'main') c WHERE t.type = 'table'"
        ):
            if kind != 1:
                found.setdefault(_text(table), []).append((_text(column), kind in (2, 3)))
        return found

    def _cover_table(self, name: str, columns: Sequence[str], hidden: Collection[str]) -> None:
        reader = "masked_" + secrets.token_hex(16)
        self.veil.readers.add(reader)
        wanted = ", ".join(
            f"{_mask(quote(c))} AS {quote(c)}" if c in hidden else quote(c) for c in columns
        )
        self._execute(f"CREATE TEMP VIEW {reader} AS SELECT {wanted} FROM main.{quote(name)}")
        self._execute(f"CREATE TEMP VIEW {quote(name)} AS SELECT * FROM {reader}")
        self.veil.covers[fold(name)] = set(map(fold, columns))

    def _execute(self, sql: str) -> None:
        self._connection.execute(sql).close()

    def _cover_views(self, views: Mapping[str, str]) -> None:
        found: list[tuple[str, str, list[str], set[str]]] = []
        for name, text in views.items():
            columns = self._view_columns(name)
            hidden = {column for column in columns if self._masks.hide(name, column)}
            if hidden:
                self.veil.hidden[fold(name)] = {fold(column): column for column in hidden}
            found.append((name, text, columns, hidden))
        if not self.veil.hidden:
            return
        for name, text, columns, hidden in found:
            try:
                covered = self._cover_view(name, text, columns, hidden)
            except sqlite3.OperationalError:
                covered = False
            if not covered:
                self._close(name, self.veil.uncovered(name))

    def _view_columns(self, name: str) -> list[str]:
        """Columns of a view; none of a broken one."""
        try:
            rows = self._connection.execute(f"PRAGMA main.table_info({quote(name)})").fetchall()
        except sqlite3.OperationalError:
            return []
        return [_text(row[1]) for row in rows]

    def _cover_view(
        self, name: str, text: str, columns: Sequence[str], hidden: Collection[str]
    ) -> bool:
        """Cover a view by one of the same text: in `temp`, it reads the covered tables."""
        pieces = list(words(text))
        if len(pieces) < 4 or self.veil.past(pieces):
            return False
        behind_name = text[pieces[2].end :]
        if not hidden:
            self._execute(f"CREATE TEMP VIEW {quote(name)}{behind_name}")
        else:
            # By name alone, as the table browser masks it; what is masked already stays as it is.
            inner = "of_" + secrets.token_hex(16)
            self._execute(f"CREATE TEMP VIEW {inner}{behind_name}")
            wanted = ", ".join(
                f"{_mask(quote(c), again=True)} AS {quote(c)}" if c in hidden else quote(c)
                for c in columns
            )
            self._execute(f"CREATE TEMP VIEW {quote(name)} AS SELECT {wanted} FROM {inner}")
        self.veil.covers[fold(name)] = set(map(fold, columns))
        return True


def _is_virtual(sql: str) -> bool:
    return sql[:14].upper() == "CREATE VIRTUAL"


def _mask(column: str, *, again: bool = False) -> str:
    """SQL for the mask of a quoted column; NULL and the empty text stay what they are."""
    already = f"WHEN {column} GLOB '•••• [0-9]* ch' THEN {column} " if again else ""
    return (
        f"CASE WHEN {column} IS NULL THEN NULL WHEN length({column}) = 0 THEN '' {already}"
        f"ELSE '•••• ' || length({column}) || ' ch' END"
    )


def _made_of(table: str, sql: str, rows: Sequence[tuple[str, bool]], masks: Masks) -> Iterator[str]:
    """Generated columns made of a masked one, also by way of another; unless shown on purpose."""
    written: Mapping[str, str] = read_table(sql).columns
    tainted = {fold(column) for column, _ in rows if masks.hide(table, column)}
    shown = {fold(column) for t, column in masks.revealed if fold(t) == fold(table)}
    # What cannot be read of it counts as made of everything.
    parts = {
        fold(c): {token.value for token in tokens(written.get(fold(c)) or sql)}
        for c, generated in rows
        if generated
    }
    grown = True
    while grown:
        more = {c for c, uses in parts.items() if uses & tainted} - tainted - shown
        tainted |= more
        grown = bool(more)
    return (column for column, generated in rows if generated and fold(column) in tainted)


def _text(value: object) -> str:
    """A name as text; what is not UTF-8 can be named by no statement."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else ""
