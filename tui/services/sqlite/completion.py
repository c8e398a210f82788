"""What may come next in a statement: a pure function of the text, the cursor and the names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui.services.sqlite.authorizing import PRAGMAS_ABOUT, PRAGMAS_ALONE
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.sql_words import Word, words

KEYWORDS = (
    *("SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "OFFSET", "JOIN"),
    *("LEFT JOIN", "ON", "USING", "AS", "AND", "OR", "NOT", "IN", "IS NULL", "IS NOT NULL"),
    *("LIKE", "GLOB", "BETWEEN", "EXISTS", "DISTINCT", "DESC", "ASC", "CASE", "WHEN", "THEN"),
    *("ELSE", "END", "UNION ALL", "UNION", "EXCEPT", "INTERSECT", "WITH", "VALUES", "COLLATE"),
    *("EXPLAIN QUERY PLAN", "PRAGMA", "NULL", "CAST", "count(", "sum(", "min(", "max(", "avg("),
    *("length(", "substr(", "lower(", "upper(", "coalesce(", "json_extract(", "datetime("),
)
MOST = 50
"""Candidates at a time."""

_OPENS = ('"', "`", "[")
_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_WORDS = frozenset(word.lower() for keyword in KEYWORDS for word in keyword.split())
_RESERVED = _WORDS | {"table", "index", "default", "check", "to", "set", "group", "order", "add"}
_ENDS_TABLES = ("where", "group", "order", "having", "limit", "on", "union", "except", "intersect")


@dataclass(frozen=True, slots=True)
class Completion:
    """What stands from `begin` to the cursor may be replaced by one of the candidates."""

    begin: int
    candidates: tuple[str, ...]


def complete(
    text: str, cursor: int, names: Sequence[str], columns: Mapping[str, Sequence[str]]
) -> Completion:
    """Say what may stand at the cursor.

    Tables behind FROM and JOIN, the columns of a table behind its name or alias and a dot, PRAGMAs
    behind PRAGMA; else the columns of the tables that the statement names, then keywords.

    Args:
        text: The whole text; of several statements the one around the cursor counts.
        cursor: Characters before the cursor.
        names: Tables and views, best first.
        columns: Of each of them.

    Returns:
        No candidates inside a text or a comment.
    """
    around = _statement(text, cursor)
    before = [word for word in around if word.begin < cursor]
    typed, begin = "", cursor
    if before and before[-1].end >= cursor:
        last = before[-1]
        if last.kind in ("text", "number", "variable") or last.text[0] == "'":
            return Completion(cursor, ())
        if last.kind in ("word", "name", "open"):
            before.pop()
            begin, typed = last.begin, text[last.begin : cursor]
            if typed[:1] in _OPENS:
                # One quote alone: what follows it belongs to the name.
                typed = typed[1:]
    elif _in_comment(text, cursor, before):
        return Completion(cursor, ())
    known = {name.lower(): name for name in names}
    found = _candidates(before, around, known, columns, names)
    fitting = [name for name in dict.fromkeys(found) if name.lower().startswith(typed.lower())]
    return Completion(begin, tuple(map(_written, fitting[:MOST])))


def _statement(text: str, cursor: int) -> list[Word]:
    found: list[Word] = []
    for word in words(text):
        if word.text == ";":
            if word.end > cursor:
                break
            found = []
        else:
            found.append(word)
    return found


def _in_comment(text: str, cursor: int, before: Sequence[Word]) -> bool:
    since = before[-1].end if before else 0
    gap = text[since:cursor]
    line = gap.rsplit("\n", 1)[-1]
    return "--" in line or gap.rfind("/*") > gap.rfind("*/")


def _candidates(
    before: Sequence[Word],
    around: Sequence[Word],
    known: Mapping[str, str],
    columns: Mapping[str, Sequence[str]],
    names: Sequence[str],
) -> Iterable[str]:
    if not before:
        return KEYWORDS
    last = before[-1]
    mentioned = _mentioned(around, known)
    if last.text == ".":
        owner = before[-2].value if len(before) > 1 else ""
        if owner == "main":
            return names
        return columns.get(mentioned.get(owner, known.get(owner, "")), ())
    if last.says("pragma"):
        return sorted(PRAGMAS_ALONE | PRAGMAS_ABOUT)
    if _wants_table(before):
        return names
    return [
        *(
            column
            for table in dict.fromkeys(mentioned.values())
            for column in columns.get(table, ())
        ),
        *KEYWORDS,
        *mentioned,
    ]


def _wants_table(before: Sequence[Word]) -> bool:
    if before[-1].says("from", "join"):
        return True
    if before[0].says("pragma") and before[-1].text in ("(", "="):
        return True
    if before[-1].text != ",":
        return False
    # A comma within FROM a, b; not within brackets behind it.
    depth = 0
    for word in reversed(before):
        depth += {")": 1, "(": -1}.get(word.text, 0)
        if depth < 0 or word.says("select", *_ENDS_TABLES):
            return False
        if depth == 0 and word.says("from"):
            return True
    return False


def _mentioned(around: Sequence[Word], known: Mapping[str, str]) -> dict[str, str]:
    """Folded name or alias → table, of what stands behind FROM and JOIN and their commas."""
    found: dict[str, str] = {}
    for at, word in enumerate(around):
        if word.value not in known or at == 0 or word.kind not in ("word", "name"):
            continue
        begin = at - 2 if around[at - 1].text == "." else at
        if begin < 1 or not _wants_table(around[:begin]):
            continue
        found[word.value] = known[word.value]
        behind = around[at + 1 : at + 3]
        if behind and behind[0].says("as"):
            behind = behind[1:]
        if behind and behind[0].kind in ("word", "name") and behind[0].value not in _RESERVED:
            found[behind[0].value] = known[word.value]
    return found


def _written(name: str) -> str:
    """A name as a statement needs it; keywords and functions as they are."""
    if name in KEYWORDS or (_PLAIN.fullmatch(name) and name.lower() not in _RESERVED):
        return name
    return quote(name)
