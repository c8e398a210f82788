"""Which backups stay, and by which rule: a pure ruling on a list of backups.

What is judged: verified hot and cold backups of this database, and files that were adopted. The
rules never touch anything else: a neighbour's backup, a link, a file without a manifest, one
dated in the future. A damaged backup counts for no rule, so that it pushes out no good one, and
stays until a person deletes it: it may be the last thing there is to salvage from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from tui.core.models import Backup, Policy, Ruling
from tui.core.operation import Verdict
from tui.wording.quantities import count

SAFETY_NEWEST = 3
SAFETY_DAYS = 30
"""A safety copy stays while it is among the newest three or younger than so many days."""

GUIDE_DAYS = 7
"""How long the guide keeps what its script made."""

_GUIDE_NAME = re.compile(r"mcp_backup_\d{8}_\d{6}\.db")
_FUTURE = timedelta(minutes=5)


class HostZone(tzinfo):
    """The host's zone with its summer time: what `astimezone()` gives has one offset for ever."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """The offset in force at a local time."""
        return None if moment is None else _at(moment).utcoffset()

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Not told apart from the offset."""
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        """The zone's name at a local time."""
        return None if moment is None else _at(moment).tzname()

    def fromutc(self, moment: datetime) -> datetime:
        """A moment in UTC as the host's clock shows it."""
        return moment.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)


def _at(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None).astimezone()


def host_now() -> datetime:
    """The present moment in the host's zone, summer time known for every other moment too."""
    return datetime.now(HostZone())


def rule(
    backups: Sequence[Backup],
    policy: Policy,
    now: datetime,
    *,
    undo: Collection[str] = (),
    guide: bool = False,
) -> tuple[Ruling, ...]:
    """Say of each backup whether it stays, and why.

    Args:
        backups: Newest first, as the catalogue orders them.
        policy: The rules. An empty one drops nothing: it was never meant to drop everything.
        now: The present moment; days, weeks and months are those of its zone.
        undo: Ids of safety copies that an undo which is still offered needs.
        guide: Also drop what the guide's script made and nobody adopted, after its own 7 days.

    Returns:
        One ruling a backup, in the same order.
    """
    why: dict[int, str] = {}
    judged: list[tuple[int, Backup]] = []
    pointed_at = {backup.path.with_name(backup.link_to) for backup in backups if backup.link_to}
    safety = 0
    # The order of these lines is their rank: what is pinned is never said to be kept by a rule.
    for index, backup in enumerate(backups):
        if reason := _not_ours(backup, now):
            why[index] = reason
        elif backup.kind == "safety":
            safety += 1
            why[index] = _safety(backup, safety, now, undo)
        elif "names point to" in backup.problem:
            why[index] = f"kept: {backup.problem}"
        elif backup.verdict is Verdict.FAIL:
            why[index] = "kept: damaged, counts for no rule; delete it by hand"
        elif backup.verdict is not Verdict.OK:
            why[index] = "kept: not verified"
        else:
            judged.append((index, backup))
    why |= _by_rules(judged, policy, now, pointed_at)
    if guide and judged:
        why |= _guide(backups, judged[0][1], now)
    return tuple(
        Ruling(
            backup=backup.id,
            name=backup.path.name,
            size=backup.size,
            keep=why[index].startswith("kept"),
            rule=why[index],
        )
        for index, backup in enumerate(backups)
    )


def verified(backups: Sequence[Backup], now: datetime) -> tuple[Backup, ...]:
    """The backups that count toward a policy's minimum, in the order given."""
    return tuple(
        backup
        for backup in backups
        if backup.verdict is Verdict.OK and backup.kind != "safety" and not _not_ours(backup, now)
    )


def _not_ours(backup: Backup, now: datetime) -> str:
    """Why the rules do not judge it at all; empty when they do."""
    manifest = backup.manifest
    if backup.link_to:
        return "kept: a link"
    if backup.neighbour:
        return "kept: of another database"
    if manifest is None:
        return "kept: without a manifest, made elsewhere"
    if manifest.name != backup.path.name or backup.kind == "latest":
        return "kept: renamed by hand"
    if backup.kind == "file" and not manifest.adopted:
        return "kept: renamed by hand"
    if backup.future_dated or backup.taken > now.astimezone(UTC) + _FUTURE:
        return f"kept: future-dated ({backup.taken:%Y-%m-%d}), counts for no rule"
    return ""


