"""Plans that migrate, and the keys and commands that lead to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.app.migrating_story import (
    FACTS,
    IMAGE,
    NEWEST,
    SEEN_AHEAD,
    SEEN_PENDING,
    STATEMENT,
    STEPS_UP,
    downgrade_plan,
    report,
    stamp_plan,
    upgrade_plan,
)
from tests.app.screen_plans import entry
from tests.app.shell_story import (
    DEPLOYMENT,
    FORBIDDEN,
    HEAD,
    HOSTILE,
    NOW,
    SEEN,
    screen_text,
    shell,
)
from tests.app.waiting import until
from tui.app import migrating
from tui.app.commands import commands
from tui.app.migration_screens import page_of, plan_screen
from tui.app.screens.migrating_plan import MigratingPlanScreen
from tui.app.screens.palette import find
from tui.app.screens.plan import PlanScreen
from tui.app.screens.rehearsal_running import RehearsingScreen
from tui.app.screens.rehearse_question import RehearseQuestion
from tui.app.screens.restore_plan import RestorePlanScreen
from tui.app.screens.result_words import page as result_page
from tui.core.models import MigrationFinding
from tui.core.operation import Check, Verdict
from tui.wording import migrating_plans

SMALL, LARGE = (80, 24), (140, 45)


async def opened(pilot, plan):
    screen = MigratingPlanScreen(plan, now=NOW)
    pilot.app.push_screen(screen)
    await until(pilot, lambda: "to go on" in screen_text(pilot.app) or "Type " in (
        screen_text(pilot.app)))  # fmt: skip
    for field in screen.query("#name"):
        field.cursor_blink = False
    return screen


def one_text(app):
    return " ".join(screen_text(app).split())


# --- the plans ----------------------------------------------------------------------------


async def test_an_upgrade_says_what_runs_with_what_and_how_it_was_rehearsed_on_one_page():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, upgrade_plan())
        page = one_text(app)
        for words in (
            f"UPGRADE the live database of forge: {HEAD} → {NEWEST}",
            "(1.0.5 → 1.0.7), 6 revisions with image 1.0.7",
            "gateway from 1.0.5 to 1.0.7, by compose up -d --no-deps; going back pins the old",
            "by dana: ok, migrate 1.2 s, check 4.0 s",
            "no table loses rows, as far as it was rehearsed",
            "about 21 s (of it copy 3.9 s, migrate 1.2 s)",
            "a revision fails: statement shown, gateway back unchanged",
            "old file, owner, image come back together",
            "C until step 7; afterwards Z undo, for 30 days",
            "migrations upgrade --confirm forge",
            "Type forge to go on:",
        ):
            assert words in page, words
        assert app.screen.focused.id == "cancel"


async def test_every_revision_stands_in_the_plan_with_its_message():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, upgrade_plan())
        seen = screen_text(app)
        for _ in range(5):
            await pilot.press("j")
            seen += screen_text(app)
        for ident, message, _release, _risk in STEPS_UP:
            assert ident in seen
            assert message[:30] in seen


async def test_a_hundred_revisions_leave_the_first_page_readable():
    many = [{"revision": f"{n:012x}", "message": f"number {n}", "release": ""} for n in range(110)]
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, upgrade_plan({"revisions": many, "runs": 110}))
        page = screen_text(app)
        assert "110 revisions" in page
        assert "104 more below" in page
        assert "CHECKED" in page
        for _ in range(8):
            await pilot.press("j")
            page += screen_text(app)
        assert f"{109:012x}" in page


async def test_what_was_not_rehearsed_says_so_and_r_leads_there():
    app = shell(SEEN_PENDING)
    async with app.run_test(size=SMALL) as pilot:
        plan = upgrade_plan({"rehearsal": None, "image_id": ""})
        answers = []
        app.push_screen(MigratingPlanScreen(plan, now=NOW), answers.append)
        await until(pilot, lambda: "not rehearsed yet: the first step does it" in one_text(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RehearseQuestion))
        assert answers == [False], "the plan was left; nothing was changed"
        assert "Rehearse 6 revisions" in screen_text(app)


async def test_a_downgrade_says_that_the_image_migrates_up_again_and_which_release_fits():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, downgrade_plan())
        page = one_text(app)
        assert (
            "Image 1.0.5 migrates up again at its start, to e198602c3c1e. "
            "It holds only with release 1.0.3."
        ) in page
        assert page.count("migrates up again") == 1
        assert "what the dropped tables and columns hold. The old file is kept as it is." in page
        seen = screen_text(app)
        for _ in range(4):
            await pilot.press("j")
            seen += screen_text(app)
        assert "drops data" in seen


async def test_a_stamp_says_that_it_makes_nothing_and_what_is_missing():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, stamp_plan())
        page = one_text(app)
        assert page.count("Stamping tells Alembic that changes are there. It makes none.") == 1
        assert "Missing here: table mcp_app_sessions." in page
        assert "rehearse…" not in page


async def test_rows_that_the_rehearsal_lost_and_what_was_left_are_said():
    lost = {**FACTS["rehearsal"], "ok": False, "lost": {"roles": [7, 5]}}
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(
            pilot,
            upgrade_plan({"rehearsal": lost, "leftovers": [["_alembic_tmp_tools", "drop"]]}),
        )
        page = one_text(app)
        assert "roles 7 → 5" in page
        assert "_alembic_tmp_tools is dropped, on the copy" in page


async def test_where_compose_is_missing_the_command_to_type_is_shown():
    switch = {**FACTS["switch"], "waiting_for": "docker compose up -d --no-deps gateway"}
    said = migrating_plans.switch(upgrade_plan({"switch": switch}))
    assert "you are asked to type: docker compose up -d --no-deps gateway" in said
    plain = migrating_plans.switch(upgrade_plan({"switch": None, "switches": False}))
    assert plain == ""


async def test_a_compose_file_that_still_names_the_old_image_leaves_only_cancel():
    barred = Check("code", Verdict.FAIL, "U is off: the Compose file still names 1.0.5.")
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        screen = MigratingPlanScreen(upgrade_plan(checks=(barred,)), now=NOW)
        app.push_screen(screen)
        await until(pilot, lambda: "FAIL above" in screen_text(app))
        assert "U is off: the Compose file still names 1.0.5." in one_text(app)
        assert not screen.query("#name, #confirm")


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_hostile_text_is_shown_and_does_nothing(size):
    plan = upgrade_plan(
        {
            "before": [HOSTILE], "after": [HOSTILE], "image": HOSTILE, "image_release": HOSTILE,
            "release_before": HOSTILE, "release_after": "1", "starts_again": HOSTILE,
            "revisions": [dict.fromkeys(("revision", "message", "release", "downgrade"), HOSTILE)],
            "switch": dict.fromkeys(("service", "from_name", "to_name", "waiting_for"), HOSTILE)
            | {"to": "1", "from": "2"},
            "leftovers": [[HOSTILE, HOSTILE]],
            "rehearsal": {**FACTS["rehearsal"], "who": HOSTILE, "lost": {HOSTILE: [2, 1]}},
        },
        operation="downgrade",
    )  # fmt: skip
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, plan)
        for key in ("j", "j", "j", "j", "y"):
            assert not [one for one in FORBIDDEN if one in screen_text(app)]
            await pilot.press(key)


@pytest.mark.parametrize("plan", [upgrade_plan, downgrade_plan], ids=["up", "down"])
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_the_plan_looks_right(snap_compare, size, plan):
    async def show(pilot):
        await opened(pilot, plan())

    assert snap_compare(shell(SEEN_AHEAD), run_before=show, terminal_size=size)


# --- what leads there ---------------------------------------------------------------------


class Asked:
    """What the keys asked for, instead of doing it."""

    def __init__(self, monkeypatch):
        self.calls = []
        for name in ("upgrade", "downgrade", "stamp", "rehearse"):
            monkeypatch.setattr(f"tui.app.migration_verbs.{name}", self._note(name))

    def _note(self, name):
        return lambda *args, **kwargs: self.calls.append(
            (name, *args, *(key for key, value in kwargs.items() if value))
        )


class Listener:
    """As much of the app as the openers need."""

    def __init__(self, seen):
        self.seen = seen
        self.said, self.posted = [], []

    def say(self, text, _role=""):
        self.said.append(text)

    def post_message(self, message):
        self.posted.append(message)


@pytest.mark.parametrize(
    ("opens", "seen", "revision", "call"),
    [
        ("upgrade", SEEN_PENDING, HEAD, ("upgrade", "head", "")),
        ("upgrade", SEEN_PENDING, None, ("upgrade", "head", "")),
        ("upgrade", SEEN_PENDING, NEWEST, ("upgrade", "head", "")),
        ("upgrade", SEEN_PENDING, "d21698ae4a19", ("upgrade", "d21698ae4a19", "")),
        ("upgrade", SEEN_AHEAD, NEWEST, ("upgrade", "head", IMAGE)),
        ("downgrade", SEEN_AHEAD, "e28cd485ad3c", ("downgrade", "e28cd485ad3c")),
        ("downgrade", SEEN_AHEAD, HEAD, ("downgrade", "-1")),
        ("downgrade", SEEN_AHEAD, None, ("downgrade", "-1")),
        ("stamp", SEEN_AHEAD, "e28cd485ad3c", ("stamp", "e28cd485ad3c")),
        ("repair", SEEN_AHEAD, None, ("upgrade", "leftovers")),
    ],
)
def test_a_key_asks_for_the_operation_with_the_revision_under_the_cursor(
    monkeypatch, opens, seen, revision, call
):
    asked, app = Asked(monkeypatch), Listener(seen)
    getattr(migrating, f"open_{opens}")(app, seen.timeline, revision)
    assert asked.calls == [call]
    assert len(app.posted) == 1


def test_an_upgrade_puts_right_what_a_cut_migration_left(monkeypatch):
    left = MigrationFinding(name="leftover", verdict="FAIL", text="_alembic_tmp_tools is left")
    timeline = replace(SEEN_PENDING.timeline, findings=(left,))
    asked, app = Asked(monkeypatch), Listener(SEEN_PENDING)
    migrating.open_upgrade(app, timeline, None)
    assert asked.calls == [("upgrade", "head", "", "leftovers")]


def test_one_goes_down_only_to_what_is_applied(monkeypatch):
    asked, app = Asked(monkeypatch), Listener(SEEN_AHEAD)
    migrating.open_downgrade(app, SEEN_AHEAD.timeline, NEWEST)
    migrating.open_downgrade(app, SEEN_AHEAD.timeline, "ffffffffffff")
    assert asked.calls == []
    assert "is above the database" in app.said[0]
    assert "does not know ffffffffffff" in app.said[1]


@pytest.mark.parametrize(
    ("verb", "value", "call"),
    [
        ("upgrade", "d2169", ("upgrade", "d21698ae4a19", "")),
        ("downgrade", "-1", ("downgrade", "-1")),
        ("downgrade", "e28c", ("downgrade", "e28cd485ad3c")),
        ("stamp", "head", ("stamp", "head")),
        ("repair", "", ("upgrade", "leftovers")),
    ],
)
def test_the_palette_takes_the_beginning_of_a_revision(monkeypatch, verb, value, call):
    asked, app = Asked(monkeypatch), Listener(SEEN_PENDING)
    migrating.command(app, verb, value)
    assert asked.calls == [call]


def test_the_palette_refuses_what_no_revision_begins_with(monkeypatch):
    asked, app = Asked(monkeypatch), Listener(SEEN_PENDING)
    migrating.command(app, "downgrade", "zzz")
    assert asked.calls == []
    assert app.said == ["No revision here begins with zzz; 3 Migrations lists them."]


@pytest.mark.parametrize("opens", ["upgrade", "downgrade", "stamp", "bootstrap", "reset", "repair"])
def test_nothing_is_asked_for_where_nothing_may_be_changed(monkeypatch, opens):
    seen = replace(SEEN_AHEAD, deployment=replace(DEPLOYMENT, read_only=True))
    app = Listener(seen)
    getattr(migrating, f"open_{opens}")(app, seen.timeline, HEAD)
    assert app.posted == []
    assert app.said[0].endswith("is off: started with --read-only.")


def test_a_rehearsal_needs_a_database_to_copy():
    gone = replace(SEEN, database=replace(SEEN.database, exists=False))
    app = Listener(gone)
    migrating.open_rehearse(app, gone.timeline, None)
    assert "there is no database to copy; :bootstrap… makes one" in app.said[0]


async def test_the_palette_offers_everything_that_migrates():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL):
        offered, places = commands(app.pane)
        titles = {command.id: command for command in offered}
        for ident in ("rehearse", "upgrade", "downgrade", "stamp"):
            assert titles[ident].takes_value
            assert places[ident].line("head") == f"migrate('{ident}', 'head')"
        for ident, verb in (("bootstrap", "bootstrap"), ("reset", "reset"), ("repair", "repair"),
                            ("rehearsals", "reports")):  # fmt: skip
            assert places[ident].line("") == f"migrate('{verb}')"


@pytest.mark.parametrize("pane", ["1", "2", "3", "4"])
async def test_undo_in_the_palette_is_the_last_operation_once_and_by_its_name(pane):
    upgraded = entry(operation="upgrade", result={"safety": "x.db"})
    app = shell(replace(SEEN_AHEAD, activity=(upgraded,), undo=""))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(pane)
        await pilot.pause()
        found = [item.command for item in find(commands(app.pane)[0], "undo", ["app.take_back"])]
        assert found[0].title == "Undo the upgrade…"
        assert sum(command.title.startswith("Undo the") for command in found) == 1


async def test_the_reports_that_are_kept_are_offered_and_opened(monkeypatch):
    monkeypatch.setattr("tui.app.rehearsal_reader.listed", lambda _deployment: (report(),))
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await app.run_action("migrate('reports')")
        await until(pilot, lambda: "rehearsal reports" in screen_text(app))
        assert f"ok: upgrade to {NEWEST}" in screen_text(app)


def test_each_operation_has_its_screen():
    assert plan_screen("upgrade") is MigratingPlanScreen
    assert plan_screen("reset") is MigratingPlanScreen
    assert plan_screen("restore") is RestorePlanScreen
    assert plan_screen("prune") is PlanScreen
    rehearsal = entry(operation="rehearse", id="000040-x-rehearse", subject="")
    seen = replace(SEEN, activity=(rehearsal, entry()))
    assert isinstance(page_of(seen, DEPLOYMENT, rehearsal.id), RehearsingScreen)
    assert not isinstance(page_of(seen, DEPLOYMENT, entry().id), RehearsingScreen)
    assert isinstance(page_of(SEEN, DEPLOYMENT, rehearsal.id), RehearsingScreen), "not read yet"


# --- what became of it --------------------------------------------------------------------


def result_text(ended):
    rows = result_page(ended, 100, NOW, "gateway ✓ healthy")
    return " ".join(" ".join(row.plain for row in rows).split())


def test_the_result_of_an_upgrade_says_from_where_to_where():
    ended = entry(
        operation="upgrade", subject="", state="done", exit_code=0, outcome="done",
        sentence="Upgraded a → b (6 revisions).", seconds=20.0, down_seconds=14.0,
        result={"before": [HEAD], "after": [NEWEST], "applied": [row[0] for row in STEPS_UP],
                "seconds_migrate": 1.2, "image": IMAGE, "rehearsal": "000035",
                "safety": "mcp_safety_20260811.db", "safety_ok": True},
    )  # fmt: skip
    page = result_text(ended)
    assert "✓ UPGRADED a → b (6 revisions)." in page
    assert page.count("a → b") == 1
    assert f"{HEAD} → {NEWEST}, 6 revisions, 1.2 s" in page
    assert "old database as mcp_safety_20260811.db, checked ok" in page


def test_a_failed_upgrade_shows_the_statement_and_where_the_report_is():
    ended = entry(
        operation="upgrade", subject="", state="failed", exit_code=1, outcome="failed",
        sentence="e28cd485ad3c failed. The live database was not touched.", seconds=3.0,
        result={"statement": STATEMENT, "error": "table _alembic_tmp_tools already exists",
                "revision": "e28cd485ad3c", "rehearsal": "000035"},
    )  # fmt: skip
    page = result_text(ended)
    assert "✗ FAIL e28cd485ad3c failed. The live database was not touched." in page
    assert "table _alembic_tmp_tools already exists" in page
    assert "CREATE TABLE _alembic_tmp_tools" in page
    assert "rehearsal reports" in page
