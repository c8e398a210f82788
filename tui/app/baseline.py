"""Which backup the live rows are compared with, so that a new backup never hides a loss.

A backup that is made after rows were lost holds the loss as well: compared with it nothing would
be missing, and whoever pressed `b` in the bad state, or the next nightly run, would have put out
the alarm. So the rows are compared with the backup that could give back most configuration: of
the verified ones of a week the one from which most rows of the configuration tables are missing
now, the newest of equals. Where nothing is missing that is the newest verified backup.
Once somebody said that they looked (`Seen.looked`), it is the newest verified backup again, and
only what is lost after that is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from tui.app.seen import Seen
from tui.core.models import Backup
from tui.core.operation import Verdict

CONFIGURATION = ("gateways", "servers", "tools", "resources", "prompts", "a2a_agents")
"""Tables whose rows people make; fewer of them is worth a look, traffic comes and goes."""
WINDOW = timedelta(days=7)
"""How far before the newest verified backup a loss is looked for."""


def baseline(seen: Seen) -> Backup | None:
    """The verified backup that the live rows are compared with; None without one."""
    newest = seen.catalogue.newest_verified if seen.catalogue else None
    if newest is None or seen.catalogue is None or seen.looked is not None:
        return newest
    live = {t.name: t.rows for t in seen.tables or () if t.rows is not None}
    candidates = [b for b in _comparable(seen.catalogue.backups) if newest.taken - b.taken < WINDOW]
    # Newest first, and `max` keeps the first of equals.
    return max([newest, *candidates], key=lambda backup: _missing(backup, live))


def _comparable(backups: Iterable[Backup]) -> Iterable[Backup]:
    return (
        b
        for b in backups
        if b.manifest is not None
        and b.verdict is Verdict.OK
        and b.kind in ("hot", "cold")
        and not (b.future_dated or b.neighbour or b.link_to)
    )


def _missing(backup: Backup, live: Mapping[str, int]) -> int:
    """How many rows of configuration are in the backup and not in the live database."""
    rows = backup.manifest.rows if backup.manifest else {}
    return sum(max(0, rows.get(name, 0) - live[name]) for name in CONFIGURATION if name in live)


def configuration(seen: Seen) -> dict[str, int]:
    """Rows of the configuration tables now; what is remembered when somebody looked."""
    return {
        table.name: table.rows
        for table in seen.tables or ()
        if table.name in CONFIGURATION and table.rows is not None
    }
