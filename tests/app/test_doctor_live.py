"""6 Doctor on a real deployment: real file, real gateway process, real fixes."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.app.shell_story import SEEN, screen_text
from tests.app.test_shell_live import QUICK, known, message, opened, saved  # noqa: F401
from tests.app.waiting import until
from tui.app.app import McpdbApp
from tui.app.doctor_reader import DoctorLook
from tui.app.screens.operation import OperationScreen
from tui.app.screens.plan import PlanScreen
from tui.app.screens.question import Question
from tui.core.errors import McpdbError
from tui.core.models import Diagnosis, Problem
from tui.core.verdict import Verdict
from tui.demo import deployment as demo
from tui.operations.doctor import examine

SMALL, LARGE = (80, 24), (140, 45)


def verdict(app, name):
    return next((one.verdict for one in app.seen.doctor or () if one.name == name), None)


async def test_the_tab_counts_before_anybody_opens_the_pane(saved):  # noqa: F811
    saved.database.chmod(0o666)
    app = opened(saved)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: verdict(app, "mode") is Verdict.WARN)
        await pilot.pause()
        assert "6Doctor!" in screen_text(app).splitlines()[2]
        await pilot.press("6")
        await pilot.pause()
        assert "mode" in screen_text(app)


async def test_what_is_put_right_outside_is_seen_at_r_and_the_cursor_stays(saved):  # noqa: F811
    saved.database.chmod(0o666)
    app = opened(saved)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: verdict(app, "mode") is Verdict.WARN)
        await pilot.press("6")
        app.pane.point_at("mode")
        saved.database.chmod(0o600)
        await pilot.press("R")
        await until(pilot, lambda: message(app).startswith("Looked again: "))
        assert verdict(app, "mode") is Verdict.OK
        assert app.pane._list.cursor_key == "mode"


async def test_f_starts_a_stopped_gateway_once_that_is_agreed_to(saved):  # noqa: F811
    await asyncio.to_thread(demo.stop, saved.folder)
    app = opened(saved)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: known(app) and verdict(app, "gateway") is Verdict.WARN)
        await pilot.press("6")
        app.pane.point_at("gateway")
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.pause()
        assert "It is started and waited for" in " ".join(screen_text(app).split())
        await pilot.press("n")
        await until(pilot, lambda: message(app) == "Cancelled. Nothing was changed.")
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: app.seen.gateway is not None and app.seen.gateway.is_up)
        if isinstance(app.screen, OperationScreen):
            await pilot.press("q")
        # The end of every operation has the doctor look again.
        await until(pilot, lambda: verdict(app, "gateway") is Verdict.OK)


async def test_a_missing_database_leads_to_the_plan_of_the_restore(saved):  # noqa: F811
    await asyncio.to_thread(demo.stop, saved.folder)
    saved.database.unlink()
    app = opened(saved)
    async with app.run_test(size=LARGE) as pilot:
        await until(pilot, lambda: verdict(app, "file") is Verdict.FAIL)
        await pilot.press("6")
        await pilot.pause()
        text = screen_text(app)
        assert "✗ FAIL" in text.splitlines()[3]
        app.pane.point_at("file")
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        await pilot.press("escape")
    assert not saved.database.exists(), "looking makes nothing"


async def test_without_docker_what_can_be_looked_at_is_and_the_sudo_line_is_copied(saved):  # noqa: F811
    text = "Docker does not answer: permission denied on /var/run/docker.sock."
    problem = Problem("docker", text, ("replace", "gateway", "logs", "migrations"))
    app = opened(saved, gateway=None, problems=(problem,))
    async with app.run_test(size=LARGE) as pilot:
        await until(pilot, lambda: verdict(app, "docker") is Verdict.FAIL)
        await pilot.press("6")
        app.pane.point_at("docker")
        await pilot.pause()
        assert verdict(app, "file") is Verdict.OK
        assert verdict(app, "gateway") is Verdict.UNKNOWN
        assert verdict(app, "mount") is None
        await pilot.press("y")
        where = saved.deployment.project_dir
        assert app.clipboard == f"sudo mcpdb-tui --project-dir {where}"


async def test_r_on_integrity_reads_every_page_and_what_it_found_is_on_record(saved):  # noqa: F811
    app = opened(saved)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: known(app) and verdict(app, "integrity") is not None)
        await pilot.press("6")
        app.pane.point_at("integrity")
        await pilot.press("R")
        await until(pilot, lambda: message(app).startswith("integrity_check ok"))
        await until(pilot, lambda: app.seen.activity[0].operation == "check")


async def test_read_only_r_on_integrity_reads_every_page_and_writes_nothing(saved):  # noqa: F811
    app = opened(saved, read_only=True)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: verdict(app, "integrity") is not None)
        entries = len(app.seen.activity)
        await pilot.press("6")
        app.pane.point_at("integrity")
        await pilot.press("R")
        await until(pilot, lambda: "just now" in screen_text(app))
        assert (app.seen.deep_since, len(app.seen.activity)) == (None, entries)


async def test_half_made_files_of_the_dead_go_once_that_is_agreed_to(saved):  # noqa: F811
    dead = saved.deployment.backup_dir / ".x.999999.partial"
    dead.write_bytes(b"half")
    app = opened(saved)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: known(app) and verdict(app, "partials") is Verdict.WARN)
        await pilot.press("6")
        app.pane.point_at("partials")
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Question))
        assert dead.exists()
        await pilot.press("y")
        await until(pilot, lambda: verdict(app, "partials") is Verdict.OK)
        assert not dead.exists()


async def test_the_guides_cron_line_is_commented_out_by_f_in_the_demo(tmp_path):
    folder = demo.create(tmp_path / "demo")
    table = folder / demo.CRON_FILE
    app = McpdbApp(demo.describe(folder), settings={"glyphs": "unicode"}, periods=QUICK)
    async with app.run_test(size=LARGE) as pilot:
        await until(pilot, lambda: known(app) and verdict(app, "cron") is Verdict.WARN)
        await pilot.press("6")
        app.pane.point_at("cron")
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: verdict(app, "cron") is Verdict.OK)
        assert "\n# mcpdb-tui: 15 3,10 * * * root" in table.read_text(encoding="utf-8")


# --- the look itself ------------------------------------------------------------------------


def one(name, verdict=Verdict.OK, text="x"):
    return Diagnosis(name=name, verdict=verdict, text=text)


@pytest.fixture
def look(monkeypatch, site):
    """A doctor that finds what `answers` says, and everything it told."""
    answers, told = {"cheap": (one("integrity", text="on record"),), "deep": ()}, []
    monkeypatch.setattr(
        "tui.app.doctor_reader.examined",
        lambda *_, deep=False, stop: answers["deep" if deep else "cheap"],
    )

    def saw(change, part):
        told.append((part, change(SEEN)))

    return DoctorLook(site.deployment, saw, lambda: answers.get("stop", False)), answers, told


def test_a_deep_check_stays_known_until_another_file_stands_there(look):
    doctor, answers, told = look
    answers["deep"] = (one("integrity", Verdict.FAIL, "row 412 missing"),)
    answers["cheap"] = (one("cron", Verdict.WARN), one("integrity", text="on record"))
    doctor.look(deep=True)
    doctor.look()
    assert [(d.name, d.text) for d in told[-1][1].doctor] == [
        ("integrity", "row 412 missing"),
        ("cron", "x"),
    ]
    doctor.forget()
    doctor.look()
    assert told[-1][1].doctor == answers["cheap"]


def test_every_page_is_read_once_at_a_time_and_a_failure_is_told(look, monkeypatch):
    doctor, _, told = look
    begun, go = threading.Event(), threading.Event()
    failed = []

    def slow(*_, deep=False, stop):
        begun.set()
        assert go.wait(30)
        raise McpdbError("The disk is gone.")

    monkeypatch.setattr("tui.app.doctor_reader.examined", slow)
    assert doctor.read_all(lambda part, error: failed.append((part, str(error))))
    assert told[0][1].deep_since is not None
    assert begun.wait(30)
    assert not doctor.read_all(lambda *_: None)
    go.set()
    for thread in threading.enumerate():
        if thread.name == "look: every page":
            thread.join(30)
    assert failed == [("doctor", "The disk is gone.")]
    assert told[-1][1].deep_since is None


def test_what_was_found_while_the_file_is_let_go_of_is_not_told(look):
    doctor, answers, told = look
    answers["stop"] = True
    doctor.look()
    assert told == []


def test_reading_every_page_ends_when_the_file_is_asked_for(site):
    asked = []

    def stop():
        asked.append(None)
        return True

    found = {one.name: one for one in examine(site.deployment, deep=True, stop=stop)}
    assert asked
    assert found["integrity"].verdict is Verdict.UNKNOWN
    assert "Cancelled" in found["integrity"].text
