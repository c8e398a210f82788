from typing import ClassVar

import pytest
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Input

from tests.app.screen_host import FORBIDDEN, HOSTILE, SIZES, Host, still
from tests.app.screen_host import text_of as text
from tui.app.screens.help import HelpLine, HelpScreen, bindings_help
from tui.app.screens.palette import Command, PaletteScreen, find
from tui.app.screens.question import Question
from tui.app.widgets.groups import ASKS, EVERYWHERE, HERE

HERE_LINES = [
    HelpLine("b", "back up now", "This pane"),
    HelpLine("c", "compare with live", "This pane"),
    HelpLine("B", "restore… types the name", "These ask first"),
]
EVERYWHERE_LINES = [HelpLine("1-9", "panes, 0 home, Esc back"), HelpLine(":", "every command")]


def help_screen():
    greyed = ["Z, because no restore is in place"]
    return HelpScreen("2 Backups", HERE_LINES, EVERYWHERE_LINES, greyed)


async def test_help_has_this_page_left_everywhere_right_and_what_is_greyed():
    app = Host(help_screen())
    async with app.run_test(size=(80, 24)) as pilot:
        page = text(app)
        for words in (
            "Keys here: 2 Backups",
            "This pane",
            "back up now",
            "These ask first",
            "Everywhere",
            "panes, 0 home, Esc back",
            "Greyed now: Z, because no restore is in place",
            "Esc closes",
        ):
            assert words in page, words
        await pilot.press("enter", "b", "B")
        assert app.answers == [], "nothing is run from help"


async def test_the_second_page_tells_signs_and_words():
    app = Host(help_screen())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab")
        for words in ("FAIL", "does not work or is not whole", "stale", "SQL NULL", "1h14m"):
            assert words in text(app)
        await pilot.press("tab")
        assert "back up now" in text(app)


@pytest.mark.parametrize("key", ["escape", "q", "question_mark", "f1"])
async def test_help_closes(key):
    app = Host(help_screen())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        assert app.answers == [None]


async def test_more_keys_than_fit_are_reached_with_j():
    lines = [HelpLine(f"k{n}", f"does thing number {n}") for n in range(40)]
    app = Host(HelpScreen("x", lines, [], []))
    async with app.run_test(size=(80, 24)) as pilot:
        assert "thing number 39" not in text(app)
        await pilot.press(*["j"] * 40)
        assert "thing number 39" in text(app)


class Bound(Screen[None]):
    """A screen with every kind of binding."""

    BINDINGS: ClassVar = [
        Binding("b", "backup", "back up", id="b", group=HERE, tooltip="back up now"),
        Binding("B,ctrl+b", "restore", "restore…", id="B", group=ASKS),
        Binding("Z", "undo", "undo…", id="Z", group=ASKS),
        Binding("R", "refresh", "read again", id="R", group=EVERYWHERE),
        Binding("x", "hidden", "never offered", id="x", group=HERE),
        Binding("w", "nameless", id="w"),
    ]

    def check_action(self, action, parameters):
        return {"undo": None, "hidden": False}.get(action, True)


async def test_help_is_generated_from_what_is_bound_now():
    app = Host(Bound())
    async with app.run_test(size=(80, 24)):
        keys = bindings_help(app.screen)
        assert HelpLine("b", "back up now", "This pane") in keys.here
        assert ("B ^b", "restore…") in [(k.key, k.text) for k in keys.here]
        assert HelpLine("R", "read again", "Everywhere") in keys.everywhere
        assert keys.greyed == ("Z undo…",)
        texts = {key.text for key in (*keys.here, *keys.everywhere)}
        assert "never offered" not in texts
        assert not [key for key in (*keys.here, *keys.everywhere) if not key.text]
        assert "Copy selected text" not in texts


async def test_question_mark_on_a_dialog_shows_its_keys_and_comes_back():
    question = Question("Restart?", ["x"], "mcpdb-tui gateway restart", "Restart")
    app = Host(question)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert "nothing is done" in text(app)
        await pilot.press("escape")
        assert app.screen is question


# --- palette ----------------------------------------------------------------------------

