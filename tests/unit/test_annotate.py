"""Pins, labels and notes: one manifest is written anew, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import print_of
from tests.unit.shelf import Shelf
from tui.core.errors import McpdbError
from tui.core.operation import Operation
from tui.operations.annotate import LABEL_LENGTH, NOTE_LENGTH, Pin, Relabel
from tui.operations.cataloguing.catalogue import find_backup
from tui.services.manifests import path_for, read_manifest

NAME = "mcp_hotbackup_20260101_020000.db"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "data")
    shelf.made(NAME, label="old", note="first")
    return shelf


def refused(shelf: Shelf, operation: Operation, code: int, says: str) -> None:
    before = print_of(shelf.folder)
    with pytest.raises(McpdbError) as raised:
        shelf.do(operation)
    assert (raised.value.exit_code, says in str(raised.value)) == (code, True), raised.value
    assert print_of(shelf.folder) == before


def test_a_pin_is_kept_in_the_manifest_and_taken_away_again(shelf: Shelf) -> None:
    path = shelf.folder / NAME
    before = read_manifest(path)
    stood = path.stat()
    identifier = find_backup(shelf.deployment, NAME).id
    last = shelf.do(Pin(shelf.deployment, identifier))
    assert last.sentence == f"pinned {identifier}: no rule and no delete removes it"
    assert last.result["before"] == {"pinned": False}
    assert find_backup(shelf.deployment, NAME).pinned
    assert path_for(path).stat().st_mode & 0o777 == 0o600
    again = shelf.do(Pin(shelf.deployment, NAME))
    assert (again.exit_code, again.sentence) == (0, f"{identifier} was pinned already")
    assert shelf.do(Pin(shelf.deployment, NAME, pinned=False)).exit_code == 0
    assert read_manifest(path) == before
    assert path.stat().st_mtime_ns == stood.st_mtime_ns


def test_a_label_is_replaced_and_the_note_stays_unless_it_is_given(shelf: Shelf) -> None:
    path = shelf.folder / NAME

    def words() -> tuple[str, str]:
        manifest = read_manifest(path)
        assert manifest is not None
        return manifest.label, manifest.note

    last = shelf.do(Relabel(shelf.deployment, NAME, "before the 1.0.7 upgrade — größer"))
    assert last.exit_code == 0
    assert words() == ("before the 1.0.7 upgrade — größer", "first")
    assert find_backup(shelf.deployment, NAME).label == words()[0]
    shelf.do(Relabel(shelf.deployment, NAME, "x", note="second"))
    assert words() == ("x", "second")
    last = shelf.do(Relabel(shelf.deployment, NAME, "", note=""))
    assert words() == ("", "")
    assert "has no label" in last.sentence


@pytest.mark.parametrize(
    ("label", "note", "says"),
    [
        ("x" * (LABEL_LENGTH + 1), None, "61 characters; at most 60"),
        ("x", "y" * (NOTE_LENGTH + 1), "1,001 characters; at most 1,000"),
        ("two\nlines", None, "do not print"),
        ("\x1b[31mred", None, "do not print"),
        ("x", "\u202eevil", "do not print"),
        ("\udcff", None, "do not print"),
    ],
)
def test_words_that_no_list_can_show_are_refused(
    shelf: Shelf, label: str, note: str | None, says: str
) -> None:
    refused(shelf, Relabel(shelf.deployment, NAME, label, note), 2, says)


def test_what_has_no_manifest_is_to_be_adopted_first(shelf: Shelf) -> None:
    shelf.bare("mcp_backup_20260102_000000.db")
    for operation in (
        Pin(shelf.deployment, "mcp_backup_20260102_000000.db"),
        Relabel(shelf.deployment, "mcp_backup_20260102_000000.db", "x"),
    ):
        refused(shelf, operation, 12, "backup adopt gives it one")
    refused(shelf, Pin(shelf.deployment, "nothing"), 10, "No backup is called nothing")


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (lambda d: Pin(d, NAME), f"backup pin {NAME}"),
        (lambda d: Pin(d, NAME, pinned=False), f"backup unpin {NAME}"),
        (lambda d: Relabel(d, NAME, "a b"), f"backup label {NAME} 'a b'"),
        (lambda d: Relabel(d, NAME, "", note="n"), f"backup label {NAME} '' --note n"),
    ],
)
def test_the_plan_says_the_same_as_a_command(shelf: Shelf, operation: object, words: str) -> None:
    plan = operation(shelf.deployment).plan()  # type: ignore[operator]
    assert plan.command == f"mcpdb-tui --db {shelf.database} {words}"
    assert plan.forbidden is None
