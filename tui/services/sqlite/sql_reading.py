"""A text of the console as exactly one statement, before SQLite is asked about it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from tui.core.errors import UsageError
from tui.services.sqlite.authorizing import PRAGMAS_ABOUT, RefusedError, refused
from tui.services.sqlite.masking import Veil
from tui.services.sqlite.sql_words import CHANGING, Word, body, place, verb, words
from tui.wording.clean import one_line

_SURROGATE = re.compile("[\ud800-\udfff]")


class StatementError(UsageError):
    """The statement is wrong; where, if that is known."""

    def __init__(self, text: str, offset: int | None = None, sql: str = "") -> None:
        """Keep the sentence and the place.

        Args:
            text: What is wrong, in SQLite's words where they are its own.
            offset: Character of `sql` where; None where that would be a guess.
            sql: The text as it was typed.
        """
        self.offset = offset
        self.line, self.column = place(sql, offset) if offset is not None else (0, 0)
        """From 1; 0 where it is not known."""
        super().__init__(text if offset is None else f"{text} ({self._where(sql)})")
        self.plain = text
        """Without the place."""

    def _where(self, sql: str) -> str:
        return f"at {self.column}" if "\n" not in sql else f"line {self.line}, at {self.column}"


@dataclass(frozen=True, slots=True)
class Asked:
    """One statement: its text up to its last word, and its words where they were typed."""

    sql: str
    words: Sequence[Word]
    shift: int = 0
    """Characters that were put in before the second word."""

    @property
    def selects(self) -> bool:
        """Whether EXPLAIN can tell how many columns it has; it runs nothing of it."""
        return self.words[0].says("select", "values", "with")

    def check(self, veil: Veil) -> None:
        """Refuse what would go past the masks.

        Raises:
            RefusedError: It would.
        """
        why = veil.past(self.words)
        if why:
            raise RefusedError(why)

    def explained(self) -> str | None:
        """The statement that explains it; None for what has no plan."""
        rest, _ = body(self.words)
        if not rest or rest[0].says("pragma"):
            return None
        return f"EXPLAIN QUERY PLAN {self.sql[rest[0].begin :]}"


def asked(text: str) -> Asked:
    """Take a text for exactly one statement that may read.

    Raises:
        RefusedError: Its verb is one that changes something.
        StatementError: There is none, or more than one; it has a parameter; it cannot be text of
            SQLite at all.
    """
    for wrong, what in (("\0", "a NUL character"), (_SURROGATE, "half a character")):
        at = text.find(wrong) if isinstance(wrong, str) else _found(wrong, text)
        if at >= 0:
            raise StatementError(f"There is {what} in the statement", at, text)
    found = list(words(text))
    end = next((n for n, word in enumerate(found) if word.text == ";"), len(found))
    if end == 0 and len(found) <= 1:
        raise StatementError("Nothing to run: type a SELECT.")
    _require_reading(found[:end])
    if end + 1 < len(found):
        raise StatementError(
            "One statement at a time; here begins another", found[end + 1].begin, text
        )
    found = found[:end]
    for word in found:
        if word.kind == "variable":
            raise StatementError(
                f"Write the value itself instead of the parameter {one_line(word.text)}",
                word.begin,
                text,
            )
    return _of_main(Asked(text[: found[-1].end], found))


def _found(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.search(text)
    return match.start() if match else -1


def _require_reading(found: Sequence[Word]) -> None:
    said = verb(found)
    if said in CHANGING:
        raise RefusedError(refused(said.upper()))


def _of_main(wanted: Asked) -> Asked:
    """Point a PRAGMA about a table at the table, not at the view that masks it."""
    rest, _ = body(wanted.words)
    if len(rest) < 2 or not rest[0].says("pragma") or rest[1].value not in PRAGMAS_ABOUT:
        return wanted
    if len(rest) > 2 and rest[2].text == ".":
        return wanted
    at = rest[1].begin
    return Asked(f"{wanted.sql[:at]}main.{wanted.sql[at:]}", wanted.words, shift=5)


def is_complete(text: str) -> bool:
    """Whether a text ends with a `;` of SQL: then Enter runs it."""
    return "\0" not in text and not _SURROGATE.search(text) and sqlite3.complete_statement(text)
