"""The shell on a real deployment: real file, real gateway process, real operations."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.app.shell_story import screen_text
from tests.app.waiting import PATIENCE, until
from tui.app.app import McpdbApp
from tui.app.loops import Periods
from tui.app.panes.logs import LogsPane
from tui.app.screens.cut import CutScreen
from tui.app.screens.operation import OperationScreen
from tui.app.screens.plan import PlanScreen
from tui.app.screens.question import Question
from tui.app.widgets.message import MessageLine
from tui.operations.backup import BackupCreate
from tui.services.live import holders

QUICK = Periods(pulse=0.1, stamp=0.2, folders=0.3, gateway=0.5, recount=0.5)


def opened(site, **changes):
    return McpdbApp(
        replace(site.deployment, **changes), settings={"glyphs": "unicode"}, periods=QUICK
    )


def known(app):
    seen = app.seen
    return bool(seen.looked_at_needs and seen.timeline and seen.counted_at and seen.lock_known)


def message(app):
    return app.screen_stack[0].query_one(MessageLine).text


@pytest.fixture
def saved(site):
    """A site with one backup: no welcome opens."""
    site.do(BackupCreate(site.deployment))
    return site


@pytest.fixture
def viewer_is_ours(monkeypatch):
    """The test's process is a viewer of this product, though it is not called so."""
    own = Path("/proc/self/cmdline").read_bytes().rstrip(b"\0").decode().split("\0")
    program = f"""
from tui.operations.execution import runner
from tui.services.live import holders
known = holders._is_ours
holders._is_ours = lambda arguments: arguments == {own!r} or known(arguments)
runner.main()
"""
    known = holders._is_ours
    monkeypatch.setattr(holders, "_is_ours", lambda words: words == own or known(words))
    monkeypatch.setattr(
        "tui.operations.execution.launch.runner_command", lambda: [sys.executable, "-c", program]
    )


async def test_rows_one_and_two_fill_from_the_real_thing(saved):
    app = opened(saved, production="PROD")
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.pause()
        first, second = screen_text(app).splitlines()[:2]
        assert first.startswith(f"[PROD] {saved.deployment.name}@")
        assert "✓ healthy" in first
        assert "revision ✓ ok" in second
        assert "= head" in second
        assert "lock none" in second


async def test_the_first_start_welcomes_and_writes_nothing(site):
    app = opened(site)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: type(app.screen).__name__ == "WelcomeScreen")
        await pilot.press("escape")
        assert not site.deployment.state_dir.exists()


async def test_a_change_from_outside_is_noticed_and_the_cursor_stays(saved):
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.press("2")
        await pilot.pause()
        before = app.pane._list.cursor_key
        await asyncio.to_thread(saved.do, BackupCreate(saved.deployment))
        await until(pilot, lambda: len(app.seen.catalogue.backups) == 2)
        assert app.pane._list.cursor_key == before
        await until(pilot, lambda: len(app.seen.activity) == 2)


async def test_new_rows_are_counted_by_themselves(saved):
    app = opened(saved)

    def tools():
        return next(table.rows for table in app.seen.tables if table.name == "tools")

    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        before = tools()
        await asyncio.to_thread(saved.add_tool, "appeared-from-outside")
        await until(pilot, lambda: tools() == before + 1)
        await until(pilot, lambda: app.seen.changed_at is not None)


async def test_b_backs_up_at_once_and_says_so(saved):
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.press("b")
        await until(pilot, lambda: message(app).startswith("backed up "))
        assert "verified" in message(app)
        await until(pilot, lambda: len(app.seen.catalogue.backups) == 2)


async def test_a_restore_is_planned_confirmed_watched_and_read_again(saved, viewer_is_ours):
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await asyncio.to_thread(saved.add_tool, "lost-by-the-restore")
        await pilot.press("1", "enter")
        await pilot.press("escape", "2", "B")
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        await pilot.pause()
        await pilot.press("tab", *saved.deployment.name, "enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, OperationScreen))
        await until(pilot, lambda: app.seen.replaced_at is not None)
        await until(pilot, lambda: app.seen.running is None and not app.seen.released)
        assert "lost-by-the-restore" not in await asyncio.to_thread(saved.tools)
        await until(pilot, lambda: app.seen.activity[0].state == "done")
        await pilot.press("q", "1")
        await until(pilot, lambda: message(app).startswith("The database was replaced at"))


async def test_viewers_let_go_while_another_terminal_restores(saved, viewer_is_ours):
    from tui.operations.restore import Restore

    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app) and app.seen.undo is not None)
        assert app.seen.undo == "Nothing to undo: no restore is in place."
        job = asyncio.create_task(
            asyncio.to_thread(saved.do, Restore(saved.deployment, backup="latest"))
        )
        await until(pilot, job.done)
        assert job.result().exit_code == 0
        await until(pilot, lambda: app.seen.replaced_at is not None)
        await until(pilot, lambda: app.seen.counted_at > app.seen.replaced_at)
        await until(pilot, lambda: app.seen.undo == "")


