"""Which rows are in sight and where the cursor stands, in slots."""

from __future__ import annotations


class Sight:
    """The cursor's row, the first row in sight, and how many rows there is room for."""

    def __init__(self) -> None:
        self.cursor = 0
        self.top = 0
        self.body = 1

    @property
    def last(self) -> int:
        """The last slot in sight."""
        return self.top + self.body - 1

    def move(self, step: int) -> None:
        """Move the cursor; what is in sight follows only where it must."""
        self.cursor += step

    def turn(self, step: int) -> None:
        """Move cursor and rows in sight together: the cursor keeps its line."""
        self.cursor += step
        self.top += step

    def scroll(self, step: int) -> None:
        """Move the rows in sight; the cursor is taken along at the edge."""
        self.top += step
        self.cursor = min(max(self.cursor, self.top), self.last)

    def put(self, cursor: int, line: int) -> None:
        """Put the cursor on a slot, that on a line of the screen."""
        self.cursor, self.top = cursor, cursor - line

    def settle(self, least: int | None, most: int | None) -> None:
        """Keep to slots that rows can have, and the cursor in sight.

        Args:
            least: The first such slot; None where it is not known.
            most: The last one.
        """
        if most is not None:
            self.cursor = min(self.cursor, most)
        if least is not None:
            self.cursor = max(self.cursor, least)
        self.top = max(min(self.top, self.cursor), self.cursor - self.body + 1)
        if most is not None:
            self.top = min(self.top, most - self.body + 1)
        if least is not None:
            self.top = max(self.top, least)
