"""What is known of restore drills, told from the manifests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from tui.app.paint import Line, Span
from tui.core.models import Backup
from tui.wording import quantities

NEVER = "No backup was ever proven by a drill."


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDrill:
    """One restore of a backup into a scratch place."""

    backup: str
    """Id of the backup."""
    at: datetime
    ok: bool
    result: str
    """`ok`, or what was found."""
    seconds: float


def drill_of(backup: Backup) -> LastDrill | None:
    """The last drill of one backup; None without one, or where its time is none."""
    manifest = backup.manifest
    if manifest is None or not manifest.drilled:
        return None
    try:
        at = datetime.fromisoformat(manifest.drilled).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return LastDrill(
        backup=backup.id,
        at=at,
        ok=manifest.drill_result == "ok",
        result=manifest.drill_result,
        seconds=manifest.drill_seconds,
    )


def last_drill(backups: Iterable[Backup]) -> LastDrill | None:
    """The newest drill of all."""
    drills = [drill for backup in backups if (drill := drill_of(backup)) is not None]
    return max(drills, key=lambda drill: drill.at, default=None)


def day(drill: LastDrill, now: datetime) -> str:
    """`Aug 09`; another year `2025-11-03`."""
    local = drill.at.astimezone(now.tzinfo)
    return local.strftime("%b %d" if local.year == now.year else "%Y-%m-%d")


def aside(backups: Iterable[Backup], now: datetime) -> Line:
    """`drill ok Aug 09`, for the title of the dashboard's pane."""
    drill = last_drill(backups)
    if drill is None:
        return ()
    word, role = ("ok", "healthy") if drill.ok else ("FAIL", "danger")
    head = Span("drill ", "muted")
    return (head, Span(word, role, not drill.ok), Span(f" {day(drill, now)}", "muted"))


def proven(backup: Backup, backups: Iterable[Backup], now: datetime) -> tuple[str, str]:
    """Name of a sign (empty: none) and words: was this backup proven, and if not, when was one."""
    own = drill_of(backup)
    if own is not None:
        took = f", {quantities.duration(own.seconds)}" if own.seconds else ""
        when = own.at.astimezone(now.tzinfo).strftime("%Y-%m-%d %H:%M")
        if own.ok:
            return "ok", f"restored in a drill {when}{took}"
        return "fail", f"the drill of {when} failed: {own.result}"
    last = last_drill(backups)
    if last is None:
        return "", "not restored in a drill yet; a has it"
    took = f", {quantities.duration(last.seconds)}" if last.seconds else ""
    word = "ok" if last.ok else "FAIL"
    return "", f"not restored in a drill yet; last drill {day(last, now)} {word}{took}"
