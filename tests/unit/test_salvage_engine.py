"""Salvage of files that are damaged in every way: never a crash, and only the truth."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.salvage_site import (
    PAGE,
    TABLES,
    Salvaged,
    build,
    contents,
    copy,
    damage,
    doubted,
    run,
)
from tui.core.errors import Cancelled, DamagedError, VerificationError
from tui.services.salvage import engine
from tui.services.salvage.image import Image
from tui.services.salvage.output import LOST, STRAYS
from tui.services.salvage.schema import read_donor

KINDS = ("random", "zeros", "misplaced", "head", "half")
BLIND = {"notes": -1}
"""Index of the blob that may be altered where neither its page nor an index can show it."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "whole.db"
    build(path)
    return path


@pytest.fixture(scope="module")
def rows(whole: Path) -> dict[str, dict[object, tuple[object, ...]]]:
    return {table: contents(whole, table) for table in TABLES}


def _untrue(
    rows: dict[str, dict[object, tuple[object, ...]]], found: Salvaged, *, blind: bool
) -> list[str]:
    """What the report says and is not so; one line each."""
    wrong, doubts = [], doubted(found.path)
    for report in found.report.tables:
        if report.problem or report.name not in rows:
            continue
        before, now = rows[report.name], found.table(report.name)
        assert report.read == len(now)
        for key, row in now.items():
            same = before.get(key)
            if row == same or key in doubts.get(report.name, ()):
                continue
            if blind and report.name in BLIND and same and row[:-1] == same[:-1]:
                continue
            wrong.append(f"{report.name} {key!r} came back altered and is not doubted")
        missing = len(set(before) - set(now))
        if report.lost is not None and report.lost != missing:
            wrong.append(f"{report.name}: {missing} rows are missing, it says {report.lost}")
        if report.complete and missing:
            wrong.append(f"{report.name} is called complete and {missing} rows are missing")
    return wrong


