"""2 Backups on frozen facts: rows, detail, marks, order, and what each key starts or refuses."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from tests.app.backups_story import (
    ALL,
    BROKEN,
    DRILLED,
    FULL,
    GUIDE,
    LONE,
    MAKING,
    NEIGHBOUR,
    NEWEST,
    PACKED,
    PINNED,
    WITH_SECOND,
)
from tests.app.shell_story import DEPLOYMENT, changed, screen_text, shell
from tui.app.screens.menu import Menu
from tui.app.screens.one_line import OneLine
from tui.app.screens.operation import OperationScreen
from tui.app.widgets.message import MessageLine

SMALL, LARGE = (80, 24), (140, 45)
FOLD = "files:guide"


def message(app):
    return app.screen_stack[0].query_one(MessageLine).text


def listed(app):
    return [row.key for row in app.pane._list.rows if row.is_thing]


def row_with(app, words):
    return next(line for line in screen_text(app).splitlines() if words in line)


@pytest.fixture
def started(monkeypatch):
    """What keys start: name and parameters of each operation; nothing is planned."""
    found = []

    def do(_app, make, back=None):
        operation = make(DEPLOYMENT)
        own = {f.name: getattr(operation, f.name) for f in fields(operation)}
        found.append((operation.name, {k: v for k, v in own.items() if k != "deployment"}))

    monkeypatch.setattr("tui.app.app.McpdbApp._do", do)
    return found


async def at(pilot, ident):
    """2 Backups with the cursor on a row."""
    await pilot.press("2")
    await pilot.pause()
    assert pilot.app.pane._list.point_at(ident)
    await pilot.pause()


# --- rows -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "Aug 11 02:00 1h14m hot        412M e198602c3c1e 1.0.5  ok 02:00     ok",
        "hot        412M e198602c3c1e 1.0.5  ok + drill   ok",
        "hot zst    113M e198602c3c1e 1.0.5  ok",
        "other db",
        "FAIL sha256  no",
        "cold *",
        "safety",
        "file       412M aa1b2c3d4e5f        unknown      no",
        "? 13 files of the guide's script, Jul 29 to Aug 10, no manifest · Enter unfolds",
        "2 other files, left alone: notes.txt, old.tar",
    ],
)
async def test_every_kind_has_its_row(words):
    app = shell(FULL)
    async with app.run_test(size=(80, 36)) as pilot:
        await pilot.press("2")
        await pilot.pause()
        assert words in screen_text(app)


async def test_files_of_one_maker_unfold_and_fold_again():
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await at(pilot, FOLD)
        assert not set(listed(app)) & {backup.id for backup in GUIDE}
        await pilot.press("enter")
        assert {backup.id for backup in GUIDE} <= set(listed(app))
        assert app.pane._list.cursor_key == FOLD
        await pilot.press("enter")
        assert not set(listed(app)) & {backup.id for backup in GUIDE}


async def test_a_filter_looks_into_the_folds():
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "slash", *"gu0003", "enter")
        assert listed(app) == ["gu0003"]


@pytest.mark.parametrize(
    ("terms", "kept"),
    [("kind:zst", ["p2ck3d"]), ("label:before", ["z3c6hm"]), ("id:n3gh", ["n3ghbr"])],
)
async def test_a_filter_can_name_a_field(terms, kept):
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "slash", *terms.replace(":", "*"), "enter")
        app.pane.filter_by(terms)
        await pilot.pause()
        assert listed(app) == kept


async def test_a_backup_in_a_fold_can_be_pointed_at():
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await app.action_pane(2, "gu0003")
        await pilot.pause()
        assert app.pane._list.cursor_key == "gu0003"


async def test_a_backup_in_the_making_stands_on_top_and_opens_its_page():
    app = shell(MAKING)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2")
        await pilot.pause()
        line = row_with(app, "» running")
        assert "hot" in line
        assert "60 %" in line
        await pilot.press("g", "B")
        await pilot.pause()
        assert message(app) == "It is still being made; o shows it."
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, OperationScreen)


async def test_a_restore_that_runs_is_no_backup_in_the_making():
    app = shell(changed(running=replace(MAKING.running, operation="restore")))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2")
        await pilot.pause()
        assert "» running" not in screen_text(app)


# --- detail ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("backup", "seen", "words"),
    [
        (NEWEST, FULL, "the image starts without a migration · same encryption secret"),
        (NEWEST, FULL, "never pruned while it is the last verified"),
        (NEWEST, FULL, "not restored in a drill yet; last drill Aug 09 ok, 29.4 s"),
        (DRILLED, FULL, "ok  restored in a drill 2026-08-09 03:14, 29.4 s"),
        (PACKED, FULL, "zstd, 112.5M"),
        (PACKED, FULL, "/mnt/nas/forge/x.db.zst, verified there 2026-08-09 03:14"),
        (NEWEST, WITH_SECOND, "no copy in /mnt/nas/forge"),
        (NEIGHBOUR, FULL, "! another encryption secret"),
        (NEIGHBOUR, FULL, "jobs.db, not this database"),
        (NEIGHBOUR, FULL, "not ours to prune: it is of another database"),
        (PINNED, FULL, "pinned"),
        (BROKEN, FULL, "damaged, counts for no rule"),
        (LONE, FULL, "a has adopt"),
    ],
)
async def test_the_detail_says_what_is_known(backup, seen, words):
    app = shell(seen)
    async with app.run_test(size=(200, 45)) as pilot:
        await at(pilot, backup.id)
        assert words in screen_text(app)


async def test_the_label_stands_in_the_rule_of_the_detail():
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await at(pilot, PINNED.id)
        line = row_with(app, "─ z3c6hm")
        assert line.endswith("label before 1.0.5 ─")


async def test_eight_lines_of_detail_are_whole_at_80_columns():
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await at(pilot, DRILLED.id)
        assert "restored in a drill" in screen_text(app)
        assert "more ↓" not in screen_text(app)


async def test_v_shows_the_detail_alone_and_esc_the_list_again():
    app = shell(WITH_SECOND)
    async with app.run_test(size=SMALL) as pilot:
        await at(pilot, NEWEST.id)
        assert "no copy in" not in screen_text(app)
        await pilot.press("v")
        await pilot.pause()
        assert "no copy in" in screen_text(app)
        assert "Aug 10" not in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.pane.NUMBER == 2
        assert "no copy in" not in screen_text(app)


# --- marks and order ------------------------------------------------------------------------


async def test_t_verifies_what_is_marked_in_the_order_of_the_catalogue(started):
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await at(pilot, BROKEN.id)
        await pilot.press("space", "g", "space")
        await pilot.pause()
        assert message(app).startswith("2 marked · t verifies them")
        await pilot.press("t")
        await pilot.pause()
        assert started == [("verify-all", {"backups": ("k7m2qd", "q8v2xe"), "full": False})]
        assert "marked" not in message(app)


async def test_esc_takes_the_marks_away_and_stays():
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "space", "escape")
        await pilot.pause()
        assert app.pane.NUMBER == 2
        assert "marked" not in message(app)
        await pilot.press("escape")
        assert app.pane.NUMBER == 0


async def test_space_again_unmarks():
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "space", "k", "space")
        await pilot.pause()
        assert "marked" not in message(app)


async def test_a_backup_that_is_gone_is_marked_no_more():
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "space", "space")
        app.seen = changed(catalogue=replace(ALL, backups=ALL.backups[1:]))
        await pilot.pause()
        assert message(app).startswith("1 marked")


async def test_a_fold_is_marked_and_verified_as_a_whole(started):
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await at(pilot, FOLD)
        await pilot.press("t")
        await pilot.press("space")
        await pilot.pause()
        assert message(app).startswith("13 marked")
        assert [name for name, _ in started] == ["verify-all"]
        assert started[0][1]["backups"] == tuple(backup.id for backup in GUIDE)


async def test_s_goes_through_columns_and_directions_and_the_heading_says_so():
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await at(pilot, PINNED.id)
        heads = []
        for _ in range(4):
            heads.append(screen_text(app).splitlines()[3].split())
            await pilot.press("s")
            await pilot.pause()
        arrows = [next((t for t in head if "↓" in t or "↑" in t), "") for head in heads]
        assert arrows == ["↓", "↑", "↑", "↓"]
        assert heads[2][heads[2].index("↑") - 1] == "kind"
        assert message(app) == "sorted by size, falling."
        assert app.pane._list.cursor_key == PINNED.id, "the cursor stays on its backup"


@pytest.mark.parametrize(
    ("x", "first"),
    [(5, "n9d5fa"), (17, "n9d5fa"), (34, "k7m2qd"), (66, "q8v2xe")],
    ids=["taken again", "age is taken", "size", "verified twice"],
)
async def test_a_click_on_a_heading_sorts_by_it(x, first):
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2")
        await pilot.pause()
        await pilot.click(app.pane._list, offset=(x, 0))
        if first == "q8v2xe":
            await pilot.click(app.pane._list, offset=(x, 0))
        await pilot.pause()
        assert listed(app)[0] == first


# --- keys -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ident", "keys", "wanted"),
    [
        ("k7m2qd", ["b"], ("backup", {})),
        ("k7m2qd", ["B"], ("restore", {"backup": "k7m2qd"})),
        ("k7m2qd", ["t"], ("verify", {"backup": "k7m2qd"})),
        ("k7m2qd", ["p"], ("pin", {"backup": "k7m2qd", "pinned": True})),
        ("z3c6hm", ["p"], ("pin", {"backup": "z3c6hm", "pinned": False})),
        ("k7m2qd", ["D"], ("delete", {"backup": "k7m2qd"})),
        ("k7m2qd", ["P"], ("prune", {"policy": None})),
        ("k7m2qd", ["l", "x", "enter"], ("label", {"backup": "k7m2qd", "label": "nightlyx"})),
        ("k7m2qd", ["a", *["j"] * 5, "enter"], ("drill", {"backup": "k7m2qd"})),
        ("k7m2qd", ["a", *["j"] * 6, "enter"], ("salvage", {"source": "k7m2qd"})),
        ("n9d5fa", ["a", *["j"] * 7, "enter"], ("adopt", {"backup": "n9d5fa"})),
        ("k7m2qd", ["a", *["j"] * 13, "enter"], ("backup-cold", {})),
        ("z3c6hm", ["a", "p"], ("pin", {"pinned": False})),
    ],
)
async def test_each_key_starts_its_operation(started, ident, keys, wanted):
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await at(pilot, ident)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await pilot.pause()
        name, parameters = wanted
        assert [found for found, _ in started] == [name]
        assert parameters.items() <= started[0][1].items()


@pytest.mark.parametrize(
    ("ident", "key", "words"),
    [
        ("q8v2xe", "B", "B restore… is off: sha256: expected 9f2c41d07be3, found 1be7a0c955d2."),
        ("n9d5fa", "p", "p pin is off: it has no manifest to say so; a has adopt."),
        ("n9d5fa", "l", "l label is off: it has no manifest to hold one; a has adopt."),
        ("z3c6hm", "D", "D delete… is off: it is pinned; p unpins it."),
        ("n3ghbr", "D", "D delete… is off: it is of another database of this folder."),
        (FOLD, "B", "These are several files; Enter shows each."),
        (FOLD, "D", "These are several files; Enter shows each."),
    ],
)
async def test_a_greyed_key_says_why(started, ident, key, words):
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await at(pilot, ident)
        await pilot.press(key)
        await pilot.pause()
        assert message(app) == words
        assert started == []


@pytest.mark.parametrize("key", list("bBtplDP"))
async def test_read_only_greys_all_that_changes(started, key):
    app = shell(changed(catalogue=ALL, deployment=replace(DEPLOYMENT, read_only=True)))
    async with app.run_test(size=SMALL) as pilot:
        await at(pilot, NEWEST.id)
        await pilot.press(key)
        await pilot.pause()
        assert message(app).endswith("is off: started with --read-only.")
        assert started == []


@pytest.mark.parametrize("key", list("tplDPaB"))
async def test_an_empty_catalogue_says_what_makes_a_backup(started, key):
    app = shell(changed(catalogue=replace(ALL, backups=(), strangers=())))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", key)
        await pilot.pause()
        assert message(app) == "There is no backup here; b makes one."
        assert started == []


async def test_the_menu_calls_the_pin_of_a_pinned_one_unpin():
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await at(pilot, PINNED.id)
        await pilot.press("a")
        await pilot.pause()
        assert isinstance(app.screen, Menu)
        assert " p      unpin " in screen_text(app)


@pytest.mark.parametrize("keys", [["escape"], ["enter"]])
async def test_a_label_that_is_left_or_not_changed_changes_nothing(started, keys):
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await at(pilot, NEWEST.id)
        await pilot.press("l")
        await pilot.pause()
        assert isinstance(app.screen, OneLine)
        await pilot.press(*keys)
        await pilot.pause()
        assert started == []
        assert not isinstance(app.screen, OneLine)


async def test_u_without_a_light_change_says_so():
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "u")
        await pilot.pause()
        assert message(app).startswith("Nothing to take back:")


# --- palette --------------------------------------------------------------------------------


async def typed(pilot, line):
    await pilot.press("colon")
    await pilot.pause()
    names = {" ": "space", ":": "colon", "-": "minus", ".": "full_stop"}
    for character in line:
        await pilot.press(names.get(character, character))
    await pilot.press("enter")
    await pilot.pause()
    await pilot.pause()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("backup cold", ("backup-cold", {})),
        ("backup-labelled before 1.0.6", ("backup", {"label": "before 1.0.6"})),
        ("prune", ("prune", {})),
        ("drill latest", ("drill", {"backup": "latest"})),
        ("adopt n9d5fa", ("adopt", {"backup": "n9d5fa"})),
        ("verify all", ("verify-all", {"backups": ()})),
        ("delete w4n8rt", ("delete", {"backup": "w4n8rt"})),
        ("restore w4n8rt", ("restore", {"backup": "w4n8rt"})),
        ("pin latest", ("pin", {"backup": "k7m2qd", "pinned": True})),
        ("unpin z3c6hm", ("pin", {"backup": "z3c6hm", "pinned": False})),
        ("label w4n8rt as it was", ("label", {"backup": "w4n8rt", "label": "as it was"})),
        ("schedule", ("schedule", {})),
    ],
)
async def test_the_palette_does_it_by_its_words(started, line, wanted):
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, line)
        name, parameters = wanted
        assert [found for found, _ in started] == [name], message(app)
        assert parameters.items() <= started[0][1].items()


@pytest.mark.parametrize("line", ["pin nosuch", "label nosuch x", "unpin nosuch"])
async def test_the_palette_says_that_no_backup_is_called_so(started, line):
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, line)
        assert message(app) == "No backup is called nosuch; 2 Backups lists them."
        assert started == []


@pytest.mark.parametrize("line", ["undo light change", "take back"])
async def test_the_palette_finds_taking_back(line):
    app = shell(FULL)
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, line)
        assert message(app).startswith("Nothing to take back:")


# --- the dashboard --------------------------------------------------------------------------


async def test_the_dashboard_says_the_last_drill_and_the_policy():
    app = shell(changed(catalogue=ALL, schedule="systemd"))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "drill ok Aug 09 ─┐" in text
        assert "* pinned · schedule systemd · keep 7 daily, 4 weekly, 12 monthly" in text


async def test_a_drill_that_failed_stands_in_the_title():
    failed = replace(NEWEST, manifest=replace(DRILLED.manifest, drill_result="no tables"))
    app = shell(changed(catalogue=replace(ALL, backups=(failed,))))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()
        assert "drill FAIL Aug 09 ─┐" in screen_text(app)


async def test_what_is_folded_at_home_opens_in_its_pane():
    app = shell(FULL)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("tab", "G", "enter")
        await pilot.pause()
        assert app.pane.NUMBER == 2
        assert app.pane._list.cursor_key == FOLD


# --- pictures -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
@pytest.mark.parametrize("theme", ["mcpdb-dark", "mcpdb-light"])
def test_a_full_catalogue_looks_right(snap_compare, size, theme):
    press = ["2", "space", "j", "space", "G", "enter"]
    assert snap_compare(shell(FULL, theme=theme), press=press, terminal_size=size)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
def test_a_backup_in_the_making_looks_right(snap_compare, size):
    assert snap_compare(shell(MAKING), press=["2", "j"], terminal_size=size)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
def test_the_line_for_a_label_looks_right(snap_compare, size):
    async def calm(pilot):
        await pilot.press("2", "l")
        await pilot.pause()
        pilot.app.screen.query_one("_Field").cursor_blink = False
        await pilot.pause()

    assert snap_compare(shell(FULL), run_before=calm, terminal_size=size)


def test_a_full_catalogue_in_ascii(snap_compare):
    press = ["2", "space", "s", "s"]
    assert snap_compare(shell(FULL, glyphs="ascii"), press=press, terminal_size=SMALL)


def test_without_colour_everything_is_said_in_words(snap_compare, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(shell(FULL), press=["2", "space"], terminal_size=SMALL)
