"""What the row grid tells the pane it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from tui.app.grid.asking import Wish
from tui.core.models.rows import PageRow, RowIdentity

if TYPE_CHECKING:
    from tui.app.widgets.grid import RowGrid


@dataclass
class OfGrid(Message):
    """Something about a grid."""

    grid: RowGrid

    @property
    def control(self) -> RowGrid:
        """The grid, so that `@on` can select by id."""
        return self.grid


@dataclass
class Want(OfGrid):
    """Rows are wanted: `take` or `failed` must be called with the wish, once."""

    wish: Wish


@dataclass
class Unwanted(OfGrid):
    """The read for a wish may be stopped; it is answered all the same, by `failed` if so."""

    wish: Wish


@dataclass
class Moved(OfGrid):
    """The cursor, what is in sight, a mark or what is known of the rows is another."""


@dataclass
class Opened(OfGrid):
    """Enter or a double click on a row."""

    identity: RowIdentity
    column: str


@dataclass
class Headed(OfGrid):
    """The heading of a column was clicked."""

    column: str


@dataclass
class Menu(OfGrid):
    """The right button was pressed on the row that is now under the cursor."""


@dataclass
class Ranged(OfGrid):
    """Rows between two are to be marked of which not all are held: `mark_rows` does it."""

    first: PageRow
    last: PageRow


@dataclass
class Say(OfGrid):
    """A sentence for the message line."""

    text: str
    role: str = ""
