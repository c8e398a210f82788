"""Asks the doctor, for the threads that look: the cheap checks again and again, all on demand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui.app.listing.doctor import DEEP
from tui.app.seeing import Change
from tui.core.errors import McpdbError
from tui.core.models import Deployment, Diagnosis

if TYPE_CHECKING:
    from tui.app.loops import Loop
    from tui.core.models import GatewayState, Health

PATIENCE = 8.0
"""Seconds that the first look waits for what is on the first screen: it needs the same, and what
was read once is not read again."""


def examined(
    deployment: Deployment,
    state: GatewayState | None,
    health: Health | None,
    *,
    deep: bool = False,
    stop: Callable[[], bool],
) -> tuple[Diagnosis, ...]:
    """What the doctor finds, worst first.

    Args:
        deployment: Whose.
        state: The gateway's, where it is known: it is not asked again.
        health: The same.
        deep: Whether every page is read.
        stop: Asked meanwhile whether the file is to be let go of.

    Raises:
        McpdbError: Nothing can be looked at.
    """
    from tui.operations.doctor import examine

    return tuple(examine(deployment, state=state, health=health, deep=deep, stop=stop))


class DoctorLook:
    """What the doctor found last; a deep check's result stays until there is a newer one."""

    def __init__(
        self,
        deployment: Deployment,
        saw: Callable[[Change, str], None],
        stop: Callable[[], bool],
    ) -> None:
        """Know nothing yet.

        Args:
            deployment: Whose doctor.
            saw: Takes a change of what is known, and its part's name.
            stop: Whether the file is to be let go of: what is found then is not told.
        """
        self._deployment = deployment
        self._saw = saw
        self._stop = stop
        self._lock = threading.Lock()
        self._deep: Diagnosis | None = None
        self._reading = False
        self.gateway: tuple[GatewayState | None, Health | None] = (None, None)
        """State and health as the gateway's own look knows them."""

    def look(self, *, deep: bool = False) -> None:
        """Look, and tell what was found.

        Raises:
            McpdbError: Nothing could be looked at.
        """
        found = examined(self._deployment, *self.gateway, deep=deep, stop=self._stop)
        if self._stop():
            return  # Of a file that is being replaced; it is looked at again afterwards.
        with self._lock:
            if deep:
                self._deep = next((one for one in found if one.name == DEEP), None)
            elif self._deep is not None:
                found = _in_place(found, self._deep)
        now = datetime.now(UTC)
        self._saw(lambda seen: replace(seen, doctor=found, doctor_at=now), "doctor")

    def forget(self) -> None:
        """Another file stands at the path: what was read of the old one says nothing."""
        with self._lock:
            self._deep = None

    def read_all(self, failed: Callable[[str, McpdbError], None]) -> bool:
        """Read every page in a thread of its own; False while that is being done already.

        Args:
            failed: Told of what could not be looked at.
        """
        with self._lock:
            if self._reading:
                return False
            self._reading = True
        now = datetime.now(UTC)
        self._saw(lambda seen: replace(seen, deep_since=now), "doctor")
        threading.Thread(target=self._read, args=(failed,), name="look: every page", daemon=True)\
            .start()  # fmt: skip
        return True

    def _read(self, failed: Callable[[str, McpdbError], None]) -> None:
        try:
            self.look(deep=True)
        except McpdbError as error:
            failed("doctor", error)
        finally:
            with self._lock:
                self._reading = False
            self._saw(lambda seen: replace(seen, deep_since=None), "deep")


def _in_place(found: Sequence[Diagnosis], deep: Diagnosis) -> tuple[Diagnosis, ...]:
    """The list with the deep check's result in place of the one on record, worst first."""
    from tui.operations.doctor import worst_first

    return worst_first(deep if one.name == deep.name else one for one in found)


def wait_for(loops: Sequence[Loop], ended: Callable[[], bool]) -> None:
    """Wait until others have looked once, but not for ever."""
    until = time.monotonic() + PATIENCE
    for loop in loops:
        loop.looked.wait(max(0.0, until - time.monotonic()))
        if ended():
            return
