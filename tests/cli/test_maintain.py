"""`maintain`, `check`, `vacuum`, `analyze` and `reindex` as they are typed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.cli.conftest import Place, until
from tests.cli.test_terminal import Terminal
from tests.conftest import Site
from tests.injection.fault import Fault
from tests.injection.inject import inject
from tui.operations.activity import read_activity
from tui.operations.vacuum import Vacuum

LEFT_OUT = "VACUUM left out: the gateway runs; --stop allows it."


def test_from_cron_the_routine_leaves_vacuum_out_says_so_and_exits_0(place: Place) -> None:
    inode = place.database.stat().st_ino
    done = place.cli("maintain", "--trigger", "schedule")
    assert done.code == 0, done
    assert done.out.startswith(f"! {LEFT_OUT} integrity_check ok")
    assert place.database.stat().st_ino == inode
    assert place.running()
    log = place.cli("activity")
    assert "!   1" in log.out
    assert "VACUUM left out" in log.out
    document = place.cli.json("maintain").document
    result = document["data"]["operation"]["result"]
    assert document["ok"] is True
    assert result["left_out"] == [LEFT_OUT]
    assert result["before"].keys() == {"bytes", "pages", "free_pages"} == result["after"].keys()
    backups = place.cli.json("backup", "list").document["data"]["backups"]
    assert backups[-1]["manifest"]["trigger"] == "schedule"


def test_stop_is_its_own_confirmation_and_without_it_nobody_is_interrupted(place: Place) -> None:
    for words in (("vacuum",), ("analyze",), ("reindex",)):
        done = place.cli(*words)
        assert done.code == 2, done
        assert "--yes confirms it" in done.err
    assert place.cli("vacuum", "--stop", "--online").code == 2
    assert read_activity(place.deployment) == ()
    done = place.cli("maintain", "--stop")
    assert done.code == 0, done
    assert "VACUUM gave back" in done.out
    assert "gateway down" in done.out
    assert place.running()
    assert place.cli("reindex", "--yes").code == 0


def test_a_plan_says_what_it_needs_whether_the_gateway_stops_and_what_was_last_time(
    place: Place,
) -> None:
    first = place.cli("vacuum", "--plan")
    assert first.code == 0, first
    assert "of it unused" in first.out
    assert "while it runs" in first.out
    assert "as a safety copy for 30 days" in first.out
    assert "gateway DOWN" in first.out
    assert read_activity(place.deployment) == ()
    assert place.cli("vacuum", "--online").code == 0
    again = place.cli("vacuum", "--online", "--plan")
    assert "last" in again.out
    assert "VACUUM gave back" in again.out
    assert "not at all, the gateway keeps running" in again.out
    assert "gateway DOWN" not in again.out


def test_a_check_of_a_damaged_file_exits_with_3_and_prune_and_vacuum_are_refused_then(
    quiet: Place,
) -> None:
    assert quiet.cli("check", "--quick").code == 0
    with closing(sqlite3.connect(quiet.database)) as live:
        (page,) = live.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'tools'").fetchone()
    with quiet.database.open("r+b") as stream:
        stream.seek((page - 1) * 4096)
        stream.write(os.urandom(4096))
    done = quiet.cli("check")
    assert done.code == 3, done
    assert "is damaged" in done.err
    assert quiet.cli.json("check").document["error"]["code"] == "verification"
    status = quiet.cli("status")
    assert "integrity" in status.out
    assert "✗ " in status.out
    for words in (("vacuum", "--stop"), ("backup", "prune", "--keep-last", "1", "--plan")):
        refused = quiet.cli(*words)
        assert refused.code == 12, refused
        assert "until a full check has passed" in refused.err


@pytest.mark.parametrize(("answer", "ended"), [("n\r", "VACUUM left out"), ("o\r", "done")])
def test_a_terminal_is_asked_which_way(place: Place, answer: str, ended: str) -> None:
    words = place.cli.words("maintain")
    with Terminal(words, place.cli.environ()) as terminal:
        until(lambda: "[s/o/N]" in terminal.text(), "the question")
        assert "s stop the gateway" in terminal.text()
        assert "o online (" in terminal.text()
        assert "leave it out" in terminal.text()
        terminal.type(answer)
        assert terminal.process.wait(timeout=60) == 0
    (entry,) = read_activity(place.deployment)
    assert entry.outcome == ended
    assert place.running()


def test_what_nobody_was_asked_for_stops_no_gateway_that_a_cut_operation_gets_back(
    make_place: Callable[..., Place],
) -> None:
    place = make_place()
    site = Site(place.folder)
    fault = Fault("kill", "after:step_finished:stop")
    assert inject(site, Vacuum(site.deployment), fault, resume=False).cut
    done = place.cli("vacuum")
    assert done.code == 11, done
    assert "has to be confirmed now" in done.err
    assert place.running()