def test_a_whole_file_comes_back_whole_and_is_proved_to(
    whole: Path, rows: dict[str, dict[object, tuple[object, ...]]], tmp_path: Path
) -> None:
    found = run(whole, tmp_path)
    assert found.report.complete
    assert not found.report.damaged
    assert not found.report.left_out
    for table in TABLES:
        assert found.table(table) == rows[table]
    with closing(sqlite3.connect(found.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT count(*) FROM busy").fetchone() == (280,)
        kinds = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name"
        with closing(sqlite3.connect(whole)) as old:
            assert db.execute(kinds).fetchall() == old.execute(kinds).fetchall()
            sequence = "SELECT * FROM sqlite_sequence"
            assert db.execute(sequence).fetchall() == old.execute(sequence).fetchall()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pages", [1, 10, 100])
def test_whatever_is_damaged_the_report_is_true_and_the_source_untouched(
    whole: Path,
    rows: dict[str, dict[object, tuple[object, ...]]],
    tmp_path: Path,
    kind: str,
    pages: int,
) -> None:
    """With the kinds and numbers a hundred files in all."""
    broken = tmp_path / "broken.db"
    for seed in range(7 if pages > 1 else 6):
        damage(whole, broken, seed * 31 + pages, pages, kind)
        before = hashlib.sha256(broken.read_bytes()).digest()
        try:
            found = run(broken, tmp_path)
        except DamagedError:
            assert pages == 100  # its schema was among them, and nobody had a backup
            continue
        assert hashlib.sha256(broken.read_bytes()).digest() == before
        assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.db", "new.db", "work"]
        # Half a page of random bytes inside a blob is not to be told from a blob.
        assert not _untrue(rows, found, blind=kind in ("half", "misplaced")), (kind, seed)
        if pages == 1:
            back = sum(len(found.table(r.name)) for r in found.report.tables if not r.problem)
            assert back > 1_700  # of 1,890: the list of tables itself may be what is lost


def test_an_intact_index_says_exactly_which_rows_are_lost(whole: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(whole)) as db:
        page = _leaf_of(whole, "servers")
        names = {row[0] for row in db.execute("SELECT id FROM servers")}
    broken = _zeroed(whole, tmp_path / "broken.db", page)
    found = run(broken, tmp_path)
    report = next(each for each in found.report.tables if each.name == "servers")
    assert report.lost
    assert report.proof == "sqlite_autoindex_servers_1"
    with closing(sqlite3.connect(found.path)) as db:
        lost = db.execute(f"SELECT known FROM {LOST} WHERE table_name = 'servers'").fetchall()
        back = {row[0] for row in db.execute("SELECT id FROM servers")}
    assert {text.removeprefix("id='").rstrip("'") for (text,) in lost} == names - back
    assert len(lost) == report.lost


def test_rows_below_a_damaged_root_are_found_without_a_tree(
    whole: Path, rows: dict[str, dict[object, tuple[object, ...]]], tmp_path: Path
) -> None:
    """Nothing leads to them any more; the index proves them one by one."""
    broken = _zeroed(whole, tmp_path / "broken.db", _root_of(whole, "metrics"))
    found = run(broken, tmp_path)
    report = next(each for each in found.report.tables if each.name == "metrics")
    assert found.table("metrics") == rows["metrics"]
    assert (report.lost, report.doubtful, report.complete) == (0, 0, True)
    assert report.loose == len(rows["metrics"])


def test_deleted_rows_do_not_come_back_from_free_pages(whole: Path, tmp_path: Path) -> None:
    """Also where the header with the list of free pages is gone."""
    broken = copy(whole, tmp_path / "broken.db")
    raw = bytearray(broken.read_bytes())
    raw[:100] = bytes(100)
    at = (_root_of(whole, "metrics") - 1) * PAGE
    raw[at : at + PAGE] = bytes(PAGE)
    broken.write_bytes(raw)
    found = run(broken, tmp_path)
    alive = set(contents(whole, "metrics"))
    revived = set(found.table("metrics")) - alive
    assert revived <= doubted(found.path).get("metrics", set())
    assert alive <= set(found.table("metrics"))


@pytest.mark.parametrize("first", [True, False])
def test_without_its_schema_the_tables_come_from_a_backup(
    whole: Path,
    rows: dict[str, dict[object, tuple[object, ...]]],
    tmp_path: Path,
    first: bool,
) -> None:
    """Page 1 is gone, with the header or without it."""
    broken = copy(whole, tmp_path / "broken.db")
    raw = bytearray(broken.read_bytes())
    raw[0 if first else 100 : PAGE] = bytes(PAGE - (0 if first else 100))
    broken.write_bytes(raw)
    found = run(broken, tmp_path, read_donor(whole), page_size_hint=PAGE)
    back = {table: found.table(table) for table in TABLES}
    assert back == rows
    assert not found.report.schema_whole
    assert not found.report.complete


def test_without_schema_and_backup_the_rows_are_kept_as_strays(whole: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    raw = bytearray(whole.read_bytes())
    raw[:PAGE] = bytes(PAGE)
    # The schema has a second page.
    for number in range(2, len(raw) // PAGE + 1):
        if b"CREATE" in raw[(number - 1) * PAGE : number * PAGE]:
            raw[(number - 1) * PAGE : number * PAGE] = bytes(PAGE)
    broken.write_bytes(raw)
    found = run(broken, tmp_path)
    with closing(sqlite3.connect(found.path)) as db:
        (servers,) = db.execute(f"SELECT count(*) FROM {STRAYS} WHERE fields = 7").fetchone()
    assert servers == 150
    assert not found.report.tables


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_other_encodings_and_page_sizes(tmp_path: Path, encoding: str) -> None:
    source = tmp_path / "source.db"
    build(source, page=65536 if encoding == "UTF-16be" else 512, encoding=encoding)
    found = run(source, tmp_path)
    assert found.report.complete
    for table in TABLES:
        assert found.table(table) == contents(source, table)


def test_a_cut_file_gives_what_is_left_of_it(
    whole: Path, rows: dict[str, dict[object, tuple[object, ...]]], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.db"
    for size in (whole.stat().st_size // 2 + 77, 40 * PAGE, 3 * PAGE, PAGE, 700):
        broken.write_bytes(whole.read_bytes()[:size])
        try:
            found = run(broken, tmp_path)
        except VerificationError:
            assert size <= 3 * PAGE  # the list of tables goes on behind it
            continue
        assert not _untrue(rows, found, blind=False)
        assert not found.report.complete
        assert found.report.image["cut"]


def test_trailing_bytes_change_nothing(whole: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer.db"
    longer.write_bytes(whole.read_bytes() + b"trailing" * 1000)
    assert run(longer, tmp_path).report.complete


# --- wal and journal ----------------------------------------------------------------------


def test_commits_in_the_wal_come_back_and_a_cut_wal_says_so(tmp_path: Path) -> None:
    live, folder = tmp_path / "live.db", tmp_path / "copies"
    folder.mkdir()
    build(live, wal=True)
    with closing(sqlite3.connect(live, isolation_level=None)) as db:
        db.execute("PRAGMA wal_autocheckpoint=0")
        for number in range(3):
            db.execute("BEGIN")
            db.executemany(
                "INSERT INTO metrics VALUES (?,?,?,?,?)",
                [(100_000 + number * 100 + each, 1, 0.5, 1, "late") for each in range(100)],
            )
            db.execute("COMMIT")
        broken = copy(live, folder / "broken.db")
        wal = copy(live.with_name("live.db-wal"), folder / "broken.db-wal")
    found = run(broken, folder)
    assert found.report.complete
    assert found.table("metrics") == contents_of(live, "metrics")
    # The last transaction is cut in its middle: the other two are whole.
    wal.write_bytes(wal.read_bytes()[:-3000])
    found = run(broken, folder)
    late = [key for key in found.table("metrics") if isinstance(key, int) and key >= 100_000]
    assert len(late) == 200
    assert found.report.image["wal_frames_unused"]


def contents_of(path: Path, table: str) -> dict[object, tuple[object, ...]]:
    """As `contents`, of a file that has a WAL."""
    with closing(sqlite3.connect(path)) as db:
        return {row[0]: tuple(row) for row in db.execute(f"SELECT rowid, * FROM {table}")}


def test_a_hot_journal_is_taken_back(
    whole: Path, rows: dict[str, dict[object, tuple[object, ...]]], tmp_path: Path
) -> None:
    live, folder = copy(whole, tmp_path / "live.db"), tmp_path / "copies"
    folder.mkdir()
    with closing(sqlite3.connect(live, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size=5")
        db.execute("PRAGMA cache_spill=5")
        db.execute("BEGIN")
        db.execute("UPDATE metrics SET note = 'half of it, never committed, ' || note")
        broken = copy(live, folder / "broken.db")
        copy(live.with_name("live.db-journal"), folder / "broken.db-journal")
    assert broken.read_bytes() != whole.read_bytes()
    found = run(broken, folder)
    assert found.table("metrics") == rows["metrics"]
    assert found.report.image["overlay"] == "journal"


# --- hostile files ------------------------------------------------------------------------


def test_files_that_are_no_database_are_refused_in_one_sentence(tmp_path: Path) -> None:
    for content in (b"", b"x", b"hello world\n" * 5000, bytes(300_000), b"SQLite format 3\0"):
        path = tmp_path / "other"
        path.write_bytes(content)
        with pytest.raises(VerificationError, match=r"^[^\n]+\.$"):
            run(path, tmp_path)


def test_pages_that_lead_in_circles_end(whole: Path, tmp_path: Path) -> None:
    """An inner page whose children are itself and its own parent."""
    root = _root_of(whole, "metrics")
    raw = bytearray(whole.read_bytes())
    at = (root - 1) * PAGE
    for cell in range(int.from_bytes(raw[at + 3 : at + 5], "big")):
        where = int.from_bytes(raw[at + 12 + 2 * cell : at + 14 + 2 * cell], "big")
        raw[at + where : at + where + 4] = root.to_bytes(4, "big")
    raw[at + 8 : at + 12] = root.to_bytes(4, "big")
    broken = tmp_path / "broken.db"
    broken.write_bytes(raw)
    found = run(broken, tmp_path)
    report = next(each for each in found.report.tables if each.name == "metrics")
    assert report.gap_count
    assert found.report.damaged_count
    # Its rows were found on pages that nothing leads to, and the index proves them.
    assert found.table("metrics") == contents(whole, "metrics")


def test_definitions_that_do_anything_else_are_not_carried_out(tmp_path: Path) -> None:
    hostile, victim = tmp_path / "hostile.db", tmp_path / "victim.db"
    with closing(sqlite3.connect(hostile, isolation_level=None)) as db:
        db.execute("CREATE TABLE fine (a, b)")
        db.execute("INSERT INTO fine VALUES (1, 2)")
        db.execute("CREATE TABLE t1 (a)")
        db.execute("CREATE TABLE t2 (a)")
        db.execute("CREATE VIEW v1 AS SELECT 1")
        db.execute("PRAGMA writable_schema=1")
        for name, sql in (
            ("t1", f"CREATE TABLE x(a); ATTACH '{victim}' AS v"),
            ("t2", "CREATE TEMP TABLE t2 AS SELECT load_extension('/tmp/x')"),
            ("v1", f"CREATE VIEW v1 AS SELECT 1; VACUUM INTO '{victim}'"),
        ):
            db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (sql, name))
    found = run(hostile, tmp_path)
    assert not victim.exists()
    assert found.table("fine") == {1: (1, 1, 2)}
    assert {each.name for each in found.report.tables if each.problem} == {"t1", "t2"}
    assert any("v1" in each for each in found.report.left_out)


def _root_of(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
    return int(root)


def _leaf_of(path: Path, table: str) -> int:
    """The first leaf below a table's root."""
    raw, number = path.read_bytes(), _root_of(path, table)
    while raw[(number - 1) * PAGE] == 5:
        at = (number - 1) * PAGE
        cell = int.from_bytes(raw[at + 12 : at + 14], "big")
        number = int.from_bytes(raw[at + cell : at + cell + 4], "big")
    return number


def _zeroed(source: Path, target: Path, page: int) -> Path:
    raw = bytearray(source.read_bytes())
    raw[(page - 1) * PAGE : page * PAGE] = bytes(PAGE)
    target.write_bytes(raw)
    return target


def test_a_file_made_to_be_read_for_ever_is_given_up(tmp_path: Path) -> None:
    """Three hundred tables that all say that one tree is theirs."""
    hostile = tmp_path / "hostile.db"
    with closing(sqlite3.connect(hostile, isolation_level=None)) as db:
        db.execute("PRAGMA page_size=512")
        db.execute("BEGIN")
        db.execute("CREATE TABLE t (a TEXT)")
        db.executemany("INSERT INTO t VALUES (?)", [("x" * 100,)] * 500)
        for number in range(300):
            db.execute(f"CREATE TABLE t{number} (a TEXT)")
        db.execute("PRAGMA writable_schema=1")
        db.execute(
            "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema LIMIT 1)"
        )
        db.execute("COMMIT")
    with pytest.raises(VerificationError, match="made to be read for ever"):
        run(hostile, tmp_path)


def test_a_salvage_of_a_salvage_keeps_what_the_first_one_noted(whole: Path, tmp_path: Path) -> None:
    broken = _zeroed(whole, tmp_path / "broken.db", _leaf_of(whole, "servers"))
    first = run(broken, tmp_path)
    again = _zeroed(first.path, tmp_path / "again.db", _leaf_of(first.path, "servers"))
    with closing(sqlite3.connect(again)) as db:
        before = db.execute(f"SELECT * FROM {LOST}").fetchall()
    found = run(again, tmp_path)
    with closing(sqlite3.connect(found.path)) as db:
        assert db.execute(f"SELECT * FROM {LOST}").fetchall() == before
        assert db.execute(f"SELECT count(*) FROM {LOST}_2").fetchone()[0] > 0


def test_what_is_noted_of_lost_rows_holds_no_secret(tmp_path: Path) -> None:
    source = tmp_path / "source.db"
    with closing(sqlite3.connect(source, isolation_level=None)) as db:
        db.execute("PRAGMA page_size=512")
        db.execute("CREATE TABLE t (name TEXT, api_token TEXT UNIQUE, filler TEXT)")
        db.execute("CREATE INDEX i ON t (name, api_token)")
        db.executemany(
            "INSERT INTO t VALUES (?, ?, ?)",
            [(f"n{each}", f"hush-{each}", "x" * 90) for each in range(60)],
        )
    broken = tmp_path / "broken.db"
    raw = bytearray(source.read_bytes())
    for number in range(2, len(raw) // 512 + 1):
        if raw[(number - 1) * 512] == 13:
            raw[(number - 1) * 512 : number * 512] = bytes(512)
            break
    broken.write_bytes(raw)
    found = run(broken, tmp_path)
    with closing(sqlite3.connect(found.path)) as db:
        noted = db.execute(f"SELECT known FROM {LOST}").fetchall()
    assert noted
    assert not [text for (text,) in noted if "hush" in text]


def test_every_kind_of_table_comes_back_as_it_was(tmp_path: Path) -> None:
    """Short records, generated columns, odd keys and names; auto-vacuum has pages of its own."""
    source = tmp_path / "source.db"
    with closing(sqlite3.connect(source, isolation_level=None)) as db:
        db.execute("PRAGMA auto_vacuum=FULL")
        db.execute("PRAGMA page_size=1024")
        db.executescript(
            """
            CREATE TABLE short (a INTEGER PRIMARY KEY, b TEXT);
            INSERT INTO short (b) VALUES ('one'), ('two');
            ALTER TABLE short ADD COLUMN c INTEGER NOT NULL DEFAULT 7;
            INSERT INTO short (b, c) VALUES ('three', 8);
            CREATE TABLE made (a INTEGER, b TEXT AS (upper(x)) VIRTUAL, x TEXT,
              y TEXT AS (x || '!') STORED);
            INSERT INTO made (a, x) VALUES (1, 'é'), (2, 'b');
            CREATE TABLE descending (a INTEGER PRIMARY KEY DESC, b);
            INSERT INTO descending VALUES (5, 'x'), (9, 'y');
            CREATE TABLE "odd ""name" ("a b" TEXT, "rowid" TEXT, [oid] TEXT);
            INSERT INTO "odd ""name" VALUES ('1', 'r', 'o');
            CREATE TABLE every ("rowid", "_rowid_", "oid");
            INSERT INTO every VALUES (1, 2, 3);
            CREATE TABLE kinds (i INTEGER, r REAL, n NUMERIC, t TEXT, b BLOB, z);
            INSERT INTO kinds VALUES (NULL, 3, '12', 12, 'text in blob', 1.5),
              (9223372036854775807, 1e300, 'abc', '', x'', -1), (-1, -0.5, 5, 'ä', x'00ff', NULL);
            CREATE TABLE nocase (k TEXT COLLATE NOCASE PRIMARY KEY, v) WITHOUT ROWID;
            INSERT INTO nocase VALUES ('b', 1), ('A', 2), ('c', 3);
            CREATE INDEX partial ON kinds (t) WHERE i IS NOT NULL;
            CREATE INDEX expression ON kinds (lower(t));
            CREATE TABLE child (id TEXT PRIMARY KEY, parent TEXT REFERENCES child(id));
            INSERT INTO child VALUES ('a', NULL), ('b', 'a'), ('c', 'gone');
            CREATE TABLE strict_one (a INT, b TEXT) STRICT;
            INSERT INTO strict_one VALUES (1, 'b');
            PRAGMA user_version=-5;
            PRAGMA application_id=77;
            """
        )
    found = run(source, tmp_path)
    names = [
        "short", "made", "descending", 'odd "name', "every", "kinds", "nocase", "child",
        "strict_one",
    ]  # fmt: skip
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(found.path)) as new:
        for name in names:
            query = 'SELECT * FROM "{}"'.format(name.replace('"', '""'))
            assert new.execute(query).fetchall() == old.execute(query).fetchall(), name
            kinds = ", ".join(f"typeof({column})" for column in "irntbz")
        query = f"SELECT {kinds} FROM kinds"
        assert new.execute(query).fetchall() == old.execute(query).fetchall()
        schema = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name"
        assert new.execute(schema).fetchall() == old.execute(schema).fetchall()
        for pragma in ("user_version", "application_id", "auto_vacuum", "integrity_check"):
            assert (
                new.execute(f"PRAGMA {pragma}").fetchall()
                == old.execute(f"PRAGMA {pragma}").fetchall()
            )
    by_name = {each.name: each for each in found.report.tables}
    # Its order cannot be compared byte by byte, so nothing proves that no page is in a wrong place.
    assert [name for name, each in by_name.items() if not each.complete] == ["nocase"]
    assert (by_name["nocase"].read, by_name["nocase"].lost) == (3, None)
    assert not any(each.doubtful for each in found.report.tables)


def test_a_virtual_table_is_told_and_its_own_tables_come_back(tmp_path: Path) -> None:
    source = tmp_path / "source.db"
    with closing(sqlite3.connect(source, isolation_level=None)) as db:
        db.execute("CREATE VIRTUAL TABLE words USING fts5(a)")
        db.execute("INSERT INTO words VALUES ('some words')")
        db.execute("CREATE TABLE plain (a)")
    found = run(source, tmp_path)
    by_name = {each.name: each for each in found.report.tables}
    assert by_name["words"].problem
    assert by_name["words_content"].read == 1
    assert not found.report.complete


@pytest.mark.parametrize("after", [0, 3, 8])
def test_a_wish_to_stop_is_heard_also_in_the_middle_of_a_statement(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    calls = 0

    def stop(_done: int, _all: int) -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise Cancelled("Cancelled. Nothing was changed.")

    # So often that it comes while SQLite works.
    monkeypatch.setattr(engine, "_STEPS_OF_SQLITE", 200)
    monkeypatch.setattr(engine, "_STEPS_PER_TICK", 10_000_000)
    with Image(whole) as image, pytest.raises(Cancelled, match="Nothing was changed"):
        engine.salvage(image, tmp_path / "new.db", tmp_path / "work", tuple, stop)
