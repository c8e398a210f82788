"""`backup create` with all its options, as a person or a script types it."""

from __future__ import annotations

from tests.cli.conftest import Place


def test_a_cold_backup_asks_shows_its_plan_and_does_what_it_says(place: Place) -> None:
    refused = place.cli("backup", "create", "--cold")
    assert refused.code == 2
    assert "--yes confirms it" in refused.err
    assert place.cli("backup", "list").out.count("cold") == 0

    planned = place.cli.json("backup", "create", "--cold", "--compress", "--plan")
    assert planned.code == 0
    plan = planned.document["data"]["plan"]
    steps = [step["step"] for step in plan["steps"]]
    assert steps == ["stop", "copy", "verify", "start", "pack", "publish"]
    assert [step["gateway_up"] for step in plan["steps"]] == [False] * 4 + [True] * 2
    assert plan["command"].endswith("backup create --cold --compress")

    done = place.cli("backup", "create", "--cold", "--compress", "--yes", "--label", "before it")
    assert done.code == 0, done.err
    assert "backed up" in done.out
    assert "compressed" in done.out
    assert "down" in done.out
    assert "/mcp_backup_2" in done.out
    assert ".db.zst" in done.out


def test_a_second_copy_that_fails_is_told_and_costs_15(place: Place) -> None:
    place.cli.env["MCPDB_SECOND_DIR"] = str(place.folder / "not-mounted")
    done = place.cli.json("backup", "create")
    assert done.code == 15
    entry = done.document["data"]["operation"]
    assert done.document["error"] == {"code": "partly", "text": entry["sentence"]}
    assert "is it mounted?" in entry["sentence"]
    assert entry["result"]["backup"]
    planned = place.cli("backup", "create", "--plan")
    assert planned.code == 0
    assert "second" in planned.out


def test_a_group_that_does_not_exist_costs_12(quiet: Place) -> None:
    quiet.cli.env["MCPDB_GROUP"] = "no-such-group"
    done = quiet.cli("backup", "create")
    assert done.code == 12
    assert "There is no group no-such-group" in done.err
    assert "Traceback" not in done.err
