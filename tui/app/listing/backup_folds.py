"""Files of one maker without manifest, folded into one row of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tui.app.glyphs import Glyphs
from tui.app.listing.row import Row
from tui.app.paint import Span
from tui.app.vitals import verdict_sign
from tui.core.models import Backup
from tui.core.operation import Verdict

PREFIX = "files:"
"""A fold's key begins so; no backup's id has a colon."""
_MAKERS = ((re.compile(r"mcp_(hot)?backup_\d{8}_\d{6}\.db"), "guide", "the guide's script"),)
FEWEST = 2
"""A single file is a row of its own."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Files of one maker."""

    key: str
    maker: str
    """In words: `the guide's script`."""
    backups: tuple[Backup, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of its files."""
        verdicts = {backup.verdict for backup in self.backups}
        return Verdict.FAIL if Verdict.FAIL in verdicts else Verdict.UNKNOWN


def folded(backups: Sequence[Backup]) -> tuple[list[Backup], list[Fold]]:
    """What stands by itself, and what is folded."""
    groups: dict[str, list[Backup]] = {}
    for backup in backups:
        if maker := _maker(backup):
            groups.setdefault(maker, []).append(backup)
    names = {key: words for _, key, words in _MAKERS}
    folds = [
        Fold(PREFIX + key, names[key], tuple(found))
        for key, found in groups.items()
        if len(found) >= FEWEST
    ]
    inside = {backup.id for fold in folds for backup in fold.backups}
    return [backup for backup in backups if backup.id not in inside], folds


def _maker(backup: Backup) -> str:
    if backup.manifest is not None or backup.kind != "file":
        return ""
    return next((key for names, key, _ in _MAKERS if names.fullmatch(backup.path.name)), "")


def fold_of(backups: Sequence[Backup], key: str) -> Fold | None:
    """The fold with this key."""
    if not key.startswith(PREFIX):
        return None
    return next((fold for fold in folded(backups)[1] if fold.key == key), None)


def row(
    fold: Fold, glyphs: Glyphs, now: datetime, *, marked: Collection[str], hint: str = ""
) -> Row:
    """`? 13 files of the guide's script, Aug 04 to Aug 10, no manifest`."""
    words = f"{len(fold.backups)} files of {fold.maker}, {_days(fold.backups, now)}, no manifest"
    failing = sum(1 for backup in fold.backups if backup.verdict is Verdict.FAIL)
    cells = [Span(words)]
    if failing:
        cells.append(Span(f", {failing} FAIL", "danger", bold=True))
    if hint:
        cells.append(Span(f" · {hint}", "muted"))
    return Row(
        fold.key,
        tuple(cells),
        verdict_sign(glyphs, fold.verdict),
        whole=True,
        marked=all(backup.id in marked for backup in fold.backups),
    )


def _days(backups: Iterable[Backup], now: datetime) -> str:
    moments = sorted(backup.taken.astimezone(now.tzinfo) for backup in backups)
    days = [m.strftime("%b %d" if m.year == now.year else "%Y-%m-%d") for m in moments]
    return days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
