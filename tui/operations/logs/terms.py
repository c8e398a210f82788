"""The filter of a log: terms on one line. A regex keeps, `-regex` drops, quotes hold spaces."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tui.core.errors import UsageError
from tui.operations.logs.sources import LogSource
from tui.services.log_bytes import text_of

LOOKED_AT = 8_192
"""Characters of a line in which is searched: an expression must not hold up a flood."""
_PLAIN = re.compile(r"[\w /:@,;=<>!%&~'#\"-]+")

Test = Callable[[str, str], object]
"""Gets the line and the line in lower case."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is kept and what is dropped."""

    keep: tuple[Test, ...] = ()
    drop: tuple[Test, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.keep or self.drop)

    @classmethod
    def parse(cls, text: str) -> Terms:
        """Read a line of terms.

        Raises:
            UsageError: A term is no regular expression; the text says where.
        """
        return cls.of(words_of(text))

    @classmethod
    def of(cls, words: Iterable[str]) -> Terms:
        """Read terms that are taken apart already.

        Raises:
            UsageError: As for `parse`.
        """
        keep: list[Test] = []
        drop: list[Test] = []
        for word in words:
            if word.startswith("-") and len(word) > 1:
                drop.append(_test(word[1:]))
            elif word:
                keep.append(_test(word))
        return cls(tuple(keep), tuple(drop))

    def pass_(self, source: LogSource, raw: bytes) -> bool:
        """Whether a line is shown; what we say about the log itself always is."""
        if source.kind == "said":
            return True
        text = text_of(raw, stamped=source.stamped)[: LOOKED_AT * 4].decode("utf-8", "replace")
        text = text[:LOOKED_AT]
        small = text.lower()
        return all(test(text, small) for test in self.keep) and not any(
            test(text, small) for test in self.drop
        )


ALL = Terms()
"""Keeps every line."""


def words_of(text: str) -> list[str]:
    """Take a line apart at blanks; quotes hold them, a backslash stays what it is."""
    words: list[str] = []
    word, quote, begun = "", "", False
    for character in text:
        if quote:
            if character == quote:
                quote = ""
            else:
                word += character
        elif character in "\"'" and word in ("", "-"):
            # Only at the beginning: an apostrophe within a word is one.
            quote, begun = character, True
        elif character.isspace():
            if word or begun:
                words.append(word)
            word, begun = "", False
        else:
            word += character
    if word or begun:
        words.append(word)
    return [word for word in words if word not in ("", "-")]


def _test(term: str) -> Test:
    try:
        pattern = re.compile(term, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        at = "" if getattr(error, "pos", None) is None else f" at {error.pos}"  # type: ignore[union-attr]
        said = getattr(error, "msg", str(error)).partition(",")[0]
        raise UsageError(f"bad regex: {said}{at}") from error
    if _PLAIN.fullmatch(term) and term.isascii():
        # A word without signs of an expression is found many times faster as it is.
        small = term.lower()
        return lambda _text, lower: small in lower
    search = pattern.search
    return lambda text, _lower: search(text)
