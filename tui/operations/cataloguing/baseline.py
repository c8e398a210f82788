"""Which backup the live rows are compared with, so that a new backup never hides a loss.

A backup that is made after rows were lost holds the loss as well: compared with it nothing would
be missing, and whoever backed up in the bad state, or the next nightly run, would have put out
the alarm. So the rows are compared with the backup that could give back most configuration: of
the verified ones of a week the one from which most rows of the configuration tables are missing
now, the newest of equals. Where nothing is missing that is the newest verified backup.
Once somebody said that they looked, it is the newest verified backup again, and only what is lost
after that is told.

Only row counts are compared, those of the manifests: that costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from tui.core.models import Backup, Catalogue
from tui.core.operation import Verdict
from tui.wording.quantities import count

CONFIGURATION = ("gateways", "servers", "tools", "resources", "prompts", "a2a_agents")
"""Tables whose rows people make; fewer of them is worth a look, traffic comes and goes."""
WINDOW = timedelta(days=7)
"""How far before the newest verified backup a loss is looked for."""


def baseline(
    catalogue: Catalogue | None, live: Mapping[str, int], *, looked: bool = False
) -> Backup | None:
    """The verified backup that the live rows are compared with; None without one.

    Args:
        catalogue: The backups; None while they are not known.
        live: Rows of the live tables, those that were counted.
        looked: Somebody said that they looked at what is missing.
    """
    newest = catalogue.newest_verified if catalogue else None
    if newest is None or catalogue is None or looked:
        return newest
    candidates = [b for b in _comparable(catalogue.backups) if newest.taken - b.taken < WINDOW]
    # Newest first, and `max` keeps the first of equals.
    return max([newest, *candidates], key=lambda backup: sum(lost(backup, live).values()))


def lost(
    backup: Backup, live: Mapping[str, int], looked: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Tables of configuration and how many rows fewer they have than they should.

    Args:
        backup: What the rows are compared with.
        live: Rows of the live tables, those that were counted.
        looked: Rows when somebody said that they looked: then compared with these.
    """
    rows: Mapping[str, int] = backup.manifest.rows if backup.manifest else {}
    before = rows if looked is None else looked
    return {
        name: before.get(name, 0) - live[name]
        for name in CONFIGURATION
        if name in live and before.get(name, 0) > live[name]
    }


def since_words(backup: Backup, now: datetime) -> str:
    """When a backup was taken: `02:00`, or the day of an older one."""
    taken = backup.taken.astimezone(now.tzinfo)
    return taken.strftime("%H:%M" if (now - taken).days < 1 else "%b %d")


def lost_words(fewer: Mapping[str, int], backup: Backup, now: datetime) -> str:
    """`3 gateways, 38 tools fewer than in the backup of 02:00`.

    Args:
        fewer: As `lost` tells it; not empty.
        backup: What the rows were compared with.
        now: The present moment, in the zone that times are told in.
    """
    told = ", ".join(f"{count(rows)} {_noun(table, rows)}" for table, rows in fewer.items())
    return f"{told} fewer than in the backup of {since_words(backup, now)}"


def _comparable(backups: Iterable[Backup]) -> Iterable[Backup]:
    return (
        b
        for b in backups
        if b.manifest is not None
        and b.verdict is Verdict.OK
        and b.kind in ("hot", "cold")
        and not (b.future_dated or b.neighbour or b.link_to)
    )


def _noun(table: str, rows: int) -> str:
    words = table.replace("_", " ").replace("a2a", "A2A")
    return words.removesuffix("s") if rows == 1 else words
