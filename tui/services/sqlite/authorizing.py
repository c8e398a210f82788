"""The authorizer of the console: SQLite itself refuses whatever does not merely read.

It is asked while SQLite compiles a statement, also one that a table-valued function or a virtual
table compiles behind it; so no way of writing a statement goes around it
(https://www.sqlite.org/c3ref/set_authorizer.html).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress

from tui.core.errors import UsageError
from tui.wording.clean import one_line

Judge = Callable[[str, str, str, str], str]
"""Asked for each column read: table, column (empty: none in particular), schema (`main`, `temp`)
and the innermost view or CTE it is read by; answers why not, or nothing."""

PRAGMAS_ALONE = frozenset(
    (
        "application_id",
        "auto_vacuum",
        "collation_list",
        "compile_options",
        "data_version",
        "database_list",
        "encoding",
        "freelist_count",
        "function_list",
        "journal_mode",
        "module_list",
        "page_count",
        "page_size",
        "pragma_list",
        "schema_version",
        "user_version",
    )
)
"""PRAGMAs that read as long as nothing is given to them."""
PRAGMAS_ABOUT = frozenset(
    (
        "foreign_key_check",
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "quick_check",
        "table_info",
        "table_list",
        "table_xinfo",
    )
)
"""PRAGMAs whose argument only says what is read."""
TABLE_FUNCTIONS = ("json_each", "json_tree", "generate_series", "dbstat")
"""Tables without a schema that may be read, besides those that stand for the PRAGMAs above."""

_FUNCTIONS = frozenset(
    (
        "edit",
        "fts3_tokenizer",
        "load_extension",
        "lsdir",
        "optimize",
        "readfile",
        "sqlite_log",
        "writefile",
    )
)
"""Functions with an effect outside the statement, wherever a library has them."""
_RAW = frozenset(("sqlite_dbpage", "sqlite_dbdata", "sqlite_dbptr", "sqlite_stmt"))
"""Virtual tables that show the file's bytes, whatever is masked."""

_VERBS = {
    "ALTER_TABLE": "ALTER TABLE",
    "CREATE_VTABLE": "CREATE VIRTUAL TABLE",
    "DROP_VTABLE": "DROP TABLE",
}
_ACTIONS = (
    "ALTER_TABLE",
    "ANALYZE",
    "ATTACH",
    "CREATE_INDEX",
    "CREATE_TABLE",
    "CREATE_TEMP_INDEX",
    "CREATE_TEMP_TABLE",
    "CREATE_TEMP_TRIGGER",
    "CREATE_TEMP_VIEW",
    "CREATE_TRIGGER",
    "CREATE_VIEW",
    "CREATE_VTABLE",
    "DELETE",
    "DETACH",
    "DROP_INDEX",
    "DROP_TABLE",
    "DROP_TEMP_INDEX",
    "DROP_TEMP_TABLE",
    "DROP_TEMP_TRIGGER",
    "DROP_TEMP_VIEW",
    "DROP_TRIGGER",
    "DROP_VIEW",
    "DROP_VTABLE",
    "INSERT",
    "REINDEX",
    "SAVEPOINT",
    "UPDATE",
)
_NAMES = {
    getattr(sqlite3, f"SQLITE_{name}"): _VERBS.get(name, name.replace("_", " "))
    for name in _ACTIONS
}


class RefusedError(UsageError):
    """The statement does, or reads, what this console does not."""


def refused(what: str) -> str:
    """The sentence for what is not reading."""
    return (
        f"Refused: this console only reads ({one_line(what)}). "
        "Imports and restores have their own screens."
    )


def _anything(_table: str, _column: str, _schema: str, _reader: str) -> str:
    return ""


class ReadOnly:
    """An authorizer for `Connection.set_authorizer`: a statement may read, and nothing else."""

    def __init__(self, judge: Judge = _anything) -> None:
        """Take what else decides on each column.

        Args:
            judge: Asked for what SQLite would let be read.
        """
        self.refusal = ""
        """Why it refused, the first time; empty while it has not."""
        self._judge = judge

    def __call__(
        self,
        action: int,
        first: str | None,
        second: str | None,
        schema: str | None,
        reader: str | None,
    ) -> int:
        """Answer SQLite; what it is not asked for by name is denied."""
        why = self._why(action, first or "", second or "", schema or "", reader or "")
        if not why:
            return sqlite3.SQLITE_OK
        self.refusal = self.refusal or why
        return sqlite3.SQLITE_DENY

    def _why(self, action: int, first: str, second: str, schema: str, reader: str) -> str:
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return ""
        if action == sqlite3.SQLITE_READ:
            if first.lower() in _RAW:
                return f"Refused: {one_line(first)} shows the file's raw pages, secrets included."
            return self._judge(first, second, schema, reader)
        if action == sqlite3.SQLITE_FUNCTION:
            return refused(f"{second}()") if second.lower() in _FUNCTIONS else ""
        if action == sqlite3.SQLITE_PRAGMA:
            return _pragma(first.lower(), second)
        if action == sqlite3.SQLITE_TRANSACTION:
            return refused(first)
        return refused(_NAMES.get(action, f"action {action}"))


def _pragma(name: str, argument: str) -> str:
    if name in PRAGMAS_ABOUT or (name in PRAGMAS_ALONE and not argument):
        return ""
    return refused(f"PRAGMA {name} = {argument[:60]}" if argument else f"PRAGMA {name}")


def table_functions() -> tuple[str, ...]:
    """Names of the tables without a schema that may be read."""
    return *TABLE_FUNCTIONS, *(f"pragma_{name}" for name in sorted(PRAGMAS_ALONE | PRAGMAS_ABOUT))


def warm_up(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Let virtual tables connect, before there is an authorizer.

    SQLite declares the columns of each by an UPDATE of `sqlite_master` that writes nothing; it
    asks an authorizer for it, which could not tell it from a real one.

    Args:
        connection: Without an authorizer.
        names: Quoted names of virtual tables; those that are not there are passed over.
    """
    for name in names:
        with suppress(sqlite3.Error):
            connection.execute(f"SELECT 1 FROM {name} LIMIT 0").close()
