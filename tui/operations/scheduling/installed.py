"""Which schedules of a database are installed here."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from tui.core.errors import McpdbError
from tui.core.models import Deployment
from tui.services import crontab, timers

CRONTAB = "crontab"
"""Stands for this user's crontab where a path is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A schedule that is there."""

    kind: str
    where: str
    user: bool
    lines: tuple[str, ...]
    """Unit names, or the lines of the crontab block."""
    problem: str = ""


def installed(deployment: Deployment) -> tuple[Installed, ...]:
    """The schedules of this database: the system's, this user's, and the crontab."""
    mark, found = str(deployment.database), []
    for user in (False, True):
        folder = timers.units_folder(user=user)
        with suppress(McpdbError):
            units = timers.our_units(folder, mark)
            if units:
                names = tuple(path.name for path in units)
                found.append(Installed(kind="systemd", where=str(folder), user=user, lines=names))
    with suppress(McpdbError):
        block = crontab.block_in(crontab.read_crontab(), mark)
        if block:
            found.append(Installed(kind="cron", where=CRONTAB, user=True, lines=block[1:-1]))
    return tuple(found)


def is_installed(mark: str, kind: str, *, user: bool) -> bool:
    """Whether a schedule of one kind is there, as far as can be seen."""
    with suppress(McpdbError):
        if kind == "cron":
            return bool(crontab.block_in(crontab.read_crontab(), mark))
        return bool(timers.our_units(timers.units_folder(user=user), mark))
    return False
