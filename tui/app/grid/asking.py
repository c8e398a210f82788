"""What the grid asks for: one wish at a time, of those that wait the newest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from tui.core.models.rows import RowIdentity

Kind: TypeAlias = Literal["top", "bottom", "after", "before", "around", "row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Rows that are wanted; answered once, by a page or by why there is none."""

    kind: Kind
    """`top` and `bottom` of the view; `after` and `before` an anchor; `around`: the row of an
    identity first, or the next one where it is gone; `row`: row number N first."""
    limit: int
    """Rows at most."""
    anchor: RowIdentity = ()
    """Of `after` and `before`; of `around` the place where the row stood, where it is known."""
    identity: RowIdentity = ()
    """Of `around`."""
    number: int = 0
    """Of `row`, from 0."""
    serial: int = 0
    """Tells the answers of two wishes apart."""

    def is_like(self, other: Wish) -> bool:
        """Whether the same rows are wanted, however many."""
        return replace(self, limit=0, serial=0) == replace(other, limit=0, serial=0)


class Asking:
    """Sees to it that one wish at a time is under way, however fast keys come."""

    def __init__(self, ask: Callable[[Wish], None], drop: Callable[[Wish], None]) -> None:
        """Start without any.

        Args:
            ask: Gets each wish that is to be answered now.
            drop: Gets a wish that was asked and whose answer is no longer needed; it still has to
                be answered, and may be so at once.
        """
        self._ask, self._drop = ask, drop
        self._serial = 0
        self._dropped = False
        self._next: Wish | None = None
        self.outstanding: Wish | None = None

    @property
    def is_idle(self) -> bool:
        """Nothing is under way."""
        return self.outstanding is None

    def ask(self, wish: Wish) -> None:
        """Ask for rows, now or when the answer that is under way has come."""
        if self.outstanding is None:
            self._send(wish)
        elif self.outstanding.is_like(wish) and not self._dropped:
            self._next = None
        else:
            self._next = wish
            if not self._dropped:
                self._dropped = True
                self._drop(self.outstanding)

    def answered(self, wish: Wish) -> bool:
        """An answer came; False where it answers nothing that is under way."""
        if self.outstanding is None or wish.serial != self.outstanding.serial:
            return False
        self.outstanding, self._dropped = None, False
        return True

    def go_on(self) -> None:
        """Send what waited, now that an answer was taken."""
        if self.outstanding is None and self._next is not None:
            following, self._next = self._next, None
            self._send(following)

    @property
    def waits(self) -> bool:
        """Another wish waits for the answer that is under way."""
        return self._next is not None

    def forget(self) -> None:
        """Another view is shown: no answer to what was asked so far is taken."""
        if self.outstanding is not None and not self._dropped:
            self._drop(self.outstanding)
        self.outstanding = self._next = None
        self._dropped = False

    def _send(self, wish: Wish) -> None:
        self._serial += 1
        self.outstanding = replace(wish, serial=self._serial)
        self._ask(self.outstanding)
