"""Which copy is recommended where the live file is gone or worth nothing."""

from __future__ import annotations

from datetime import datetime

from tui.core.models import Backup, Catalogue
from tui.core.operation import Verdict
from tui.wording.clean import one_line
from tui.wording.quantities import when


def recommended(catalogue: Catalogue | None) -> Backup | None:
    """The newest verified copy of this database, safety copies included; None without one.

    `restore latest` takes backups alone. A safety copy is younger than they are when the last
    thing that happened here was a restore or a migration, and then it has the newest rows.
    """
    if catalogue is None:
        return None
    good = (
        backup
        for backup in catalogue.backups
        if backup.verdict is Verdict.OK
        and not (backup.future_dated or backup.neighbour or backup.link_to)
    )
    return max(good, key=lambda backup: (backup.taken, backup.sequence), default=None)


def kind_words(backup: Backup) -> str:
    """`backup`, or `safety copy`."""
    return "safety copy" if backup.kind == "safety" else "backup"


def told_copy(backup: Backup, now: datetime) -> str:
    """A copy in a sentence: `k7m2qd of Aug 11 02:00`, `the safety copy s3f9wd of …`."""
    words = f"{one_line(backup.id)} of {when(backup.taken, now)}"
    return f"the safety copy {words}" if backup.kind == "safety" else words
