"""`backup prune` and `backup drill` as they are typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Place
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.services.manifests import write_manifest


def aged(place: Place, days: int) -> Path:
    """A copy of the newest backup, verified so many days ago."""
    newest = find_backup(place.deployment, "latest")
    assert newest.manifest is not None
    taken = datetime.now(UTC) - timedelta(days=days)
    path = place.deployment.backup_dir / f"mcp_hotbackup_{taken:%Y%m%d_%H%M%S}.db"
    path.write_bytes(newest.path.read_bytes())
    values = {"id": f"aged{days:02}", "name": path.name, "taken": taken.isoformat()}
    sequence = int(taken.timestamp() * 1000)
    write_manifest(path, replace(newest.manifest, **values, sequence=sequence))  # type: ignore[arg-type]
    return path


@pytest.fixture
def pruned(quiet: Place) -> Place:
    """A stopped gateway, one new backup and two old ones."""
    quiet.back_up()
    for days in (10, 20):
        aged(quiet, days)
    return quiet


RULES = ("--keep-last", "1", "--minimum", "1")


def test_the_plan_names_the_rule_of_each_and_removes_nothing(pruned: Place) -> None:
    done = pruned.cli("backup", "prune", *RULES, "--plan")
    assert done.code == 0, done
    assert "kept: last verified" in done.out
    assert done.out.count("dropped: not among last 1") == 2
    assert done.out.count("\n-  aged") == 2
    assert "ctrl-c at any time; what was removed does not come back" in done.err + done.out
    assert "2 dropped, 1 kept" in done.out
    document = pruned.cli.json("backup", "prune", *RULES, "--dry-run").document
    rulings = document["data"]["plan"]["facts"]["rulings"]
    assert [ruling["keep"] for ruling in rulings] == [True, False, False]
    assert len(read_catalogue(pruned.deployment).backups) == 3


def test_without_a_terminal_it_wants_the_name_and_yes_is_not_enough(pruned: Place) -> None:
    for words in ((), ("--yes",), ("--confirm", "wrong")):
        done = pruned.cli("backup", "prune", *RULES, *words)
        assert done.code == 2, done
        assert "Nothing was changed" in done.err
    assert len(read_catalogue(pruned.deployment).backups) == 3
    done = pruned.cli("backup", "prune", *RULES, "--confirm", pruned.deployment.name)
    assert done.code == 0, done
    assert "2 dropped, 1 kept" in done.out
    assert len(read_catalogue(pruned.deployment).backups) == 1


def test_the_command_it_shows_does_the_same(pruned: Place) -> None:
    plan = pruned.cli.json("backup", "prune", *RULES, "--plan").document["data"]["plan"]
    assert plan["command"].endswith(
        f"backup prune --keep-last 1 --minimum 1 --confirm {pruned.deployment.name}"
    )


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--keep-last", "-1"), 2, "--keep-last"),
        (("--minimum", "0"), 2, "--minimum"),
        (("--max-age", "many"), 2, "--max-age"),
        (("--daily", "0"), 12, "no rule of retention"),
        (("--keep-last", "1", "--minimum", "9"), 12, "3 verified backups of at least 9"),
    ],
)
def test_bad_rules(pruned: Place, words: tuple[str, ...], code: int, text: str) -> None:
    done = pruned.cli("backup", "prune", *words, "--confirm", pruned.deployment.name)
    assert done.code == code, done
    assert text in done.err and "Traceback" not in done.err
    assert len(read_catalogue(pruned.deployment).backups) == 3


def test_a_drill_says_restorable_and_status_shows_it(pruned: Place) -> None:
    assert pruned.cli.json("status").document["data"]["drill"] is None
    identifier = find_backup(pruned.deployment, "latest").id
    done = pruned.cli("backup", "drill")
    assert done.code == 0, done
    assert f"restorable: {identifier}" in done.out
    drill = pruned.cli.json("status").document["data"]["drill"]
    assert (drill["backup"], drill["result"]) == (identifier, "ok")
    assert f"{identifier} " in pruned.cli("status").out


def test_a_drill_of_a_damaged_backup_exits_with_3(pruned: Place, tmp_path: Path) -> None:
    path = find_backup(pruned.deployment, "latest").path
    content = bytearray(path.read_bytes())
    content[-100] ^= 4
    path.write_bytes(bytes(content))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = pruned.cli("backup", "drill", "--scratch", str(scratch))
    assert done.code == 3, done
    assert "FAIL sha256" in done.err and list(scratch.iterdir()) == []
    listed = pruned.cli.json("backup", "list").document["data"]["backups"]
    assert listed[0]["verdict"] == "FAIL"
    assert any("drill" in need["text"] for need in
               pruned.cli.json("status").document["data"]["needs"])  # fmt: skip
