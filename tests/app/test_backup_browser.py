"""A backup opened in the table browser: real files, read-only, and back to live."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from tests.app.backups_story import bare, described
from tests.app.shell_story import ago, changed, screen_text, shell
from tests.app.waiting import until
from tui.app.widgets.message import MessageLine
from tui.core.models import Catalogue
from tui.services.compression import compress


def message(app):
    return app.screen_stack[0].query_one(MessageLine).text


def make(path):
    """A database of two tables, closed."""
    connection = sqlite3.connect(path)
    connection.execute("create table gateways (id text primary key, name text, auth_value text)")
    connection.executemany(
        "insert into gateways values (?, ?, ?)", [("g1", "crm-mcp", "s3cret"), ("g2", "hr", None)]
    )
    connection.execute("create table tools (id integer primary key)")
    connection.executemany("insert into tools values (?)", [(n,) for n in range(250)])
    connection.commit()
    connection.close()
    return path


def story(*backups):
    return changed(catalogue=Catalogue(backups=backups))


def with_file(path, ident="k7m2qd", **other):
    return replace(described(ident, ago(hours=1), rows={"gateways": 2, "tools": 250}, **other),
                   path=path)  # fmt: skip


async def test_enter_shows_tables_and_rows_of_the_backup(tmp_path):
    path = make(tmp_path / "b.db")
    app = shell(story(with_file(path)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "250" in screen_text(app))
        text = screen_text(app)
        assert "[BACKUP k7m2qd]" in text.splitlines()[2]
        assert "[1Tables]" not in text
        assert "change since" not in text
        assert message(app).startswith("read-only copy, not the live database")
        await pilot.press("enter")
        await until(pilot, lambda: "crm-mcp" in screen_text(app))
        assert "s3cret" not in screen_text(app)
    assert [found.name for found in tmp_path.iterdir()] == ["b.db"]


async def test_esc_goes_back_to_the_live_database(tmp_path):
    app = shell(story(with_file(make(tmp_path / "b.db"))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "250" in screen_text(app))
        await pilot.press("escape")
        await pilot.pause()
        assert "[1Tables]" in screen_text(app).splitlines()[2]
        assert "752,640" in screen_text(app)
        assert "read-only copy" not in message(app)
        await pilot.press("escape")
        assert app.pane.NUMBER == 0


async def test_the_badge_is_only_there_with_its_pane(tmp_path):
    app = shell(story(with_file(make(tmp_path / "b.db"))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "250" in screen_text(app))
        await pilot.press("4")
        await pilot.pause()
        assert "[4Activity]" in screen_text(app)
        assert "BACKUP" not in screen_text(app).splitlines()[2]
        await pilot.press("1")
        await pilot.pause()
        assert "[BACKUP k7m2qd]" in screen_text(app)


async def test_a_compressed_one_is_unpacked_and_its_copy_goes(tmp_path):
    packed = tmp_path / "b.db.zst"
    compress(make(tmp_path / "plain"), packed, lambda _done, _total: None)
    (tmp_path / "plain").unlink()
    app = shell(story(with_file(packed, compression="zstd")))
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "crm-mcp" in screen_text(app))
        assert len(list(tmp_path.iterdir())) == 2, "beside it lies a scratch copy"
        await pilot.press("escape")
        await until(pilot, lambda: [p.name for p in tmp_path.iterdir()] == ["b.db.zst"])


async def test_leaving_the_program_leaves_no_scratch_copy(tmp_path):
    packed = tmp_path / "b.db.zst"
    compress(make(tmp_path / "plain"), packed, lambda _done, _total: None)
    (tmp_path / "plain").unlink()
    app = shell(story(with_file(packed, compression="zstd")))
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "crm-mcp" in screen_text(app))
    assert [found.name for found in tmp_path.iterdir()] == ["b.db.zst"]


async def test_rows_of_a_file_without_manifest_are_counted(tmp_path):
    path = make(tmp_path / "copy.db")
    app = shell(story(replace(bare("n9d5fa", "copy.db", ago(days=3)), path=path)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "250" in screen_text(app))


async def test_what_cannot_be_read_says_why_and_live_is_one_key_away(tmp_path):
    broken = tmp_path / "b.db.zst"
    broken.write_bytes(b"no zstd at all")
    app = shell(story(with_file(broken, compression="zstd")))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "not compressed with zstd" in message(app))
        assert "[BACKUP k7m2qd]" in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "752,640" in screen_text(app)


async def test_a_backup_can_be_looked_at_while_the_live_file_is_missing(tmp_path):
    seen = story(with_file(make(tmp_path / "b.db")))
    gone = replace(seen.database, exists=False, problem="There is no database at /srv/mcp.db.")
    app = shell(replace(seen, database=gone))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        await pilot.pause()
        assert "There is no database" in screen_text(app)
        await pilot.press("2", "enter")
        await until(pilot, lambda: "250" in screen_text(app))
        await pilot.press("escape")
        await pilot.pause()
        assert "There is no database" in screen_text(app)


async def test_rows_of_another_file_that_come_late_are_not_shown_as_the_backups(tmp_path):
    first = with_file(make(tmp_path / "b.db"))
    other = with_file(make(tmp_path / "other.db"), "w4n8rt")
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("update gateways set name = 'from-the-other'")
    connection.commit()
    connection.close()
    app = shell(story(first, other))
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("1")
        app.pane.open_backup(other)
        await until(pilot, lambda: "from-the-other" in screen_text(app))
        desk = app.pane._opened.desk
        app.pane._rows.grid.refresh_around()
        app.pane.open_backup(first)
        assert desk is not app.pane._opened.desk
        await until(pilot, lambda: "crm-mcp" in screen_text(app))
        assert "from-the-other" not in screen_text(app)


async def test_the_rows_of_a_backup_are_sorted_and_filtered_like_live_ones(tmp_path):
    app = shell(story(with_file(make(tmp_path / "b.db"))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "250" in screen_text(app))
        app.pane.point_at("tools")
        await until(pilot, lambda: "rows 1-16 of 250" in screen_text(app))
        await pilot.press("s", "s")
        await until(pilot, lambda: "249" in screen_text(app))
        await pilot.press("slash", *"id<10", "enter")
        await until(pilot, lambda: "10 of 250 match" in screen_text(app))
        assert message(app).startswith("read-only copy, not the live database")
