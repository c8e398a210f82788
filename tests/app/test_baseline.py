"""What NEEDS YOU tells of lost rows, drills and migrations; a new backup never hides a loss."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.app.backups_story import described
from tests.app.shell_story import LIVE, NOW, ROWS, TIMELINE, ago, changed, revision, shell
from tui.app.baseline import baseline
from tui.app.needs import with_needs
from tui.app.seen import Seen
from tui.core.models import Catalogue, TableInfo
from tui.core.operation import Verdict

BEFORE = described("before", ago(hours=1, minutes=14), rows=ROWS)
AFTER = described("after2", ago(minutes=1), rows=LIVE)
LOSS = "3 gateways, 38 tools fewer than in the backup of 02:00"


def seen_with(*backups, **other) -> Seen:
    return changed(catalogue=Catalogue(backups=backups), **other)


def texts(seen):
    return [need.text for need in with_needs(seen, NOW).needs]


def test_a_backup_in_the_bad_state_does_not_hide_the_loss():
    assert texts(seen_with(BEFORE)) == [LOSS]
    assert texts(seen_with(AFTER, BEFORE)) == [LOSS]


def test_nor_does_a_week_of_nightly_ones():
    nightly = [described(f"night{n}", ago(days=n, minutes=1), rows=LIVE) for n in range(6)]
    early = described("early1", ago(days=6), rows=ROWS)
    assert baseline(seen_with(*nightly, early)).id == "early1"
    assert texts(seen_with(*nightly, early)) == [
        "3 gateways, 38 tools fewer than in the backup of Aug 05"
    ]


def test_after_a_week_it_is_the_newest_again():
    old = described("old123", ago(days=7, minutes=2), rows=ROWS)
    assert baseline(seen_with(AFTER, old)).id == "after2"
    assert texts(seen_with(AFTER, old)) == []


def test_where_nothing_is_missing_the_newest_is_compared_with():
    same = described("same12", ago(days=2), rows=LIVE)
    assert baseline(seen_with(AFTER, same)).id == "after2"


def test_more_rows_of_traffic_make_no_baseline():
    busy = described("busy12", ago(days=1), rows={**LIVE, "tool_metrics": 9_000_000})
    assert baseline(seen_with(AFTER, busy)).id == "after2"


@pytest.mark.parametrize(
    "other",
    [
        {"verdict": Verdict.FAIL},
        {"future_dated": True},
        {"neighbour": True},
        {"kind": "safety"},
    ],
    ids=["damaged", "future", "neighbour", "safety"],
)
def test_only_a_good_backup_of_this_database_is_compared_with(other):
    wrong = replace(BEFORE, **other)
    assert baseline(seen_with(AFTER, wrong)).id == "after2"


def test_before_tables_are_counted_it_is_the_newest():
    assert baseline(seen_with(AFTER, BEFORE, tables=None)).id == "after2"


def test_what_was_looked_at_is_told_no_more_but_a_new_loss_is():
    seen = seen_with(AFTER, BEFORE, looked={"gateways": 11, "tools": 280})
    assert texts(seen) == []
    fewer = tuple(
        TableInfo(name=name, kind="table", rows=rows - (name == "gateways"))
        for name, rows in LIVE.items()
    )
    assert texts(replace(seen, tables=fewer)) == ["1 gateway fewer than in the backup of 03:13"]


async def test_the_palette_says_that_it_was_looked_at():
    app = shell(seen_with(AFTER, BEFORE))
    async with app.run_test(size=(80, 24)) as pilot:
        assert [need.text for need in app.seen.needs] == [LOSS]
        app.action_looked()
        await pilot.pause()
        assert app.seen.needs == ()


# --- drills ---------------------------------------------------------------------------------


def drilled(days, result="ok"):
    return described(
        "after2", ago(minutes=1), rows=LIVE, drilled=ago(days=days).isoformat(), drill_result=result
    )


@pytest.mark.parametrize(
    ("backup", "told"),
    [
        (drilled(45), ["Last drill 45d ago."]),
        (drilled(34), []),
        (drilled(1, "no tables"), ["The drill of after2 failed: no tables"]),
        (AFTER, []),
        (described("old123", ago(days=36), rows=LIVE), ["No verified backup for 36d.",
                                                        "No backup was ever proven by a drill."]),
    ],
    ids=["long ago", "lately", "failed", "a new place", "never"],
)  # fmt: skip
def test_drills_are_asked_for(backup, told):
    assert texts(seen_with(backup)) == told


def test_a_drill_time_that_is_none_is_no_drill():
    odd = described("after2", ago(minutes=1), rows=LIVE, drilled="yesterday", drill_result="ok")
    assert texts(seen_with(odd)) == []


# --- migrations -----------------------------------------------------------------------------


def pending(count):
    ahead = [revision(f"{n:012}", "x", "m", state="pending") for n in range(count)]
    return replace(TIMELINE, revisions=(*ahead, *TIMELINE.revisions))


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, []),
        (1, ["1 migration is pending: the gateway runs it at its next start."]),
        (2, ["2 migrations are pending: the gateway runs them at its next start."]),
    ],
)
def test_pending_migrations_are_told(count, told):
    assert texts(seen_with(AFTER, timeline=pending(count))) == told


def test_what_fails_comes_first():
    seen = seen_with(AFTER, drilled(1, "no tables"), BEFORE, timeline=pending(1))
    verdicts = [need.verdict for need in with_needs(seen, NOW).needs]
    assert verdicts == [Verdict.FAIL, Verdict.WARN, Verdict.WARN]