COMMANDS = [
    Command("restore", "Restore a backup…", "B", "a backup in place of the live database"),
    Command(
        "undo",
        "Undo the last restore…",
        "Z",
        words=("back out",),
        enabled=False,
        reason="nothing to undo: no restore is in place",
    ),
    Command("restart", "Restart the gateway", "X", "asks y/n, about 10 s down"),
    Command("holder", "Who holds the database", "", "holder and remedy", ("locked", "who")),
    Command("row", "Go to row…", "", "the row's number", takes_value=True),
    Command("prune", "Prune backups…", "P", "frees space", ("space", "disk")),
]


def ids(query, **more):
    return [found.command.id for found in find(COMMANDS, query, **more)]


def test_all_commands_are_offered_in_their_order_before_anything_is_typed():
    assert ids("") == [command.id for command in COMMANDS]


def test_what_was_used_last_stands_first():
    assert ids("", recent=["prune", "row"])[:3] == ["prune", "row", "restore"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("rest", "restore"),
        ("locked", "holder"),
        ("who", "holder"),
        ("undo", "undo"),
        ("space", "prune"),
        ("rstr gtw", "restart"),
        ("RESTART", "restart"),
    ],
)
def test_people_find_it_by_their_own_words(typed, first):
    assert ids(typed)[0] == first


def test_a_value_is_taken_on_the_same_line():
    assert find(COMMANDS, "row 900000")[0].line == "row 900000"
    assert find(COMMANDS, "prune 900000") == []


async def test_the_chosen_command_line_is_returned():
    app = Host(PaletteScreen(COMMANDS))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"restart", "enter")
        assert app.answers == ["restart"]


async def test_arrows_choose_another():
    app = Host(PaletteScreen(COMMANDS))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "down", "up", "down", "down", "enter")
        assert app.answers == ["holder"]


async def test_a_greyed_command_says_why_and_does_nothing():
    app = Host(PaletteScreen(COMMANDS))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"undo")
        assert "(Undo the last restore…)" in text(app)
        assert "nothing to undo: no restore is in place" in text(app)
        await pilot.press("enter")
        assert app.answers == []


async def test_a_command_without_its_value_asks_for_it_on_the_line():
    app = Host(PaletteScreen(COMMANDS))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"go to", "enter")
        assert app.answers == []
        assert app.screen.query_one(Input).value == "row "
        await pilot.press(*"42", "enter")
        assert app.answers == ["row 42"]


async def test_nothing_found_says_so():
    app = Host(PaletteScreen(COMMANDS))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"zzz", "enter")
        assert "Nothing is called that. ? lists the keys." in text(app)
        assert app.answers == []
        await pilot.press("escape")
        assert app.answers == [None]


async def test_a_click_on_a_row_chooses_it():
    app = Host(PaletteScreen(COMMANDS))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click("Choices", offset=(5, 2))
        assert app.answers == ["restart"]


async def test_a_long_list_scrolls_with_its_cursor():
    many = [Command(f"c{n}", f"Command number {n}") for n in range(60)]
    app = Host(PaletteScreen(many))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*["pagedown"] * 10)
        assert "▸ Command number 59" in text(app)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "screen",
    [
        lambda: PaletteScreen([Command("x", HOSTILE, HOSTILE, HOSTILE, (HOSTILE,))]),
        lambda: PaletteScreen([Command("x", HOSTILE, enabled=False, reason=HOSTILE)]),
        lambda: HelpScreen(
            HOSTILE, [HelpLine("k", HOSTILE, HOSTILE)], [HelpLine(HOSTILE, HOSTILE)], [HOSTILE]
        ),
    ],
)
async def test_hostile_text_is_shown_and_does_nothing(screen, size):
    app = Host(screen())
    async with app.run_test(size=size) as pilot:
        assert "[/x]" in text(app)
        assert not [c for c in FORBIDDEN if c in text(app)]
        await pilot.press("down")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["mcpdb-dark", "mcpdb-light"])
@pytest.mark.parametrize(
    ("screen", "keys"),
    [
        (help_screen, []),
        (help_screen, ["tab"]),
        (lambda: PaletteScreen(COMMANDS, recent=["prune"]), ["down"]),
        (lambda: PaletteScreen(COMMANDS), list("rest")),
        (lambda: PaletteScreen(COMMANDS), list("zzz")),
    ],
    ids=["keys", "signs", "palette", "typed", "nothing"],
)
def test_help_and_palette_look_right(snap_compare, screen, keys, theme, size):
    async def press(pilot):
        still(pilot)
        await pilot.press(*keys)

    assert snap_compare(Host(screen(), theme), run_before=press, terminal_size=size)
