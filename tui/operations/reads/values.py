"""Reading one value of any size, and looking for something in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tui.core.errors import Cancelled
from tui.core.models.rows import Relation, RowIdentity
from tui.operations.reads.browsing import Browser
from tui.services.sqlite.raw_values import RawPiece, kinds, raw_piece
from tui.services.sqlite.walking import reading

__all__ = ["RawPiece", "Search", "Which", "are_text", "find", "read"]

SEARCHED = 1 << 20
"""Bytes that are looked through in one read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """One value of one row."""

    relation: Relation
    identity: RowIdentity
    column: str
    revealed: bool = False
    """It is a secret that may be shown."""


def read(browser: Browser, which: Which, begin: int, limit: int) -> RawPiece:
    """Some bytes of a value; see `raw_piece`.

    Raises:
        McpdbError: It cannot be read, or is a secret.
    """
    with browser.reading() as connection, reading(connection):
        return raw_piece(
            connection, which.relation, which.identity, which.column,
            begin=begin, limit=limit, revealed=which.revealed,
        )  # fmt: skip


def are_text(
    browser: Browser, relation: Relation, identity: RowIdentity, names: Sequence[str]
) -> frozenset[str]:
    """Which of some columns hold a text in a row.

    Raises:
        McpdbError: It cannot be read.
    """
    with browser.reading() as connection:
        found = kinds(connection, relation, identity, names)
    return frozenset(name for name, kind in zip(names, found, strict=False) if kind == "text")


@dataclass(slots=True)
class Search:
    """Where a search in a value is; what was looked through is not looked through again."""

    wanted: bytes
    """At least one byte."""
    at: int
    """Where the next look begins; of one backwards, where it ends."""
    backwards: bool = False
    either_case: bool = True
    """Letters of ASCII in either case."""


def find(
    browser: Browser, which: Which, search: Search, cancelled: Callable[[], bool]
) -> int | None:
    """The place of the next or last match before; None where there is none.

    Raises:
        Cancelled: `cancelled` said so; called again with the same search, it goes on.
        McpdbError: It cannot be read.
    """
    more = len(search.wanted) - 1
    while True:
        if cancelled():
            raise Cancelled("Cancelled.")
        begin = max(0, search.at - SEARCHED) if search.backwards else search.at
        length = search.at - begin if search.backwards else SEARCHED
        piece = read(browser, which, begin, length + more)
        place = _place(piece.content, search)
        if place >= 0:
            return begin + place
        if search.backwards:
            search.at = begin
            if begin == 0:
                return None
        else:
            search.at = begin + SEARCHED
            if search.at >= piece.size:
                return None


def _place(content: bytes, search: Search) -> int:
    wanted = search.wanted
    if search.either_case:
        content, wanted = content.lower(), wanted.lower()
    return content.rfind(wanted) if search.backwards else content.find(wanted)
