from dataclasses import replace

import pytest
from textual import events
from textual.widgets import Input

from tests.app.screen_host import (
    FORBIDDEN,
    HOSTILE,
    NOW,
    ROW_1,
    ROW_2,
    SIZES,
    Host,
    shown,
    still,
    strips,
)
from tests.app.screen_host import cest as cest
from tests.app.screen_host import text_of as text
from tests.app.screen_plans import CHECKS, FROM, OVER, STEPS, restore_plan
from tests.app.waiting import until
from tui.app.screens.frame import Choice
from tui.app.screens.plan import PlanScreen
from tui.app.screens.plan_steps import steps
from tui.core.operation import Check, PlannedStep, TableChange, Verdict

pytestmark = pytest.mark.usefixtures("cest")


def host(plan=None, theme="mcpdb-dark"):
    return Host(PlanScreen(plan or restore_plan(), now=NOW), theme)


def ident(app):
    return app.screen.focused.id


async def test_the_verdict_stands_on_one_page_at_80x24():
    app = host()
    async with app.run_test(size=(80, 24)):
        page = text(app)
        for words in (
            "RESTORE forge from the backup of 02:00",
            "from  mcp_hotbackup_20260811_020001.db  k7m2qd, hot, nightly, 1h14m old",
            "over  /srv/forge/data/mcp.db",
            "GET BACK   row counts: gateways +3, tools +38",
            "LOSE       written after 02:00:01 (1h14m), in the safety copy for 30 days",
            "DOWN       about 10 s",
            "CHECKED    whole ok · revision ok",
            "! warn schedule: /etc/cron.d/mcp-backup runs at 03:15",
            "GOES WRONG not healthy in time: the old one comes back by itself",
            "BACK OUT   C until step 6; afterwards Z undo, for 30 days",
            "mcpdb-tui --project-dir /srv/forge restore k7m2qd --confirm forge",
            "Type forge to go on:",
            "▸[ Cancel ]◂",
            "( Restore )",
            "type the name first",
        ):
            assert words in page, words


async def test_everything_is_on_the_first_page_of_a_wide_terminal():
    app = host()
    async with app.run_test(size=(140, 45)):
        page = text(app)
        for words in (
            "YOU GET BACK",
            "YOU LOSE",
            "752,640 → 769,883",
            "taken 2026-08-11 02:00:01 CEST (1h14m ago) by cron",
            "until here C cancels and the gateway comes back; from here it finishes",
            "Row counts only",
            "Type forge, the name of the gateway that changes:",
            *(step.title for step in STEPS),
            *(check.text for check in CHECKS[1:-1]),
        ):
            assert words in page, words
        assert " of " not in next(row for row in shown(app) if row.startswith("────"))


async def test_rows_1_and_2_stay_in_sight_and_go_on_living():
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        assert shown(app)[:2] == [ROW_1, ROW_2]
        app.screen_stack[0].query_one("#row1").update("gateway DOWN now")
        await pilot.pause()
        assert shown(app)[0].startswith("gateway DOWN now")


async def test_cancel_has_the_focus_and_enter_cancels():
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        assert ident(app) == "cancel"
        await pilot.press("enter")
        assert app.answers == [False]


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_the_way_back_changes_nothing(key):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        assert app.answers == [False]


async def test_the_typed_name_then_enter_twice_goes_on():
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", *"forge")
        assert "type the name first" not in text(app)
        await pilot.press("enter")
        assert ident(app) == "confirm"
        assert app.answers == []
        await pilot.press("enter")
        assert app.answers == [True]


async def test_tab_goes_cancel_field_button_and_round():
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab")
        assert ident(app) == "name"
        await pilot.press("tab")
        assert ident(app) == "cancel", "the button is off"
        await pilot.press("tab", *"forge", "tab")
        assert ident(app) == "confirm"
        await pilot.press("tab")
        assert ident(app) == "cancel"
        await pilot.press("shift+tab")
        assert ident(app) == "confirm"


@pytest.mark.parametrize("typed", ["forg", "Forge", "forge1", "for ge", "forgé"])
async def test_another_word_never_goes_on(typed):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab")
        app.screen.query_one(Input).value = typed
        await pilot.press("enter", "enter")
        assert app.screen.query_one("#confirm", Choice).disabled
        assert "type the name first" in text(app)
        assert app.answers == []


