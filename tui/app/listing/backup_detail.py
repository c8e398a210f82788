"""One backup in detail: what the manifest says, why it is kept, and whether it was proven."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tui.app.glyphs import Glyphs, sign_of
from tui.app.listing import drills
from tui.app.listing.backup_folds import Fold
from tui.app.listing.retained import kept_by
from tui.app.paint import Line, Span, line
from tui.app.seen import Seen
from tui.app.vitals import signed
from tui.core.models import Backup, Manifest
from tui.core.operation import Verdict
from tui.wording import quantities


def _labelled(label: str, *rest: str | Span) -> Line:
    return line(Span(f" {label:<10}", "muted"), *rest)


def _sha(text: str) -> str:
    return " ".join(text[index : index + 16] for index in range(0, len(text), 16))


def _utc(backup: Backup, local: datetime) -> str:
    """The time in UTC too, where that is another."""
    return f" ({backup.taken:%H:%M:%S} UTC)" if local.utcoffset() else ""


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
            *_kept(backup, seen, now),
            *_remarks(backup),
            _labelled("next", "t reads it whole; a has adopt: with a manifest it is one of ours"),
        )  # fmt: skip
    how = f", {quantities.duration(manifest.seconds)}, by {manifest.who} on {manifest.host}"
    rows_total = quantities.count(sum(manifest.rows.values()))
    filled = sum(1 for count in manifest.rows.values() if count)
    backups = seen.catalogue.backups if seen.catalogue else ()
    sign, proven = drills.proven(backup, backups, now)
    return (
        _labelled("taken", f"{taken}{_utc(backup, local)}{how}"),
        _labelled(
            "whole",
            *signed(glyphs, sign_of(backup.verdict), str(backup.verdict)),
            f"  {backup.problem.removeprefix('FAIL ') or _checked(backup)}",
        ),
        _labelled("sha256", _sha(manifest.sha256)),
        _labelled("rows", f"{rows_total} in {filled} tables{_named(manifest.rows)}"),
        _fits(backup, seen, glyphs),
        _labelled("source", _source(backup, manifest)),
        *_kept(backup, seen, now),
        _labelled("proven", *(signed(glyphs, sign, "ok  " if sign == "ok" else "FAIL  ")
                  if sign else ()), proven),
        *_second(manifest, seen, glyphs, now),
        *_remarks(backup),
    )  # fmt: skip


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
        text = f"{fit.text}: would be pending, a start does not run them"
    elif fit.steps:
        text = f"{fit.text}: the image migrates it at its start"
    elif fit.verdict is Verdict.OK:
        text = "the image starts without a migration"
    else:
        text = {"too new": "too new: a later image made it", "no": "no"}.get(fit.text, "")
    return _labelled(
        "fits",
        *signed(glyphs, sign_of(fit.verdict), str(fit.verdict)),
        f"  {text}",
        *_secret(backup),
    )


def _secret(backup: Backup) -> Line:
    """Whether what is encrypted in it can be read with the secret that is in force."""
    match backup.secret:
        case "same":
            return line(" · same encryption secret")
        case "other":
            return (Span(" · ! another encryption secret", "attention"),)
    return ()


def _source(backup: Backup, manifest: Manifest) -> str:
    words = [f"{manifest.journal_mode}, SQLite {manifest.sqlite_version}"]
    if manifest.image:
        words.append(f"image {manifest.image}")
    if backup.neighbour:
        words.insert(0, f"{manifest.source or 'another database'}, not this database")
    if manifest.compression:
        words.append(f"{manifest.compression}, {quantities.size(manifest.stored_size)}")
    return ", ".join(words)


def _kept(backup: Backup, seen: Seen, now: datetime) -> tuple[Line, ...]:
    words = kept_by(backup, seen, now)
    return (_labelled("kept by", words),) if words else ()


def _second(manifest: Manifest, seen: Seen, glyphs: Glyphs, now: datetime) -> tuple[Line, ...]:
    """The copy in the second location, where there is one or should be."""
    wanted = seen.deployment.second_dir if seen.deployment else None
    if manifest.second:
        when = _moment(manifest.second_verified, now)
        checked = f", verified there {when}" if when else ", not verified there"
        return (_labelled("second", f"{manifest.second}{checked}"),)
    if wanted is None or manifest.kind not in ("hot", "cold"):
        return ()
    words = f" no copy in {wanted}"
    return (_labelled("second", *signed(glyphs, "warn", "warn"), f" {words}"),)


def _moment(text: str, now: datetime) -> str:
    try:
        return datetime.fromisoformat(text).astimezone(now.tzinfo).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return ""


def _remarks(backup: Backup) -> tuple[Line, ...]:
    manifest = backup.manifest
    extra: list[Line] = []
    if manifest and manifest.note:
        extra.append(_labelled("note", manifest.note))
    if manifest and manifest.adopted:
        extra.append(_labelled("made by", "another tool; adopted here"))
    elif manifest and manifest.parent:
        extra.append(_labelled("made by", manifest.parent))
    if backup.future_dated:
        extra.append(_labelled("clock", "dated in the future: listed, counts for no rule"))
    return tuple(extra)


def detail_title(backup: Backup) -> str:
    """`k7m2qd  mcp_hotbackup_20260811_020001.db`."""
    return f"{backup.id}  {backup.path.name}"


def fold_detail(fold: Fold, now: datetime) -> tuple[Line, ...]:
    """What is known of files that are folded into one row."""
    return (
        _labelled("size", quantities.size(sum(backup.size for backup in fold.backups))),
        _labelled("whole", _verdicts(fold.backups)),
        _labelled("next", "t reads all of them whole; Enter shows each; then a has adopt"),
        _labelled("files", _names(fold.backups)),
    )


def _names(backups: Iterable[Backup]) -> str:
    return ", ".join(backup.path.name for backup in backups)


def _verdicts(backups: Iterable[Backup]) -> str:
    found = list(backups)
    failing = sum(1 for backup in found if backup.verdict is Verdict.FAIL)
    if not failing:
        return "unknown: nobody has read them whole yet"
    return f"{failing} FAIL, {len(found) - failing} unknown"
