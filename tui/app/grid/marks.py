"""Rows that are marked, by what names them: they stay marked while others are in sight."""

from __future__ import annotations

from collections.abc import Iterable

from tui.core.models.rows import RowIdentity

MOST = 10_000
"""Rows that can be marked; more than that are chosen by a filter."""
FULL = f"{MOST:,} rows are marked; no more can be. A filter chooses more rows than that."
NAMELESS = "These rows cannot be marked: they have no key that names one."


class Marks:
    """A bounded set of rows, in the order they were marked."""

    def __init__(self) -> None:
        self._marked: dict[RowIdentity, None] = {}

    def __len__(self) -> int:
        return len(self._marked)

    def __contains__(self, identity: object) -> bool:
        return identity in self._marked

    def toggle(self, identity: RowIdentity) -> str:
        """Mark a row, or take its mark away; why that cannot be, or nothing."""
        if not identity:
            return NAMELESS
        if identity in self._marked:
            del self._marked[identity]
        elif len(self._marked) >= MOST:
            return FULL
        else:
            self._marked[identity] = None
        return ""

    def add(self, identities: Iterable[RowIdentity]) -> str:
        """Mark rows; why not all of them could be, or nothing."""
        for identity in identities:
            if not identity:
                return NAMELESS
            if identity not in self._marked:
                if len(self._marked) >= MOST:
                    return FULL
                self._marked[identity] = None
        return ""

    def clear(self) -> None:
        """Take every mark away."""
        self._marked.clear()

    @property
    def identities(self) -> tuple[RowIdentity, ...]:
        """The marked rows, in the order they were marked."""
        return tuple(self._marked)
