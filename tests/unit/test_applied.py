"""When revisions were applied, by what and by whom: from our own log, never guessed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from tui.core.models import ActivityEntry, Revision
from tui.operations.backup import BackupCreate
from tui.operations.restore import Restore
from tui.operations.timelines.applied import Change, applied_by, change_of, read_changes
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


@pytest.fixture
def make_entry():
    def make(**values):
        return ActivityEntry(**{
            "id": "1", "number": 1, "operation": "upgrade", "subject": "", "title": "",
            "started": DAY, "who": "", "host": "", "origin": "", "pid": 1, "command": "",
            "state": "failed", **values,
        })  # fmt: skip

    return make


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
    assert told(changes, current=["b"]) == {"b": 2}, "and it stands there by the downgrade"


def test_what_a_downgrade_left_is_dated_by_its_upgrade_again_once_it_is_not_current():
    changes = [
        change(1, "a", "d"), change(2, "d", "b", "downgrade"), change(3, "b", "c"),
    ]  # fmt: skip
    assert told(changes, current=["c"]) == {"b": 1, "c": 3}


def test_what_is_applied_again_has_the_later_date():
    changes = [change(1, "a", "d"), change(2, "d", "b", "downgrade"), change(3, "b", "d")]
    assert told(changes, current=["d"]) == {"b": 1, "c": 3, "d": 3}


def test_a_restore_brings_the_dates_of_the_day_of_its_backup():
    changes = [
        change(1, "a", "b"), change(2, "b", "c"), change(4, "c", "d"),
        change(5, "d", "c", "restore", taken=DAY + timedelta(days=3)),
    ]  # fmt: skip
    assert told(changes, current=["c"]) == {"b": 1, "c": 5}


def test_of_a_backup_from_elsewhere_only_its_restore_is_known():
    changes = [change(1, "a", "d"), change(2, "d", "c", "restore")]
    assert told(changes, current=["c"]) == {"c": 2}


def test_the_undo_of_a_downgrade_brings_the_dates_back():
    changes = [
        change(1, "a", "d"), change(2, "d", "b", "downgrade"), change(3, "b", "d", "undo", of=2),
    ]  # fmt: skip
    assert told(changes, current=["d"]) == {"b": 1, "c": 1, "d": 3}


def test_a_file_that_somebody_else_put_there_has_no_past():
    changes = [
        change(1, "a", "b", stood=11, put=12),
        change(2, "", "d", "bootstrap", stood=0, put=13),
        change(3, "", "", "undo", gone=True, stood=13),
    ]  # fmt: skip
    by = {n: w.number for n, w in applied_by(changes, CHAIN, ["d"], 99).items()}
    assert by == {}, "the bootstrap made another file"
    by = {n: w.number for n, w in applied_by(changes, CHAIN, ["b"], 12).items()}
    assert by == {"b": 1}, "the file from before the bootstrap is back"
    by = {n: w.number for n, w in applied_by(changes, CHAIN, ["d"], 13).items()}
    assert by == dict.fromkeys("abcd", 2)


def test_what_was_rolled_back_to_the_old_file_with_an_unhealthy_gateway_is_not_in_place(make_entry):
    assert change_of(make_entry(exit_code=6, outcome="rolled back, not healthy")).in_place is False
    assert change_of(make_entry(exit_code=0, outcome="done")).in_place is True


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


# --- against a model ----------------------------------------------------------------------


class World:
    """Files that carry their own past with them; the log says of each change what journals do."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.inodes = iter(range(100, 10_000))
        self.changes, self.safety, self.backups = [], [], []
        self.live = self.ours = self.file(self.random.choice("abcd"))

    def file(self, at, applied=(), since=0):
        return {"inode": next(self.inodes), "at": at, "applied": dict(applied), "since": since}

    def put(self, operation, file, **how):
        number, old = len(self.changes) * 2 + 1, self.live
        if old is not self.ours:
            # Nobody knows which backups since the change before are of the file put there.
            for when, _, backup in self.backups:
                if when == number:
                    backup |= {"applied": {}, "since": 0}
        self.live, self.ours, self.safety = file, file, [*self.safety, (number, old)]
        self.changes.append(change(
            number, old["at"], file["at"], operation, stood=old["inode"], put=file["inode"], **how,
        ))  # fmt: skip

    def step(self):
        number, at = len(self.changes) * 2 + 1, self.live["at"]
        match self.random.choice(["move", "move", "stamp", "reset", "undo", "back up", "restore",
                                  "by hand", "foreign"]):  # fmt: skip
            case "move" | "stamp" as kind:
                to = self.random.choice([r for r in "abcd" if r != at])
                up = to > at
                kept = {r: n for r, n in self.live["applied"].items() if r <= to}
                added = {r: number for r in "abcd" if at < r <= to}
                name = "stamp" if kind == "stamp" else "upgrade" if up else "downgrade"
                self.put(name, self.file(to, {**kept, **added}, number))
            case "reset":
                self.put("reset", self.file("d", dict.fromkeys("abcd", number), number))
            case "undo" if self.safety:
                of, old = self.random.choice(self.safety)
                self.bring("undo", old, number, of=of)
            case "back up":
                self.backups.append((number, DAY + timedelta(days=number - 1), dict(self.live)))
            case "restore" if self.backups:
                if self.live is not self.ours:
                    return
                _, taken, old = self.random.choice(self.backups)
                self.bring("restore", old, number, taken=taken)
            case "by hand" if self.safety:
                self.live = self.random.choice(self.safety)[1]
            case "foreign":
                self.live = self.file(self.random.choice("abcd"))

    def bring(self, operation, old, number, **how):
        moved = old["at"] != self.live["at"]
        since = number if moved else old["since"]
        self.put(operation, self.file(old["at"], old["applied"], since), **how)

    def told(self):
        applied = dict(self.live["applied"])
        if self.live["since"]:
            applied[self.live["at"]] = self.live["since"]
        return applied


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_done_in_whatever_order_every_file_keeps_its_own_past(seed):
    world = World(seed)
    for _ in range(14):
        world.step()
        found = applied_by(world.changes, CHAIN, [world.live["at"]], world.live["inode"])
        assert {name: by.number for name, by in found.items()} == world.told()


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
