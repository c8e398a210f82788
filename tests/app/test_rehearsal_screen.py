"""The report of a rehearsal, the question before it, and what runs in between."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.app.migrating_story import (
    FAILED,
    HOSTILE_REPORT,
    IMAGE,
    IMAGE_ID,
    LOSING,
    NEWEST,
    NOTHING,
    RUNS,
    SEEN_AHEAD,
    SEEN_PENDING,
    STATEMENT,
    WITH_AHEAD,
    kept,
    report,
    run,
)
from tests.app.screen_plans import BEGAN, entry
from tests.app.shell_story import DEPLOYMENT, FORBIDDEN, HEAD, screen_text, shell
from tests.app.waiting import until
from tui.app.rehearsal_reader import LocalImage
from tui.app.rehearse_wish import Choice
from tui.app.screens.frame import MessageLine
from tui.app.screens.operation import OperationScreen
from tui.app.screens.operation_calls import Calls
from tui.app.screens.rehearsal import RehearsalScreen, unused
from tui.app.screens.rehearsal_running import RehearsingScreen
from tui.app.screens.rehearse_question import RehearseQuestion
from tui.app.widgets.rows import RowList
from tui.core.errors import NotFoundError
from tui.core.models import GatewayState, Health, MigrationFinding, SchemaChange, StepLine

SMALL, LARGE = (80, 24), (140, 45)
IMAGES = (LocalImage("", "1.0.5, the gateway's own"), LocalImage(IMAGE, "1.0.7", IMAGE_ID))


def message(app):
    return app.screen.query_one(MessageLine).content.plain.strip()


async def opened(pilot, found=None, **other):
    screen = RehearsalScreen(DEPLOYMENT, kept(found, **other))
    pilot.app.push_screen(screen)
    await until(pilot, lambda: laid_out(screen))
    return screen


def laid_out(screen):
    """Whether what the report means has the room it needs, and is drawn."""
    page = screen_text(screen.app)
    means = screen.query("#means")
    wanted = [line.strip() for line in means[0].content.plain.splitlines()] if means else []
    return "[Report]" in page and all(line in page for line in wanted[:2])


# --- the report ---------------------------------------------------------------------------


async def test_the_report_stands_on_one_page_at_80x24():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        page = screen_text(app)
        for words in (
            "✓ ok   e198602c3c1e → 7ab59991e017   6 revisions, 1.2 s, on a copy now deleted",
            "+ table mcp_app_sessions (3 indexes); 2 columns",
            "no table lost rows",
            "tool_metrics left alone (rolled up at a start)",
            "foreign_key_check ok · quick_check ok · one head",
            "412.6M → 412.7M",
            "about 21 s down: stop 2.1, copy 3.9, migrate 1.2, check 4, start 9.8",
            "a downgrade would refuse",
            "name 1.0.7 in the Compose file, do not start it; U then migrates",
            "on a hot copy with image 1.0.7, no network",
        ):
            assert words in page, words


async def test_every_revision_and_the_start_of_the_image_are_listed_in_their_order():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot)
        page = screen_text(app)
        at = [page.index(f"{item.revision}  ") for item in RUNS[:-1]]
        assert at == sorted(at)
        (start,) = [row for row in page.splitlines() if "start of 1.0.7 (bootstrap_db)" in row]
        (ran,) = [row for row in page.splitlines() if "rebuilt oauth_tokens, 12 rows" in row]
        assert start.index("start of") == ran.index("rebuilt"), "it stands in the columns"
        assert start.index("4.1 s") == ran.index("0.3 s")


async def test_a_failure_says_what_can_be_done_and_only_an_image_would_not_start():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, FAILED)
        page = screen_text(app)
        assert "a cut migration left that table behind; :repair… drops it" in page
        assert "With this image the gateway would not start" in page
        app.screen.dismiss(None)
        other = replace(FAILED.runs[-1], error="no such table: servers", statement="")
        await opened(pilot, replace(FAILED, image_id="", runs=(*FAILED.runs[:-1], other)))
        page = screen_text(app)
        assert "may name the cause; r with another release" in page
        assert "would not start" not in page


async def test_the_tabs_count_the_lines_they_show():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot, FAILED)
        await pilot.press("left_square_bracket")
        lines = len(screen.query_one(RowList).rows)
        assert lines > len(FAILED.output)
        assert f"[Output {lines}]" in screen_text(app)


async def test_a_change_wider_than_the_screen_stands_below_the_list_in_full():
    detail = "CHECK (" + " AND ".join(f"column_{n} IS NOT NULL" for n in range(8)) + ")"
    item = SchemaChange(sign="+", kind="constraint", table="tools", name="wide", detail=detail)
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, report(schema=(item, item)))
        await pilot.press("right_square_bracket", "j")
        await pilot.pause()
        assert all(f"column_{n} IS" in screen_text(app) for n in range(8))


def test_a_report_that_is_saved_again_gets_another_name(tmp_path):
    path = tmp_path / "rehearsal-demo.json"
    assert unused(path) == path
    path.touch()
    assert unused(path).name == "rehearsal-demo-2.json"
    unused(path).touch()
    assert unused(path).name == "rehearsal-demo-3.json"


async def test_a_hundred_revisions_scroll_and_leave_what_they_mean_in_sight():
    runs = tuple(run(f"{number:012x}", 0.1, f"+ table t{number}") for number in range(110))
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, report(runs=runs))
        assert "110 revisions, 11.0 s" in screen_text(app)
        assert "more" in screen_text(app)
        await pilot.press("G")
        await pilot.pause()
        assert "start of 1.0.7" in screen_text(app)
        assert "for real" in screen_text(app)


async def test_a_failing_revision_is_named_with_its_place_its_error_and_its_statement():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot, FAILED)
        page = screen_text(app)
        for words in (
            "✗ FAIL   at 2",
            "e28cd485ad3c remove global unique constraints",
            "FAIL: table _alembic_tmp_tools already exists",
            "CREATE TABLE _alembic_tmp_tools ( id VARCHAR(36) NOT NULL",
            "The live database was not touched.",
            "would",
            "(U upgrade…)",
        ):
            assert words in page, words
        assert screen._revision == "e28cd485ad3c", "the cursor stands on what failed"
        await pilot.press("U")
        assert "U is off: the rehearsal failed" in message(app)
        assert app.screen is screen


async def test_how_many_were_to_be_run_is_said_where_the_timeline_still_knows():
    found = report(
        runs=(RUNS[0], replace(RUNS[1], ok=False, error="no such table: servers")),
        integrity="", problem="failed", after=("279184dfd71d",),
    )  # fmt: skip
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, found)
        assert "at 2 of 6: b6c7d8e9f0a1" in screen_text(app)


async def test_tables_that_would_lose_rows_and_dangling_rows_are_said_and_forbid_going_on():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, LOSING)
        page = screen_text(app)
        assert "2 tables would lose rows: roles 7 → 5, user_roles 44 → 40" in page
        assert "foreign keys: 4 rows point nowhere, as many as before" in page
        assert "The live database was not touched." in page
        assert "(U upgrade…)" in page


async def test_nothing_to_rehearse_says_so():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, NOTHING)
        assert "Nothing to rehearse: database = head of this image." in screen_text(app)


async def test_the_tabs_go_round_report_schema_output_and_back():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("right_square_bracket")
        page = screen_text(app)
        assert "[Schema diff 5]" in page
        assert "gateways.add_headers" in page
        assert "idx_oauth_gateway_user on oauth_tokens" in page
        assert "+ 1 table, 1 column, 1 index · - 1 index · ~ 1 constraint" in page
        await pilot.press("right_square_bracket")
        assert "INFO  [alembic.runtime.migration] Running upgrade" in screen_text(app)
        await pilot.press("right_square_bracket")
        assert "[Report]" in screen_text(app)
        await pilot.press("left_square_bracket")
        assert "[Output 2]" in screen_text(app)


async def test_the_output_of_a_failure_begins_with_the_whole_statement():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, FAILED)
        await pilot.press("left_square_bracket")
        page = screen_text(app)
        assert all(line.strip() in page for line in STATEMENT.splitlines())


async def test_enter_leads_to_the_revision_in_its_pane():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot)
        await pilot.press("j", "enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await until(pilot, lambda: app.pane.NUMBER == 3)
        assert app.pane._list.cursor_key == RUNS[1].revision


@pytest.mark.parametrize(
    ("found", "key", "asked"),
    [
        (report(), "U", ("upgrade", "head", IMAGE_ID)),
        (report(target="d21698ae4a19"), "U", ("upgrade", "d21698ae4a19", IMAGE_ID)),
        (report(image_id=""), "U", ("upgrade", "head", "")),
        (report(action="downgrade", target="e28cd485ad3c", image_id=""), "D",
         ("downgrade", "e28cd485ad3c", "")),
    ],
)  # fmt: skip
async def test_one_goes_on_to_what_was_rehearsed_with_the_same_target_and_image(
    monkeypatch, found, key, asked
):
    wanted = []
    for name in ("upgrade", "downgrade"):
        monkeypatch.setattr(
            f"tui.app.migration_verbs.{name}",
            lambda target, image, name=name, **_left: wanted.append((name, target, image)),
        )
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        monkeypatch.setattr(app, "_do", lambda make, back=None: None)
        await opened(pilot, found)
        await pilot.press(key)
        await until(pilot, lambda: bool(wanted))
        assert wanted == [asked]


async def test_the_other_direction_is_off_and_says_which_key_it_is():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot)
        await pilot.press("D")
        assert message(app) == "D is off: an upgrade was rehearsed; U does that."
        assert app.screen is screen


async def test_an_old_report_is_history_and_leads_nowhere():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, report(before=("0a089912b5f0",)))
        assert f"the database stands at {HEAD} now: this is history" in screen_text(app)
        await pilot.press("U")
        assert f"U is off: the database stands at {HEAD} now" in message(app)


async def test_read_only_rehearsals_are_read_but_lead_nowhere():
    seen = replace(SEEN_AHEAD, deployment=replace(DEPLOYMENT, read_only=True))
    app = shell(seen)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("U")
        assert message(app) == "U upgrade… is off: started with --read-only."


@pytest.mark.parametrize("name", ["report.json", "report.txt"])
async def test_x_saves_the_report_into_a_new_file(tmp_path, name):
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot)
        await pilot.press("x")
        screen._save(str(tmp_path / name))
        await until(pilot, lambda: (tmp_path / name).exists())
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    if name.endswith("json"):
        saved = json.loads(text)
        assert saved["ok"] is True
        assert [one["revision"] for one in saved["runs"]] == [one.revision for one in RUNS]
    else:
        assert "ok  e198602c3c1e → 7ab59991e017" in text
        assert "+ column gateways.add_headers  JSON" in text
        assert "migration_metadata  4 → 5" in text


async def test_x_never_writes_over_a_file(tmp_path):
    taken = tmp_path / "report.json"
    taken.write_text("mine")
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot)
        screen._save(str(taken))
        await until(pilot, lambda: "report.json" in message(app))
    assert taken.read_text() == "mine"


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_hostile_text_is_shown_and_does_nothing(size):
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, HOSTILE_REPORT)
        for key in ("left_square_bracket", "left_square_bracket", "left_square_bracket", "y"):
            assert not [one for one in FORBIDDEN if one in screen_text(app)]
            assert "[/x]" in screen_text(app)
            await pilot.press(key)
        assert not [one for one in FORBIDDEN if one in app.clipboard]


@pytest.mark.parametrize("found", [None, FAILED], ids=["ok", "failed"])
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_the_report_looks_right(snap_compare, size, found):
    async def show(pilot):
        await opened(pilot, found)

    assert snap_compare(shell(SEEN_AHEAD), run_before=show, terminal_size=size)


# --- the question -------------------------------------------------------------------------


def question(target="", image="", timeline=WITH_AHEAD, images=IMAGES):
    return RehearseQuestion(
        DEPLOYMENT, timeline, target=target, image=image, images=lambda _deployment: images
    )


async def asked(pilot, screen):
    answers = []
    pilot.app.push_screen(screen, answers.append)
    await until(pilot, lambda: len(screen.wish.images) == len(IMAGES))
    await pilot.pause()
    return answers


async def test_the_question_names_revisions_image_and_what_is_not_touched():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        answers = await asked(pilot, question(target=NEWEST))
        page = screen_text(app)
        for words in (
            "Rehearse 6 revisions with image 1.0.7?",
            "On a copy, no network",
            "The gateway is not",
            f"head, {NEWEST}",
            IMAGE,
        ):
            assert words in page, words
        await pilot.press("y")
        assert answers == [Choice("upgrade", "head", IMAGE)]


async def test_the_time_is_that_of_the_last_rehearsal_with_the_same_image():
    timeline = replace(WITH_AHEAD, rehearsals=(report(),))
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        await asked(pilot, question(target=NEWEST, timeline=timeline))
        assert "about 13 s" in screen_text(app)


async def test_cancel_has_the_focus_and_enter_cancels():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        answers = await asked(pilot, question(target=NEWEST))
        assert app.screen.focused.id == "cancel"
        await pilot.press("enter")
        assert answers == [None]


async def test_i_goes_round_the_local_images_and_the_own_one_may_have_nothing_to_do():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        answers = await asked(pilot, question(target=NEWEST))
        await pilot.press("i")
        assert "Nothing to rehearse: database = head of this image." in screen_text(app)
        await pilot.press("y")
        assert answers == [], "there is nothing to rehearse"
        await pilot.press("i", "y")
        assert answers == [Choice("upgrade", "head", IMAGE)]


async def test_where_its_own_image_has_nothing_to_run_the_other_one_is_offered_first():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        answers = await asked(pilot, question(target=WITH_AHEAD.current[0]))
        assert "Rehearse 6 revisions with image 1.0.7?" in screen_text(app)
        await pilot.press("y")
        assert answers == [Choice("upgrade", "head", IMAGE)]


async def test_an_applied_revision_is_a_downgrade_to_it():
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        answers = await asked(pilot, question(target="e28cd485ad3c"))
        assert "Rehearse 2 revisions down with image 1.0.5?" in screen_text(app)
        assert app.screen.wish.command.endswith("migrations rehearse --down --to e28cd485ad3c")
        await pilot.press("y")
        assert answers == [Choice("downgrade", "e28cd485ad3c", "")]


async def test_what_a_cut_migration_left_is_put_right_on_the_copy():
    left = MigrationFinding(name="leftover", verdict="FAIL", text="_alembic_tmp_tools is left")
    timeline = replace(SEEN_PENDING.timeline, findings=(left,))
    app = shell(SEEN_PENDING)
    async with app.run_test(size=SMALL) as pilot:
        answers = await asked(pilot, question(timeline=timeline))
        assert "on the copy first: what a cut migration left behind" in screen_text(app)
        assert "--repair" in app.screen.wish.command
        await pilot.press("y")
        assert answers == [Choice("upgrade", "head", "", leftovers=True)]


@pytest.mark.parametrize(
    ("typed", "choice"),
    [
        ("-1", Choice("downgrade", "-1", "")),
        ("6c0e", Choice("downgrade", "6c0e5f8a9b1d", "")),
        ("d2169", Choice("upgrade", "d21698ae4a19", "")),
    ],
)
async def test_t_takes_another_target_by_the_beginning_of_its_name(typed, choice):
    app = shell(SEEN_PENDING)
    async with app.run_test(size=SMALL) as pilot:
        answers = await asked(pilot, question(timeline=SEEN_PENDING.timeline))
        app.screen._aim(typed)
        await pilot.press("y")
        assert answers == [choice]


async def test_a_target_that_no_revision_has_is_refused_in_words():
    app = shell(SEEN_PENDING)
    async with app.run_test(size=SMALL) as pilot:
        await asked(pilot, question(timeline=SEEN_PENDING.timeline))
        app.screen._aim("zzz")
        assert message(app) == "No revision is zzz."
        assert "Rehearse 6 revisions" in screen_text(app)


def test_the_question_looks_right(snap_compare):
    async def show(pilot):
        await asked(pilot, question(target=NEWEST))

    assert snap_compare(shell(SEEN_AHEAD), run_before=show, terminal_size=SMALL)


# --- while it runs ------------------------------------------------------------------------

STEPS = (
    StepLine(step="copy", title="copy the database while the gateway runs", state="done",
             seconds=3.9, done=10, total=10),
    StepLine(step="migrate", title="run the migrations on the copy", state="running",
             started=BEGAN, done=3, total=6, unit="revisions d21698ae4a19"),
    StepLine(step="check", title="compare schema, rows and keys, check every page",
             state="pending"),
)  # fmt: skip


def rehearsing(**changes):
    return entry(
        **{
            "id": "000035-20260811T011402Z-rehearse", "operation": "rehearse", "subject": "",
            "title": "rehearse an upgrade to 7ab59991e017 with image 1.0.7", "steps": STEPS,
            **changes,
        }
    )  # fmt: skip


def calls(told):
    return Calls(
        read=lambda _deployment, _id: told[0],
        gateway=lambda _deployment: (
            GatewayState(running="running"), Health(verdict="healthy", text="")),
        cancel=lambda _deployment, _id: None,
        now=lambda: BEGAN + timedelta(seconds=9),
    )  # fmt: skip


async def test_the_running_revision_is_named_and_counts_its_seconds():
    told = [rehearsing()]
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        app.push_screen(RehearsingScreen(DEPLOYMENT, told[0].id, calls=calls(told)))
        await until(pilot, lambda: "3 of 6  d21698ae4a19" in screen_text(app))
        assert "add rbac unique constraints" in screen_text(app)
        assert "revision 3 of 6" in screen_text(app)
        moved = replace(STEPS[1], done=4, unit="revisions e1a2b3c4d5f6")
        told[0] = rehearsing(steps=(STEPS[0], moved, STEPS[2]))
        await until(pilot, lambda: "4 of 6  e1a2b3c4d5f6" in screen_text(app))
        assert "0.0 s" in screen_text(app)


@pytest.mark.parametrize("state", ["done", "failed"])
async def test_a_rehearsal_that_ended_becomes_its_report(monkeypatch, state):
    monkeypatch.setattr(
        "tui.app.rehearsal_reader.load",
        lambda _deployment, _ident: kept(report() if state == "done" else FAILED),
    )
    told = [rehearsing()]
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        app.push_screen(RehearsingScreen(DEPLOYMENT, told[0].id, calls=calls(told)))
        await until(pilot, lambda: "running" in screen_text(app))
        told[0] = rehearsing(state=state, exit_code=0 if state == "done" else 1)
        await until(pilot, lambda: isinstance(app.screen, RehearsalScreen))
        assert len(app.screen_stack) == 2, "back leads to the pane, not to the page before"


async def test_a_rehearsal_without_a_report_stays_on_its_own_page(monkeypatch):
    asked_for = []

    def load(_deployment, ident):
        asked_for.append(ident)
        raise NotFoundError("There is no report.")

    monkeypatch.setattr("tui.app.rehearsal_reader.load", load)
    told = [rehearsing(state="failed", exit_code=1, outcome="cancelled", sentence="Cancelled.")]
    app = shell(SEEN_AHEAD)
    async with app.run_test(size=SMALL) as pilot:
        app.push_screen(RehearsingScreen(DEPLOYMENT, told[0].id, calls=calls(told)))
        await until(pilot, lambda: bool(asked_for))
        await pilot.pause()
        assert isinstance(app.screen, OperationScreen)
        assert "CANCELLED" in screen_text(app)
