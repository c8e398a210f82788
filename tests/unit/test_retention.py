"""Retention: what stays and by which rule, for any catalogue."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core.models import Backup, Manifest, Policy, Ruling
from tui.core.operation import Verdict
from tui.operations.cataloguing.retention import host_now, rule

NOW = datetime(2026, 8, 11, 3, 14, tzinfo=ZoneInfo("Europe/Berlin"))


def made(
    number: int,
    taken: datetime,
    *,
    kind: str = "hot",
    verdict: Verdict = Verdict.OK,
    pinned: bool = False,
    **more: object,
) -> Backup:
    """A backup of the catalogue, with a manifest that knows its name."""
    prefix = {"hot": "mcp_hotbackup", "cold": "mcp_backup", "safety": "mcp_safety"}.get(kind, "b")
    path = Path("/srv/backups") / f"{prefix}_{taken.astimezone(UTC):%Y%m%d_%H%M%S}_{number}.db"
    values: dict[str, object] = {
        "id": f"id{number:04}", "name": path.name, "kind": kind, "sequence": number,
        "taken": taken.astimezone(UTC).isoformat(), "utc_offset": "+00:00", "seconds": 1.0,
        "trigger": "hand", "who": "dana", "host": "ctx-01", "method": "backup-api",
        "clean_stop": None, "size": 4096, "page_size": 4096, "pages": 1, "sha256": "0" * 64,
        "revision": "", "release": "", "rows": {}, "check": "quick_check", "check_result": "ok",
        "foreign_key_errors": 0, "verified": taken.astimezone(UTC).isoformat(), "image": "",
        "sqlite_version": "3", "journal_mode": "wal", "adopted": kind == "file",
    }  # fmt: skip
    fields = {
        "id": str(values["id"]), "path": path, "kind": kind, "taken": taken.astimezone(UTC),
        "size": 4096, "sequence": number, "manifest": Manifest(**values), "verdict": verdict,  # type: ignore[arg-type]
        "pinned": pinned, **more,
    }  # fmt: skip
    return Backup(**fields)  # type: ignore[arg-type]


def nightly(days: int, now: datetime = NOW) -> list[Backup]:
    """One backup a night at 02:00 of the host's clock, newest first."""
    last = now.replace(hour=2, minute=0)
    return [made(1000 - day, last - timedelta(days=day)) for day in range(days)]


def texts(rulings: tuple[Ruling, ...]) -> list[str]:
    return [ruling.rule for ruling in rulings]


def kept(backups: list[Backup], policy: Policy, now: datetime = NOW) -> list[Backup]:
    rulings = rule(backups, policy, now)
    return [backup for backup, ruling in zip(backups, rulings, strict=True) if ruling.keep]


# --- words and single rules -------------------------------------------------------------


def test_each_rule_is_named_with_its_number() -> None:
    policy = Policy(keep_last=2, daily=3, weekly=3, monthly=2, minimum=1)
    assert texts(rule(nightly(12), policy, NOW)) == [
        "kept: last verified",
        "kept: last 2 of 2",
        "kept: daily 3 of 3",  # Sunday Aug 09: the newest of its week as well
        *["dropped: not among last 2, daily 3, weekly 3, monthly 2"] * 6,
        "kept: weekly 3 of 3",  # Sunday Aug 02
        "dropped: not among last 2, daily 3, weekly 3, monthly 2",
        "kept: monthly 2 of 2",  # July 31
    ]


def test_what_is_younger_than_the_age_stays_and_older_ones_go() -> None:
    rulings = rule(nightly(10), Policy(max_age_days=7, minimum=1), NOW)
    assert texts(rulings)[:7] == ["kept: last verified", *["kept: younger than 7 days"] * 6]
    assert texts(rulings)[7:] == ["dropped: older than 7 days"] * 3


def test_the_minimum_is_filled_up_with_the_newest() -> None:
    rulings = rule(nightly(5), Policy(keep_last=1, minimum=3), NOW)
    assert texts(rulings) == [
        "kept: last verified",
        *["kept: it would leave fewer than 3"] * 2,
        *["dropped: not among last 1"] * 2,
    ]


def test_a_damaged_newest_one_does_not_push_out_the_last_verified() -> None:
    backups = [made(9, NOW - timedelta(hours=1), verdict=Verdict.FAIL), *nightly(3)]
    rulings = rule(backups, Policy(keep_last=1, minimum=1), NOW)
    assert rulings[0].keep and rulings[0].rule.startswith("kept: damaged")
    assert texts(rulings)[1:] == ["kept: last verified", *["dropped: not among last 1"] * 2]


def test_an_empty_policy_drops_nothing() -> None:
    assert all(ruling.keep for ruling in rule(nightly(9), Policy(), NOW))


