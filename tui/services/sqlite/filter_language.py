"""The filter line as an operator types it, read into its parts.

    term        a word, a few words, or 'quoted text'      → the text is looked for
    comparison  column op value                            op: = != < <= > >= ~ !~ ^
                column is null, column is not null
                column in (a, b), column not in (a, b)
    whole       terms and comparisons with `and`, `or` and brackets; `and` binds closer

`~` is "contains", `^` is "begins with". Text with spaces, brackets or quotes goes in '…' or "…",
a quote inside it is doubled. A column with an odd name goes in "…", `…` or […]. Nothing here
knows which columns there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from tui.core.errors import UsageError
from tui.wording.clean import one_line

MOST_CHARACTERS = 10_000
MOST_TERMS = 200
"""SQLite takes an expression 1,000 deep; each term of a chain makes it one deeper."""
MOST_BRACKETS = 10
"""One within another; SQLite's parser has room for 100 open pieces in all."""
_NAMED = 60
"""Characters of a foreign text that a sentence repeats."""

Operator: TypeAlias = Literal[
    "=", "!=", "<", "<=", ">", ">=", "~", "!~", "^", "is null", "is not null", "in", "not in"
]


class FilterError(UsageError):
    """The filter line cannot be understood; `position` is where, from 1."""

    def __init__(self, what: str, at: int, more: str = "") -> None:
        super().__init__(f"{what} (near position {at + 1}).{more}")
        self.position = at + 1


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it is written."""

    text: str
    quoted: bool
    at: int
    """Where it begins, from 0."""


@dataclass(frozen=True, slots=True)
class Search:
    """Text to be looked for in every column that holds text."""

    text: str
    quoted: bool
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column and what its value must be."""

    column: str
    at: int
    operator: Operator
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """Two or more parts under one word."""

    word: Literal["and", "or"]
    parts: tuple[Part, ...]


Part: TypeAlias = Search | Comparison | Joined

_SPACE = re.compile(r"\s*")
_QUOTED = re.compile(r"""'((?:[^']|'')*)'|"((?:[^"]|"")*)"|`((?:[^`]|``)*)`""")
_SIGN = re.compile(r"\s*(==|=|!=|<>|<=|>=|<|>|!~|~|\^)")
_WORDS = re.compile(
    r"\s*(?:(is\s+null|is\s+not\s+null)(?=[\s)]|$)|(in|not\s+in)\s*(?=\())", re.IGNORECASE
)
_BRACKETED = re.compile(r"\[([^\]]+)\]")
_WORD = re.compile(r"(?:(?![=<>^~()]|!=|!~)\S)+")
_AND_OR = re.compile(r"(and|or)(?=[\s()]|$)", re.IGNORECASE)
_BARE = re.compile(r"[^\s()]+")
_LISTED = re.compile(r"[^\s(),]+")
_SAME: dict[str, Operator] = {"==": "=", "<>": "!="}


def named(text: str) -> str:
    """A text from the line, fit to be repeated in a sentence."""
    said = one_line(text[: _NAMED + 1])
    return said if len(text) <= _NAMED else f"{said[:_NAMED]}…"


def read(text: str) -> Part | None:
    """Read a filter line; None when there is nothing in it.

    Raises:
        FilterError: It cannot be understood; says where.
    """
    require_text(text)
    return _Reader(text).whole() if text.strip() else None


def require_text(text: str) -> None:
    """Refuse what SQLite could not be given at all.

    Raises:
        FilterError: It is too long, or holds a NUL or half a character.
    """
    if len(text) > MOST_CHARACTERS:
        raise FilterError(f"a filter has at most {MOST_CHARACTERS:,} characters", MOST_CHARACTERS)
    for at, character in enumerate(text):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise FilterError(f"{one_line(character)} is no text", at)