def _by_rules(
    judged: Sequence[tuple[int, Backup]],
    policy: Policy,
    now: datetime,
    pointed_at: Collection[object],
) -> dict[int, str]:
    """Rule on the verified ones, newest first."""
    why: dict[int, str] = {}
    if not judged:
        return why
    counted = [(index, backup) for index, backup in judged]
    found = [
        _newest(counted, policy.keep_last),
        _newest_of_each(counted, policy.daily, "daily", lambda b: _local(b, now).date()),
        _newest_of_each(
            counted, policy.weekly, "weekly", lambda b: _local(b, now).isocalendar()[:2]
        ),
        _newest_of_each(
            counted,
            policy.monthly,
            "monthly",
            lambda b: (_local(b, now).year, _local(b, now).month),
        ),
    ]
    dropped = "dropped: " + _unkept(policy)
    # What `restore latest` takes stays too, where the newest is one that was adopted.
    latest = next((index for index, b in judged if b.kind in ("hot", "cold")), judged[0][0])
    for index, backup in judged:
        if backup.pinned:
            why[index] = "kept: pinned"
        elif index in (judged[0][0], latest):
            why[index] = "kept: last verified"
        elif backup.path in pointed_at:
            why[index] = "kept: mcp_backup_latest.db points to it"
        elif policy.is_empty:
            why[index] = "kept: no rule is set"
        else:
            reasons = [rules[index] for rules in found if index in rules]
            if _age(backup, now) < timedelta(days=policy.max_age_days):
                reasons.append(f"younger than {_days(policy.max_age_days)}")
            why[index] = f"kept: {reasons[0]}" if reasons else dropped
    kept = sum(1 for text in why.values() if text.startswith("kept"))
    for index, text in why.items():
        # The newest of what no rule keeps fill up the minimum.
        if text == dropped and kept < policy.minimum:
            why[index] = f"kept: it would leave fewer than {count(policy.minimum)}"
            kept += 1
    return why


def _newest(judged: Sequence[tuple[int, Backup]], wanted: int) -> dict[int, str]:
    return {
        index: f"last {number} of {wanted}"
        for number, (index, _backup) in enumerate(judged[:wanted], 1)
    }


def _newest_of_each(
    judged: Sequence[tuple[int, Backup]],
    wanted: int,
    word: str,
    period: Callable[[Backup], Hashable],
) -> dict[int, str]:
    """The newest of each of the newest so many days, weeks or months that have one."""
    seen: set[Hashable] = set()
    kept: dict[int, str] = {}
    for index, backup in judged:
        if len(seen) >= wanted:
            break
        if (key := period(backup)) not in seen:
            seen.add(key)
            kept[index] = f"{word} {len(seen)} of {wanted}"
    return kept


def _unkept(policy: Policy) -> str:
    """Why nothing keeps it: `older than 7 days`, `not among last 3, daily 7`."""
    words = [
        f"{word} {wanted}"
        for word, wanted in (
            ("last", policy.keep_last),
            ("daily", policy.daily),
            ("weekly", policy.weekly),
            ("monthly", policy.monthly),
        )
        if wanted
    ]
    among = f"not among {', '.join(words)}" if words else ""
    older = f"older than {_days(policy.max_age_days)}" if policy.max_age_days else ""
    return ", ".join(filter(None, (older, among)))


def _safety(backup: Backup, number: int, now: datetime, undo: Collection[str]) -> str:
    if backup.pinned:
        return "kept: pinned"
    if backup.id in undo:
        return "kept: undo needs it"
    if number <= SAFETY_NEWEST:
        return f"kept: safety copy {number} of {SAFETY_NEWEST}"
    if _age(backup, now) < timedelta(days=SAFETY_DAYS):
        return f"kept: safety copy younger than {SAFETY_DAYS} days"
    return f"dropped: safety copy older than {SAFETY_DAYS} days"


def _guide(backups: Sequence[Backup], newest: Backup, now: datetime) -> dict[int, str]:
    """Rule on what the guide's script left: only where a verified backup is newer."""
    return {
        index: f"dropped: the guide's script made it, older than {GUIDE_DAYS} days"
        for index, backup in enumerate(backups)
        if backup.kind == "file"
        and backup.manifest is None
        and not backup.neighbour
        and not backup.link_to
        # One that cannot be read, or whose manifest cannot, is not simply an old copy.
        and backup.verdict is not Verdict.FAIL
        and not backup.problem
        and _GUIDE_NAME.fullmatch(backup.path.name)
        and backup.taken < newest.taken
        and _age(backup, now) >= timedelta(days=GUIDE_DAYS)
    }


def _age(backup: Backup, now: datetime) -> timedelta:
    # In UTC: two moments of one zone are subtracted as its clock showed them.
    return now.astimezone(UTC) - backup.taken.astimezone(UTC)


def _local(backup: Backup, now: datetime) -> datetime:
    return backup.taken.astimezone(now.tzinfo)


def _days(days: float) -> str:
    return "1 day" if days == 1 else f"{days:g} days"
