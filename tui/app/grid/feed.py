"""Browsing a view of any size: moves at once, asks for what is missing, takes what comes.

Nothing here queries or draws. Each wish that is asked is answered exactly once: with `take` or
with `failed`; a wish that is dropped, too. Rows are missing where the cursor is faster than they
are; only one wish is under way at a time, so a held key asks for more at once, not more often.
"""

from __future__ import annotations

from collections.abc import Callable

from tui.app.grid.again import Again, changes, index_of
from tui.app.grid.asking import Asking, Wish
from tui.app.grid.cache import Window
from tui.app.grid.filling import bounds, missing, most_at_once, page_size
from tui.app.grid.landing import Aim, Taken, landed
from tui.app.grid.sight import Sight
from tui.core.models.rows import Page, PageRow, RowIdentity


class Feed:
    """The rows of one view, the cursor on them, and what is asked for."""

    def __init__(self, ask: Callable[[Wish], None], drop: Callable[[Wish], None]) -> None:
        self._asking = Asking(ask, drop)
        self.sight = Sight()
        self.window = Window()
        self.generation = 0
        """Becomes another number when other rows take the place of all that are held."""
        self.total: int | None = None
        """Rows of the view, where they are counted."""
        self.problem = ""
        """Why the last wish failed; no other is asked until a key is pressed."""
        self.columns = 1
        """Columns of the view: how many rows are held depends on it."""
        self._direction = 1
        self._aim: Aim | None = None
        self._again: Again | None = None

    # --- what is shown --------------------------------------------------------------------

    @property
    def row(self) -> PageRow | None:
        """What the cursor stands on; None where it is still read, or there is none."""
        held = self.window.at(self.sight.cursor)
        return held.row if held else None

    @property
    def is_empty(self) -> bool:
        """The view has no rows."""
        return not len(self.window) and not self.window.before and not self.window.after

    @property
    def is_reading(self) -> bool:
        """A wish is under way."""
        return not self._asking.is_idle

    def can_be(self, slot: int) -> bool:
        """Whether a row can have that slot: where it is not held it is on its way."""
        least, most = self._bounds()
        return (least is None or slot >= least) and (most is None or slot <= most)

    def in_sight(self) -> tuple[int, int] | None:
        """First and last slot of the rows in sight that are there; None without any."""
        first = max(self.sight.top, self.window.start)
        last = min(self.sight.last, self.window.end - 1)
        return (first, last) if first <= last else None

    # --- moving ---------------------------------------------------------------------------

    def move(self, step: int) -> None:
        """Move the cursor by rows."""
        self.sight.move(step)
        self._moved(step)

    def turn(self, step: int) -> None:
        """Move by rows, the cursor stays on its line of the screen."""
        self.sight.turn(step)
        self._moved(step)

    def scroll(self, step: int) -> None:
        """Move what is in sight."""
        self.sight.scroll(step)
        self._moved(step)

    def put(self, slot: int) -> None:
        """Put the cursor on a row in sight."""
        self.sight.cursor = slot
        self._moved(0)

    def resize(self, body: int) -> None:
        """There is room for another number of rows."""
        self.sight.body = max(1, body)
        self._settle()
        if self.window.columns:
            self._fill()

    def count(self, total: int | None) -> None:
        """The view's rows were counted."""
        self.total = total
        if total is not None:
            self.window.count_from(total)
        self._settle()

    # --- jumps ----------------------------------------------------------------------------

    def show(self) -> None:
        """Show another view from its top; what was asked for another one is forgotten."""
        self._asking.forget()
        self.total = None
        self._jump(Wish(kind="top", limit=self._page), 0, 0)

    def forget(self) -> None:
        """Show nothing."""
        self._asking.forget()
        self._aim = self._again = None
        self.total = None
        self._replace(Window())

    def show_around(self, identity: RowIdentity) -> None:
        """Show another view around a row."""
        self._asking.forget()
        self.total = None
        self._jump_to(identity)

    def to_edge(self, direction: int) -> None:
        """Go to the first or last row."""
        window = self.window
        if direction < 0 and len(window) and not window.before:
            self.move(window.start - self.sight.cursor)
        elif direction > 0 and len(window) and not window.after:
            self.move(window.end - 1 - self.sight.cursor)
        elif direction < 0:
            self._jump(Wish(kind="top", limit=self._page), 0, 0)
        else:
            wish = Wish(kind="bottom", limit=self._page)
            self._jump(wish, self.sight.body - 1, None)
        self._direction = -direction

    def to_number(self, number: int) -> None:
        """Go to row N, from 0."""
        number = max(0, number)
        window = self.window
        if window.offset is not None and not window.about:
            slot = number - window.offset
            if window.at(slot) is not None:
                self.move(slot - self.sight.cursor)
                return
        line = min(number, self.sight.body // 3)
        self._jump(Wish(kind="row", number=number, limit=self._page), line, number)

    def to_row_of(self, identity: RowIdentity) -> None:
        """Go to a row."""
        slot = self.window.slot_of(identity)
        if slot is not None:
            self.move(slot - self.sight.cursor)
        else:
            self._jump_to(identity)

    def _jump_to(self, identity: RowIdentity) -> None:
        wish = Wish(kind="around", identity=identity, limit=self._page)
        self._jump(wish, self.sight.body // 3, None)

    def _jump(self, wish: Wish, line: int, number: int | None) -> None:
        self.problem, self._again = "", None
        self._replace(Window())
        if wish.kind == "top":
            self.window.before = False
        elif wish.kind == "bottom":
            self.window.after, self.window.start = False, 1
        self.window.offset = number
        self.sight.put(0, line)
        self._settle()
        self._aim = Aim(wish, line, number)
        self._asking.ask(wish)

    def _replace(self, window: Window) -> None:
        self.window = window
        self.generation += 1

    # --- reading again --------------------------------------------------------------------

    def read_again(self) -> None:
        """Read the rows in sight again around the one under the cursor; they stay meanwhile."""
        self.problem = ""
        window, aim = self.window, self._aim
        if not len(window) and aim is not None:
            self._jump(aim.wish, aim.line, aim.number)
            return
        self.sight.cursor = min(max(self.sight.cursor, window.start), window.end - 1)
        self._settle()
        row = self.row
        if row is None:
            return
        if not row.identity:
            number = self.window.number(self.sight.cursor)
            line = self.sight.cursor - self.sight.top
            wish = Wish(kind="row", number=number or 0, limit=self._page)
            self._jump(wish, line, number or 0)
            return
        sight = self.sight
        above = sight.cursor - sight.top + sight.body
        below = sight.last - sight.cursor + sight.body + 1
        most = most_at_once(self.columns, sight.body)
        self._again = Again(row, above, below, most)
        self._asking.ask(self._again.wanted)

    # --- answers --------------------------------------------------------------------------

    def take(self, page: Page, wish: Wish) -> Taken:
        """An answer came."""
        if not self._asking.answered(wish):
            return Taken()
        taken = Taken() if self._asking.waits and self._again is None else self._use(page, wish)
        self._asking.go_on()
        self._settle()
        self._fill()
        return taken

    def failed(self, wish: Wish, why: str) -> bool:
        """There is no page; False where nobody waits for it any more.

        Args:
            wish: What was asked.
            why: A sentence; empty where the read was stopped because the wish was dropped.
        """
        if not self._asking.answered(wish):
            return False
        if self._asking.waits:
            self._asking.go_on()
            return False
        self._again = None
        self.problem = why or "Reading was stopped. R reads again."
        return True

    def _use(self, page: Page, wish: Wish) -> Taken:
        again = self._again
        if again is not None:
            # What was asked for before this reading began is held no longer when it ends.
            if again.take(page, wish) and not again.is_done:
                self._asking.ask(again.wanted)
            return self._swap(again) if again.is_done else Taken()
        if wish.kind not in ("after", "before"):
            return self._land(page, wish)
        window = self.window
        join = window.extend if wish.kind == "after" else window.prepend
        used = join(page, wish.anchor)
        if not used and page.columns != window.columns:
            self.read_again()  # Other columns are read by now.
        return Taken(used=used)

    def _land(self, page: Page, wish: Wish) -> Taken:
        """The page of a jump: the cursor may have moved on from where it went."""
        gone = wish.kind == "around" and index_of(page, wish.identity) is None
        if not page.rows and wish.kind in ("row", "around"):
            # Nothing from there on: what comes before it is the end.
            self.to_edge(1)
            return Taken(used=True, gone=gone)
        self._replace(landed(page, wish))
        if self.total is not None:
            self.window.count_from(self.total)
        return Taken(used=True, gone=gone, fresh=True)

    def _swap(self, again: Again) -> Taken:
        """Show what was read again, the cursor's row on its line of the screen."""
        self._again = None
        if again.window is None:
            return Taken()
        row, line = self.row, self.sight.cursor - self.sight.top
        stays = row is not None and row.identity == again.identity
        at = 0
        if not stays:  # The cursor went on meanwhile.
            was = self.window.slot_of(again.identity)
            found = again.window.slot_of(row.identity) if row else None
            at = found if found is not None else self.sight.cursor - (was or 0)
        seen = self.in_sight()
        changed = changes(self.window, *seen, again.window) if seen else {}
        self._replace(again.window)
        self.sight.put(at, line)
        if self.total is not None:
            self.window.count_from(self.total)
        return Taken(used=True, gone=again.gone and stays, fresh=True, changed=changed)

    # --- what is missing ------------------------------------------------------------------

    @property
    def _page(self) -> int:
        return page_size(self.columns, self.sight.body)

    def _bounds(self) -> tuple[int | None, int | None]:
        return bounds(self.window, self.total, self.columns, self.sight.body)

    def _moved(self, step: int) -> None:
        self.problem = ""
        if step:
            self._direction = 1 if step > 0 else -1
        self._settle()
        self._fill()

    def _settle(self) -> None:
        self.sight.settle(*self._bounds())

    def _fill(self) -> None:
        """Let go of what is far off, and ask for what is missing unless something is asked."""
        sight = self.sight
        self.window.trim(sight.top - sight.body, sight.last + sight.body)
        if self.is_reading or self.problem or self._again is not None:
            return
        wish = missing(self.window, sight, self._direction, self.columns)
        if wish is not None:
            self._asking.ask(wish)