class _Reader:
    """One pass over the line, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._open = 0
        self._terms = 0

    def whole(self) -> Part:
        found = self._joined("or")
        if self._at < len(self._text):
            raise self._error("this bracket closes nothing")
        return found

    def _joined(self, word: Literal["and", "or"]) -> Part:
        parts: list[Part] = []
        while True:
            parts.append(self._joined("and") if word == "or" else self._term())
            self._skip()
            found = _AND_OR.match(self._text, self._at)
            if found is None or found[1].lower() != word:
                break
            self._at = found.end()
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _term(self) -> Part:
        self._skip()
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise self._error(f"a filter has at most {MOST_TERMS} conditions")
        if self._next("("):
            return self._bracket()
        begin = self._at
        name, quoted = self._name()
        operator = self._operator(self._at)
        if operator is not None:
            if not name:
                raise FilterError(f"a column is missing before {operator}", begin)
            found: Part = Comparison(name, begin, operator, self._values(operator))
        else:
            if not quoted:
                name = self._phrase(begin)
            if not name:
                raise FilterError("there is nothing to look for", begin)
            found = Search(name, quoted, begin)
        self._require_end()
        return found

    def _bracket(self) -> Part:
        begin = self._at
        self._open += 1
        if self._open > MOST_BRACKETS:
            raise self._error(f"more than {MOST_BRACKETS} brackets within one another")
        self._at += 1
        found = self._joined("or")
        if not self._next(")"):
            raise FilterError("this bracket is not closed", begin)
        self._at += 1
        self._open -= 1
        self._require_end()
        return found

    def _name(self) -> tuple[str, bool]:
        """What stands at the beginning of a term, and whether it is in quotes."""
        if self._next("'", '"', "`"):
            return self._quoted(), True
        bracketed = _BRACKETED.match(self._text, self._at)
        if bracketed is not None and self._operator(bracketed.end(), take=False) is not None:
            # Without an operator it is text, such as a piece of JSON.
            self._at = bracketed.end()
            return bracketed[1], True
        joining = _AND_OR.match(self._text, self._at)
        if joining is not None or self._at == len(self._text) or self._next(")"):
            before = f" before {joining[1].lower()}" if joining else ""
            raise self._error(f"a condition is missing{before}")
        word = _WORD.match(self._text, self._at)
        self._at = word.end() if word else self._at
        return word.group() if word else "", False

    def _quoted(self) -> str:
        found = _QUOTED.match(self._text, self._at)
        if found is None:
            raise self._error("this quote is not closed")
        quote = self._text[self._at]
        self._at = found.end()
        return found.group()[1:-1].replace(quote * 2, quote)

    def _operator(self, begin: int, *, take: bool = True) -> Operator | None:
        found = _SIGN.match(self._text, begin) or _WORDS.match(self._text, begin)
        if found is None:
            return None
        if take:
            self._at = found.end()
        written = " ".join(found.group().lower().split())
        return _SAME.get(written, cast(Operator, written))

    def _values(self, operator: Operator) -> tuple[Value, ...]:
        if operator in ("is null", "is not null"):
            return ()
        if operator not in ("in", "not in"):
            return (self._value(operator, _BARE),)
        begin = self._at
        self._at += 1
        found = []
        while True:
            found.append(self._value(operator, _LISTED))
            self._skip()
            if self._next(")"):
                self._at += 1
                return tuple(found)
            if self._at == len(self._text):
                raise FilterError("this bracket is not closed", begin)
            if not self._next(","):
                raise self._error("a comma is missing")
            self._at += 1

    def _value(self, operator: Operator, pattern: re.Pattern[str]) -> Value:
        self._skip()
        begin = self._at
        if self._next("'", '"', "`"):
            return Value(self._quoted(), True, begin)
        found = pattern.match(self._text, begin)
        if found is None:
            raise self._error(f"a value is missing after {operator}")
        self._at = found.end()
        return Value(found.group(), False, begin)

    def _phrase(self, begin: int) -> str:
        """Words up to the next `and`, `or`, bracket or the end, as they stand."""
        while True:
            end = self._at
            self._skip()
            done = self._at == len(self._text) or self._next("(", ")")
            if done or _AND_OR.match(self._text, self._at):
                self._at = end
                return self._text[begin:end]
            word = _WORD.match(self._text, self._at)
            if word is None:
                raise self._error("text with such a sign goes in quotes")
            if self._operator(word.end(), take=False) is not None:
                raise self._error(f"and/or is missing before {named(word.group())}")
            self._at = word.end()

    def _require_end(self) -> None:
        """A term is over where the line, a bracket or the next `and` or `or` is."""
        begin = self._at
        self._skip()
        if self._at == len(self._text) or self._next(")"):
            return
        if self._next("("):
            raise self._error("and/or is missing before this bracket, or quotes around it")
        if begin == self._at and self._text[begin - 1] != ")":
            raise self._error("a space is missing")
        if not _AND_OR.match(self._text, self._at):
            rest = named(self._text[self._at :].split()[0])
            raise self._error(f"and/or is missing before {rest}, or quotes around the text")

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _next(self, *characters: str) -> bool:
        return self._text[self._at : self._at + 1] in characters

    def _error(self, what: str) -> FilterError:
        return FilterError(what, self._at)
