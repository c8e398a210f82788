"""Statements of the console are remembered: for the operator alone, bounded, whatever happens."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime, timedelta

import pytest

from tui.app import sql_history
from tui.app.sql_history import LONGEST, MOST, SIZE, Remembered, add, history_path, read
from tui.core.errors import McpdbError

AT = datetime(2026, 8, 11, 1, 14, 22, tzinfo=UTC)


def remembered(number: int, **other: str) -> Remembered:
    return Remembered(f"SELECT {number};", AT + timedelta(seconds=number), **other)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "mcpdb-tui" / "sql_history.ndjson"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/mcpdb-tui/sql_history.ndjson"),
        ({"HOME": "/h"}, "/h/.local/state/mcpdb-tui/sql_history.ndjson"),
        (
            {"XDG_STATE_HOME": "rel", "HOME": "/h"},
            "/h/.local/state/mcpdb-tui/sql_history.ndjson",
        ),
        ({}, "None"),
    ],
)
def test_it_lies_in_the_folder_for_state(environ, expected):
    assert str(history_path(environ)) == expected


def test_without_a_home_nothing_is_kept_and_nothing_fails():
    add(None, remembered(1))
    assert read(None) == ()


def test_what_was_added_is_read_again_with_line_breaks_and_odd_characters(path):
    odd = Remembered("SELECT '\x1b[31m\u202e',\n\t'\ud800 ü';", AT, "k7m2qd")
    add(path, remembered(1))
    add(path, odd)
    assert read(path) == (remembered(1), odd)


def test_only_its_owner_reads_it(path):
    add(path, remembered(1))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o644)
    add(path, remembered(2))
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_same_statement_twice_in_a_row_counts_once(path):
    for number in (1, 1, 2, 1):
        add(path, Remembered(f"SELECT {number};", AT))
    assert [entry.sql for entry in read(path)] == ["SELECT 1;", "SELECT 2;", "SELECT 1;"]


def test_a_long_file_is_made_short_and_keeps_the_latest(path):
    for number in range(2 * MOST + 5):
        add(path, remembered(number))
    found = read(path)
    assert len(found) == MOST
    assert found[-1] == remembered(2 * MOST + 4)
    assert path.read_bytes().count(b"\n") == MOST
    assert read(path) == found
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_huge_file_is_read_from_its_end_alone(path):
    add(path, remembered(1))
    with path.open("ab") as stream:
        stream.write(b"\n" + b"x" * (SIZE + 100))
    add(path, remembered(2))
    assert read(path) == (remembered(2),)
    assert path.stat().st_size < 1_000


def test_a_statement_that_is_very_long_is_not_remembered(path):
    add(path, Remembered("x" * (LONGEST + 1), AT))
    assert read(path) == ()


@pytest.mark.parametrize(
    "damage",
    [
        b"\x00\xff\xfe nothing",
        b'{"sql": "SELECT 1',
        b"[1, 2]",
        b'{"sql": 7, "of": "", "at": "2026-08-11T01:14:22+00:00"}',
        b'{"sql": "x", "of": "", "at": "yesterday"}',
        b'{"sql": "x"}',
        b"[" * 100_000,
        json.dumps({"sql": "x" * 30_000, "of": "", "at": AT.isoformat()}).encode(),
    ],
    ids=["bytes", "cut", "list", "number", "time", "fields", "deep", "long"],
)
def test_what_is_damaged_is_left_out_and_the_rest_is_there(path, damage):
    add(path, remembered(1))
    with path.open("ab") as stream:
        stream.write(b"\n" + damage)
    add(path, remembered(2))
    assert read(path) == (remembered(1), remembered(2))


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_plain_file_is_neither_read_nor_written(path, kind, tmp_path):
    path.parent.mkdir(parents=True)
    other = tmp_path / "other"
    other.write_text("untouched")
    if kind == "link":
        path.symlink_to(other)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(McpdbError):
        read(path)
    with pytest.raises(McpdbError):
        add(path, remembered(1))
    assert other.read_text() == "untouched"


def test_several_screens_add_to_it_at_once(path):
    def work(first: int) -> None:
        for number in range(first, first + 50):
            add(path, remembered(number))

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {entry.sql for entry in read(path)} == {
        f"SELECT {number};" for first in (0, 100, 200) for number in range(first, first + 50)
    }


def test_what_is_kept_in_memory_is_bounded_too():
    known: tuple[Remembered, ...] = ()
    for number in range(MOST + 7):
        known = sql_history.with_latest(known, remembered(number))
    assert len(known) == MOST
    assert known[-1] == remembered(MOST + 6)


def test_root_makes_nothing_in_the_home_of_somebody_else(path, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    if os.geteuid() == 0:
        os.chown(home, 65_534, 65_534)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(McpdbError, match="belongs to"):
        add(home / ".local" / "state" / "mcpdb-tui" / "h.ndjson", remembered(1))
    assert list(home.iterdir()) == []
