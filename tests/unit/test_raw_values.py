"""One value of any size, as its bytes: read in pieces, found in, never past a mask."""

from __future__ import annotations

import sqlite3
import tracemalloc
from pathlib import Path

import pytest

from tui.core.errors import Cancelled, NotFoundError, VerificationError
from tui.operations.reads.browsing import Browser
from tui.operations.reads.looking import BackupFile
from tui.operations.reads.values import Search, Which, are_text, find, read
from tui.services.sqlite import raw_values

MANY = 200_000_000
SCHEMA = """
CREATE TABLE t (id INTEGER PRIMARY KEY, note TEXT, auth_token TEXT, n REAL, b BLOB,
                twice TEXT AS (note || note));
CREATE TABLE w (k TEXT PRIMARY KEY, b BLOB) WITHOUT ROWID;
CREATE VIEW v AS SELECT note FROM t;
CREATE VIRTUAL TABLE f USING fts5 (words);
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    connection = sqlite3.connect(tmp_path / "mcp.db")
    connection.executescript(SCHEMA)
    connection.execute("INSERT INTO t (id, note, auth_token, n) VALUES (1, 'añb', 'hunter2', 1.5)")
    connection.execute("INSERT INTO t (id, note) VALUES (2, CAST(x'61ff62' AS TEXT))")
    connection.execute("INSERT INTO w VALUES ('a', x'00010203')")
    connection.execute("INSERT INTO f VALUES ('some words')")
    connection.commit()
    connection.close()
    return tmp_path / "mcp.db"


@pytest.fixture
def browser(path: Path) -> Browser:
    return Browser(BackupFile(path))


def which(browser: Browser, table: str, identity, column: str, **more) -> Which:
    return Which(
        relation=browser.relation(table), identity=identity, column=column, **more
    )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "identity", "column", "kind", "content", "size"),
    [
        ("t", (1,), "note", "text", "ñ".encode(), 4),
        ("t", (2,), "note", "text", b"\xffb", 3),
        ("t", (1,), "n", "real", b".5", 3),
        ("t", (1,), "b", "null", b"", 0),
        ("t", (1,), "twice", "text", "ñ".encode(), 8),
        ("w", ("a",), "b", "blob", b"\1\2", 4),
        ("f", (1,), "words", "text", b"om", 10),
    ],
)
def test_a_piece_of_any_value_is_read(browser, table, identity, column, kind, content, size):
    found = read(browser, which(browser, table, identity, column), 1, 2)
    assert (found.kind, found.content, found.size) == (kind, content, size)


def test_a_secret_is_read_only_where_it_is_revealed(browser):
    masked = which(browser, "t", (1,), "auth_token")
    with pytest.raises(VerificationError, match="masked"):
        read(browser, masked, 0, 10)
    shown = which(browser, "t", (1,), "auth_token", revealed=True)
    assert read(browser, shown, 0, 10).content == b"hunter2"


def test_a_row_that_is_gone_and_one_without_a_key_are_said(browser):
    with pytest.raises(NotFoundError, match="gone"):
        read(browser, which(browser, "t", (9,), "note"), 0, 10)
    with pytest.raises(VerificationError, match="no key"):
        read(browser, which(browser, "v", (0,), "note"), 0, 10)


def test_the_end_of_a_huge_blob_is_read_in_little_memory(path, browser):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("INSERT INTO t (id, b) VALUES (3, zeroblob(?))", (MANY,))
    connection.commit()
    connection.close()
    wanted = which(browser, "t", (3,), "b")
    tracemalloc.start()
    try:
        assert read(browser, wanted, 0, 1000).size == MANY
        assert read(browser, wanted, MANY - 5, 1000).content == bytes(5)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_what_no_rowid_leads_to_is_read_up_to_a_bound(path, browser, monkeypatch):
    monkeypatch.setattr(raw_values, "COMPUTED", 1000)
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO w VALUES ('b', zeroblob(5000))")
    connection.commit()
    connection.close()
    with pytest.raises(VerificationError, match="cannot be read in pieces"):
        read(browser, which(browser, "w", ("b",), "b"), 0, 10)


def test_texts_and_blobs_of_the_same_bytes_are_told_apart(browser):
    relation = browser.relation("t")
    assert are_text(browser, relation, (2,), ["note", "b"]) == {"note"}
    assert are_text(browser, relation, (9,), ["note"]) == frozenset()


def test_a_text_is_found_both_ways_across_the_edges_of_what_is_read(path, browser, monkeypatch):
    monkeypatch.setattr("tui.operations.reads.values.SEARCHED", 10)
    connection = sqlite3.connect(path)
    connection.execute(
        "UPDATE t SET note = ? WHERE id = 1", ("." * 8 + "Word" + "." * 30 + "word",)
    )
    connection.commit()
    connection.close()
    wanted = which(browser, "t", (1,), "note")

    def found(at: int, **more) -> int | None:
        return find(browser, wanted, Search(b"wORD", at, **more), lambda: False)

    assert found(0) == 8
    assert found(9) == 42
    assert found(43) is None
    assert found(42, backwards=True) == 8
    assert found(8, backwards=True) is None
    assert find(browser, wanted, Search(b"Word", 9, either_case=False), lambda: False) is None


def test_a_search_that_was_stopped_goes_on_where_it_was(path, browser, monkeypatch):
    monkeypatch.setattr("tui.operations.reads.values.SEARCHED", 10)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE t SET note = ? WHERE id = 1", ("." * 95 + "x",))
    connection.commit()
    connection.close()
    wanted, search, asked = which(browser, "t", (1,), "note"), Search(b"x", 0), []

    def after_three() -> bool:
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(Cancelled):
        find(browser, wanted, search, after_three)
    assert search.at == 30
    assert find(browser, wanted, search, lambda: False) == 95
