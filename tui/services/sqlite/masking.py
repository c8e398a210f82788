"""Secrets stay in the database: SQLite masks them before a result has them.

SQLite does not tell where a result's column comes from, so a name tells nothing: `SELECT
auth_value AS x`. Instead each table with secrets is covered by a temporary view of its name (see
`covering.py`), and the authorizer refuses to read a secret past it. Measured on SQLite 3.40, and
why it is built so:

- The authorizer is told the innermost view *or CTE* that reads, so `WITH tools AS (SELECT
  auth_value FROM main.tools) …` calls itself `tools`. The view that may read has therefore a
  random name, of one statement's life; the view with the table's name stands on it.
- A column of USING or NATURAL JOIN is read without the authorizer being asked, a FULL JOIN even
  returns it. So nothing with a secret may be had by its own name: what cannot be covered is
  closed by a view that nobody may read, and USING and NATURAL do not go together with `main.`.
- Views of the database read `main`. They are covered by views of the same text, which then read
  the covered tables.
- A generated column may be made of a secret one; so may the pages of a full-text index.
- `rowid` of a view is NULL or an error, by how the library was built: refused, with the way out.

An alias is what the operator called it: `SELECT name AS token` is not masked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from tui.core.secrets import is_secret
from tui.services.sqlite.authorizing import table_functions
from tui.services.sqlite.schema_text import fold
from tui.services.sqlite.sql_words import Word
from tui.wording.clean import one_line

_MASKED = re.compile(r"•••• (\d+) ch")
_RAW = (
    *("sqlite_dbpage", "sqlite_dbdata", "sqlite_dbptr", "sqlite_stmt"),
    # Samples of what is in the indexes, also in those on a secret.
    *("sqlite_stat3", "sqlite_stat4"),
)
_OWN = ("sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema")


# Two thousand columns take 40 ms to match, and a console asks for each statement.
_is_secret = lru_cache(maxsize=16_384)(is_secret)


@dataclass(frozen=True, slots=True)
class Masks:
    """Which secrets are masked: all but those shown on purpose."""

    more: tuple[str, ...] = ()
    """The operator's own patterns, see `tui.core.secrets`."""
    revealed: frozenset[tuple[str, str]] = frozenset()
    """Table and column of what is shown in clear."""

    def hide(self, table: str, column: str) -> bool:
        """Whether a column of that name is masked."""
        if not _is_secret(fold(table), fold(column), self.more):
            return False
        return (fold(table), fold(column)) not in {(fold(t), fold(c)) for t, c in self.revealed}


@dataclass(slots=True)
class Veil:
    """The views that cover a connection's secrets, and the judge of what is read past them."""

    touched: set[tuple[str, str]] = field(default_factory=set)
    """Table and column of the masked secrets that the statement reads."""
    _reached: bool = False
    """The statement reads a table that is covered."""
    names: dict[str, str] = field(default_factory=dict)
    """Folded name → name, of all that `main` has."""
    hidden: dict[str, dict[str, str]] = field(default_factory=dict)
    """Folded table → its secrets: folded column → column."""
    covers: dict[str, set[str]] = field(default_factory=dict)
    """Folded name of a view that covers → folded names of its columns."""
    readers: set[str] = field(default_factory=set)
    """Random names of the views that may read."""
    views: set[str] = field(default_factory=set)
    """Folded names of the views of `main`."""
    closed: dict[str, str] = field(default_factory=dict)
    """Random names of the views that stand for what cannot be covered → why it is not read."""
    kept: dict[str, str] = field(default_factory=dict)
    """Folded name of a table that holds a virtual table's secrets → why it is not read."""
    _functions: frozenset[str] = frozenset(table_functions())

    def judge(self, table: str, column: str, schema: str, reader: str) -> str:
        """Why a column may not be read; empty when it may be. A `Judge`."""
        name, wanted = fold(table), fold(column)
        if schema == "temp":
            self._reached = self._reached or name in self.covers or table in self.readers
            return self._of_cover(name, wanted)
        if reader in self.closed:
            return self.closed[reader]
        if not wanted or reader in self.readers:
            return ""
        if wanted in self.hidden.get(name, {}):
            return self._is_secret(name, wanted, reader)
        if self.hidden and name in self.views:
            return (
                f"Refused: {one_line(table)} is read past its masks with main.; "
                f"write {one_line(table)} alone."
                if name in self.covers
                else self.uncovered(table)
            )
        if name in self.kept:
            return self.kept[name]
        if name in self.names or name in self._functions or name in _OWN:
            return ""
        return f"Refused: this console does not read {one_line(table)}."

    def _of_cover(self, name: str, column: str) -> str:
        known = self.covers.get(name)
        if known is None:
            return ""
        if column in ("rowid", "oid", "_rowid_") and column not in known:
            shown = one_line(self.names[name])
            return (
                f"{shown} is read with its secrets masked, which leaves no rowid; "
                f"main.{shown} has one, and every column that is no secret."
            )
        if column in self.hidden.get(name, {}):
            self.touched.add((self.names[name], self.hidden[name][column]))
        return ""

    def _is_secret(self, name: str, column: str, reader: str) -> str:
        shown = one_line(self.names.get(name, name))
        which = f"{shown}.{one_line(self.hidden[name][column])}"
        if name not in self.covers:
            return f"Refused: {which} shows secrets, and cannot be masked here; unmask it first."
        if reader and fold(reader) in self.views:
            return (
                f"Refused: the view {one_line(reader)} reads the secret {which} past its mask; "
                "unmask it first."
            )
        return f"Refused: {which} is a secret; write {shown} without main. to read it masked."

    def uncovered(self, view: str) -> str:
        """Why a view that cannot be covered is not read."""
        return f"Refused: the view {one_line(view)} cannot be read with its secrets masked."

    @property
    def covered(self) -> bool:
        """Whether anything is masked at all."""
        return bool(self.hidden)

    def past(self, found: Sequence[Word]) -> str:
        """Why this SQL would read past the masks where the authorizer is not asked; or nothing."""
        if not self.hidden:
            return ""
        raw = next((word.text for word in found if word.value in _RAW), "")
        if raw:
            return f"Refused: {one_line(raw)} shows what is in the file, whatever is masked."
        if not _names_main(found):
            return ""
        if not any(word.says("using", "natural") for word in found):
            return ""
        return (
            "Refused: main. and a JOIN by USING or NATURAL would read past the masks; "
            "write ON, or leave main. out."
        )

    @property
    def reached(self) -> bool:
        """Whether the statement reads a covered table: only then does text like a mask mean one."""
        return self._reached

    def length_of(self, value: object) -> int | None:
        """Length of the secret that this masked value stands for; None if it is no such value."""
        if not isinstance(value, str):
            return None
        match = _MASKED.fullmatch(value)
        return int(match[1]) if match else None


def _names_main(found: Sequence[Word]) -> bool:
    return any(word.value == "main" and after.text == "." for word, after in pairwise(found))
