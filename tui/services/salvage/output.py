"""The new file that a salvage writes, and the working tables beside it.

Definitions come out of a damaged file: whatever they say, an authorizer lets nothing happen but
the making of tables, indexes, views and triggers in this file. Rows that the definitions do not
let in go into a table of strays.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tui.services.files import denied
from tui.services.salvage import defining
from tui.services.salvage.image import Header
from tui.services.salvage.records import Row, Text
from tui.services.salvage.schema import Entry
from tui.services.salvage.tables import Table, bound, describe
from tui.services.salvage.trees import Item
from tui.services.sqlite.connections import translated
from tui.services.sqlite.inspection import quote
from tui.wording.clean import one_line

DOUBTS, STRAYS, LOST = (
    "mcpdb_salvage_doubts",
    "mcpdb_salvage_strays",
    "mcpdb_salvage_lost",
)
_BATCH = 500
_MAX_FIELDS = 900
"""Fields of a stray that are kept: SQLite takes 2000 columns at most, and 999 bound values."""
_ENCODINGS = {1: "UTF-8", 2: "UTF-16le", 3: "UTF-16be"}


@dataclass(slots=True)
class _Batch:
    table: Table
    statement: str
    rows: list[tuple[Item, list[object], str]] = field(default_factory=list)


class Output:
    """A new database; use it as a context manager. Not synced: the caller does that."""

    def __init__(self, path: Path, work: Path, header: Header, page_size: int) -> None:
        """Make both files.

        Args:
            path: The new database; a name that does not exist yet.
            work: For what is needed meanwhile; another such name.
            header: Of the damaged file.
            page_size: Its size of pages.

        Raises:
            PrecheckError: They cannot be written.
        """
        self.path, self._work, self._encoding = path, work, header.encoding
        for each in (path, work):
            try:
                flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
                os.close(os.open(each, flags, 0o600))
            except OSError as error:
                raise denied("write", each, error) from error
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._batch: _Batch | None = None
        self._stray_fields = 0
        self._strays = 0
        self.refused: set[str] = set()
        """Tables that did not take every row they were given."""
        try:
            self._prepare(header, page_size)
        except sqlite3.Error as error:
            self.connection.close()
            raise translated(error, path) from error

    def __enter__(self) -> Output:
        """Itself."""
        return self

    def __exit__(self, *_unused: object) -> None:
        """Close it."""
        with suppress(sqlite3.Error):
            self.connection.close()

    def _prepare(self, header: Header, page_size: int) -> None:
        run = self.connection.execute
        run("PRAGMA trusted_schema=0")
        run(f"PRAGMA page_size={int(page_size)}")
        run(f"PRAGMA encoding='{_ENCODINGS.get(header.encoding, 'UTF-8')}'")
        if header.is_sound and header.auto_vacuum:
            run(f"PRAGMA auto_vacuum={2 if header.incremental else 1}")
        # It is thrown away whenever it is not finished: nothing is synced on the way.
        run("PRAGMA journal_mode=MEMORY")
        run("PRAGMA synchronous=OFF")
        run("PRAGMA cache_size=-65536")
        run("PRAGMA recursive_triggers=OFF")
        run("ATTACH DATABASE ? AS work", (str(self._work),))
        run("PRAGMA work.journal_mode=MEMORY")
        run("PRAGMA work.synchronous=OFF")
        if header.is_sound:
            run(f"PRAGMA user_version={_signed(header.user_version)}")
            run(f"PRAGMA application_id={_signed(header.application_id)}")
        run("BEGIN")
        run(
            "CREATE TABLE work.doubts (table_name TEXT, row_key, why TEXT, place INTEGER, "
            "page INTEGER)"
        )
        run("CREATE TABLE work.lost (table_name TEXT, row_id INTEGER, known TEXT)")
        run(
            "CREATE TABLE work.strays (page INTEGER, row_id INTEGER, table_name TEXT, why TEXT, "
            "fields INTEGER)"
        )

    # --- definitions ----------------------------------------------------------------------

    def define(self, entry: Entry) -> str:
        """Carry out a definition; why it could not be, or empty."""
        if entry.name.casefold().startswith("sqlite_"):
            return "SQLite makes it itself"
        return defining.define(self.connection, self.path, entry)

    def table(self, entry: Entry) -> Table:
        """How rows of a defined table are laid out."""
        return describe(self.connection, entry)

    def drop_index(self, name: str) -> None:
        """Take an index away again: it is made anew once its rows are there."""
        self.connection.execute(f"DROP INDEX main.{quote(name)}")

    # --- rows -----------------------------------------------------------------------------

    def add(self, table: Table, item: Item, doubt: str = "") -> None:
        """Put a row into its table, sooner or later; see `flush`."""
        values, casts, odd = bound(item.values, self._encoding)
        statement = table.insert(len(values), casts)
        batch = self._batch
        if batch is None or batch.table is not table or batch.statement != statement:
            self.flush()
            batch = self._batch = _Batch(table, statement)
        batch.rows.append((item, table.parameters(item.rowid, values), doubt or item.doubt or odd))
        if len(batch.rows) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what `add` was given.

        Raises:
            PrecheckError: No space.
        """
        batch, self._batch = self._batch, None
        if batch is None:
            return
        run = self.connection.execute
        try:
            for item, parameters, doubt in batch.rows:
                try:
                    run(batch.statement, parameters)
                except (sqlite3.IntegrityError, sqlite3.DataError, OverflowError) as error:
                    self._refused(batch.table, item, str(error))
                else:
                    if doubt or item.place:
                        self._doubt(batch.table, item, doubt)
        except sqlite3.Error as error:
            raise translated(error, self.path) from error

    def _doubt(self, table: Table, item: Item, doubt: str) -> None:
        key: object = item.rowid
        if table.without_rowid:
            key = _shown(item.values[: len(table.key)], self._encoding)
        self.connection.execute(
            "INSERT INTO work.doubts VALUES (?, ?, ?, ?, ?)",
            (table.name, key, doubt or item.place, not doubt, item.page),
        )

    def _refused(self, table: Table, item: Item, why: str) -> None:
        """A row that its table does not take: the same once more, or a stray."""
        if not self._is_there(table, item):
            self.refused.add(table.name)
            self.stray(item, table.name, why)

    def _is_there(self, table: Table, item: Item) -> bool:
        values, casts, _odd = bound(item.values, self._encoding)
        names, wanted = list[str](), list[object]()
        if not table.without_rowid and table.rowid_name:
            names, wanted = [table.rowid_name], [item.rowid]
        for index, (column, value) in enumerate(zip(table.columns, values, strict=False)):
            if index != table.alias and index not in casts:
                names.append(quote(column.name))
                wanted.append(value)
        where = " AND ".join(f"{name} IS ?" for name in names) or "0"
        query = f"SELECT 1 FROM main.{quote(table.name)} WHERE {where} LIMIT 1"
        return self.connection.execute(query, wanted).fetchone() is not None

    def stray(self, item: Item, table: str, why: str) -> None:
        """Keep a row that belongs nowhere for certain."""
        values, _casts, _odd = bound(item.values[:_MAX_FIELDS], self._encoding)
        for index in range(self._stray_fields, len(values)):
            self.connection.execute(f"ALTER TABLE work.strays ADD COLUMN c{index}")
            self._stray_fields = index + 1
        marks = ", ".join("?" * (5 + len(values)))
        names = ", ".join(f"c{index}" for index in range(len(values)))
        self.connection.execute(
            "INSERT INTO work.strays (page, row_id, table_name, why, fields"
            f"{', ' if names else ''}{names}) VALUES ({marks})",
            [item.page, item.rowid, table, one_line(why), len(item.values), *values],
        )
        self._strays += 1

    def _free(self, name: str) -> str:
        """The name, or with a number where an earlier salvage left a table of that name."""
        taken = {
            str(row[0]) for row in self.connection.execute("SELECT name FROM main.sqlite_schema")
        }
        more = (f"{name}_{number}" for number in range(2, len(taken) + 3))
        return next(each for each in (name, *more) if each not in taken)

    @property
    def strays(self) -> int:
        """Rows that belong nowhere for certain."""
        return self._strays

    def counted(self, table: Table) -> tuple[int, int]:
        """Rows of a table, and how many of them are in doubt."""
        run = self.connection.execute
        (rows,) = run(f"SELECT count(*) FROM main.{quote(table.name)}").fetchone()
        (doubtful,) = run(
            "SELECT count(DISTINCT row_key) FROM work.doubts WHERE table_name = ?", (table.name,)
        ).fetchone()
        return int(rows), int(doubtful)

    def sequence(self, table: str, number: int) -> None:
        """Give a table with AUTOINCREMENT at least the number that it had reached."""
        run = self.connection.execute
        known = run("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").fetchone()
        if (
            known is None
            or not run(
                "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)
            ).fetchone()
        ):
            return
        if not run(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (number, table)
        ).rowcount:
            run("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, number))

    def has(self, entry: Entry) -> bool:
        """Whether an object of the schema is in the new file already."""
        query = "SELECT 1 FROM main.sqlite_schema WHERE type = ? AND name = ?"
        return self.connection.execute(query, (entry.kind, entry.name)).fetchone() is not None

    def finish(self) -> None:
        """Keep what is known of doubts, strays and lost rows, where there are any; commit.

        Raises:
            PrecheckError: No space.
        """
        self.flush()
        try:
            run = self.connection.execute
            for name, source, columns in (
                (DOUBTS, "work.doubts", "table_name, row_key, why, page"),
                (STRAYS, "work.strays", "*"),
                (LOST, "work.lost", "*"),
            ):
                if run(f"SELECT 1 FROM {source} LIMIT 1").fetchone():
                    run(f"CREATE TABLE main.{self._free(name)} AS SELECT {columns} FROM {source}")
            run("COMMIT")
        except sqlite3.Error as error:
            raise translated(error, self.path) from error


def _shown(values: Row, encoding: int) -> str:
    """Key values as SQL literals, for a person."""
    found = []
    for value in values:
        if isinstance(value, Text):
            codec = {2: "utf-16-le", 3: "utf-16-be"}.get(encoding, "utf-8")
            text = bytes(value).decode(codec, errors="replace")
            found.append("'" + text.replace("'", "''") + "'")
        elif isinstance(value, bytes):
            found.append(f"x'{value.hex()}'")
        else:
            found.append("NULL" if value is None else str(value))
    return ", ".join(found)


def _signed(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value