@pytest.mark.parametrize(
    "change",
    [
        {"neighbour": True},
        {"link_to": "mcp_hotbackup_x.db"},
        {"manifest": None, "kind": "file"},
        {"future_dated": True},
        {"verdict": Verdict.UNKNOWN},
        {"kind": "latest"},
    ],
    ids=["another database", "link", "no manifest", "future", "not verified", "latest"],
)
def test_what_is_not_ours_to_judge_stays_and_counts_for_no_rule(change: dict[str, object]) -> None:
    backups = nightly(4)
    odd = replace(backups[0], **change)  # type: ignore[arg-type]
    rulings = rule([odd, *backups[1:]], Policy(keep_last=1, minimum=1), NOW)
    assert rulings[0].keep
    assert texts(rulings)[1:] == texts(rule(backups[1:], Policy(keep_last=1, minimum=1), NOW))


def test_a_file_renamed_by_hand_is_not_judged_and_an_adopted_one_is() -> None:
    backups = nightly(3)
    renamed = replace(backups[2], path=Path("/srv/backups/before-the-move.db"))
    policy = Policy(keep_last=1, minimum=1)
    assert rule([*backups[:2], renamed], policy, NOW)[2].rule == "kept: renamed by hand"
    adopted = made(1, NOW - timedelta(days=9), kind="file")
    assert not rule([*backups, adopted], policy, NOW)[3].keep


def test_what_the_latest_link_points_to_stays() -> None:
    backups = nightly(4)
    link = replace(
        backups[3],
        path=backups[3].path.with_name("mcp_backup_latest.db"),
        kind="latest",
        link_to=backups[3].path.name,
    )
    rulings = rule([link, *backups], Policy(keep_last=1, minimum=1), NOW)
    assert rulings[4].rule == "kept: mcp_backup_latest.db points to it"
    assert not rulings[3].keep


# --- safety copies ----------------------------------------------------------------------


def test_safety_copies_have_a_rule_of_their_own() -> None:
    safety = [
        made(100 - day, NOW - timedelta(days=day), kind="safety") for day in (1, 29, 40, 50, 60)
    ]
    rulings = rule(safety, Policy(keep_last=1, minimum=1), NOW, undo={safety[4].id})
    assert texts(rulings) == [
        "kept: safety copy 1 of 3",
        "kept: safety copy 2 of 3",
        "kept: safety copy 3 of 3",
        "dropped: safety copy older than 30 days",
        "kept: undo needs it",
    ]


def test_the_fourth_safety_copy_stays_for_thirty_days() -> None:
    safety = [made(100 - n, NOW - timedelta(days=n), kind="safety") for n in range(5)]
    assert (
        texts(rule(safety, Policy(keep_last=1), NOW))[3:]
        == ["kept: safety copy younger than 30 days"] * 2
    )


def test_safety_copies_count_for_no_rule_of_the_others() -> None:
    safety = made(2000, NOW, kind="safety")
    policy = Policy(keep_last=2, minimum=1)
    assert texts(rule([safety, *nightly(4)], policy, NOW))[1:] == texts(
        rule(nightly(4), policy, NOW)
    )


# --- the guide's script -----------------------------------------------------------------


def guide_file(days: float, **more: object) -> Backup:
    moment = NOW - timedelta(days=days)
    name = f"mcp_backup_{moment:%Y%m%d_%H%M%S}.db"
    return replace(
        made(0, moment, kind="file", verdict=Verdict.UNKNOWN),
        manifest=None,
        path=Path("/srv/backups") / name,
        **more,  # type: ignore[arg-type]
    )


def test_the_guides_files_go_only_when_asked_and_only_behind_a_newer_verified_one() -> None:
    policy = Policy(keep_last=1, minimum=1)
    old, young = guide_file(8), guide_file(6)
    backups = [*nightly(1), young, old]
    assert all(ruling.keep for ruling in rule(backups, policy, NOW))
    assert [r.keep for r in rule(backups, policy, NOW, guide=True)] == [True, True, False]
    assert all(r.keep for r in rule([young, old], policy, NOW, guide=True))
    older = [made(5, NOW - timedelta(days=20)), old]
    assert all(r.keep for r in rule(older, policy, NOW, guide=True))


@pytest.mark.parametrize(
    "change",
    [
        {"path": Path("/srv/backups/mcp_backup_before_upgrade.db")},
        {"path": Path("/srv/backups/mcp_backup_latest.db")},
        {"verdict": Verdict.FAIL},
        {"problem": "2 names point to this file"},
        {"neighbour": True},
    ],
    ids=["a person's name", "latest", "damaged", "two names", "another database"],
)
def test_only_the_scripts_own_whole_files_are_the_guides(change: dict[str, object]) -> None:
    backups = [*nightly(1), replace(guide_file(30), **change)]  # type: ignore[arg-type]
    assert all(r.keep for r in rule(backups, Policy(keep_last=1), NOW, guide=True))


# --- days, weeks, months of the host ----------------------------------------------------


def test_days_are_those_of_the_host_not_of_utc() -> None:
    # 00:30 and 23:30 of one day in Berlin are two days in UTC.
    night, morning = (NOW.replace(day=10, hour=h, minute=30) for h in (23, 0))
    backups = [made(2, night), made(1, morning)]
    policy = Policy(daily=5, minimum=1)
    assert kept(backups, policy) == backups[:1]
    assert kept(backups, policy, NOW.astimezone(UTC)) == backups


