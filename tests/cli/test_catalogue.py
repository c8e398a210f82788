"""The catalogue from the command line: listing, adopting, words, verifying, deleting."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from tests.cli.conftest import Place
from tests.cli.test_hostile import assert_clean
from tui.cli.schema import DATA


def by_hand(place: Place, name: str) -> str:
    folder = place.deployment.backup_dir
    folder.mkdir(exist_ok=True)
    with (
        closing(sqlite3.connect(place.database)) as source,
        closing(sqlite3.connect(folder / name)) as copy,
    ):
        source.backup(copy)
    return name


@pytest.fixture
def shelf(quiet: Place) -> Place:
    """A stopped deployment with two backups of ours and one made by hand."""
    for left in quiet.deployment.backup_dir.iterdir():
        left.unlink()
    quiet.back_up()
    quiet.back_up()
    by_hand(quiet, "mcp_backup_20260101_000000.db")
    return quiet


def test_a_backup_made_by_hand_is_adopted_labelled_pinned_verified_and_deleted(
    shelf: Place,
) -> None:
    name = "mcp_backup_20260101_000000.db"
    shown = shelf.cli("backup", "show", name)
    assert "made by hand" in shown.out
    refused = shelf.cli("backup", "pin", name)
    assert (refused.code, "adopt gives it one" in refused.err) == (12, True)

    adopted = shelf.cli("backup", "adopt", name, "--label", "from the guide")
    assert adopted.code == 0, adopted.err
    assert adopted.out.startswith("✓ adopted ")
    identifier = adopted.out.split()[2].rstrip(":")
    assert shelf.cli("backup", "label", identifier, "renamed", "--note", "why").code == 0
    pinned = shelf.cli.json("backup", "pin", identifier)
    assert pinned.code == 0
    assert set(pinned.document["data"]) == set(DATA["backup pin"])
    listed = shelf.cli("backup", "list", "--filter", "renamed")
    assert "cold *" in listed.out
    assert "pinned" in listed.out
    assert "1 of 3 backups" in listed.out
    shown = shelf.cli.json("backup", "show", identifier).document["data"]
    assert set(shown) == set(DATA["backup show"])
    assert shown["backup"]["manifest"]["note"] == "why"
    assert shown["ruling"]["rule"] == "kept: pinned"

    kept = shelf.cli("backup", "delete", identifier, "--confirm", identifier)
    assert (kept.code, "is pinned" in kept.err) == (12, True)
    assert shelf.cli("backup", "unpin", identifier).code == 0
    for words in (("--yes",), ("--confirm", "demo")):
        unconfirmed = shelf.cli("backup", "delete", identifier, *words)
        assert unconfirmed.code == 2, words
        assert "Nothing was changed." in unconfirmed.err
        assert f"--confirm {identifier}" in unconfirmed.err
        assert f"DELETE  the backup {identifier}, " in unconfirmed.out + unconfirmed.err
        once = "only now: once begun it goes to its end; what was removed does not come back"
        assert once in unconfirmed.out + unconfirmed.err
    deleted = shelf.cli.json("backup", "delete", identifier, "--confirm", identifier)
    assert deleted.code == 0, deleted
    assert set(deleted.document["data"]) == set(DATA["backup delete"])
    assert not (shelf.deployment.backup_dir / name).exists()
    assert not (shelf.deployment.backup_dir / f"{name}.json").exists()


def test_the_list_is_sorted_filtered_and_says_why_each_is_kept(shelf: Place) -> None:
    data = shelf.cli.json("backup", "list", "--sort", "age").document["data"]
    assert set(data) == set(DATA["backup list"])
    assert [b["kind"] for b in data["backups"]] == ["hot", "hot", "file"]
    assert [r["name"] for r in data["rulings"]] == [
        b["path"].rpartition("/")[2] for b in data["backups"]
    ]
    text = shelf.cli("backup", "list").out
    assert "kept by" in text
    assert "last verified" in text
    none = shelf.cli("backup", "list", "--filter", "no such words")
    assert (none.code, none.out.splitlines()[0]) == (0, "None of 3 matches.")
    wrong = shelf.cli("backup", "list", "--sort", "colour")
    assert wrong.code == 2


def test_all_backups_are_verified_at_once_and_a_bad_one_gives_3(shelf: Place) -> None:
    done = shelf.cli("backup", "verify", "--all")
    assert done.code == 0, done.err
    assert done.out.startswith("✓ 3 of 3 backups ok.")
    assert done.out.count("quick_check ok") == 3
    name = next(p.name for p in sorted(shelf.deployment.backup_dir.glob("mcp_hot*.db")))
    with (shelf.deployment.backup_dir / name).open("r+b") as stream:
        stream.seek(-20, 2)
        stream.write(b"\xff\xfe")
    bad = shelf.cli.json("backup", "verify", "--all")
    assert (bad.code, bad.document["error"]["code"]) == (3, "verification")
    assert name in bad.document["error"]["text"]
    for words in (("verify",), ("verify", "--all", name)):
        assert shelf.cli("backup", *words).code == 2


def test_hostile_names_and_labels_come_back_harmless(shelf: Place) -> None:
    folder = shelf.deployment.backup_dir
    evil = "mcp_backup_\x1b[31m\x9b2J\u202e.db"
    shutil.copy(folder / "mcp_backup_20260101_000000.db", folder / evil)
    (folder / "\x1b]0;title\x07\n✓ all is well").write_text("x")
    for words in (
        ("backup", "list"),
        ("backup", "show", evil),
        ("backup", "adopt", evil),
        ("backup", "verify", evil),
        ("backup", "unpin", evil),
        ("backup", "label", evil, "\x1b[31m"),
        ("backup", "list", "--filter", "\x1b[31m"),
        ("backup", "delete", evil, "--plan"),
        ("backup", "delete", evil, "--confirm", evil),
    ):
        done = shelf.cli(*words)
        assert_clean(done)
        assert done.code in (0, 2), (words, done)