async def test_a_wrong_word_is_named_and_the_next_letters_replace_it():
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", *"forga", "enter")
        assert "forga is not forge." in text(app)
        await pilot.press("tab", "enter")
        assert ident(app) == "name", "who goes on from a wrong word did not mean Cancel"
        await pilot.press(*"forge", "enter")
        await pilot.pause()
        assert ident(app) == "confirm"
        assert app.answers == []


async def test_enter_after_letters_beside_the_field_leads_into_it_and_cancels_nothing():
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"forge", "enter")
        assert (ident(app), app.answers) == ("name", [])
        assert "type forge" in text(app)
        await pilot.press("escape")
        assert app.answers == [False]


@pytest.mark.parametrize("title", ["prove that nobody else has it " * n for n in (1, 2, 3)])
def test_a_long_step_never_touches_the_columns_behind_it(title):
    plan = restore_plan(steps=(PlannedStep("prove", title.strip(), gateway_up=False),))
    rows = [row.plain for row in steps(plan, 79)]
    (row,) = [row for row in rows if "DOWN" in row]
    assert "  DOWN" in row


async def test_spaces_around_the_word_do_not_count():
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab")
        app.screen.query_one(Input).value = "  forge "
        await pilot.press("enter", "enter")
        assert app.answers == [True]


@pytest.mark.parametrize("pasted", ["forge\n", "forge\r\n\r\n", "\nforge\nforge\n", "forge\ny\n"])
async def test_a_pasted_line_break_starts_nothing(pasted):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab")
        app.post_message(events.Paste(pasted))
        await pilot.pause()
        assert app.screen.query_one(Input).value == "forge"
        assert app.answers == []


async def test_a_paste_that_arrives_as_keys_starts_nothing():
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab")
        for key in [*"forge", "enter", "enter"]:
            character = "\r" if key == "enter" else key
            app.post_message(events.Key(key, character))
        await pilot.pause()
        await pilot.pause()
        assert app.answers == []
        assert ident(app) == "confirm"


async def test_letters_before_tab_say_where_letters_go():
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f")
        assert "Tab goes to the field." in text(app)
        app.post_message(events.Paste("forge\n"))
        await pilot.pause()
        assert app.answers == []
        assert app.screen.query_one(Input).value == ""


async def test_a_key_of_the_page_says_nothing_about_the_field():
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "k")
        assert "Tab goes to the field." not in text(app)


async def test_a_fail_leaves_only_cancel():
    fail = Check("holders", Verdict.FAIL, "python report.py (pid 51877) has the file open.")
    app = host(restore_plan(checks=(*CHECKS, fail)))
    async with app.run_test(size=(80, 24)) as pilot:
        page = text(app)
        assert "✗ FAIL holders: python report.py (pid 51877) has the file open." in page
        assert "FAIL above" in page
        assert not app.screen.query("#name, #confirm")
        await pilot.press("tab", *"forge", "enter", "enter")
        assert app.answers == [False]


async def test_y_copies_exactly_the_command_that_is_shown():
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("y")
        assert app.clipboard == "mcpdb-tui --project-dir /srv/forge restore k7m2qd --confirm forge"
        assert "Copied the command to your terminal (OSC 52)." in text(app)


async def test_j_shows_steps_and_checks_in_full_while_the_field_stays():
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        assert "1 of" in text(app)
        seen = text(app)
        for _ in range(5):
            await pilot.press("j")
            assert "Type forge to go on:" in text(app)
            seen += text(app)
        for words in (
            *(step.title for step in STEPS),
            *(check.text for check in CHECKS),
            "C cancels until here; below it finishes or undoes itself",
            "DOWN     2.1 s",
            "structured_log_entries",
            "41,230 → 40,619",
            "forge-gateway-1 (pid 2211)",
        ):
            assert words in seen, words
        await pilot.press("k", "k", "k", "k", "k")
        assert "GET BACK" in text(app)


async def test_a_long_command_is_never_cut():
    words = [f"--argument-{n}" for n in range(20)]
    app = host(restore_plan(command="mcpdb-tui " + " ".join(words)))
    async with app.run_test(size=(80, 24)):
        assert all(word in text(app) for word in words)
        assert "Type forge to go on:" in text(app)


async def test_a_plan_that_brings_nothing_back_says_what_changes_and_is_lost():
    plan = restore_plan(
        operation="reset",
        title="start empty",
        facts={"gateway_running": False, "verb": "Reset", "notes": ["A safety copy first."]},
        changes=(TableChange("tools", 280, 0), TableChange("new", None, 3)),
        downtime=None,
    )
    app = host(plan)
    async with app.run_test(size=(80, 24)):
        page = text(app)
        for words in (
            "RESET  start empty",
            "CHANGES    row counts: new +3",
            "LOST       tools -280",
            "DOWN       it is stopped now",
            "A safety copy first.",
            "( Reset )",
        ):
            assert words in page, words


