"""When revisions were applied, by what and by whom: from our own log, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tui.core.models import Revision
from tui.operations.applied import Change, applied_by, read_changes
from tui.operations.backup import BackupCreate
from tui.operations.restore import Restore
from tui.services import journal

CHAIN = [
    Revision(revision=name, down=down, message=name)
    for name, down in (("d", ("c",)), ("c", ("b",)), ("b", ("a",)), ("a", ()))
]
MERGED = [
    Revision(revision=name, down=down, message=name)
    for name, down in (("m", ("l", "r")), ("l", ("a",)), ("r", ("a",)), ("a", ()))
]
DAY = datetime(2026, 7, 1, 20, 0, tzinfo=UTC)


def change(day, before, after, operation="upgrade", **other):
    values = {
        "at": DAY + timedelta(days=day), "operation": operation, "number": day, "who": "dana",
        "entry": f"{day:06}-x-{operation}", "subject": "forge", "outcome": "done",
        "before": tuple(before), "after": tuple(after),
    }  # fmt: skip
    return Change(**{**values, **other})


def told(changes, revisions=CHAIN, current=()):
    return {name: by.number for name, by in applied_by(changes, revisions, current).items()}


def test_an_upgrade_dates_what_it_added_and_nothing_below():
    found = applied_by([change(1, "b", "d")], CHAIN, ["d"])
    assert sorted(found) == ["c", "d"]
    way = found["d"]
    assert (way.at, way.operation, way.number, way.who) == (
        DAY + timedelta(days=1), "upgrade", 1, "dana",
    )  # fmt: skip


def test_what_came_before_our_log_has_no_date():
    assert told([], current=["d"]) == {}


def test_a_downgrade_takes_the_dates_of_what_it_took_away():
    changes = [change(1, "a", "d"), change(2, "d", "b", "downgrade")]
    assert told(changes, current=["b"]) == {"b": 1}


def test_what_is_applied_again_has_the_later_date():
    changes = [change(1, "a", "d"), change(2, "d", "b", "downgrade"), change(3, "b", "d")]
    assert told(changes, current=["d"]) == {"b": 1, "c": 3, "d": 3}


def test_a_restore_of_an_older_backup_keeps_the_dates_of_what_is_still_there():
    changes = [change(1, "a", "d"), change(2, "d", "c", "restore")]
    assert told(changes, current=["c"]) == {"b": 1, "c": 1}


def test_the_undo_of_a_downgrade_brings_the_revisions_back_with_its_own_date():
    changes = [
        change(1, "a", "d"), change(2, "d", "b", "downgrade"), change(3, "b", "d", "undo"),
    ]  # fmt: skip
    assert told(changes, current=["d"]) == {"b": 1, "c": 3, "d": 3}


def test_a_restore_over_a_file_nobody_could_read_dates_nothing():
    assert told([change(1, "", "d", "restore")], current=["d"]) == {}


def test_a_bootstrap_dates_everything():
    assert told([change(1, "", "d", "bootstrap")], current=["d"]) == dict.fromkeys("abcd", 1)


def test_a_stamp_counts_as_what_it_says_of_itself():
    found = applied_by([change(1, "b", "c", "stamp")], CHAIN, ["c"])
    assert {name: by.operation for name, by in found.items()} == {"c": "stamp"}


@pytest.mark.parametrize(
    "failed",
    [change(2, "b", "d", in_place=False, outcome="rolled back"), change(2, "b", "")],
    ids=["rolled back", "says nothing"],
)
def test_what_is_not_in_place_dates_nothing(failed):
    assert told([change(1, "a", "b"), failed], current=["b"]) == {"b": 1}


def test_what_somebody_else_applied_afterwards_has_no_date():
    assert told([change(1, "a", "b")], current=["d"]) == {"b": 1}


def test_what_is_above_the_database_now_has_no_date_whatever_the_log_says():
    assert told([change(1, "a", "d")], current=["b"]) == {"b": 1}


def test_what_others_applied_between_two_of_ours_is_not_dated_with_the_second():
    assert told([change(1, "a", "b"), change(2, "c", "d")], current=["d"]) == {"b": 1, "d": 2}


def test_a_merge_dates_the_branch_that_it_added():
    assert told([change(1, "l", "m")], MERGED, ["m"]) == {"m": 1, "r": 1}


def test_revisions_this_code_does_not_know_date_nothing():
    changes = [change(1, "a", "z"), change(2, "z", "d")]
    assert told(changes, current=["d"]) == {}


# --- from real journals -------------------------------------------------------------------


def test_backups_are_not_opened_and_restores_of_this_database_are(make_site, monkeypatch):
    site = make_site(running=False)
    site.do(BackupCreate(site.deployment))
    site.do(Restore(site.deployment, backup="latest"))
    opened = []
    read = journal.read
    monkeypatch.setattr(journal, "read", lambda path: opened.append(path.stem) or read(path))
    (found,) = read_changes(site.deployment)
    assert (found.operation, found.in_place, found.number) == ("restore", True, 2)
    assert ["restore" in name for name in opened] == [True]


def test_another_database_of_the_same_folder_has_a_log_of_its_own(make_site):
    from dataclasses import replace

    site = make_site(running=False)
    site.do(BackupCreate(site.deployment))
    site.do(Restore(site.deployment, backup="latest"))
    other = replace(site.deployment, database=site.database.with_name("other.db"))
    assert read_changes(other) == ()
