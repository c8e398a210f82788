"""Which backup is from before a revision."""

from __future__ import annotations

from collections.abc import Iterable

from tui.core.models import Backup, Revision
from tui.core.operation import Verdict


def newest_before(
    revision: Revision, known: Iterable[Revision], backups: Iterable[Backup]
) -> Backup | None:
    """The newest backup at a revision that comes before this one; a damaged one only at last.

    Args:
        revision: Which one.
        known: Every revision of the code.
        backups: Those of the catalogue.
    """
    downs = {item.revision: item.down for item in known}
    below: set[str] = set()
    waiting = list(revision.down)
    while waiting:
        name = waiting.pop()
        if name not in below:
            below.add(name)
            waiting.extend(downs.get(name, ()))
    kept = [backup for backup in backups if backup.revision in below and not backup.link_to]
    good = [b for b in kept if b.verdict is not Verdict.FAIL and not b.neighbour]
    return max(good or kept, key=lambda backup: backup.taken, default=None)
