"""What a revision did to the schema, in words, told from `sqlite_master` before and after it."""

from __future__ import annotations

import sqlite3
from typing import Any

TEMPORARY = "_alembic_tmp_"
"""What Alembic's batch mode calls the table that will take another's place."""

MOST_CHANGES = 12
"""Changes of one revision that are told."""
MOST_NAMES = 4
"""Columns of a table, or indexes, that are told by name; more are counted."""


class Watch:
    """Looks at the schema between revisions through the connection that migrates.

    Through another one it would not see what is not committed yet, and its read would stand in
    the way. Nothing of SQLAlchemy's is asked: it would begin a transaction for it.
    """

    def __init__(self) -> None:
        self._schema: dict[tuple[str, str], tuple[str, str, int]] = {}
        self._columns: dict[str, dict[str, str]] = {}
        self.rows: dict[tuple[str, str], int] = {}
        """Rows that statements changed since the last look, by verb and table."""

    def begin(self, raw: Any) -> None:  # noqa: ANN401
        """Take the first look.

        Args:
            raw: The driver's connection.
        """
        self._schema = self._read(raw)
        self._columns = {
            name: self._columns_of(raw, name) for kind, name in self._schema if kind == "table"
        }
        self.rows.clear()

    def look(self, raw: Any) -> list[str]:  # noqa: ANN401
        """Say what is different since the last look, the most telling first."""
        before, after = self._schema, self._read(raw)
        self._schema = after
        said = self._tables(raw, before, after) + self._indexes(before, after)
        for (verb, table), count in sorted(self.rows.items()):
            if count > 0 and ("table", table) in after:
                said.append(f"{counted(count, 'row')} {verb} {table}")
        self.rows.clear()
        if len(said) > MOST_CHANGES:
            more = len(said) - MOST_CHANGES + 1
            said = [*said[: MOST_CHANGES - 1], f"and {more} more"]
        return said

    def _tables(
        self,
        raw: Any,  # noqa: ANN401
        before: dict[tuple[str, str], tuple[str, str, int]],
        after: dict[tuple[str, str], tuple[str, str, int]],
    ) -> list[str]:
        old = {name: facts for (kind, name), facts in before.items() if kind == "table"}
        new = {name: facts for (kind, name), facts in after.items() if kind == "table"}
        # A table that is renamed keeps its place in the file; so may one that replaces another.
        places = {facts[2]: name for name, facts in old.items() if name not in new}
        said = []
        moved = set()
        for name, facts in new.items():
            if name in old and facts == old[name]:
                continue
            columns = self._columns_of(raw, name)
            if name in old:
                said += self._changed(raw, name, columns, old[name][2] != facts[2])
            elif columns == self._columns.get(places.get(facts[2], "")):
                moved.add(places[facts[2]])
                said.append(f"table {places[facts[2]]} is now {name}")
            else:
                count = sum(
                    1
                    for (kind, _), (table, sql, _) in after.items()
                    if kind == "index" and table == name and sql
                )
                indexes = f" ({counted(count, 'index')})" if count else ""
                said.append(f"+ table {name}{indexes}")
            self._columns[name] = columns
        for name in old:
            if name not in new:
                self._columns.pop(name, None)
                if name not in moved:
                    said.append(f"- table {name}")
        return said

    def _changed(
        self,
        raw: Any,  # noqa: ANN401
        table: str,
        columns: dict[str, str],
        rebuilt: bool,
    ) -> list[str]:
        known = self._columns.get(table, {})
        both = [name for name in columns if name in known]
        signs = (
            ("+", [f"{table}.{name}" for name in columns if name not in known]),
            ("-", [f"{table}.{name}" for name in known if name not in columns]),
            (
                "~",
                [
                    f"{table}.{name} {known[name]} -> {columns[name]}"
                    for name in both
                    if known[name] != columns[name]
                ],
            ),
        )
        said = [f"{sign} {listed(names)}" for sign, names in signs if names]
        if rebuilt:
            (count,) = raw.cursor().execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()
            said.append(f"rebuilt {table}, {counted(count, 'row')}")
        return said or [f"~ table {table}"]

    @staticmethod
    def _indexes(
        before: dict[tuple[str, str], tuple[str, str, int]],
        after: dict[tuple[str, str], tuple[str, str, int]],
    ) -> list[str]:
        """Name indexes, views and triggers that came or went without their table."""
        was = {name for kind, name in before if kind == "table"}
        stays = {name for kind, name in after if kind == "table"}
        words = {"index": "", "view": "view ", "trigger": "trigger "}
        said = []
        for sign, these, those, tables in (("+", after, before, was), ("-", before, after, stays)):
            indexes = []
            for key, (table, sql, _) in these.items():
                kind, name = key
                if kind == "table" or not sql or (kind != "view" and table not in tables):
                    continue
                if key in those:
                    continue
                if kind == "index":
                    indexes.append((table, name))
                else:
                    said.append(f"{sign} {words[kind]}{name}")
            said += [f"{sign} {text}" for text in named_or_counted(indexes)]
        for key, (_, sql, _) in after.items():
            if key[0] != "table" and key in before and before[key][1] != sql:
                said.append(f"~ {words[key[0]]}{key[1]}")
        return said

    @staticmethod
    def _read(raw: Any) -> dict[tuple[str, str], tuple[str, str, int]]:  # noqa: ANN401
        """Return every thing of the schema, with its table, definition and place."""
        rows = raw.cursor().execute("SELECT type, name, tbl_name, sql, rootpage FROM sqlite_master")
        return {
            (kind, name): (table, sql or "", place)
            for kind, name, table, sql, place in rows.fetchall()
            if not name.startswith("sqlite_") and name != "alembic_version"
        }

    @staticmethod
    def _columns_of(raw: Any, table: str) -> dict[str, str]:  # noqa: ANN401
        try:
            rows = raw.cursor().execute(f"PRAGMA table_xinfo({quoted(table)})").fetchall()
        except sqlite3.Error:
            return {}  # a virtual table whose module is not here
        return {row[1]: " ".join([row[2], "NOT NULL" if row[3] else ""]).strip() for row in rows}


def counted(count: int, thing: str) -> str:
    """Return `1 row`, `2 rows`, `3 indexes`."""
    if count == 1:
        return f"1 {thing}"
    return f"{count} {thing}es" if thing.endswith("x") else f"{count} {thing}s"


def listed(names: list[str]) -> str:
    """Return names with commas; of many the first and how many more."""
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more"


def named_or_counted(indexes: list[tuple[str, str]]) -> list[str]:
    """Return indexes by name; many by how many of which tables.

    Args:
        indexes: Table and name of each.
    """
    if len(indexes) <= MOST_NAMES:
        return [name for _table, name in indexes]
    tables = sorted({table for table, _name in indexes})
    where = ", ".join(tables) if len(tables) <= MOST_NAMES else f"{len(tables)} tables"
    return [f"{counted(len(indexes), 'index')} on {where}"]


def quoted(name: str) -> str:
    """Return a name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'
