"""Wiring of what migrates: which command of the palette and which page leads there."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tui.app import migrating
from tui.app.comparing import Comparing

if TYPE_CHECKING:
    from tui.app.app import McpdbApp


class Migrating(Comparing):
    """The shell, able to migrate."""

    def action_migrate(self, verb: str, value: str = "") -> None:
        """Do what a command of the palette says.

        Args:
            verb: As `tui.app.migrating.command` knows it.
            value: A revision.
        """
        migrating.command(cast("McpdbApp", self), verb, value)
