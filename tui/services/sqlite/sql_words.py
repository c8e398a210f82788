"""SQL as SQLite's tokenizer cuts it, with the place of every piece.

What a front end needs before SQLite sees a statement: is it exactly one, which verb is it, where
is the word that SQLite complains of. The rules: https://www.sqlite.org/src/file/src/tokenize.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_ID = r"A-Za-z0-9_$\x80-\U0010ffff"
_TOKEN = re.compile(
    # A byte order mark is a blank where a word might begin, and a letter within one.
    rf"""(?P<space>[ \t\n\v\f\r]+|\ufeff|--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<name>"(?:[^"]|"")*"|\[[^\]]*\]|`(?:[^`]|``)*`)
    |(?P<text>[xX]?'(?:[^']|'')*')
    |(?P<open>["'`\[].*)
    |(?P<number>(?:\d|\.\d)[{_ID}.]*(?:(?<=[eE])[+-]\d[{_ID}]*)?)
    |(?P<variable>[?:@$\#][{_ID}:]*)
    |(?P<word>[{_ID}]+)
    |(?P<sign>->>|->|\|\||<=|>=|<>|!=|==|<<|>>|.)""",
    re.VERBOSE | re.DOTALL,
)
READING = frozenset(("select", "values", "with", "pragma"))
"""What a statement that reads begins with, after EXPLAIN."""
CHANGING = frozenset(
    (
        "alter",
        "analyze",
        "attach",
        "begin",
        "commit",
        "create",
        "delete",
        "detach",
        "drop",
        "end",
        "insert",
        "reindex",
        "release",
        "replace",
        "rollback",
        "savepoint",
        "update",
        "vacuum",
    )
)
"""What one that changes something begins with."""
_WRITING = frozenset(("insert", "replace", "update", "delete"))
"""What may stand behind a WITH instead of SELECT."""


class Word(NamedTuple):
    """A piece of SQL that has a meaning."""

    kind: str
    """`name` (in quotes), `text`, `open` (quotes that do not end), `number`, `variable`, `word` or
    `sign`."""
    text: str
    """As written."""
    begin: int
    end: int

    @property
    def value(self) -> str:
        """The name that SQLite reads, where it takes this for one; folded."""
        text = self.text
        if self.kind in ("name", "text") and text[0] in "\"'`[":
            closing = "]" if text[0] == "[" else text[0]
            text = text[1:-1].replace(closing * 2, closing)
        return text.lower()

    def says(self, *keywords: str) -> bool:
        """Whether it is one of these keywords."""
        return self.kind == "word" and self.text.lower() in keywords


def words(sql: str) -> Iterator[Word]:
    """Cut SQL into its pieces; blanks and comments are left out."""
    for match in _TOKEN.finditer(sql):
        if match.lastgroup != "space":
            yield Word(str(match.lastgroup), match.group(), match.start(), match.end())


def body(found: Sequence[Word]) -> tuple[Sequence[Word], str]:
    """What EXPLAIN explains, and the EXPLAIN itself: `explain`, `explain query plan` or empty."""
    if not found or not found[0].says("explain"):
        return found, ""
    if len(found) > 2 and found[1].says("query") and found[2].says("plan"):
        return found[3:], "explain query plan"
    return found[1:], "explain"


def verb(found: Sequence[Word]) -> str:
    """Say what a statement does, EXPLAIN aside: `select`, `delete` …; a CTE's own SELECTs aside.

    Empty where there is no word at all.
    """
    rest, _ = body(found)
    if not rest or rest[0].kind != "word":
        return ""
    if not rest[0].says("with"):
        return rest[0].text.lower()
    depth = 0
    for word in rest[1:]:
        depth += {"(": 1, ")": -1}.get(word.text, 0)
        if depth == 0 and word.says("select", "values", *_WRITING):
            return word.text.lower()
    return "with"


def place(sql: str, offset: int) -> tuple[int, int]:
    """Line and column of a character, both from 1."""
    before = sql[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
