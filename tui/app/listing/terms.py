"""One line of terms that narrows a list: `who:dana -backup since:7d`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tui.app.listing.row import Row
from tui.wording.clean import one_line

_AGE = re.compile(r"(?P<count>\d{1,6})(?P<unit>[mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the line."""

    word: str
    """Casefolded."""
    field: str = ""
    """Only this field is looked at; empty means every column."""
    drops: bool = False
    """`-word`: what has it is left out."""

    def fits(self, row: Row) -> bool:
        """Whether a row passes."""
        text = row.fields.get(self.field, "") if self.field else _text(row)
        return (self.word in text.casefold()) is not self.drops


@dataclass(frozen=True, slots=True)
class Terms:
    """Every term has to fit."""

    terms: tuple[Term, ...] = ()
    since: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.terms and self.since is None

    def narrow(self, rows: Sequence[Row]) -> list[Row]:
        """The things that pass; the lines between them go, for they tell of what is left out."""
        return [row for row in rows if row.is_thing and self._passes(row)]

    def _passes(self, row: Row) -> bool:
        if self.since is not None and (row.moment is None or row.moment < self.since):
            return False
        return all(term.fits(row) for term in self.terms)


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
            since = now - _age(rest) if rest else since
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


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text)
    if found is None:
        raise ValueError("since: takes an age: 30m, 12h, 7d, 2w")
    return timedelta(**{_UNITS[found["unit"]]: int(found["count"])})


def _text(row: Row) -> str:
    return "\n".join([*(one_line(span.text) for span in row.cells), row.words])
