"""Which file the console asks, and that it lets go of it: a backup, a restore, a new database."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest

from tests.app.shell_story import screen_text, shell
from tests.app.sql_stage import FOREVER, TRICKLE, begin, heading, run, to_console
from tests.app.tables_stage import browser_app, database, message, shows, until
from tests.app.test_backup_browser import make, story, with_file
from tests.app.test_shell_live import known, opened, saved, viewer_is_ours  # noqa: F401
from tui.operations.restore import Restore
from tui.services import journal
from tui.services.compression import compress

SMALL = (80, 24)


@pytest.fixture
def path(tmp_path):
    """A database that a gateway holds open."""
    with closing(database(tmp_path / "mcp.db")):
        yield tmp_path / "mcp.db"


def backup(tmp_path, *, packed):
    """A backup of two tables, and the app that knows it."""
    path = make(tmp_path / "b.db")
    if not packed:
        return shell(story(with_file(path)))
    compress(path, tmp_path / "b.db.zst", lambda _done, _total: None)
    path.unlink()
    return shell(story(with_file(tmp_path / "b.db.zst", compression="zstd")))


# --- a backup -----------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "zstd"])
async def test_a_backup_that_is_open_in_the_browser_is_asked_and_then_live_again(tmp_path, packed):
    app = backup(tmp_path, packed=packed)
    before = sorted(found.name for found in tmp_path.iterdir())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "250" in screen_text(app))
        await to_console(pilot)
        await shows(pilot, "backup k7m2qd · read-only copy + authorizer")
        await run(pilot, "SELECT name, auth_value FROM gateways;")
        await shows(pilot, "crm-mcp", "•••• 6 ch", "2 rows · ")
        assert app.pane.last_run.backup == "k7m2qd"
        await pilot.press("escape", "left_square_bracket")
        await shows(pilot, "backup k7m2qd  SELECT name")
        await pilot.press("1")
        await pilot.pause()
        await pilot.press("escape", "8")
        await pilot.pause()
        await shows(pilot, "live · ")
        assert app.pane.rows is None, "rows of another file do not stay"
        assert app.pane.last_run is None
        assert app.pane.editor.text == "SELECT name, auth_value FROM gateways;"
    after = [found.name for found in tmp_path.iterdir() if found.name != "xdg-state"]
    assert sorted(after) == before


async def test_a_statement_on_a_backup_ends_when_the_backup_is_closed(tmp_path):
    app = backup(tmp_path, packed=True)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "enter")
        await until(pilot, lambda: "250" in screen_text(app))
        await to_console(pilot)
        await begin(pilot, FOREVER)
        await until(pilot, lambda: app.pane.has_statement)
        console, task = app.pane, app.pane._runs
        await pilot.press("escape", "1")
        await pilot.pause()
        await pilot.press("escape")
        await until(pilot, lambda: not task.is_alive())
        await until(pilot, lambda: not console.has_statement)
        await until(pilot, lambda: [p.name for p in tmp_path.glob("*.db*")] == ["b.db.zst"])


async def test_a_backup_that_cannot_be_opened_says_so_and_runs_nothing(tmp_path):
    broken = tmp_path / "b.db.zst"
    broken.write_bytes(b"no zstd at all")
    app = shell(story(with_file(broken, compression="zstd")))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "enter")
        await pilot.press("8")
        why = app.screen.query_one("#pane-1").opened
        await until(pilot, lambda: why.state not in ("", "unpacking …"))
        await shows(pilot, f"backup k7m2qd · {why.state[:40]}")
        app.pane.editor.put("SELECT 1")
        await pilot.pause()
        await pilot.press("f5")
        await until(pilot, lambda: message(app).startswith("Backup k7m2qd cannot be asked: "))
        assert app.pane.last_run is None
        assert "authorizer" not in screen_text(app)


async def test_without_a_database_the_console_says_so(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        for found in path.parent.glob("mcp.db*"):
            found.unlink()
        await run(pilot, "SELECT 1")
        await shows(pilot, "There is no")
        assert not path.exists(), "looking makes none"


# --- the live file is taken away ----------------------------------------------------------


async def test_a_statement_is_interrupted_and_says_so_when_the_journal_asks_for_the_file(path):
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await begin(pilot, TRICKLE)
        await until(pilot, lambda: app.pane.rows is not None)
        live, task = app.model.live(), app.pane._runs
        written = running_restore(app.seen.deployment)
        await asyncio.to_thread(app.model._follow_operations)
        assert live.released
        assert not live._open, "nothing of it is open by now"
        await until(pilot, lambda: not app.pane.has_statement)
        assert not task.stopped.is_set(), "nobody pressed a key"
        await until(pilot, lambda: message(app).startswith("Stopped: the database is being"))
        assert "stopped after" in heading(app)
        await shows(pilot, "live · being replaced")
        assert len(app.pane.rows) >= 1, "what was read stays"
        await run(pilot, "SELECT 1")
        await shows(pilot, "The database is being replaced; it is read again afterwards.")
        written.append("ended", exit=0, outcome="done", text="")
        written.close(ended=True)
        await asyncio.to_thread(app.model._follow_operations)
        await run(pilot, "SELECT count(*) FROM tools")
        await shows(pilot, "300", "read-only: mode=ro")


def running_restore(deployment):
    """The journal of an operation of this process that has come to letting go."""
    from tui.services import processes

    deployment.state_dir.mkdir()
    number, ident = journal.next_id(deployment.state_dir, "restore", "k7m2qd")
    written = journal.Journal.create(deployment.state_dir, ident)
    pid, started, boot = processes.me()
    written.append(
        "begun", format=1, number=number, operation="restore", subject="k7m2qd", title="restore",
        who="li",
        host="ctx-01", origin="", command="", pid=pid, started=started, boot=boot,
        steps=[{"step": "release", "title": "let go"}, {"step": "start", "title": "start"}],
    )  # fmt: skip
    written.append("step_started", step="release", title="let go")
    return written


async def test_a_statement_that_never_ends_does_not_hold_up_a_restore(saved, viewer_is_ours):  # noqa: F811
    app = opened(saved)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: known(app))
        await to_console(pilot)
        await begin(pilot, FOREVER)
        await until(pilot, lambda: bool(app.model.live()._open))
        task = app.pane._runs
        job = asyncio.create_task(
            asyncio.to_thread(saved.do, Restore(saved.deployment, backup="latest"))
        )
        await until(pilot, job.done)
        assert job.result().exit_code == 0
        assert not task.is_alive()
        assert not task.stopped.is_set()
        await until(pilot, lambda: app.seen.replaced_at is not None and not app.seen.released)
        await run(pilot, "SELECT count(*) FROM alembic_version")
        await shows(pilot, "1 row · ")


async def test_names_of_a_new_database_are_read_and_an_old_result_says_what_it_is(tmp_path):
    path, other = tmp_path / "mcp.db", tmp_path / "other.db"
    database(path).close()
    with closing(database(other)) as connection:
        connection.execute("CREATE TABLE quite_new (a)")
        connection.commit()
    app = browser_app(path)
    async with app.run_test(size=SMALL) as pilot:
        await to_console(pilot)
        await run(pilot, "SELECT count(*) FROM tools")
        app.model._look_at_stamp()
        other.replace(path)
        app.model._look_at_stamp()
        await until(pilot, lambda: message(app).startswith("The database was replaced at"))
        await until(pilot, lambda: "quite_new" in app.pane.names.names)
        await run(pilot, "SELECT count(*) FROM quite_new")
        await until(pilot, lambda: message(app).startswith("Enter runs when"))