async def test_an_operation_whose_process_died_is_finished(saved, faulty_runner):
    faulty_runner("kill-after", "step_started:swap")
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.press("2", "B")
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        await pilot.pause()
        await pilot.press("tab", *saved.deployment.name, "enter", "enter")
        await until(pilot, lambda: len(app.seen.activity) == 2)
        await until(pilot, lambda: app.seen.activity[0].exit_code is not None)
        assert any(step.step.startswith("recovery:") for step in app.seen.activity[0].steps)
    assert await asyncio.to_thread(saved.healthy)


async def test_stop_asks_and_start_is_greyed_with_a_reason(saved):
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.press("9", "s")
        await pilot.pause()
        assert message(app) == "s start is off: the gateway runs already."
        assert "(s start)" in screen_text(app).splitlines()[-1]
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: app.seen.gateway.running == "stopped")
    assert not saved.running()


async def test_read_only_only_says_why(saved):
    app = opened(saved, read_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.press("2", "B")
        await pilot.pause()
        assert message(app) == "B restore… is off: started with --read-only."
        assert "READ-ONLY" in screen_text(app).splitlines()[0]


def holds(view, words):
    return any(words.encode() in raw for _, raw in view.ring.between(0, view.ring.end))


def kinds(view):
    return {source.kind for source, _ in view.ring.between(0, view.ring.end)}


async def test_a_new_log_line_is_seen_within_a_second_also_after_a_restart(saved):
    app = opened(saved)
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.press("5")
        view = app.query_one(LogsPane)._view
        await until(pilot, lambda: view.total > 0)
        for name in ("seen-before", "seen-after"):
            await asyncio.to_thread(saved.add_tool, name)
            began = time.monotonic()
            await until(pilot, lambda name=name: holds(view, name))
            assert time.monotonic() - began < 1.0
            if name == "seen-before":
                from tui.operations.control import GatewayRestart

                await asyncio.to_thread(saved.do, GatewayRestart(saved.deployment))
                await until(pilot, lambda: "said" in kinds(view))


async def test_what_was_cut_is_shown_at_the_start(saved, faulty_runner):
    from tui.operations.restore import Restore

    faulty_runner("kill-after", "step_started:swap")
    last = await asyncio.to_thread(saved.do, Restore(saved.deployment, backup="latest"))
    assert last.state == "cut"
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, CutScreen))
        await pilot.pause()
        assert "remove the staged copy" in screen_text(app)
        assert "It will be undone; the database stays" in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        undone = "A restore was cut short: it will be undone."
        await until(pilot, lambda: app.seen.needs and app.seen.needs[0].text == undone)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CutScreen))


async def test_what_is_known_changes_beneath_a_dialog(saved):
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.press("question_mark")
        await asyncio.to_thread(saved.do, BackupCreate(saved.deployment))
        await until(pilot, lambda: len(app.seen.catalogue.backups) == 2)
        app.second += 1
        await pilot.press("escape")
        assert message(app).startswith("backed up ")


async def test_quitting_asks_while_work_runs(saved):
    from tests.app.shell_story import RUNNING

    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        app.model.end()
        app.seen = replace(app.seen, running=RUNNING)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("n")
        assert app.is_running


async def test_escape_never_quits(saved):
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*["escape"] * 5)
        await pilot.pause()
        assert app.is_running
        assert app.return_code is None


PROGRAM = """
import sys
from pathlib import Path
from tui.demo import deployment
from tui.app.run import run_app
sys.exit(run_app(deployment.describe(Path(sys.argv[1]))))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 129), (signal.SIGTERM, 143)])
def test_the_end_of_the_terminal_ends_the_screen(saved, number, code):
    main, side = pty.openpty()
    os.set_blocking(main, False)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(saved.folder)],
        stdin=side, stdout=side, stderr=side,
        env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )  # fmt: skip
    os.close(side)
    drawn, deadline = b"", time.monotonic() + PATIENCE
    sent = False
    while process.poll() is None and time.monotonic() < deadline:
        if select.select([main], [], [], 0.1)[0]:
            try:
                drawn += os.read(main, 65_536)
            except OSError:
                break
        if b"Tables" in drawn and b"healthy" in drawn and not sent:
            process.send_signal(number)
            sent = True
    os.close(main)
    assert sent
    assert process.wait(10) == code


async def test_a_file_that_is_no_database_is_told_by_its_first_bytes_and_left_alone(saved):
    from tui.operations.control import GatewayStop

    await asyncio.to_thread(saved.do, GatewayStop(saved.deployment))
    database = saved.deployment.database
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    packed = b"\x1f\x8b\x08\0\0\0\0\0" + b"packed" * 4_000
    database.write_bytes(packed)
    app = opened(saved)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        await until(pilot, lambda: "is not a SQLite database" in screen_text(app))
        assert "gzip: 1f 8b 08 00 00 00 00 00" in screen_text(app)
        assert database.read_bytes() == packed
