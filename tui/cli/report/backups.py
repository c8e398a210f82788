"""The reports of `backup list` and `backup show`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tui.cli.report.table import aligned, labelled
from tui.cli.report.words import SIGNS, ago, local, signed
from tui.core.models import Backup, Catalogue, Manifest
from tui.core.operation import Verdict
from tui.wording.clean import one_line
from tui.wording.quantities import age, count, duration, narrow_size, plural, size, when

NONE_YET = "No backup yet. mcpdb-tui backup create makes one now."


def list_lines(catalogue: Catalogue) -> Iterator[str]:
    """A line a backup, newest first; then what else lies there."""
    if catalogue.backups:
        heading = (
            "", "id", "taken", "age", "kind", "size", "revision", "verified", "fits", "name",
        )  # fmt: skip
        now = datetime.now(UTC)
        rows = [heading, *(_row(backup, now) for backup in catalogue.backups)]
        yield from aligned(rows, right=(3, 5))
        number = plural(len(catalogue.backups), "backup")
        yield f"{number}, {size(catalogue.total_size)}" + _pinned(catalogue)
    else:
        yield NONE_YET
    if catalogue.strangers:
        names = ", ".join(map(one_line, catalogue.strangers[:5]))
        more = ", …" if len(catalogue.strangers) > 5 else ""
        yield f"{plural(len(catalogue.strangers), 'other file')}, left alone: {names}{more}"


def _pinned(catalogue: Catalogue) -> str:
    return " · * pinned" if any(backup.pinned for backup in catalogue.backups) else ""


def _row(backup: Backup, now: datetime) -> tuple[str, ...]:
    label = f"  {backup.label}" if backup.label else ""
    link = f" → {backup.link_to}" if backup.link_to else ""
    why = f"  {backup.problem}" if backup.problem and backup.verdict is not Verdict.OK else ""
    return (
        SIGNS[backup.verdict],
        backup.id,
        when(backup.taken, now),
        "future" if backup.future_dated else age((now - backup.taken).total_seconds()),
        f"{backup.kind} *" if backup.pinned else backup.kind,
        narrow_size(backup.size),
        backup.revision or "none",
        _verified(backup, now),
        backup.fit.text,
        f"{backup.path.name}{link}{label}{why}",
    )


def _verified(backup: Backup, now: datetime) -> str:
    if backup.verdict is Verdict.FAIL or backup.verified is None:
        return str(backup.verdict)
    return f"{backup.verdict} {when(backup.verified, now)}"


def backup_lines(backup: Backup) -> Iterator[str]:
    """Everything that is known of one backup, a line a fact."""
    manifest = backup.manifest
    verdict = signed(backup.verdict) + (f"  {backup.problem}" if backup.problem else "")
    release = f"  {backup.release}" if backup.release else ""
    rows = [
        ("backup", f"{backup.id}  {backup.kind}{', pinned' if backup.pinned else ''}"),
        ("path", str(backup.path)),
        ("label", backup.label),
        ("taken", f"{local(backup.taken)} ({ago(backup.taken)})"),
        ("size", f"{size(backup.size)}, {count(backup.size)} bytes"),
        ("whole", verdict),
        ("revision", (backup.revision or "none") + release),
        ("fits", backup.fit.text),
    ]
    if manifest is None:
        rows.append(("manifest", "none: made by hand or by another tool"))
    else:
        rows += _manifest(manifest)
    yield from labelled([(label, text) for label, text in rows if text])


def _manifest(manifest: Manifest) -> list[tuple[str, str]]:
    filled = sum(1 for number in manifest.rows.values() if number)
    verified = local(datetime.fromisoformat(manifest.verified))
    return [
        ("note", manifest.note),
        ("made", f"by {manifest.who} on {manifest.host}, {manifest.trigger}, {manifest.method}, "
                 f"{duration(manifest.seconds)}"),
        ("verified", f"{manifest.check} {manifest.check_result}, {verified}"),
        ("rows", f"{count(sum(manifest.rows.values()))} in {plural(filled, 'table')}"),
        ("foreign", f"{plural(manifest.foreign_key_errors, 'row')} with a key that points nowhere"
                    if manifest.foreign_key_errors else ""),
        ("sha256", " ".join(manifest.sha256[i : i + 16] for i in range(0, 64, 16))),
        ("pages", f"{count(manifest.pages)} of {count(manifest.page_size)} bytes, "
                  f"journal mode {manifest.journal_mode}, SQLite {manifest.sqlite_version}"),
        ("image", manifest.image),
    ]  # fmt: skip
