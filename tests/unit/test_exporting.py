"""Which rows an export takes, and where it goes: marked ones by their keys, names that are free."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults import as_nobody, let_everybody_in, needs_root
from tui.app.exporting_wish import ExportWish, What, done_words, progress_words
from tui.core.errors import PrecheckError, UsageError
from tui.core.models import Deployment
from tui.core.models.rows import Order, Relation, Top
from tui.operations.export import Export
from tui.operations.export_result import ExportResult
from tui.operations.reads.browsing import Browser
from tui.operations.reads.export_target import free, looked_at, meant, name_for
from tui.operations.reads.exporting import Wanted, chosen
from tui.operations.reads.looking import LiveDatabase
from tui.operations.reads.query import Query
from tui.services.compression import compress
from tui.services.sqlite.keyset import RawText, View

NOW = datetime(2026, 8, 11, 3, 14, tzinfo=UTC)
KEYS: tuple[Any, ...] = (
    1, -(2**63), 2**63 - 1, 0.1, -2.5e300, "it's", 'say "x"', "a\nb", "", "é✓", "nul\0in",
    b"\x00\xff", b"", "1", "where", "?", RawText(b"\xff\xfe"),
)  # fmt: skip
"""Each of another kind; a filter must find it and nothing else."""
SCHEMA = """
CREATE TABLE one (k NOT NULL PRIMARY KEY, n INTEGER);
CREATE TABLE two (a NOT NULL, "b c" NOT NULL, n INTEGER, PRIMARY KEY (a, "b c")) WITHOUT ROWID;
CREATE TABLE loose (n INTEGER);
"""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Deployment]:
    path = tmp_path / "data" / "mcp.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL").fetchone()
        writer.executescript(SCHEMA)
        for number, key in enumerate(KEYS):
            mark = "CAST(? AS TEXT)" if isinstance(key, RawText) else "?"
            writer.execute(f"INSERT INTO one VALUES ({mark}, ?)", (key, number))
            writer.execute(f"INSERT INTO two VALUES ({mark}, 'x', ?)", (key, number))
            writer.execute("INSERT INTO loose VALUES (?)", (number,))
        yield Deployment(
            name="forge", database=path, backup_dir=path.parent / "backups", project_dir=tmp_path
        )


def numbers(deployment: Deployment, wanted: Wanted) -> list[int]:
    stream = io.BytesIO()
    Export(deployment=deployment, wanted=(wanted,)).to_stream(stream)
    return [int(row["n"]) for row in csv.DictReader(io.StringIO(stream.getvalue().decode()))]


@pytest.mark.parametrize("name", ["one", "two", "loose"])
def test_every_row_is_found_by_its_key_alone_as_condition_and_as_filter_line(
    name: str, live: Deployment
) -> None:
    browser = Browser(LiveDatabase(live))
    shape = browser.relation(name)
    view = View(relation=shape, columns=("n",))
    page = browser.page(view, Top(), 100)
    assert len(page.rows) == len(KEYS)
    for row in page.rows:
        condition, line = chosen(shape, [row.identity])
        assert numbers(live, Wanted(name=name, columns=("n",), condition=condition)) == [
            row.cells[0]
        ], row.identity
        assert numbers(live, Wanted(name=name, columns=("n",), filter=line)) == [row.cells[0]]
    condition, line = chosen(shape, [row.identity for row in page.rows])
    for wanted in (Wanted(name=name, condition=condition), Wanted(name=name, filter=line)):
        assert sorted(numbers(live, wanted)) == list(range(len(KEYS)))


def test_ten_thousand_marked_rows_are_written_though_no_line_can_name_them(
    live: Deployment,
) -> None:
    with closing(sqlite3.connect(live.database)) as writer, writer:
        rows = [(f"key-{n:032}", "x", n) for n in range(10_000)]
        writer.executemany("INSERT INTO two VALUES (?, ?, ?)", rows)
    shape = Browser(LiveDatabase(live)).relation("two")
    condition, line = chosen(shape, [row[:2] for row in rows])
    assert line == ""
    found = numbers(live, Wanted(name="two", columns=("n",), condition=condition))
    assert sorted(found) == list(range(10_000))
    wish = ExportWish(live, What(wanted=(Wanted(name="two"),), line=None), NOW)
    assert wish.command == ""


def test_keys_too_long_for_one_statement_are_refused_in_one_sentence() -> None:
    shape = Relation(name="t", kind="table", columns=(), identity=("k",))
    with pytest.raises(UsageError, match="a filter chooses them"):
        chosen(shape, [(f"{n}-{'x' * 1_000}",) for n in range(1_000)])


def test_a_place_is_named_safely_and_freely(live: Deployment, tmp_path: Path) -> None:
    assert name_for(live, ["a/b\x1b"], "csv", "live", NOW) == "a%2fb%1b.csv"
    assert name_for(live, ["tools"], "json", "k7m2qd", NOW) == "tools-k7m2qd.json"
    assert name_for(live, ["a", "b"], "csv", "live", NOW) == "forge-tables-20260811-0314"
    (tmp_path / "tools.csv").touch()
    (tmp_path / "tools-2.csv").mkdir()
    assert free(live, tmp_path / "tools.csv", is_folder=False).path.name == "tools-3.csv"
    assert free(live, tmp_path / "data", is_folder=True).path.name == "data-2"
    assert looked_at(live, tmp_path / "tools.csv", is_folder=False).taken.startswith("0B of ")
    assert "no plain file" in looked_at(live, tmp_path / "tools-2.csv", is_folder=False).problem
    assert "no export" in looked_at(live, tmp_path / "data", is_folder=True).problem
    assert "no folder" in looked_at(live, tmp_path / "nix" / "a.csv", is_folder=False).problem
    (tmp_path / "link.csv").symlink_to(tmp_path / "tools.csv")
    assert "no plain file" in looked_at(live, tmp_path / "link.csv", is_folder=False).problem
    assert meant("x.csv", tmp_path, "n.csv") == tmp_path / "x.csv"
    assert meant("data", tmp_path, "n.csv") == tmp_path / "data" / "n.csv"
    assert meant("new/", tmp_path, "n.csv") == tmp_path / "new" / "n.csv"
    assert meant("/a/b.csv", tmp_path, "n.csv") == Path("/a/b.csv")
    assert meant("~nobody-is-called-so/x", tmp_path, "n.csv").name == "x"


def test_no_export_takes_the_place_of_the_database_a_backup_or_a_journal(
    live: Deployment, tmp_path: Path
) -> None:
    data = live.database.parent
    live.backup_dir.mkdir()
    live.state_dir.mkdir()
    for name in ("mcp_backup_20260811_020000.db", "notes.csv"):
        (live.backup_dir / name).write_text("kept")
    (tmp_path / "alias").symlink_to(data)
    before = live.database.read_bytes()
    refused = [
        *(data / f"mcp.db{suffix}" for suffix in ("", "-wal", "-shm", "-journal")),
        tmp_path / "alias" / "mcp.db",
        data / ".." / "data" / "mcp.db-wal",
        live.backup_dir / "mcp_backup_20260811_020000.db",
        live.backup_dir / "notes.csv",
        live.backup_dir / "mcp_backup_20260812_020000.json",
        live.state_dir / "new.csv",
        live.state_dir,
    ]
    wanted = (Wanted(name="loose"),)
    export = Export(deployment=live, wanted=wanted)
    query = Query(LiveDatabase(live))
    result = ExportResult(deployment=live, query=query, sql="SELECT 1")
    for path in refused:
        for write in (export.to_file, export.to_folder, result.to_file):
            with pytest.raises(UsageError, match="Nothing was written"):
                write(path, replace=True)
        assert looked_at(live, path, is_folder=False).problem
    assert live.database.read_bytes() == before
    assert (live.backup_dir / "notes.csv").read_text() == "kept"
    assert list(live.state_dir.iterdir()) == []
    export.to_file(live.backup_dir / "loose.csv")
    backup = tmp_path / "copy.db"
    with (
        closing(sqlite3.connect(live.database)) as source,
        closing(sqlite3.connect(backup)) as target,
    ):
        source.backup(target)
    with pytest.raises(UsageError, match="is what is exported"):
        Export(deployment=live, wanted=wanted, source=str(backup)).to_file(backup, replace=True)
    with closing(sqlite3.connect(live.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@needs_root
def test_a_folder_that_may_not_be_written_is_one_sentence_and_nothing_is_left(
    live: Deployment, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o755)
    let_everybody_in(tmp_path)

    def export(folder: Path) -> None:
        wish = ExportWish(live, What(wanted=(Wanted(name="loose"),)), NOW)
        wish.aim(str(folder / "a.csv"))
        wish.know(wish.look())
        wish.run(lambda _table, _rows: None, lambda: False)

    # Once by ourselves: nobody may not read what Python loads for it.
    export(tmp_path)
    with pytest.raises(PrecheckError, match="permission denied"):
        as_nobody(lambda: export(closed))
    assert list(closed.iterdir()) == []


def test_a_statement_is_exported_from_a_compressed_backup(live: Deployment, tmp_path: Path) -> None:
    live.backup_dir.mkdir()
    plain = live.backup_dir / "mcp_backup_20260811_020000.db"
    with (
        closing(sqlite3.connect(live.database)) as source,
        closing(sqlite3.connect(plain)) as target,
    ):
        source.backup(target)
    with closing(sqlite3.connect(plain)) as target:
        target.execute("PRAGMA journal_mode=DELETE").fetchone()
    packed = plain.with_name(f"{plain.name}.zst")
    compress(plain, packed, lambda _done, _total: None)
    plain.unlink()
    with closing(sqlite3.connect(live.database)) as writer, writer:
        writer.execute("DELETE FROM loose")
    what = What(source=packed.name, sql="SELECT count(*) AS n FROM loose")
    wish = ExportWish(live, what, NOW)
    ticks: list[tuple[str, int]] = []
    found = wish.run(lambda table, rows: ticks.append((table, rows)), lambda: False)
    assert wish.target.path.parent == tmp_path
    assert wish.target.path.read_text() == f'"n"\n{len(KEYS)}\n'
    assert ticks[-1] == ("result", 1)
    assert f"--backup {packed.name}" in wish.command
    assert done_words(found).startswith(f"Exported to {wish.target.path}: 1 row of a query, ")


def test_a_command_says_all_that_was_chosen(live: Deployment) -> None:
    wanted = Wanted(
        name="-odd",
        columns=("a", "b"),
        order=(Order(column="x:desc"), Order(column="y", descending=True)),
    )
    wish = ExportWish(live, What(wanted=(wanted,), line="where a = 'it''s'", secrets=("b",)), NOW)
    wish.turn(-1)
    assert wish.kind == "sql"
    assert not wish.may_be_safe
    wish.secrets = wish.replace = True
    words = wish.command.split(" export ")[1]
    assert words == (
        f"--to {wish.target.path} --where 'where a = '\"'\"'it'\"'\"''\"'\"'s'\"'\"'' "
        "--column a --column b --sort x:desc:asc --sort y:desc --secrets --replace -- -odd"
    )
    assert wish.secrets_words() == "in clear: b; the activity log says so"


def test_progress_tells_rows_rate_and_what_is_left() -> None:
    assert progress_words(412_000, 752_640, 4.2) == (
        "412,000 of 752,640 rows  54 %  98,095 rows/s  3.5 s left"
    )
    assert progress_words(500, None, 0.0) == "500 rows"
    assert progress_words(900, 800, 1.0) == "900 rows  900 rows/s"
