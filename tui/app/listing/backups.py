"""The backup catalogue as rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from tui.app.glyphs import SIGN_ROLES, Glyphs, sign_of
from tui.app.listing import backup_folds, drills
from tui.app.listing.backup_order import Order, ordered
from tui.app.listing.retained import policy_words
from tui.app.listing.row import Column, Row, between
from tui.app.paint import Line, Span
from tui.app.seen import Seen
from tui.app.vitals import verdict_sign
from tui.app.widgets.message import progress_words
from tui.core.models import ActivityEntry, Backup
from tui.core.operation import Verdict
from tui.wording import quantities

EMPTY = "No backup yet. b makes one now: hot, the gateway keeps running."

COLUMNS = (
    Column("taken", 12, gap=1),
    Column("age", 5, "right", gap=1),
    Column("kind", 6, gap=1),
    Column("size", 4, "right", gap=1),
    Column("revision", 12, gap=1),
    Column("verified", 11, gap=1),
    Column("fits", 9, grows=True, gap=0),
)
COLUMNS_WITH_RELEASE = (
    Column("taken", 12, gap=1),
    Column("age", 5, "right", gap=1),
    Column("kind", 9, gap=1),
    Column("size", 5, "right", gap=1),
    Column("revision", 12, gap=1),
    Column("rel", 6, gap=1),
    Column("verified", 12, gap=1),
    Column("fits", 9, grows=True, gap=0),
)


FIELDS = ("kind", "label", "id")
"""What a filter can name."""
MAKING = "making:"
"""The key of a backup in the making begins so; no backup's id has a colon."""
_MAKERS = {"backup": "hot", "backup-cold": "cold"}


def find(seen: Seen, ident: str) -> Backup | None:
    """The backup with this id."""
    backups = seen.catalogue.backups if seen.catalogue else ()
    return next((backup for backup in backups if backup.id == ident), None)


def verdict(backup: Backup) -> Verdict:
    """The sign of a row: damage first, then whether the image could start on it."""
    if backup.verdict is Verdict.FAIL:
        return Verdict.FAIL
    if backup.fit.verdict in (Verdict.FAIL, Verdict.WARN) and not backup.fit.steps:
        return Verdict.WARN
    return backup.verdict


def verified_words(backup: Backup, now: datetime) -> str:
    """`ok 02:00`, `ok Aug 09`, `FAIL sha256`, `unknown`."""
    if backup.verdict is Verdict.FAIL:
        # A manifest's own verdict says FAIL already.
        why = backup.problem.removeprefix("FAIL ")
        return f"FAIL {why.split(':')[0].split(' ')[0]}".strip()
    if backup.verified is None:
        return str(backup.verdict)
    if backup.drilled is not None:
        return f"{backup.verdict} + drill"
    moment = backup.verified.astimezone(now.tzinfo)
    same_day = moment.date() == backup.taken.astimezone(now.tzinfo).date()
    return f"{backup.verdict} {moment.strftime('%H:%M' if same_day else '%b %d')}"


def kind_words(backup: Backup, *, packed: bool = True) -> str:
    """The kind, `zst` where it is compressed, `*` when it is pinned."""
    kind = f"{backup.kind} zst" if packed and backup.compression else backup.kind
    if not packed and kind == "salvage":
        kind = "salv"  # the narrow column has six places, a pin takes two
    if not backup.pinned:
        return kind
    return f"{kind}*" if kind.endswith("zst") else f"{kind} *"


def when_words(backup: Backup, now: datetime) -> str:
    """`Aug 11 02:00` in the zone of `now`."""
    local = backup.taken.astimezone(now.tzinfo)
    return local.strftime("%b %d %H:%M" if local.year == now.year else "%Y-%m-%d")


def four(count: int) -> str:
    """A size in four columns: `412M`, and `1M` rather than `1016K`."""
    text = quantities.narrow_size(count)
    if len(text) <= 4:
        return text
    return "1" + "KMGTPE"[("B" + "KMGTPE").index(text[-1])]


