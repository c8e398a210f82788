"""What SQLite says of a statement, as one sentence, with the place where it can be found.

Python 3.11 does not pass on `sqlite3_error_offset`, so the place is found again: a parser
complains of the first word it cannot take, so the text cut behind each candidate is tried in turn.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from tui.services.sqlite.authorizing import ReadOnly, RefusedError
from tui.services.sqlite.masking import Veil
from tui.services.sqlite.sql_reading import Asked, StatementError
from tui.services.sqlite.sql_words import Word
from tui.wording.clean import one_line

_NEAR = re.compile(r'near "(.*)": syntax error', re.DOTALL)
_NAMED = re.compile(
    r"(?:no such (?:column|table|function|collation sequence|module|index)|ambiguous column name"
    r"|wrong number of arguments to function|misuse of (?:aggregate|window function)"
    r"|misuse of aggregate function|not authorized to use function)"
    r":? (.*?)(?:\(\))?",
    re.DOTALL,
)
_OF_THE_STATEMENT = (
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_RANGE,
    sqlite3.SQLITE_AUTH,
)


def sentence_of(
    error: sqlite3.Error,
    wanted: Asked,
    guard: ReadOnly,
    veil: Veil,
    connection: sqlite3.Connection,
) -> Exception:
    """Make the error that a person can act on; SQLite's own where the file is to blame.

    Args:
        error: What was raised.
        wanted: The statement.
        guard: The authorizer it was compiled under; still in force.
        veil: What is masked.
        connection: To look for the place with.
    """
    if guard.refusal:
        return RefusedError(guard.refusal)
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    text = one_line(str(error))
    if code == sqlite3.SQLITE_TOOBIG:
        return StatementError(
            "A value is too long to be read whole; take a piece with substr(…, 1, 65536)."
        )
    if code == sqlite3.SQLITE_NOMEM:
        return StatementError("SQLite is out of memory; ask for less.")
    if code not in _OF_THE_STATEMENT and not isinstance(error, sqlite3.ProgrammingError):
        return error
    if veil.covered and re.search(r"no such column: (.*\.)?(rowid|oid|_rowid_)$", text):
        text += "; a table with masked secrets has none, main.TABLE has"
    offset = _offset(str(error), wanted, connection)
    return StatementError(text, offset, wanted.sql)


def _offset(said: str, wanted: Asked, connection: sqlite3.Connection) -> int | None:
    if wanted.shift:
        return None
    if said == "incomplete input":
        return len(wanted.sql)
    near = _NEAR.fullmatch(said)
    if near:
        same = [word for word in wanted.words if word.text.startswith(near[1])]
        return _first_wrong(said, same, wanted, connection)
    if said.startswith("unrecognized token"):
        odd = [
            w
            for w in wanted.words
            if w.kind == "open" or w.text in "\\!&^~{}" or not w.text.isprintable()
        ]
        return odd[0].begin if len(odd) == 1 else None
    named = _NAMED.fullmatch(said)
    return _only(named[1], wanted.words) if named else None


def _first_wrong(
    said: str, candidates: Sequence[Word], wanted: Asked, connection: sqlite3.Connection
) -> int | None:
    if len(candidates) == 1:
        return candidates[0].begin
    prefix = "" if wanted.words[0].says("explain") else "EXPLAIN "
    for word in candidates[:50]:
        try:
            connection.execute(prefix + wanted.sql[: word.end]).close()
        except sqlite3.Error as error:
            if str(error) == said:
                return word.begin
    return None


def _only(name: str, words: Sequence[Word]) -> int | None:
    """Where a name stands, if it stands there once; `t.x` counts as one."""
    parts = name.lower().split(".")
    found = []
    for at, word in enumerate(words):
        if word.value != parts[-1] or word.kind not in ("word", "name", "text"):
            continue
        before = words[at - 2].value if at >= 2 and words[at - 1].text == "." else None
        if len(parts) > 1 and before != parts[-2]:
            continue
        found.append(word.begin if len(parts) == 1 or at < 2 else words[at - 2].begin)
    return found[0] if len(found) == 1 else None
