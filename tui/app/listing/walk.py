"""Every copy that could take the place of a lost database, and what each would lose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tui.app.glyphs import Glyphs
from tui.app.listing.backups import kind_words, verdict, verified_words, when_words
from tui.app.listing.row import Column, Row
from tui.app.paint import Span
from tui.app.vitals import verdict_sign
from tui.core.models import Backup, Catalogue
from tui.core.operation import Verdict
from tui.services.sqlite.inspection import CORE_TABLES
from tui.wording import quantities

COLUMNS = (
    Column("taken", 12),
    Column("kind", 9),
    Column("verified", 13),
    Column("fits", 9),
    Column("would lose", 20, grows=True, gap=0),
)
_NAMED = 3
"""Tables whose loss is named."""


def usable(backup: Backup) -> bool:
    """Whether it can be restored from at all."""
    return backup.verdict is not Verdict.FAIL


def listed(catalogue: Catalogue | None) -> list[Backup]:
    """What could take its place, the best first: verified, then suspect, then damaged."""
    found = [
        backup
        for backup in (catalogue.backups if catalogue else ())
        if not (backup.link_to or backup.neighbour)
    ]
    rank = {Verdict.OK: 0, Verdict.WARN: 1, Verdict.UNKNOWN: 1, Verdict.FAIL: 2}
    return sorted(found, key=lambda backup: (rank[backup.verdict], -backup.taken.timestamp()))


def most(backups: Sequence[Backup]) -> Mapping[str, int]:
    """Rows per table in the newest copy that says so: what an older one is measured by."""
    known = [backup for backup in backups if backup.manifest and usable(backup)]
    newest = max(known, key=lambda backup: backup.taken, default=None)
    return newest.manifest.rows if newest is not None and newest.manifest else {}


def fewer(backup: Backup, rows: Mapping[str, int]) -> list[tuple[str, int]]:
    """Tables of which it has fewer rows than the newest copy, the core's first."""
    own = backup.manifest.rows if backup.manifest else {}
    if not own:
        return []
    found = [(name, count - own.get(name, 0)) for name, count in rows.items()]
    order = {name: number for number, name in enumerate(CORE_TABLES)}
    return sorted(
        ((name, count) for name, count in found if count > 0),
        key=lambda each: (order.get(each[0], len(order)), -each[1]),
    )


def loses(backup: Backup, rows: Mapping[str, int], now: datetime) -> str:
    """`writes of 2d3h; 3 gateways, 38 tools fewer than the newest`."""
    if not usable(backup):
        return f"damaged: {backup.problem.removeprefix('FAIL ')}"
    ago = quantities.age(max(0.0, (now - backup.taken).total_seconds()))
    words = f"writes of the last {ago}"
    if backup.kind == "salvage":
        words = "what was lost before: " + backup.problem.partition("file: ")[2]
    missing = fewer(backup, rows)
    if missing:
        told = ", ".join(f"{quantities.count(n)} {name}" for name, n in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} tables more" if len(missing) > _NAMED else ""
        words += f"; {told}{more} fewer than the newest"
    return words


def rows(catalogue: Catalogue | None, glyphs: Glyphs, now: datetime) -> list[Row]:
    """A line each."""
    backups = listed(catalogue)
    known = most(backups)
    return [
        Row(
            backup.id,
            (
                Span(when_words(backup, now)),
                Span(kind_words(backup)),
                Span(verified_words(backup, now), "" if backup.verdict is Verdict.OK else "muted"),
                Span("no" if not usable(backup) else backup.fit.text),
                Span(loses(backup, known, now)),
            ),
            verdict_sign(glyphs, verdict(backup)),
        )
        for backup in backups
    ]
