"""The reports of `backup list` and `backup show`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tui.cli.report.table import aligned, labelled
from tui.cli.report.words import SIGNS, ago, local, signed
from tui.core.models import Backup, Catalogue, Manifest
from tui.core.models.retention import Ruling
from tui.core.operation import Verdict
from tui.wording.clean import one_line
from tui.wording.quantities import age, count, duration, narrow_size, plural, size, when

NONE_YET = "No backup yet. mcpdb-tui backup create makes one now."


def list_lines(
    catalogue: Catalogue, shown: Sequence[Backup], kept: Mapping[Path, Ruling]
) -> Iterator[str]:
    """A line a backup; then what else lies there.

    Args:
        catalogue: All there is.
        shown: What of it is listed, in this order.
        kept: What retention says of each.
    """
    if shown:
        heading = (
            "", "id", "taken", "age", "kind", "size", "revision", "verified", "fits", "kept by",
            "name",
        )  # fmt: skip
        now = datetime.now(UTC)
        rows = [heading, *(_row(backup, kept.get(backup.path), now) for backup in shown)]
        yield from aligned(rows, right=(3, 5))
        number = plural(len(catalogue.backups), "backup")
        of = f"{len(shown)} of " if len(shown) < len(catalogue.backups) else ""
        yield f"{of}{number}, {size(catalogue.total_size)}" + _pinned(catalogue)
    elif catalogue.backups:
        yield f"None of {len(catalogue.backups)} matches."
    elif not catalogue.unread:
        yield NONE_YET
    yield from map(one_line, catalogue.unread)
    if catalogue.strangers:
        names = ", ".join(map(one_line, catalogue.strangers[:5]))
        more = ", …" if len(catalogue.strangers) > 5 else ""
        yield f"{plural(len(catalogue.strangers), 'other file')}, left alone: {names}{more}"


def _pinned(catalogue: Catalogue) -> str:
    return " · * pinned" if any(backup.pinned for backup in catalogue.backups) else ""


def _row(backup: Backup, ruling: Ruling | None, now: datetime) -> tuple[str, ...]:
    label = f"  {backup.label}" if backup.label else ""
    link = f" → {backup.link_to}" if backup.link_to else ""
    told = backup.problem.removeprefix("FAIL ")
    why = f"  {told}" if told and backup.verdict is not Verdict.OK else ""
    return (
        SIGNS[backup.verdict],
        backup.id,
        when(backup.taken, now),
        "future" if backup.future_dated else age((now - backup.taken).total_seconds()),
        f"{backup.kind} *" if backup.pinned else backup.kind,
        narrow_size(backup.size),
        _revision(backup),
        _verified(backup, now),
        _fits(backup),
        _kept_by(ruling),
        f"{backup.path.name}{link}{label}{why}{_elsewhere(backup)}",
    )


def _revision(backup: Backup) -> str:
    if backup.compression and backup.manifest is None:
        return "unknown"
    return backup.revision or "none"


def _verified(backup: Backup, now: datetime) -> str:
    if backup.verdict is Verdict.FAIL:
        why, colon, _ = backup.problem.removeprefix("FAIL ").partition(":")
        return f"FAIL {why}" if colon and " " not in why else "FAIL"
    if backup.verified is None and backup.drilled is None:
        return str(backup.verdict)
    if backup.drilled is not None:
        return f"{backup.verdict} + drill"
    # A file without manifest: read whole, and still nothing says what it should be.
    word = "read" if backup.manifest is None else str(backup.verdict)
    return f"{word} {when(backup.verified, now)}" if backup.verified else word


def _fits(backup: Backup) -> str:
    return f"{backup.fit.text}, other secret" if backup.secret == "other" else backup.fit.text


def _kept_by(ruling: Ruling | None) -> str:
    if ruling is None:
        return ""
    if ruling.keep:
        return ruling.rule.removeprefix("kept: ")
    return f"nothing: {ruling.rule.removeprefix('dropped: ')}"


def _elsewhere(backup: Backup) -> str:
    manifest = backup.manifest
    if manifest is None:
        return ""
    other = f"  of {manifest.source}" if backup.neighbour else ""
    return f"{other}  + second copy" if manifest.second else other


def backup_lines(backup: Backup, ruling: Ruling | None) -> Iterator[str]:
    """Everything that is known of one backup, a line a fact."""
    manifest = backup.manifest
    told = backup.problem.removeprefix("FAIL ")
    verdict = signed(backup.verdict) + (f"  {told}" if told else "")
    release = f"  {backup.release}" if backup.release else ""
    rows = [
        ("backup", f"{backup.id}  {backup.kind}{', pinned' if backup.pinned else ''}"),
        ("path", str(backup.path)),
        ("label", backup.label),
        ("of", f"{manifest.source}, another database of this folder"
               if backup.neighbour and manifest else ""),
        ("taken", f"{local(backup.taken)} ({ago(backup.taken)})"),
        ("size", f"{size(backup.size)}, {count(backup.size)} bytes{_unpacked(manifest)}"),
        ("whole", verdict),
        ("revision", _revision(backup) + release),
        ("fits", backup.fit.text),
        ("secret", _SECRETS[backup.secret] if manifest and manifest.secret_fingerprint else ""),
        ("kept by", _kept_by(ruling)),
    ]  # fmt: skip
    if manifest is None:
        rows.append(("manifest", "none: made by hand or by another tool; backup adopt makes one"))
        if backup.verified is not None:
            rows.append(("read", f"whole on {local(backup.verified)}"))
    else:
        rows += _manifest(manifest)
    yield from labelled([(label, text) for label, text in rows if text])


_SECRETS = {
    "same": "the encryption secret in force is the one it was made with",
    "other": "! made with another encryption secret: what is encrypted in it stays unreadable",
    "unknown": "not known whether the encryption secret in force is the same",
}


def _unpacked(manifest: Manifest | None) -> str:
    if manifest is None or not manifest.compression:
        return ""
    return f" in {manifest.compression}; the database has {size(manifest.size)}"


def _manifest(manifest: Manifest) -> list[tuple[str, str]]:
    filled = sum(1 for number in manifest.rows.values() if number)
    verified = _moment(manifest.verified)
    return [
        ("note", manifest.note),
        ("made", f"by {manifest.who} on {manifest.host}, {manifest.trigger}, {manifest.method}, "
                 f"{duration(manifest.seconds)}"),
        ("verified", f"{manifest.check} {manifest.check_result}, {verified}"),
        ("proven", _proven(manifest)),
        ("second", _second(manifest)),
        ("rows", f"{count(sum(manifest.rows.values()))} in {plural(filled, 'table')}"),
        ("foreign", f"{plural(manifest.foreign_key_errors, 'row')} with a key that points nowhere"
                    if manifest.foreign_key_errors else ""),
        ("sha256", " ".join(manifest.sha256[i : i + 16] for i in range(0, 64, 16))),
        ("pages", f"{count(manifest.pages)} of {count(manifest.page_size)} bytes, "
                  f"journal mode {manifest.journal_mode}, SQLite {manifest.sqlite_version}"),
        ("image", manifest.image),
    ]  # fmt: skip


def _moment(text: str) -> str:
    """A manifest's time in local words; what is none as it stands there."""
    try:
        return local(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return text


def _proven(manifest: Manifest) -> str:
    if not manifest.drilled:
        return "not restored in a drill yet"
    took = f", {duration(manifest.drill_seconds)}" if manifest.drill_seconds else ""
    return f"drill {manifest.drill_result}, {_moment(manifest.drilled)}{took}"


def _second(manifest: Manifest) -> str:
    if not manifest.second:
        return ""
    checked = _moment(manifest.second_verified) if manifest.second_verified else ""
    return f"{manifest.second}, " + (f"verified there {checked}" if checked else "not verified")
