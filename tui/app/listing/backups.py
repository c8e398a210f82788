"""The backup catalogue as rows, and one backup in detail."""

from __future__ import annotations

from datetime import datetime

from tui.app.glyphs import SIGN_ROLES, Glyphs, sign_of
from tui.app.listing.row import Column, Row
from tui.app.paint import Line, Span, line
from tui.app.seen import Seen
from tui.app.vitals import signed, verdict_sign
from tui.core.models import Backup
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
    Column("kind", 8, gap=1),
    Column("size", 4, "right", gap=1),
    Column("revision", 12, gap=2),
    Column("rel", 6, gap=1),
    Column("verified", 12, gap=1),
    Column("fits", 9, grows=True, gap=0),
)


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
        return f"FAIL {backup.problem.split(':')[0].split(' ')[0]}".strip()
    if backup.verified is None:
        return str(backup.verdict)
    moment = backup.verified.astimezone(now.tzinfo)
    same_day = moment.date() == backup.taken.astimezone(now.tzinfo).date()
    return f"{backup.verdict} {moment.strftime('%H:%M' if same_day else '%b %d')}"


def kind_words(backup: Backup) -> str:
    """The kind, `*` behind it when pinned."""
    return f"{backup.kind} *" if backup.pinned else backup.kind


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


def row(backup: Backup, glyphs: Glyphs, now: datetime, *, release: bool = False) -> Row:
    """One backup."""
    state = verdict(backup)
    role = SIGN_ROLES[sign_of(backup.verdict)] if backup.verdict is not Verdict.OK else ""
    fits = "no" if backup.verdict is Verdict.FAIL else backup.fit.text
    fits_role = "attention" if backup.fit.verdict in (Verdict.WARN, Verdict.FAIL) else ""
    cells = [
        Span(when_words(backup, now)),
        Span(quantities.age((now - backup.taken).total_seconds())),
        Span(kind_words(backup)),
        Span(four(backup.size)),
        Span(backup.revision or "none"),
        Span(verified_words(backup, now), role),
        Span(fits, fits_role),
    ]
    if release:
        cells.insert(5, Span(backup.release))
    words = f"{backup.id} {backup.path.name} {backup.label}"
    return Row(
        backup.id, tuple(cells), verdict_sign(glyphs, state), words=words, moment=backup.taken
    )


def rows(seen: Seen, glyphs: Glyphs, now: datetime, *, release: bool = False) -> list[Row]:
    """The catalogue, newest first; links are not listed beside what they point to."""
    backups = seen.catalogue.backups if seen.catalogue else ()
    return [row(backup, glyphs, now, release=release) for backup in backups if not backup.link_to]


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


def note(seen: Seen, below: int) -> Line:
    """How many more, and what else lies in the folder."""
    catalogue = seen.catalogue
    strangers = len(catalogue.strangers) if catalogue else 0
    words = [f"{below} more"] if below else []
    if strangers:
        words.append(f"{quantities.plural(strangers, 'other file')} in the folder, left alone")
    if catalogue and any(backup.pinned for backup in catalogue.backups):
        words.append("* pinned")
    return (Span("   " + " · ".join(words), "muted"),) if words else ()


# --- detail -----------------------------------------------------------------------------


def _labelled(label: str, *rest: str | Span) -> Line:
    return line(Span(f" {label:<10}", "muted"), *rest)


def _sha(text: str) -> str:
    return " ".join(text[index : index + 16] for index in range(0, len(text), 16))


def detail(backup: Backup, seen: Seen, glyphs: Glyphs, now: datetime) -> tuple[Line, ...]:
    """Everything the manifest says, or why there is none."""
    manifest = backup.manifest
    local = backup.taken.astimezone(now.tzinfo)
    taken = local.strftime("%Y-%m-%d %H:%M:%S %Z")
    if manifest is None:
        return (
            _labelled("taken", f"{taken}, by the file's own time"),
            _labelled(
                "whole", *signed(glyphs, sign_of(backup.verdict), str(backup.verdict)),
                f"  {backup.problem or 'no manifest: made by hand or by another tool'}",
            ),
            _labelled("revision", backup.revision or "none", _release(backup)),
            _fits(backup, seen, glyphs),
            _labelled("next", "t reads it whole; B checks every page of it before anything stops"),
        )  # fmt: skip
    how = f", {quantities.duration(manifest.seconds)}, by {manifest.who} on {manifest.host}"
    rows_total = quantities.count(sum(manifest.rows.values()))
    filled = sum(1 for count in manifest.rows.values() if count)
    return (
        _labelled("taken", f"{taken} ({backup.taken.strftime('%H:%M:%S')} UTC){how}"),
        _labelled(
            "whole",
            *signed(glyphs, sign_of(backup.verdict), str(backup.verdict)),
            f"  {backup.problem}" if backup.problem else f"  {_checked(backup)}",
        ),
        _labelled("sha256", _sha(manifest.sha256)),
        _labelled("rows", f"{rows_total} in {filled} tables{_named(manifest.rows)}"),
        _fits(backup, seen, glyphs),
        _labelled("revision", backup.revision or "none", _release(backup)),
        _labelled(
            "source",
            f"{manifest.journal_mode}, SQLite {manifest.sqlite_version}, image {manifest.image}"
            if manifest.image
            else f"{manifest.journal_mode}, SQLite {manifest.sqlite_version}",
        ),
        *_optional(backup),
    )


def _release(backup: Backup) -> str:
    return f" (release {backup.release})" if backup.release else ""


def _checked(backup: Backup) -> str:
    manifest = backup.manifest
    if manifest is None:
        return ""
    pages = quantities.count(manifest.pages)
    return f"header, {pages} pages, {manifest.check}, {len(manifest.rows)} tables, sha256"


_NAMED = {"gateways": "gateways", "tools": "tools", "servers": "servers", "email_users": "users"}


def _named(counts: object) -> str:
    known = dict(counts) if isinstance(counts, dict) else {}
    words = [
        f"{quantities.count(known[name])} {word}"
        for name, word in _NAMED.items()
        if known.get(name)
    ]
    return "; " + ", ".join(words) if words else ""


def _fits(backup: Backup, seen: Seen, glyphs: Glyphs) -> Line:
    fit = backup.fit
    if fit.steps and seen.deployment is not None and not seen.deployment.migrates_at_start:
        pending = quantities.plural(fit.steps, "migration")
        text = f"{fit.text}: {pending} would be pending; a start does not run them"
    elif fit.steps:
        text = f"{fit.text}: the image migrates it at its start"
    elif fit.verdict is Verdict.OK:
        text = "the image starts without a migration"
    else:
        text = {"too new": "too new: a later image made it", "no": "no"}.get(fit.text, "")
    return _labelled("fits", *signed(glyphs, sign_of(fit.verdict), str(fit.verdict)), f"  {text}")


def _optional(backup: Backup) -> tuple[Line, ...]:
    manifest = backup.manifest
    extra: list[Line] = []
    if manifest and manifest.note:
        extra.append(_labelled("note", manifest.note))
    if manifest and manifest.parent:
        extra.append(_labelled("made by", manifest.parent))
    if backup.pinned:
        extra.append(_labelled("kept by", "a pin"))
    if backup.future_dated:
        extra.append(_labelled("clock", "dated in the future: listed, counts for no rule"))
    return tuple(extra)


def detail_title(backup: Backup) -> str:
    """`k7m2qd  mcp_hotbackup_20260811_020001.db`."""
    return f"{backup.id}  {backup.path.name}"
