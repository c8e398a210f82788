"""What every kind of gateway can do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from tui.core.models import GatewayState, Health, LogLine, Stopped


class Gateway(Protocol):
    """The program that owns the database: every one of its writers stops and starts with it.

    No method changes anything but `stop`, `start` and `kill`. All block; a front end calls them
    in a worker. An unreachable engine raises `DockerError`; a command that fails, `McpdbError`.
    """

    @property
    def name(self) -> str:
        """What a person calls it: the container's name, or the deployment's."""
        ...

    def state(self) -> GatewayState:
        """Look once; never raises for a gateway that is merely stopped or gone."""
        ...

    def health(self, timeout: float = 5.0) -> Health:
        """Ask the gateway's health address and believe its JSON, not the HTTP status."""
        ...

    def stop(self) -> Stopped:
        """Stop it and wait until it has exited; killed by the engine after its timeout.

        Stopping what is stopped returns at once.
        """
        ...

    def start(self) -> None:
        """Ask it to start; does not wait. Starting what runs is harmless."""
        ...

    def health_deadline(self) -> float:
        """Seconds from a start until it must be healthy.

        start_period + retries × (interval + timeout) of the health check, at least 30.
        """
        ...

    def environment(self) -> Mapping[str, str]:
        """The variables it runs with, as far as they can be seen; names in capitals.

        They hold secrets: nothing of them may be shown or kept.
        """
        ...

    def logs(
        self,
        *,
        tail: int = 1_000,
        since: datetime | None = None,
        follow: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[LogLine]:
        """Yield log lines, oldest first.

        Args:
            tail: At most this many lines of the past.
            since: Only lines after this moment.
            follow: Go on with new lines until `stop()`; survives a restart of the gateway,
                and says so with a line whose `event` is set.
            stop: Asked at least every 0.5 s while following.
        """
        ...