async def test_what_changes_while_a_plan_is_read_is_shown_and_the_name_is_typed_again():
    first = restore_plan()
    moved = replace(first, basis={"live": "another inode"}, checks=first.checks[:1])
    told = iter([moved])
    app = Host(PlanScreen(first, now=NOW, again=lambda _plan: next(told, None)), "mcpdb-dark")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", *first.subject)
        assert "type the name first" not in text(app)
        app.screen._look()
        await until(pilot, lambda: "this is the new plan" in text(app))
        assert app.screen.plan is moved
        assert "type the name first" in text(app)
        assert app.screen.query_one(Input).value == ""


async def test_a_plan_that_becomes_impossible_takes_the_field_away_and_gives_it_back():
    first = restore_plan()
    holder = Check("holders", Verdict.FAIL, "python report.py (pid 51877) has the file open.")
    barred = replace(first, checks=(*first.checks, holder))
    told = [barred]
    app = Host(PlanScreen(first, now=NOW, again=lambda _plan: told[-1]), "mcpdb-dark")
    async with app.run_test(size=(80, 24)) as pilot:
        app.screen._look()
        await until(pilot, lambda: "FAIL above" in text(app))
        assert "report.py" in text(app)
        assert not app.screen.query(Input)
        assert ident(app) == "cancel"
        told.append(first)
        app.screen._look()
        await until(pilot, lambda: "type the name first" in text(app))
        await pilot.press("tab", *first.subject)
        assert "type the name first" not in text(app)


async def test_a_gateway_that_was_unhealthy_promises_no_way_back():
    facts = {"from": FROM, "over": OVER, "healthy_before": False, "gateway_running": True}
    app = host(restore_plan(facts=facts))
    async with app.run_test(size=(80, 24)):
        assert "not healthy in time" not in text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_is_shown_and_does_nothing(size):
    plan = restore_plan(
        title=HOSTILE,
        subject=HOSTILE,
        command=HOSTILE,
        checks=(Check(HOSTILE, Verdict.WARN, HOSTILE), Check(HOSTILE, Verdict.OK, HOSTILE)),
        steps=(PlannedStep(HOSTILE, HOSTILE),),
        changes=(TableChange(HOSTILE, 1, 2), TableChange(HOSTILE, 2, 1)),
        facts={
            "from": {**FROM, **dict.fromkeys(("id", "name", "kind", "label", "who"), HOSTILE)},
            "over": {**OVER, "path": HOSTILE, "holders": [HOSTILE]},
            "verb": HOSTILE,
            "notes": [HOSTILE],
            "goes_wrong": [[HOSTILE, HOSTILE]],
            "subject_kind": HOSTILE,
        },
    )
    app = host(plan)
    async with app.run_test(size=size) as pilot:
        for key in ("tab", "tab", "j", "j", "j", "y", "question_mark"):
            assert not [c for c in FORBIDDEN if c in text(app)]
            assert "[/x]" in text(app)
            await pilot.press(key)


async def test_sixteen_colours_tell_the_focus_by_reverse_and_use_no_other_colour():
    app = host(theme="mcpdb-16-dark")
    async with app.run_test(size=(80, 24)):
        styles = {segment.text: segment.style for row in strips(app)[2:] for segment in row}
        focused = next(style for words, style in styles.items() if "▸[ Cancel ]◂" in words)
        assert focused.reverse and focused.bold
        colours = {style.color.type.name for style in styles.values() if style and style.color}
        assert colours <= {"DEFAULT", "STANDARD"}
        assert not [style for style in styles.values() if style and style.dim]


@pytest.mark.parametrize("theme", ["mcpdb-dark", "mcpdb-light"])
@pytest.mark.parametrize("size", SIZES)
def test_plan_looks_right(snap_compare, size, theme):
    async def calm(pilot):
        still(pilot)
        await pilot.pause()

    assert snap_compare(host(theme=theme), run_before=calm, terminal_size=size)


def test_the_second_page_looks_right(snap_compare):
    async def turn(pilot):
        still(pilot)
        await pilot.press("j")

    assert snap_compare(host(), run_before=turn, terminal_size=(80, 24))


def test_the_typed_name_looks_right(snap_compare):
    async def type_it(pilot):
        still(pilot)
        await pilot.press("tab", *"forge")

    assert snap_compare(host(), run_before=type_it, terminal_size=(80, 24))
