"""Tables or rows back: what is ticked, what it would do, and what is started."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.app.compare_story import FOUND, ROWS
from tests.app.screen_plans import STEPS, restore_plan
from tests.app.shell_story import DEPLOYMENT, HOSTILE, screen_text, shell
from tui.app.background import NotDone
from tui.app.effect_reader import EffectReader, Worked
from tui.app.screens.bring_back import BringBackScreen
from tui.app.screens.frame import Choice, MessageLine
from tui.app.ticks import Ticks
from tui.core.errors import PrecheckError
from tui.core.operation import Check, Verdict

SMALL, LARGE = (80, 24), (140, 45)
EFFECT = [
    {"table": "gateways", "added": 3, "replaced": 0, "same": 0, "related": 0, "parents": 0},
    {"table": "tools", "added": 38, "replaced": 1, "same": 241, "related": 38, "parents": 0},
    {"table": "email_teams", "added": 1, "replaced": 0, "same": 0, "related": 0, "parents": 1},
    {"table": "servers", "added": 0, "replaced": 0, "same": 9, "related": 0, "parents": 0},
]


def plan(*checks):
    base = restore_plan()
    facts = {**base.facts, "effect": EFFECT,
             "effect_words": "42 rows added, 1 replaced, with 1 parent"}  # fmt: skip
    return replace(
        base, operation="bring-back", facts=facts, steps=STEPS, downtime=11.2,
        checks=checks or (Check("whole", Verdict.OK, "sha256"),),
        command="mcpdb-tui --project-dir /srv/forge restore k7m2qd --table gateways "
                "--confirm forge",
    )  # fmt: skip


class Fake:
    """Works everything out at once, or never."""

    def __init__(self, answer=None):
        self.answer, self.asked, self.stops, self.ended = answer, [], 0, False

    def start(self):
        """There is no thread."""

    def work_out(self, posts, make):
        operation = make(DEPLOYMENT)
        self.asked.append((operation.tables, operation.rows, operation.related))
        if self.answer is not None:
            posts.post_message(self.answer)

    def stop(self):
        self.stops += 1

    def end(self, wait=0.0):
        self.ended = True


async def opened(pilot, ticks=None, answer=None):
    fake, answers = Fake(Worked(plan()) if answer is None else answer or None), []
    ticks = Ticks({"gateways"}) if ticks is None else ticks
    screen = BringBackScreen(DEPLOYMENT, FOUND, ticks, reader=fake)
    pilot.app.push_screen(screen, answers.append)
    await pilot.pause()
    await pilot.pause()
    return screen, fake, answers


def message(app):
    return app.screen.query_one(MessageLine).content.plain.strip()


async def test_ticks_stand_left_and_what_they_do_right():
    app = shell()
    async with app.run_test(size=LARGE) as pilot:
        _screen, fake, _ = await opened(pilot)
        text = screen_text(app)
        assert "TABLES OR ROWS BACK  from k7m2qd into the live database of forge" in text
        assert "nothing has changed yet" in text
        assert "▸◆ gateways" in text
        assert "all of it" in text
        assert "gateways     3 rows added, 0 replaced" in text
        assert "38 rows added, 1 replaced (38 point to what comes" in text
        assert "1 row added, 0 replaced (1 needed by what comes back)" in text
        assert "servers" not in text.split("what it does")[1]
        assert "42 rows added, 1 replaced, with 1 parent" in text
        assert "rows that only live has; nothing is removed" in text
        assert "about 11 s; calls to the gateway fail meanwhile" in text
        assert "by hand  mcpdb-tui --project-dir /srv/forge restore k7m2qd" in text
        assert fake.asked == [(("gateways",), {}, True)]
        # Only what the backup can give is offered.
        assert "tool_metrics_hourly" not in text


async def test_cancel_has_the_focus_and_enter_leaves():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        _, fake, answers = await opened(pilot)
        assert app.screen.focused.id == "cancel"
        await pilot.press("enter")
        await pilot.pause()
        assert answers == [None]
        assert fake.ended


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_esc_and_q_leave(key):
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        _, _, answers = await opened(pilot)
        await pilot.press(key)
        await pilot.pause()
        assert answers == [None]


async def test_tab_and_enter_go_on_with_what_is_ticked():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        _, _, answers = await opened(pilot)
        await pilot.press("j", "space", "tab", "enter")
        await pilot.pause()
        (make,) = answers
        operation = make(DEPLOYMENT)
        assert operation.name == "bring-back"
        assert (operation.backup, operation.tables) == ("k7m2qd", ("gateways", "tools"))


async def test_each_tick_is_worked_out_and_without_one_it_cannot_go_on():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        screen, fake, answers = await opened(pilot)
        await pilot.press("space")
        await pilot.pause()
        assert not screen._ticks
        assert "Nothing is ticked: nothing would change." in screen_text(app)
        assert screen.query_one("#go", Choice).disabled
        await pilot.press("tab", "enter")
        await pilot.pause()
        assert answers == [None], "the button is off, so Enter is Cancel's"
        assert fake.stops == 1


async def test_related_rows_can_be_left_out():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        _, fake, _ = await opened(pilot)
        assert "with related rows" in screen_text(app)
        await pilot.press("r")
        await pilot.pause()
        assert "without related rows" in screen_text(app)
        assert [related for *_, related in fake.asked] == [True, False]


async def test_single_rows_stand_below_their_table_and_can_be_unticked():
    ticks = Ticks()
    for row in ROWS["gateways"][:2]:
        ticks.toggle_row("gateways", row.key, row.before["name"])
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        screen, fake, _ = await opened(pilot, ticks)
        text = screen_text(app)
        assert "└ crm-mcp" in text
        assert "└ billing-mcp" in text
        assert "2 rows" in text
        await pilot.press("j", "space")
        await pilot.pause()
        assert list(screen._ticks.rows["gateways"]) == [ROWS["gateways"][1].key]
        assert fake.asked[-1][1] == {"gateways": [[ROWS["gateways"][1].key[0]]]}


async def test_while_it_is_worked_out_it_cannot_go_on():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, answer=False)
        text = screen_text(app)
        assert "» working out what would change …" in text
        assert "working it out …" in text
        await pilot.press("tab")
        await pilot.pause()
        assert app.screen.focused.id == "cancel"
        assert message(app) == "working it out …"


async def test_what_is_not_possible_is_one_sentence():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, answer=NotDone("The backup is damaged."))
        assert "The backup is damaged." in screen_text(app)
        assert app.screen.query_one("#go", Choice).disabled


async def test_a_check_that_fails_is_shown_and_switches_the_button_off():
    bad = Check("parents", Verdict.FAIL, "tools points to a team that nobody has")
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, answer=Worked(plan(bad)))
        text = screen_text(app)
        assert "✗ FAIL parents: tools points to a team that nobody has" in text
        assert "FAIL above" in text
        assert app.screen.query_one("#go", Choice).disabled


async def test_what_does_not_fit_can_be_scrolled_to_and_a_fail_never_has_to_be():
    many = [Check(f"warn{n}", Verdict.WARN, "x" * 60) for n in range(12)]
    bad = Check("parents", Verdict.FAIL, "nobody has that team")
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, answer=Worked(plan(*many, bad)))
        assert "FAIL parents: nobody has that team" in screen_text(app)
        assert "warn11" not in screen_text(app)
        for _ in range(4):
            await pilot.press("pagedown")
        await pilot.pause()
        assert "warn11" in screen_text(app)


async def test_the_command_is_copied():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("y")
        await pilot.pause()
        assert app.clipboard.startswith("mcpdb-tui --project-dir /srv/forge restore k7m2qd")


async def test_names_of_rows_reach_no_terminal_raw():
    ticks = Ticks(rows={"gateways": {("k",): HOSTILE}})
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, ticks, NotDone(HOSTILE))
        text = screen_text(app)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\\x1b" in text


# --- the thread that works it out -------------------------------------------------------------


class Planned:
    def __init__(self, answer):
        self.answer = answer

    def plan(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def took(reader, makes):
    """What is posted for several things asked in one go."""
    found, there = [], asyncio.Event()
    loop = asyncio.get_running_loop()

    class Posts:
        def post_message(self, message):
            found.append(message)
            loop.call_soon_threadsafe(there.set)
            return True

    reader.start()
    for make in makes:
        reader.work_out(Posts(), make)
    await asyncio.wait_for(there.wait(), 20)
    reader.end(5.0)
    assert not reader.is_alive()
    return found


async def test_of_several_ticks_in_a_row_only_the_last_is_worked_out():
    made = []

    def make(name):
        return lambda _deployment: made.append(name) or Planned(name)

    (message,) = await took(EffectReader(DEPLOYMENT, "k"), [make("one"), make("two")])
    assert message.plan == "two"
    assert made == ["two"]


async def test_why_it_cannot_be_worked_out_is_told():
    error = PrecheckError("No space.")
    (message,) = await took(EffectReader(DEPLOYMENT, "k"), [lambda _d: Planned(error)])
    assert (type(message), message.text) == (NotDone, "No space.")


# --- pictures ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
def test_tables_or_rows_look_right(snap_compare, size):
    ticks = Ticks({"gateways"})
    ticks.toggle_row("tools", ROWS["tools"][-1].key, "weather-get-forecast")
    warn = Check("revision", Verdict.WARN, "the backup is at another revision: only columns that "
                 "both have are written")  # fmt: skip

    async def open_it(pilot):
        await opened(pilot, ticks, Worked(plan(warn)))

    assert snap_compare(shell(), run_before=open_it, terminal_size=size)
