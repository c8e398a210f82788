"""What one run of the command line knows: its options, its settings, its deployment."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tui.cli.console import Console
from tui.core.errors import DockerError, McpdbError, NotFoundError, UsageError

if TYPE_CHECKING:
    from tui.core.models import Deployment
    from tui.core.settings import Settings
    from tui.operations.finding.candidates import Discovery


class SeveralError(UsageError):
    """Several gateways are here and nothing says which one is meant."""

    def __init__(self, text: str, candidates: list[dict[str, Any]]) -> None:
        super().__init__(text)
        self.candidates = candidates
        """Name, container, database and state of each."""


class Screen(Protocol):
    """Opens the screen; given from outside, for front ends do not know each other."""

    def __call__(self, find: Callable[[], Discovery], *, settings: Settings) -> int:
        """Show it until the operator leaves; returns the exit code.

        Args:
            find: Says what there is to look after; raises McpdbError where there is nothing.
            settings: Those that are known before.
        """
        ...


class Session:
    """One run; settings and deployment are looked for when they are first asked for."""

    def __init__(self, console: Console | None = None, screen: Screen | None = None) -> None:
        self.console = console or Console()
        self._screen = screen
        self.flags: dict[str, Any] = {}
        """Options of `tui.core.settings.Flags`, as far as they were typed."""
        self.assume_yes = False
        self.scheduled = False
        """Whether a schedule runs it: nobody sits there."""
        self.sentence = ""
        """What went wrong, in one sentence, where it was refused or failed."""
        self.command = ""
        """The command's words, e.g. `backup list`; set when it begins."""
        self.partial: dict[str, Any] = {}
        """What is known so far, for the JSON of a command that ends early."""
        self.exit_code: int | None = None
        """Known once an operation has ended: a broken pipe behind it changes nothing."""

    @cached_property
    def settings(self) -> Settings:
        """All settings.

        Raises:
            UsageError: A file or a value is wrong.
        """
        from tui.core.settings import Flags, load

        found = load(Flags(**self.flags), os.environ, Path.cwd())
        if found["glyphs"] == "ascii":
            self.console.ascii = True
        return found

    @cached_property
    def discovery(self) -> Discovery:
        """What is there to look after.

        Raises:
            McpdbError: What was named is not there, or fits several.
        """
        from tui.operations.finding.discover import discover

        return discover(self.settings)

    @cached_property
    def deployment(self) -> Deployment:
        """The one that is meant.

        Raises:
            SeveralError: Nothing says which; lists them.
            NotFoundError: There is none.
            DockerError: None was found, and Docker could not be asked.
        """
        found = self.discovery
        if found.chosen is not None:
            return found.chosen
        if not found.candidates and found.docker:
            raise DockerError(found.nothing())
        try:
            return found.require()
        except UsageError as error:
            raise SeveralError(str(error), _listed(found)) from error

    def require_terminal(self, instead: str) -> None:
        """Refuse to open the screen where there is none.

        Args:
            instead: What works without one.

        Raises:
            UsageError: Stdin or stderr is no terminal, stdout is none, or JSON was asked for.
        """
        if self._screen is None or self.console.json or not self.console.full_terminal:
            raise UsageError(f"The screen needs a terminal; {instead}.")

    def open_screen(self) -> int:
        """Show the screen; returns its exit code.

        Raises:
            McpdbError: There is nothing to look after.
        """
        if self._screen is None:
            raise UsageError("There is no screen here.")
        return self._screen(self._found, settings=self.settings)

    def _found(self) -> Discovery:
        found = self.discovery
        if found.chosen is None and not found.candidates:
            raise DockerError(found.nothing()) if found.docker else NotFoundError(found.nothing())
        return found

    def require_gateway(self) -> None:
        """Refuse what needs a gateway where none can be asked.

        Raises:
            DockerError: Docker does not answer.
            McpdbError: None is known here; says why.
        """
        from tui.core.errors import PrecheckError

        deployment = self.deployment
        blocked = deployment.blocked("gateway")
        if blocked is not None:
            kinds: dict[str, type[McpdbError]] = {
                "docker": DockerError,
                "no-gateway": NotFoundError,
            }
            raise kinds.get(blocked.topic, PrecheckError)(blocked.text)
        if deployment.gateway is None:
            raise NotFoundError("No gateway is known here; the file was given with --db.")


def _listed(found: Discovery) -> list[dict[str, Any]]:
    return [
        {
            "name": candidate.deployment.name,
            "container": getattr(candidate.deployment.gateway, "container", ""),
            "where": candidate.where,
            "state": candidate.state.running,
            "text": candidate.text,
        }
        for candidate in found.candidates
    ]
