"""The list of the table browser: what comes first, what folds, and how large each is."""

from __future__ import annotations

import pytest

from tests.app.shell_story import screen_text
from tests.app.tables_stage import browser_app, database, message, rows, shows, until
from tui.app.listing.table_groups import EMPTY, OBJECTS, Extent, columns, fold_of, table_of
from tui.app.listing.table_groups import rows as listed
from tui.app.seen import Seen
from tui.core.models import TableInfo

SMALL, LARGE = (80, 24), (140, 45)


def table(name, rows=3, kind="table"):
    return TableInfo(name=name, kind=kind, rows=rows)


SEEN = Seen(
    tables=(
        table("gateways"), table("tools", 0), table("logs"), table("old", 0), table("older", 0),
        table("recent", None, "view"), table("alembic_version", 1, "internal"),
    )
)  # fmt: skip
EXTENT = Extent(
    objects=(("index", "by_name", "logs"), ("trigger", "guard", "logs")),
    sizes={"gateways": (4096, 8192)},
)


def lines(*opened, **more):
    return ["  ".join(span.text for span in row.cells).rstrip()
            for row in listed(SEEN, (), opened, EXTENT, **more)]  # fmt: skip


def test_core_tables_come_first_and_the_rest_folds():
    assert lines() == [
        "gateways  3  12.0K", "tools  0", " ── the rest, by name ──", "logs  3",
        "+ 2 empty tables", "+ 1 index, 1 view, 1 trigger", "+ internals (alembic, sqlite)",
    ]  # fmt: skip
    assert lines(EMPTY)[4:7] == ["- 2 empty tables", "old  0", "older  0"]
    assert lines(OBJECTS)[5:9] == [
        "- 1 index, 1 view, 1 trigger", "recent  view", "guard  trigger", "by_name  index",
    ]  # fmt: skip


def test_a_filter_looks_into_every_fold():
    found = lines(filtered=True)
    assert not [each for each in found if each.startswith(("+", "-", " ──"))]
    assert {"old  0", "recent  view", "by_name  index", "alembic_version  1"} <= set(found)


def test_the_line_of_an_index_leads_to_its_table():
    keys = [row.key for row in listed(SEEN, (), (OBJECTS,), EXTENT)]
    assert table_of(keys[-2]) == "logs"
    assert table_of(EMPTY) == ""
    assert table_of("logs") == "logs"
    assert [fold_of(SEEN, name) for name in ("old", "recent", "tools")] == [EMPTY, OBJECTS, ""]


def test_sizes_have_a_column_where_there_is_room():
    assert len(columns(80)) == 3
    assert len(columns(42)) == 2
    assert EXTENT.words("gateways") == "4.0K + 8.0K indexes"
    assert EXTENT.words("nowhere") == ""


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
async def test_a_fold_opens_and_its_lines_lead_on(tmp_path, size):
    connection = database(tmp_path / "mcp.db")
    connection.execute("CREATE TABLE nobody (id INTEGER PRIMARY KEY)")
    connection.commit()
    connection.close()
    app = browser_app(tmp_path / "mcp.db")
    async with app.run_test(size=size) as pilot:
        await pilot.press("1")
        await shows(pilot, "+ 1 empty table", "+ 3 indexes, 0 views, 0 triggers")
        assert "nobody" not in screen_text(app)
        await pilot.press("G", "k", "enter")
        await shows(pilot, "- 1 empty table", "nobody")
        await pilot.press("y")
        await until(pilot, lambda: "This line is no table" in message(app))
        await pilot.press("j", "j", "enter")
        await shows(pilot, "- 3 indexes", "tools_by_name")
        await pilot.press("G", "enter")
        await until(pilot, lambda: rows(app).table == "tools")
        await shows(pilot, "tools  [Rows]")


async def test_what_is_pointed_at_is_unfolded_and_sizes_are_told(tmp_path):
    connection = database(tmp_path / "mcp.db")
    connection.execute("CREATE TABLE nobody (id INTEGER PRIMARY KEY)")
    (has_dbstat,) = connection.execute(
        "SELECT count(*) FROM pragma_module_list WHERE name = 'dbstat'"
    ).fetchone()
    connection.commit()
    connection.close()
    app = browser_app(tmp_path / "mcp.db")
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("1")
        await shows(pilot, "K" if has_dbstat else "size: this SQLite has no dbstat")
        app.pane.point_at("nobody")
        await until(pilot, lambda: rows(app).table == "nobody")
        await shows(pilot, "0 rows.")
