"""One line of terms that narrows a list: `who:dana -backup since:7d`.

The same line is understood by the filter of every list on the screen, by the palette and by
`activity --filter`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_AGE = re.compile(r"(?P<count>\d{1,6})(?P<unit>[mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the line."""

    word: str
    """Casefolded."""
    field: str = ""
    """Only this field is looked at; empty means all there is."""
    drops: bool = False
    """`-word`: what has it is left out."""

    def fits(self, text: str, fields: Mapping[str, str]) -> bool:
        """Whether a thing passes.

        Args:
            text: All there is to read of it.
            fields: What can be named, each with its text.
        """
        looked_at = fields.get(self.field, "") if self.field else text
        return (self.word in looked_at.casefold()) is not self.drops


@dataclass(frozen=True, slots=True)
class Terms:
    """Every term has to fit."""

    terms: tuple[Term, ...] = ()
    since: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.terms and self.since is None

    def fit(self, text: str, fields: Mapping[str, str], moment: datetime | None) -> bool:
        """Whether a thing passes.

        Args:
            text: All there is to read of it.
            fields: What can be named, each with its text.
            moment: When it was; None: it has no time, and no age fits it.
        """
        if self.since is not None and (moment is None or moment < self.since):
            return False
        return all(term.fits(text, fields) for term in self.terms)


def parse(text: str, now: datetime, fields: Sequence[str] = ()) -> Terms:
    """Read a line of terms.

    Args:
        text: Words; `-word` drops, quotes hold spaces, `field:word` looks at one field alone,
            `since:7d` at the time (m, h, d, w). A colon elsewhere is a colon: `02:00`.
        now: What an age is counted from.
        fields: Fields that can be named.

    Raises:
        ValueError: An age is none; the text says what one looks like.
    """
    terms: list[Term] = []
    since: datetime | None = None
    for raw in _words(text):
        drops = raw.startswith("-") and len(raw) > 1
        word = raw[1:] if drops else raw
        name, colon, rest = word.partition(":")
        if colon and name == "since" and not drops:
            # While it is being typed there is no age yet; that is no mistake.
            since = _before(now, _age(rest)) if rest else since
        elif colon and name in fields:
            terms.append(Term(rest.casefold(), name, drops))
        else:
            terms.append(Term(word.casefold(), "", drops))
    return Terms(tuple(terms), since)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text.replace("\\", "\\\\"))
    except ValueError:  # A quote that is still open.
        return text.split()


def _before(now: datetime, age: timedelta) -> datetime:
    try:
        return now - age
    except OverflowError:  # older than years are counted: everything is younger
        return datetime.min.replace(tzinfo=UTC)


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text)
    if found is None:
        raise ValueError("since: takes an age: 30m, 12h, 7d, 2w")
    return timedelta(**{_UNITS[found["unit"]]: int(found["count"])})
