"""Asks where lines of a log are saved."""

from __future__ import annotations

from typing import ClassVar

from tui.app.screens.one_line import OneLine


class LogPath(OneLine):
    """A path; returns it as it was typed, None when it is left."""

    LONGEST: ClassVar[int] = 1_000