def row(
    backup: Backup,
    glyphs: Glyphs,
    now: datetime,
    *,
    release: bool = False,
    marked: Collection[str] = (),
) -> Row:
    """One backup."""
    state = verdict(backup)
    role = SIGN_ROLES[sign_of(backup.verdict)] if backup.verdict is not Verdict.OK else ""
    fits = "no" if backup.verdict is Verdict.FAIL else backup.fit.text
    fits_role = "attention" if backup.fit.verdict in (Verdict.WARN, Verdict.FAIL) else ""
    if backup.neighbour:
        fits, fits_role = "other db", "muted"
    cells = [
        Span(when_words(backup, now)),
        Span(quantities.age((now - backup.taken).total_seconds())),
        Span(kind_words(backup, packed=release)),
        Span(four(backup.size)),
        Span(backup.revision or "none"),
        Span(verified_words(backup, now), role),
        Span(fits, fits_role),
    ]
    if release:
        cells.insert(5, Span(backup.release))
    words = f"{backup.id} {backup.path.name} {backup.label}"
    return Row(
        backup.id,
        tuple(cells),
        verdict_sign(glyphs, state),
        words=words,
        fields={"kind": kind_words(backup), "label": backup.label, "id": backup.id},
        moment=backup.taken,
        marked=backup.id in marked,
    )


def making(entry: ActivityEntry | None, glyphs: Glyphs, *, release: bool = False) -> list[Row]:
    """`» running  61 %`: the backup in the making, if there is one."""
    kind = _MAKERS.get(entry.operation) if entry else None
    if entry is None or kind is None:
        return []
    step = next((step for step in entry.steps if step.state == "running"), None)
    far = progress_words(step).split("  ")[0] if step and step.total else ""
    cells = ["running", "", kind, "…", "…", far, ""]
    if release:
        cells.insert(5, "")
    spans = tuple(Span(text, "running" if text in ("running", far) else "") for text in cells)
    return [Row(MAKING + entry.id, spans, Span(glyphs.sign("running"), "running"))]


def rows(
    seen: Seen,
    glyphs: Glyphs,
    now: datetime,
    *,
    release: bool = False,
    order: Order | None = None,
    marked: Collection[str] = (),
    unfolded: Collection[str] | None = (),
) -> list[Row]:
    """The catalogue; links are not listed beside what they point to.

    Args:
        seen: What is known.
        glyphs: Signs.
        now: For ages.
        release: Whether there is a column for the release; that is the pane of its own.
        order: By what it is sorted; newest first without one.
        marked: Ids that are marked.
        unfolded: Keys of the folds that are open; None: nothing is folded.
    """
    backups = seen.catalogue.backups if seen.catalogue else ()
    listed = ordered([backup for backup in backups if not backup.link_to], order or Order())
    single, folds = (listed, []) if unfolded is None else backup_folds.folded(listed)

    def as_row(backup: Backup) -> Row:
        return row(backup, glyphs, now, release=release, marked=marked)

    result = making(seen.running, glyphs, release=release) + [as_row(b) for b in single]
    for fold in folds:
        is_open = fold.key in (unfolded or ())
        hint = ("Enter folds" if is_open else "Enter unfolds") if release else ""
        result.append(backup_folds.row(fold, glyphs, now, marked=marked, hint=hint))
        result += [as_row(backup) for backup in fold.backups] if is_open else []
    if release and seen.catalogue and seen.catalogue.strangers:
        result.append(_strangers(seen.catalogue.strangers))
    return result


def _strangers(names: Collection[str]) -> Row:
    """`── 2 other files, left alone: notes.txt, x.tar`."""
    words = f" ── {quantities.plural(len(names), 'other file')}, left alone: {', '.join(names)}"
    return between(words)


def title(seen: Seen) -> str:
    """`2 Backups · 27 · 10.6G`."""
    catalogue = seen.catalogue
    if catalogue is None or not catalogue.backups:
        return "2 Backups"
    return f"2 Backups · {len(catalogue.backups)} · {quantities.size(catalogue.total_size)}"


def empty_words(seen: Seen) -> str:
    """What stands where no backup does."""
    if problem := seen.problem("catalogue"):
        return problem
    return "…" if seen.catalogue is None else EMPTY


def aside(seen: Seen, now: datetime) -> Line:
    """`drill ok Aug 09`."""
    return drills.aside(seen.catalogue.backups if seen.catalogue else (), now)


def note(seen: Seen, below: int) -> Line:
    """How many more, what else lies in the folder, and by what policy backups are kept."""
    catalogue, deployment = seen.catalogue, seen.deployment
    strangers = len(catalogue.strangers) if catalogue else 0
    words = [f"{below} more"] if below else []
    if catalogue and any(backup.pinned for backup in catalogue.backups):
        words.append("* pinned")
    if seen.schedule:
        words.append(f"schedule {seen.schedule}")
    if catalogue and catalogue.backups and deployment:
        words.append(policy_words(deployment.retention))
    if strangers:
        words.append(f"{quantities.plural(strangers, 'other file')}, left alone")
    words = [word for word in words if word]
    return (Span("   " + " · ".join(words), "muted"),) if words else ()
