"""`activity`: filtered, in bounds, exported."""

from __future__ import annotations

import csv
import json

from tests.cli.conftest import Place
from tests.many_journals import NEWEST, write_journal, write_many


def test_a_filter_narrows_and_says_of_how_many(quiet: Place) -> None:
    write_many(quiet.deployment, 9)
    write_journal(quiet.deployment, 10, "restore", NEWEST, subject="k7m2qd", who="dana via sudo")
    done = quiet.cli("activity", "--who", "dana")
    assert done.code == 0
    assert "restore k7m2qd" in done.out
    assert done.out.splitlines()[-1] == "1 of 10 entries"
    same = quiet.cli("activity", "--filter", "what:restore -prune")
    assert same.out == done.out
    data = quiet.cli.json("activity", "--what", "drill", "--filter", "-who:dana").document["data"]
    assert (data["total"], data["matching"]) == (10, 2)
    assert [entry["number"] for entry in data["entries"]] == [9, 4]
    assert data["entries"][0]["steps"][0]["step"] == "space"
    assert "None of 10 entries matches." in quiet.cli("activity", "--since", "1h").out


def test_words_that_do_not_go_together_and_ages_that_are_none_are_2(quiet: Place) -> None:
    write_many(quiet.deployment, 2)
    for words in (
        ["1", "--who", "cron"],
        ["--since", "soon"],
        ["--since", ""],
        ["1", "--export", "x.csv"],
    ):
        done = quiet.cli("activity", *words)
        assert done.code == 2, (words, done)
        assert done.out == ""


def test_an_export_is_a_file_that_the_log_names(quiet: Place) -> None:
    write_many(quiet.deployment, 9)
    target = quiet.folder / "log.csv"
    done = quiet.cli("activity", "--what", "backup", "--export", str(target))
    assert done.code == 0, done
    assert done.out == f"Exported 3 entries to {target}.\n"
    with target.open(newline="") as stream:
        assert [row["op"] for row in csv.DictReader(stream)] == ["8", "5", "3"]
    newest = quiet.cli.json("activity", "--limit", "1").document["data"]["entries"][0]
    assert newest["operation"] == "export"
    assert newest["command"].endswith(f"activity --filter what:backup --export {target}")
    again = quiet.cli("activity", "--export", str(target))
    assert again.code == 2
    assert "is there already" in again.err
    whole = quiet.folder / "log.json"
    assert quiet.cli("activity", "--export", str(whole)).code == 0
    assert len(json.loads(whole.read_text())["entries"]) == 10


def test_an_index_that_is_made_anew_is_told_beside_the_data(quiet: Place) -> None:
    write_many(quiet.deployment, 54)
    quiet.cli.env["XDG_CACHE_HOME"] = str(quiet.folder / "cache")
    first = quiet.cli("activity")
    assert first.err == "index rebuilt from 54 journals\n"
    again = quiet.cli("activity")
    assert (again.err, again.out) == ("", first.out)