@pytest.mark.parametrize("month,day", [(3, 29), (10, 25)], ids=["spring", "autumn"])
def test_a_change_of_the_clock_loses_and_invents_no_day(month: int, day: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    hours = [
        datetime(2026, month, day, tzinfo=zone).astimezone(UTC) + timedelta(hours=hour)
        for hour in range(-48, 72)
    ]
    backups = [made(number, hour) for number, hour in reversed(list(enumerate(hours)))]
    now = datetime(2026, month, day + 3, 12, tzinfo=zone) if day + 3 < 31 else NOW
    stay = kept(backups, Policy(daily=100, minimum=1), now)
    days = {backup.taken.astimezone(zone).date() for backup in backups}
    assert [backup.taken.astimezone(zone).date() for backup in stay] == sorted(days, reverse=True)


def test_the_hosts_zone_knows_the_summer_time_of_other_months(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        zone = host_now().tzinfo
        winter = datetime(2026, 1, 15, 22, 30, tzinfo=UTC).astimezone(zone)
        summer = datetime(2026, 7, 15, 22, 30, tzinfo=UTC).astimezone(zone)
        assert (winter.hour, summer.hour) == (23, 0)
        assert winter.utcoffset() == timedelta(hours=1)
        assert summer.astimezone(UTC).hour == 22
    finally:
        monkeypatch.undo()
        time.tzset()


# --- any catalogue ----------------------------------------------------------------------

_policies = st.builds(
    Policy,
    keep_last=st.integers(0, 5),
    daily=st.integers(0, 8),
    weekly=st.integers(0, 5),
    monthly=st.integers(0, 5),
    max_age_days=st.sampled_from([0.0, 0.5, 7.0, 30.0]),
    minimum=st.integers(1, 6),
)


@st.composite
def _catalogues(draw: st.DrawFn) -> list[Backup]:
    """Any mixture, newest first by sequence, as the catalogue orders them."""
    found = []
    for number in range(draw(st.integers(0, 25)), 0, -1):
        taken = NOW - timedelta(hours=draw(st.integers(0, 24 * 120)))
        backup = made(
            number,
            taken,
            kind=draw(st.sampled_from(["hot", "hot", "cold", "safety", "file"])),
            verdict=draw(st.sampled_from([Verdict.OK] * 5 + [Verdict.FAIL, Verdict.UNKNOWN])),
            pinned=draw(st.integers(0, 7)) == 0,
            neighbour=draw(st.integers(0, 9)) == 0,
            future_dated=draw(st.integers(0, 9)) == 0,
        )
        found.append(backup)
    return sorted(found, key=lambda backup: backup.taken, reverse=True)


def is_countable(backup: Backup) -> bool:
    return (
        backup.verdict is Verdict.OK
        and backup.kind in ("hot", "cold", "file")
        and not backup.neighbour
        and not backup.future_dated
    )


@given(backups=_catalogues(), policy=_policies)
@settings(max_examples=300, deadline=None)
def test_what_must_stay_stays_whatever_the_rules_say(backups: list[Backup], policy: Policy) -> None:
    rulings = rule(backups, policy, NOW)
    stays = {r.backup for r in rulings if r.keep}
    good = [b for b in backups if is_countable(b)]
    assert [r.backup for r in rulings] == [b.id for b in backups]
    assert not good or good[0].id in stays
    assert sum(b.id in stays for b in good) >= min(policy.minimum, len(good))
    assert {b.id for b in backups if b.pinned} <= stays
    assert {b.id for b in backups if not is_countable(b) and b.kind != "safety"} <= stays
    safety = [b for b in backups if b.kind == "safety" and not b.neighbour and not b.future_dated]
    assert {b.id for b in safety[:3]} <= stays
    assert {b.id for b in safety if NOW - b.taken < timedelta(days=30)} <= stays
    assert all(r.rule.startswith("kept: " if r.keep else "dropped: ") for r in rulings)


@given(backups=_catalogues(), policy=_policies)
@settings(max_examples=200, deadline=None)
def test_ruling_again_on_what_stayed_drops_nothing_more(
    backups: list[Backup], policy: Policy
) -> None:
    left = kept(backups, policy)
    assert kept(left, policy) == left


@given(
    backups=_catalogues(),
    policy=_policies,
    ahead=st.integers(1, 5000),
    kind=st.sampled_from(["hot", "cold", "safety"]),
    flagged=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_a_future_dated_backup_changes_no_other_ruling(
    backups: list[Backup], policy: Policy, ahead: int, kind: str, flagged: bool
) -> None:
    future = made(9999, NOW + timedelta(hours=ahead), kind=kind, future_dated=flagged)
    rulings = rule([future, *backups], policy, NOW)
    assert rulings[0].keep and "future-dated" in rulings[0].rule
    assert rulings[1:] == rule(backups, policy, NOW)


@given(backups=_catalogues(), policy=_policies)
@settings(max_examples=100, deadline=None)
def test_a_damaged_backup_changes_no_other_ruling(backups: list[Backup], policy: Policy) -> None:
    bad = made(9999, NOW, verdict=Verdict.FAIL)
    assert rule([bad, *backups], policy, NOW)[1:] == rule(backups, policy, NOW)
