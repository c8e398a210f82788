"""SQL as coloured lines."""

from __future__ import annotations

from tui.app.paint import Line, Span
from tui.app.viewing import colours
from tui.services.sqlite.sql_words import Word, words
from tui.wording.clean import one_line

LONGEST = 400_000
"""Characters that are coloured; what follows is plain."""
_KEYWORDS = frozenset(
    [
        "add",
        "after",
        "all",
        "alter",
        "always",
        "and",
        "as",
        "asc",
        "autoincrement",
        "before",
        "begin",
        "between",
        "by",
        "cascade",
        "case",
        "check",
        "collate",
        "column",
        "commit",
        "conflict",
        "constraint",
        "create",
        "cross",
        "current_date",
        "current_time",
        "current_timestamp",
        "default",
        "deferrable",
        "deferred",
        "delete",
        "desc",
        "distinct",
        "do",
        "drop",
        "each",
        "else",
        "end",
        "except",
        "exists",
        "explain",
        "fail",
        "for",
        "foreign",
        "from",
        "full",
        "generated",
        "glob",
        "group",
        "having",
        "if",
        "ignore",
        "immediate",
        "in",
        "index",
        "initially",
        "inner",
        "insert",
        "instead",
        "intersect",
        "into",
        "is",
        "isnull",
        "join",
        "key",
        "left",
        "like",
        "limit",
        "match",
        "natural",
        "no",
        "not",
        "nothing",
        "notnull",
        "null",
        "of",
        "offset",
        "on",
        "or",
        "order",
        "outer",
        "over",
        "partition",
        "plan",
        "pragma",
        "primary",
        "query",
        "recursive",
        "references",
        "regexp",
        "release",
        "rename",
        "replace",
        "restrict",
        "right",
        "rollback",
        "row",
        "rowid",
        "savepoint",
        "select",
        "set",
        "stored",
        "strict",
        "table",
        "temp",
        "temporary",
        "then",
        "to",
        "transaction",
        "trigger",
        "union",
        "unique",
        "update",
        "using",
        "vacuum",
        "values",
        "view",
        "virtual",
        "when",
        "where",
        "window",
        "with",
        "without",
    ]
)


def lines(text: str) -> tuple[Line, ...]:
    """The lines of some SQL, each cleaned."""
    text = text.expandtabs(4)
    found: list[list[Span]] = [[]]
    at = 0
    for word in words(text[:LONGEST]):
        _put(found, text[at : word.begin], colours.REMARK)
        _put(found, word.text, _role(word), bold=_is_keyword(word))
        at = word.end
    _put(found, text[at:], colours.REMARK if at < LONGEST else "")
    return tuple((Span(" "), *line) for line in found)


def _is_keyword(word: Word) -> bool:
    return word.kind == "word" and word.text.lower() in _KEYWORDS


def _role(word: Word) -> str:
    if _is_keyword(word):
        return colours.NAME
    return {"text": colours.TEXT, "number": colours.NUMBER}.get(word.kind, "")


def _put(found: list[list[Span]], text: str, role: str, *, bold: bool = False) -> None:
    for number, part in enumerate(text.split("\n")):
        if number:
            found.append([])
        if part:
            found[-1].append(Span(one_line(part), role, bold))
