import pytest

from tests.app.screen_host import FORBIDDEN, HOSTILE, ROW_1, ROW_2, SIZES, Host, shown
from tests.app.screen_host import cest as cest
from tests.app.screen_host import text_of as text
from tests.app.screen_plans import BEGAN, entry, steps_until
from tui.app.screens.cut import CutScreen
from tui.app.screens.question import Question
from tui.core.operation import Recovery, RecoveryAction

pytestmark = pytest.mark.usefixtures("cest")

COMMAND = "mcpdb-tui --project-dir /srv/forge gateway restart"


def question(key="y", command=COMMAND):
    lines = ["Calls fail for about 10 s. 37 sessions are cut; their clients connect again."]
    return Question("Restart the gateway of forge?", lines, command, "Restart", key)


def left(direction="finish", sentence="The restored database is in place.", *titles):
    actions = [RecoveryAction(str(n), title, lambda _: {}) for n, title in enumerate(titles)]
    return Recovery(direction, sentence, actions)


FINISH = left(
    "finish",
    "The restored database is in place; what is left is finished.",
    "start the gateway, wait for healthy",
    "read back; check and list the safety copy",
)
UNDO = left("undo", "The restore was cut short before the swap. Nothing was changed.", "remove x")


def cut(recovery=FINISH):
    steps = steps_until(7, "cut", started=BEGAN)
    return CutScreen(entry(state="cut", down_since=BEGAN, steps=steps), recovery)


@pytest.mark.parametrize(
    ("recovery", "words"),
    [
        (FINISH, ["start the gateway, wait for healthy, read back", "[ Finish now ]", "finishes"]),
        (
            UNDO,
            ["The restore was cut short before the swap.", "[ Undo now ]", "undoes", "remove x"],
        ),
        (left("nothing"), ["nothing but its record", "Its record will be closed"]),
        (None, ["It will be finished or undone, as its journal says"]),
    ],
)
async def test_what_is_left_is_said_as_the_recovery_decides_it(recovery, words):
    app = Host(cut(recovery))
    async with app.run_test(size=(80, 24)):
        assert not [word for word in words if word not in text(app)], text(app)


async def test_the_question_says_what_happens_and_the_same_as_a_command():
    app = Host(question())
    async with app.run_test(size=(80, 24)):
        page = text(app)
        for words in (
            "Restart the gateway of forge?",
            "Calls fail for about 10 s. 37 sessions are cut; their clients connect again.",
            f"by hand  {COMMAND}",
            "▸[ n  Cancel ]◂",
            "[ y  Restart ]",
        ):
            assert words in page, words
        assert shown(app)[:2] == [ROW_1, ROW_2]
        assert "Tables" not in shown(app)[2], "the tabs are gone while a dialog is up"


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["y"], True),
        (["n"], False),
        (["escape"], False),
        (["q"], False),
        (["enter"], False),
        (["tab", "enter"], True),
        (["tab", "tab", "enter"], False),
        (["right", "left", "enter"], False),
    ],
)
async def test_enter_does_what_is_highlighted_and_the_letters_what_they_say(keys, answer):
    app = Host(question())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        assert app.answers == [answer]


async def test_another_letter_can_say_yes_and_then_y_does_not():
    app = Host(question(key="s"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("y")
        assert app.answers == []
        await pilot.press("s")
        assert app.answers == [True]


async def test_a_click_answers():
    app = Host(question())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click("#confirm")
        assert app.answers == [True]


async def test_c_copies_the_command():
    app = Host(question())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        assert app.clipboard == COMMAND


async def test_a_cut_operation_is_told_and_look_first_has_the_focus():
    app = Host(cut())
    async with app.run_test(size=(80, 24)) as pilot:
        page = text(app)
        for words in (
            "A restore was cut short at 03:16:02",
            "restore k7m2qd by dana via sudo, op 32. Its process is gone.",
            "step 7 of 8: start, wait for healthy",
            "It will be finished, not undone.",
            "by hand  mcpdb-tui resume",
            "▸[ Look first ]◂",
            "[ Finish now ]",
        ):
            assert words in page, words
        await pilot.press("enter")
        assert app.answers == [False]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(["escape"], False), (["q"], False), (["tab", "enter"], True), (["n"], False)],
)
async def test_only_the_second_button_finishes_what_was_cut(keys, answer):
    app = Host(cut())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        assert app.answers == [answer]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "screen",
    [
        lambda: Question(HOSTILE, [HOSTILE, HOSTILE], HOSTILE, HOSTILE),
        lambda: CutScreen(
            entry(
                state="cut",
                **dict.fromkeys(("operation", "subject", "who"), HOSTILE),
                steps=steps_until(3, "cut", text=HOSTILE),
            ),
            left("undo", HOSTILE, HOSTILE),
        ),
    ],
)
async def test_hostile_text_is_shown_and_does_nothing(screen, size):
    app = Host(screen())
    async with app.run_test(size=size) as pilot:
        assert "[/x]" in text(app)
        assert not [c for c in FORBIDDEN if c in text(app)]
        await pilot.press("c", "y")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("screen", [question, cut])
@pytest.mark.parametrize("theme", ["mcpdb-dark", "mcpdb-light"])
def test_dialogs_look_right(snap_compare, screen, size, theme):
    assert snap_compare(Host(screen(), theme), terminal_size=size)
