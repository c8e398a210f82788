"""Rows are looked at in short reads, by one way, that tells no secret and leaves nothing open."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tui.core.errors import BusyError, Cancelled, NotFoundError, UsageError
from tui.core.models.rows import After, Around, At, Before, Bottom, Cell, Order, Page, Top
from tui.operations.reads import browsing, short_reads
from tui.operations.reads.browsing import Browser, View
from tui.operations.reads.looking import BackupFile
from tui.services.sqlite.connections import Opened, connect
from tui.services.sqlite.filter_language import FilterError

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
ODD = 'a "b"; DROP TABLE tools--\n[x]'


class Live(BackupFile):
    """A file as a live one is opened: its writer goes on."""

    how = "live"

    @contextmanager
    def _opened(self) -> Iterator[Opened]:
        with closing(connect(self.path, "mode=ro")) as connection:
            yield Opened(connection, self.how)


def make(path: Path, *, rows: int = 300) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            "PRAGMA journal_mode=WAL;"
            "CREATE TABLE gateways (id TEXT NOT NULL PRIMARY KEY, name TEXT, auth_value TEXT);"
            "INSERT INTO gateways VALUES ('g1', 'git', 'hunter2'), ('g2', 'wiki', 'other');"
            "CREATE TABLE tools (id INTEGER PRIMARY KEY, name TEXT, enabled BOOLEAN,"
            " gateway_id TEXT REFERENCES gateways, api_token TEXT REFERENCES gateways (auth_value),"
            " start AS (substr(api_token, 1, 4)));"
            "CREATE INDEX by_name ON tools (name);"
            "CREATE TABLE parts (tool INTEGER, gateway TEXT, realm TEXT,"
            " FOREIGN KEY (gateway, realm) REFERENCES pairs);"
            "CREATE TABLE pairs (gateway TEXT, realm TEXT, PRIMARY KEY (gateway, realm))"
            " WITHOUT ROWID;"
            "INSERT INTO pairs VALUES ('g1', 'r'); INSERT INTO parts VALUES (1, 'g1', 'r'),"
            " (2, 'g1', NULL);"
            "CREATE VIEW shown AS SELECT id, name, api_token AS x FROM tools;"
            f"CREATE VIEW endless AS {ENDLESS} SELECT i AS id FROM n;"
        )
        connection.executemany(
            "INSERT INTO tools (id, name, enabled, gateway_id, api_token) VALUES (?, ?, ?, ?, ?)",
            [(n, f"t{n % 50}", n % 2, "g1" if n % 3 else None, "hunter2") for n in range(1, rows)],
        )
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make(tmp_path / "mcp.db")


@pytest.fixture
def browser(path: Path) -> Browser:
    return Browser(Live(path))


def view_of(browser: Browser, name: str = "tools", text: str = "", *order: Order) -> View:
    shape = browser.relation(name)
    return View(
        relation=shape,
        columns=tuple(c.name for c in shape.columns),
        order=order,
        condition=browser.condition(text, shape),
    )


def ids(page: Page) -> list[object]:
    at = page.columns.index("id")
    return [row.cells[at] for row in page.rows]


def open_files(path: Path) -> list[str]:
    found = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(str(each.readlink()))
    return [name for name in found if name.startswith(str(path))]


def test_every_wish_gives_its_rows_and_nothing_stays_open(browser: Browser, path: Path) -> None:
    view = browser.settle(view_of(browser, "tools", "enabled = true", Order(column="name")))
    top = browser.page(view, Top(), 5)
    assert [row.cells[1] for row in top.rows] == ["t1"] * 5
    after = browser.page(view, After(top.rows[-1].anchor), 5)
    before = browser.page(view, Before(after.rows[0].anchor), 5)
    assert ids(before) == ids(top)
    assert ids(browser.page(view, At(5), 5)) == ids(after)
    assert ids(browser.page(view, Around(after.rows[2].identity), 1)) == [ids(after)[2]]
    assert not browser.page(view, Bottom(), 5).after
    assert browser.count(view) == 150
    row = browser.row(view, (7,))
    assert row is not None
    assert row.cells[4:] == (
        Cell(value=None, length=7, secret=True),
        Cell(value=None, length=4, secret=True),
    )
    assert browser.value(view.relation, (7,), "api_token").value is None
    assert browser.value(view.relation, (7,), "api_token", revealed=True).value == "hunter2"
    assert open_files(path) == []
    with closing(sqlite3.connect(path)) as writer:
        assert writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)


def test_a_row_that_is_gone_is_looked_for_where_it_stood(browser: Browser, path: Path) -> None:
    view = view_of(browser, "tools", "", Order(column="name", descending=True))
    page = browser.page(view, At(20), 3)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("DELETE FROM tools WHERE id = ?", page.rows[1].identity)
    first = page.rows[1]
    assert ids(browser.page(view, Around(first.identity, first.anchor), 1)) == [ids(page)[2]]


@pytest.mark.parametrize(
    "text",
    [
        "where api_token LIKE 'h%'",
        "where \"tools\".[API_TOKEN] >= 'h'",
        "where length(main.tools.api_token) = 7",
        "where start = 'hunt'",
        "where iif(api_token GLOB 'h*', 1, 0)",
        "where (api_token, 1) > ('h', 0)",
        "where id IN (SELECT 1 FROM gateways WHERE auth_value LIKE 'h%')",
        "where id IN gateways",
        "where id IN main.shown",
        "where EXISTS (SELECT 1 FROM tools t JOIN gateways g USING (id))",
        "where 1 = (VALUES (1))",
        "where id IN pragma_table_list",
        "where load_extension('x') OR 1",
        "where 1) UNION SELECT auth_value FROM gateways WHERE (1",
        "where 1; DELETE FROM tools",
        "where nothing = 1",
        "where id =",
        "where match('x', api_token)",
        "where row_number() OVER (ORDER BY api_token) = 1",
    ],
)
def test_a_condition_in_sql_is_no_oracle(browser: Browser, text: str) -> None:
    with pytest.raises(UsageError):
        browser.condition(text, browser.relation("tools"))


def test_a_condition_in_sql_reads_what_is_no_secret(browser: Browser) -> None:
    for name, text, rows in (
        ("tools", "where id BETWEEN 2 AND 4 AND lower(name) <> 'select'", 3),
        ("tools", "where rowid = 3 or name = 'api_token'", 1),
        # A view reads its secret in any case; only what it shows of it is closed.
        ("shown", "where id < 3", 2),
    ):
        view = view_of(browser, name, text)
        assert browser.count(view) == rows
        assert len(browser.page(view, Top(), 9).rows) == rows
    with pytest.raises(UsageError, match="x is a secret"):
        browser.condition("where x = 'hunter2'", browser.relation("shown"))
    with pytest.raises(UsageError, match=r"no such column: nix\. Columns: id, name, "):
        shape = browser.relation("tools")
        browser.condition("where nix = 1", shape, hint=browsing.columns_hint(shape))
    with pytest.raises(FilterError, match=r"near position 10\)\. Columns: id, name, x$"):
        shape = browser.relation("shown")
        browser.condition("id=1 and a=2", shape, hint=browsing.columns_hint(shape))


def test_full_text_tables_do_not_tell_either(browser: Browser, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        if ("ENABLE_FTS5",) not in writer.execute("PRAGMA compile_options").fetchall():
            pytest.skip("this SQLite has no fts5")
        writer.executescript(
            "CREATE VIRTUAL TABLE words USING fts5(token, body);"
            "INSERT INTO words VALUES ('hunter2', 'text');"
            "CREATE VIRTUAL TABLE plain USING fts5(body); INSERT INTO plain VALUES ('text');"
        )
    for name, text in (
        ("words", "words MATCH 'hunter2'"),
        ("words", "body MATCH 'token:hunter2'"),
        ("words", "\"match\"('hunter2', words)"),
        ("words", "words = 'hunter2'"),
        ("words", "highlight(words, 0, '', '') = 'hunter2'"),
        ("words_content", "c0 = 'hunter2'"),
    ):
        with pytest.raises(UsageError):
            browser.condition(f"where {text}", browser.relation(name))
    (row,) = browser.page(view_of(browser, "words_content"), Top(), 5).rows
    assert all(isinstance(cell, Cell) and cell.secret for cell in row.cells)
    assert browser.count(view_of(browser, "words", "where body = 'text'")) == 1
    assert browser.count(view_of(browser, "plain", "where plain MATCH 'text'")) == 1


def test_a_page_goes_on_when_the_database_was_replaced_or_its_index_is_gone(
    browser: Browser, path: Path
) -> None:
    view = replace(
        view_of(browser, "tools", "enabled = true", Order(column="name")),
        source="INDEXED BY by_name",
    )
    first = browser.page(view, Top(), 5)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("DROP INDEX by_name")
    assert ids(browser.page(view, Top(), 5)) == ids(first)
    assert browser.step(view, 1.0)
    assert browser.numbered(view)[1] in (None, 150)
    make(path.with_name("other.db"), rows=40).replace(path)
    assert browser.count(view) == 20
    after = browser.page(view, After(first.rows[0].anchor), 50)
    assert len(after.rows) == 19 and not after.after


def test_a_foreign_key_is_followed_and_the_way_back_leads_to_the_row(browser: Browser) -> None:
    view = view_of(browser, "tools", "", Order(column="name"))
    tools, here = view.relation, (4,)
    assert browser.parent_of(tools, here, "GATEWAY_ID") == ("gateways", ("g1",))
    assert browser.parent_of(tools, (3,), "gateway_id") is None
    assert browser.page(view, Around(here), 1).rows[0].identity == here
    gateways = browser.relation("gateways")
    keys = {key.columns: key for key in browser.pointing(gateways, ("g1",))}
    assert keys["gateway_id",].rows == 200
    assert keys["api_token",].rows is None, "what points at a secret is not told"
    child, own = browser.rows_pointing(keys["gateway_id",], gateways, ("g1",))
    found = View(relation=child, columns=("id",), condition=own)
    assert browser.count(found) == 200
    assert browser.pointing(gateways, ("g2",))[-1].rows in (0, None)
    parts = browser.relation("parts")
    assert browser.parent_of(parts, (1,), "realm") == ("pairs", ("g1", "r"))
    assert browser.parent_of(parts, (2,), "realm") is None
    with pytest.raises(UsageError, match="holds secrets"):
        browser.parent_of(tools, here, "api_token")
    with pytest.raises(UsageError, match="points to no other table"):
        browser.parent_of(tools, here, "name")
    with pytest.raises(NotFoundError, match="The row is gone"):
        browser.parent_of(tools, (9_999,), "gateway_id")


def test_names_are_names_whatever_they_say(browser: Browser, path: Path) -> None:
    quoted = '"' + ODD.replace('"', '""') + '"'
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.executescript(
            f"CREATE TABLE {quoted} ({quoted} TEXT, up INTEGER REFERENCES {quoted} (rowid));"
        )
        writer.execute(f"INSERT INTO {quoted} VALUES ('needle', 1)")
    view = browser.settle(view_of(browser, ODD, "needle", Order(column=ODD)))
    (row,) = browser.page(view, Top(), 5).rows
    assert row.cells == ("needle", 1)
    assert browser.count(view) == 1
    assert browser.statistics(view.relation, ODD).distinct == 1
    assert ODD in [hit.table for hit in browser.search_all("needle")]
    assert quoted in browser.schema(ODD)
    assert browser.details(ODD).foreign_keys[0].table == ODD
    assert {key.table for key in browser.pointing(view.relation)} == {ODD}
    assert browser.count(view_of(browser, ODD, f"where {quoted} = 'needle'")) == 1
    assert browser.relation("tools").name == "tools"


@pytest.mark.parametrize(
    "ask",
    [
        lambda browser, view: browser.count(view),
        lambda browser, view: browser.page(replace(view, order=(Order(column="id"),)), Top(), 1),
        lambda browser, view: browser.statistics(view.relation, "id"),
    ],
)
def test_a_reader_is_stopped_at_once_and_the_next_one_reads(
    browser: Browser, ask: Callable[[Browser, View], object]
) -> None:
    view = view_of(browser, "endless")
    beside = browser.beside()
    ended: list[float] = []
    started = threading.Event()

    def read() -> None:
        started.set()
        with pytest.raises(Cancelled):
            ask(browser, view)
        ended.append(time.monotonic())

    thread = threading.Thread(target=read)
    thread.start()
    started.wait()
    while not browser._reads:
        pass
    beside.cancel()
    asked = time.monotonic()
    browser.cancel()
    thread.join(10)
    assert ended and ended[0] - asked < 0.3
    assert browser.count(view_of(browser)) == 299


def test_row_numbers_are_guessed_until_they_are_counted(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "NEAR", 10)
    view = view_of(browser)
    page, exact = browser.at(view, 200)
    assert (ids(page), exact) == ([201], False)
    beside = browser.beside()
    while not beside.step(view, 0.05):
        pass
    assert browser.numbered(view) == (299, 299)
    page, exact = browser.at(view, 200)
    assert (ids(page), exact, page.first) == ([201], True, 200)
    assert browser.page(view, At(250, exact=True), 1).first == 250
    browser.forget_numbers(view)
    assert browser.numbered(view) == (0, None)


def test_where_readers_hold_up_the_writer_a_read_ends_in_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(path)) as writer:
        assert writer.execute("PRAGMA journal_mode=delete").fetchone() == ("delete",)
    view = view_of(Browser(Live(path)), "endless")
    monkeypatch.setattr(short_reads, "HOLD", 0.1)
    browser = Browser(Live(path))
    with pytest.raises(BusyError, match="Look at a backup instead"):
        browser.count(view)
    with pytest.raises(BusyError):
        browser.statistics(view.relation, "id")


def test_a_backup_is_looked_at_the_same_way_and_keeps_no_trace(path: Path) -> None:
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode=delete")
    before = sorted(path.parent.iterdir())
    browser = Browser(BackupFile(path), more_secrets=("tools.name",))
    view = view_of(browser, "tools", "enabled = true")
    (row,) = browser.page(view, Top(), 1).rows
    assert row.cells[1] == Cell(value=None, length=2, secret=True)
    assert browser.search_all("t1") == ()
    assert sorted(path.parent.iterdir()) == before
