"""Filter, menu and copying in the lists of the shell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.app.shell_story import (
    NOW,
    SEEN,
    TIMELINE,
    ago,
    changed,
    entry,
    revision,
    screen_text,
    shell,
)
from tui.app.listing import activity
from tui.app.listing.terms import narrowed, parse
from tui.app.screens.menu import Menu
from tui.app.screens.plan import PlanScreen
from tui.app.widgets.message import MessageLine

ENTRIES = (
    entry(36, operation="verify", subject="q8v2xe", who="dana"),
    entry(35, operation="restore", subject="k7m2qd", who="dana", started=ago(days=2)),
    entry(34, operation="backup", who="dana", started=ago(days=9)),
    entry(33, operation="backup", who="cron"),
)
LOG = changed(activity=ENTRIES)
PENDING = changed(
    timeline=replace(
        TIMELINE,
        revisions=(
            revision("7ab59991e017", "x", "fix oauth tokens", release="1.0.7", state="pending"),
            *TIMELINE.revisions,
        ),
    )
)


def message(app):
    return app.screen_stack[0].query_one(MessageLine).text


def listed(app):
    return [row.key for row in app.pane._list.rows if row.is_thing]


@pytest.mark.parametrize(
    ("terms", "numbers"),
    [
        ("", [36, 35, 34, 33]),
        ("who:dana", [36, 35, 34]),
        ("what:restore", [35]),
        ("-backup", [36, 35]),
        ("-who:cron backup", [34]),
        ("since:7d", [36, 35, 33]),
        ("since:7d who:dana -verify", [35]),
        ("since:", [36, 35, 34, 33]),
        ("K7M2QD", [35]),
        ('"restore k7m2qd"', [35]),
        ('"restore k7m2qd', []),
        ("02:00", [36, 33]),
        ("nothing-like-it", []),
    ],
)
def test_terms_of_the_activity_log(terms, numbers):
    from tui.app.glyphs import UNICODE

    rows = activity.rows(LOG, UNICODE, NOW, full=True)
    kept = narrowed(parse(terms, NOW, activity.FIELDS), rows)
    assert [int(row.key[:6]) for row in kept] == numbers


@pytest.mark.parametrize("terms", ["since:x", "since:7", "since:d", "since:-1d"])
def test_an_age_that_is_none_says_what_one_looks_like(terms):
    with pytest.raises(ValueError, match="30m, 12h, 7d, 2w"):
        parse(terms, NOW)


def test_an_age_beyond_all_years_lets_everything_in():
    assert parse("since:999999w", NOW).since < NOW - timedelta(days=365_000)


def test_a_colon_that_names_no_field_is_a_colon():
    assert parse("where:x", NOW, ("who",)).terms[0].word == "where:x"


async def test_enter_keeps_the_filter_and_esc_clears_it():
    app = shell(LOG)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4", "slash", *"who:cron")
        await pilot.pause()
        assert "1 of 4 match · Enter keeps, Esc clears" in screen_text(app)
        assert "a actions" not in screen_text(app).splitlines()[-1], "there letters are text"
        await pilot.press("enter")
        assert listed(app) == ["000033-op"]
        await pilot.pause()
        assert "1 of 4 match · Esc clears" in screen_text(app)
        assert app.focused is app.pane._list
        await pilot.press("escape")
        assert len(listed(app)) == 4
        assert app.pane.NUMBER == 4
        await pilot.press("escape")
        assert app.pane.NUMBER == 0


async def test_the_cursor_stays_on_its_thing_while_the_filter_comes_and_goes():
    app = shell(LOG)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4", "j", "slash", *"dana", "enter")
        assert app.pane._list.cursor_key == "000035-op"
        await pilot.press("escape")
        assert app.pane._list.cursor_key == "000035-op"


async def test_a_filter_outlives_a_new_entry_and_another_pane():
    app = shell(LOG)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4", "slash", *"who:cron", "enter", "2", "4")
        app.seen = changed(activity=(entry(38, who="cron"), entry(37, who="dana"), *ENTRIES))
        await pilot.pause()
        assert listed(app) == ["000038-op", "000033-op"]


async def test_nothing_matches_is_said_with_how_many_there_are():
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "slash", *"zzz", "enter")
        assert "None of 5 matches. Esc clears." in screen_text(app)
        assert "rows 0" not in screen_text(app)


@pytest.mark.parametrize(
    ("key", "seen", "terms", "kept"),
    [
        ("1", SEEN, "tool", ["tools", "tool_metrics"]),
        ("1", SEEN, "mcp_apps", ["mcp_apps"]),
        ("2", SEEN, "fail", ["q8v2xe"]),
        ("2", SEEN, "cold", ["z3c6hm"]),
        ("2", SEEN, "since:2d", ["k7m2qd", "w4n8rt"]),
        ("3", PENDING, "pending", ["7ab59991e017"]),
        ("3", PENDING, "1.0.4", ["6c0e5f8a9b1d"]),
        ("3", PENDING, "-pending lifecycle", ["6c0e5f8a9b1d"]),
    ],
)
async def test_words_match_any_column(key, seen, terms, kept):
    app = shell(seen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key, "slash")
        await pilot.press(*("minus" if c == "-" else "space" if c == " " else c for c in terms))
        await pilot.press("enter")
        assert listed(app) == kept


async def test_n_walks_the_matches_round_and_says_so():
    app = shell(LOG)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4", "n")
        assert message(app) == "No filter is kept; / sets one."
        await pilot.press("slash", *"backup", "enter", "n")
        assert app.pane._list.cursor_key == "000033-op"
        await pilot.press("n")
        assert app.pane._list.cursor_key == "000034-op"
        assert message(app) == "From the last to the first."
        await pilot.press("N")
        assert app.pane._list.cursor_key == "000033-op"


async def test_what_was_pasted_into_the_filter_is_one_clean_line():
    from textual import events

    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "slash")
        app.post_message(events.Paste("k7\x1b[31m\x07m"))
        await pilot.pause()
        assert "\x1b" not in app.pane._filter.text
        assert app.pane._filter.text.startswith("k7")


async def test_home_filters_in_the_pane_of_the_part():
    app = shell(LOG)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", "slash")
        await pilot.pause()
        await pilot.press(*"cold", "enter")
        assert app.pane.NUMBER == 2
        assert listed(app) == ["z3c6hm"]


# --- menu -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["1", "a"], ["table gateways", "Enter  rows", "y      copy"]),
        (["2", "a"], ["backup k7m2qd", "B      restore…", "t      verify", "copy path"]),
        (["3", "a"], ["revision e198602c3c1e", "copy revision"]),
        (["4", "a"], ["op 34 · prune", "Enter  whole page", "copy command"]),
        (["9", "a"], ["S      stop…", "X      restart…", "l      its log", "(start)"]),
        (["9", "a"], ["compose down…", "compose up", "removes its containers and networks"]),
        (["0", "tab", "a"], ["backup k7m2qd", "B      restore…"]),
    ],
)
async def test_the_menu_offers_what_exists_with_its_keys(keys, words):
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert isinstance(app.screen, Menu)
        assert not [word for word in words if word not in screen_text(app)], screen_text(app)


async def test_a_greyed_line_of_the_menu_says_why_and_stays():
    app = shell(changed(undo="Nothing to undo: no restore is in place."))
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("2", "a", "Z")
        assert isinstance(app.screen, Menu)
        assert "Nothing to undo: no restore is in place." in screen_text(app).splitlines()[-2]
        await pilot.press("escape")
        assert not isinstance(app.screen, Menu)


@pytest.mark.parametrize("keys", [["y"], [*["j"] * 10, "enter"]])
async def test_the_menu_does_what_its_key_or_enter_says(keys):
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "a", *keys)
        await pilot.pause()
        assert app.clipboard == str(SEEN.catalogue.backups[0].path)


async def test_the_right_button_points_and_opens_the_menu():
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await pilot.pause()
        await pilot.click(app.pane._list, offset=(5, 2), button=3)
        await pilot.pause()
        assert isinstance(app.screen, Menu)
        assert "backup w4n8rt" in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (140, 45)], ids=["80x24", "140x45"])
@pytest.mark.parametrize("theme", ["mcpdb-dark", "mcpdb-light"])
def test_the_menu_looks_right(snap_compare, size, theme):
    assert snap_compare(shell(theme=theme), press=["2", "a"], terminal_size=size)


@pytest.mark.parametrize("size", [(80, 24), (140, 45)], ids=["80x24", "140x45"])
def test_a_kept_filter_looks_right(snap_compare, size):
    press = ["4", "slash", *"who:dana", "enter"]
    assert snap_compare(shell(LOG), press=press, terminal_size=size)


# --- copying --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "copied"),
    [
        (["1"], "gateways"),
        (["2"], str(SEEN.catalogue.backups[0].path)),
        (["3"], "e198602c3c1e"),
        (["4"], "mcpdb-tui backup create"),
        (["9"], "forge-gateway-1"),
        (["0"], "gateways"),
        (["0", "tab"], str(SEEN.catalogue.backups[0].path)),
        (["0", "tab", "tab"], "e198602c3c1e"),
        (["0", "tab", "tab", "tab"], "mcpdb-tui backup create"),
    ],
)
async def test_y_copies_what_can_be_used_elsewhere(keys, copied):
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys, "y")
        await pilot.pause()
        assert app.clipboard == copied
        assert message(app).startswith(f"Copied {len(copied)} bytes to your terminal (OSC 52).")


# --- palette --------------------------------------------------------------------------------


async def typed(pilot, line):
    await pilot.press("colon")
    await pilot.pause()
    for character in line:
        await pilot.press({" ": "space", ":": "colon", "-": "minus"}.get(character, character))
    await pilot.press("enter")
    await pilot.pause()
    await pilot.pause()


async def test_the_palette_passes_the_value_on():
    app = shell(LOG)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4")
        await typed(pilot, "filter who:dana -verify")
        assert listed(app) == ["000035-op", "000034-op"]
        await typed(pilot, "table tools")
        assert app.pane.NUMBER == 1
        assert app.pane._list.cursor_key == "tools"
        await typed(pilot, "table no_such")
        assert message(app).startswith("There is no table no_such;")


async def test_what_was_used_last_stands_on_top_whatever_its_value():
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await typed(pilot, "table tools")
        assert app._recent[0] == "table"


async def test_a_value_that_is_greyed_says_why():
    app = shell(changed(deployment=replace(SEEN.deployment, read_only=True)))
    async with app.run_test(size=(80, 24)) as pilot:
        await typed(pilot, "restore latest")
        assert message(app) == "restore is off: started with --read-only."
        assert not isinstance(app.screen, PlanScreen)


# --- the message line -----------------------------------------------------------------------


async def test_what_is_said_while_a_dialog_is_open_stands_there_and_afterwards():
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "a")
        await pilot.pause()
        app.say("backed up x9y8z7: 412M, verified")
        await pilot.pause()
        assert "backed up x9y8z7" in screen_text(app).splitlines()[-2]
        await pilot.press("escape")
        await pilot.pause()
        assert message(app) == "backed up x9y8z7: 412M, verified"


def test_since_counts_from_now():
    assert parse("since:12h", NOW).since == NOW - timedelta(hours=12)
