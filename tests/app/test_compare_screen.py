"""The compare screen on frozen facts: what it shows, and each of its keys."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from rich.cells import cell_len

from tests.app.compare_story import (
    FOUND,
    GATEWAYS,
    HOSTILE_FOUND,
    ROWS,
    SAME,
    TOOLS,
    A,
    B,
    Fake,
    changed,
    gone,
    table,
)
from tests.app.screen_plans import restore_plan
from tests.app.shell_story import (
    DEPLOYMENT,
    FORBIDDEN,
    HOSTILE,
    SEEN,
    backup,
    screen_text,
    shell,
)
from tests.app.shell_story import ago as before
from tests.app.shell_story import changed as seen_with
from tests.app.waiting import until
from tui.app.background import Far, NotDone
from tui.app.glyphs import UNICODE
from tui.app.listing.differing import grid, name_of, versions
from tui.app.paint import text_of, width_of
from tui.app.screens.bring_back import BringBackScreen
from tui.app.screens.compare import CompareScreen
from tui.app.screens.compare_rows import CompareRowsScreen
from tui.app.screens.frame import MessageLine
from tui.app.screens.restore_plan import RestorePlanScreen
from tui.app.screens.row_versions import VersionsScreen
from tui.app.ticks import Ticks

SMALL, LARGE = (80, 24), (140, 45)


def own(app):
    """What the screen on top draws."""
    return screen_text(app)


def message(app):
    return app.screen.query_one(MessageLine).content.plain.strip()


async def at_rest(pilot):
    """Layout and the debounced reads are over: nothing waits any more."""

    def rests():
        screen = pilot.app.screen
        return not (
            isinstance(screen, CompareScreen) and screen._found and screen._detail.is_waiting
        )

    await pilot.pause(0.05)
    await until(pilot, rests)
    await pilot.pause(0.05)


async def opened(pilot, found=FOUND, **other):
    reader = other.pop("reader", None) or Fake(found, **other.pop("fake", {}))
    screen = CompareScreen(reader, **other)
    pilot.app.push_screen(screen)
    await at_rest(pilot)
    return screen


@pytest.fixture
def started(monkeypatch):
    """What keys start: name and parameters of each operation; nothing is planned."""
    found = []

    def do(_app, make, back=None):
        operation = make(DEPLOYMENT)
        mine = {f.name: getattr(operation, f.name) for f in fields(operation)}
        found.append((operation.name, {k: v for k, v in mine.items() if k != "deployment"}))

    monkeypatch.setattr("tui.app.app.McpdbApp._do", do)
    return found


@pytest.fixture
def wanted(monkeypatch):
    """What keys ask to be compared."""
    found = []
    monkeypatch.setattr(
        "tui.app.app.McpdbApp.compare",
        lambda _app, first, second="live", **other: found.append((first, second, other)),
    )
    return found


# --- who asks for it --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        (["c"], ("k7m2qd", "live", {"table": "gateways", "bring": False})),
        (["j", "j", "c"], ("k7m2qd", "live", {"table": "tools", "bring": False})),
        (["tab", "j", "c"], ("w4n8rt", "live", {"table": "", "bring": False})),
        (["1", "j", "c"], ("k7m2qd", "live", {"table": "servers", "bring": False})),
        (["2", "c"], ("k7m2qd", "live", {"table": "", "bring": False})),
        (["2", "j", "c"], ("w4n8rt", "live", {"table": "", "bring": False})),
        (["2", "space", "space", "c"], ("w4n8rt", "k7m2qd", {"table": "", "bring": False})),
        (["2", "space", "c"], ("w4n8rt", "k7m2qd", {"table": "", "bring": False})),
        (["2", "T"], ("k7m2qd", "live", {"table": "", "bring": True})),
    ],
    ids=lambda value: "".join(value) if isinstance(value, list) else "",
)
async def test_each_pane_asks_for_its_own_comparison(wanted, keys, asked):
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        assert wanted == [asked]


async def test_what_needs_you_says_is_compared_with_one_click(wanted):
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "c compare" in own(app).splitlines()[3]
        await app.action_need(0)
        await pilot.pause()
        assert [first for first, *_ in wanted] == ["k7m2qd"]


async def test_of_three_that_are_marked_none_is_compared(wanted):
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "space", "space", "space", "c")
        await pilot.pause()
        assert wanted == []
        assert "c compares two; more are marked. Esc unmarks." in own(app)


async def test_without_a_verified_backup_there_is_nothing_to_compare_with(wanted):
    app = shell(seen_with(catalogue=replace(SEEN.catalogue, backups=())))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("c")
        await pilot.pause()
        assert wanted == []
        assert "no verified backup to compare with; b makes one." in own(app)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("", [("k7m2qd", "live")]),
        ("w4n8rt", [("w4n8rt", "live")]),
        ("w4n8rt latest", [("w4n8rt", "latest")]),
        ("a b c", []),
    ],
)
async def test_the_palette_compares_what_is_named(wanted, typed, asked):
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        app.action_compare_named(typed)
        await pilot.pause()
        assert [(first, second) for first, second, _ in wanted] == asked


async def test_the_palette_knows_tables_or_rows_by_its_words():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2", "colon", *"restore tables or rows".replace(" ", "*").split("*")[0])
        await pilot.pause()
        assert "Tables or rows…" in own(app)


@pytest.mark.parametrize(("key", "bring"), [("T", True), ("c", False)])
async def test_the_plan_of_a_restore_leads_to_a_gentler_way(wanted, key, bring):
    app, answers = shell(), []
    async with app.run_test(size=SMALL) as pilot:
        app.push_screen(RestorePlanScreen(restore_plan()), answers.append)
        await pilot.pause()
        assert "T tables, rows…  ? help" in own(app)
        await pilot.press(key)
        await pilot.pause()
        assert answers == [False]
        assert wanted == [("k7m2qd", "live", {"table": "", "bring": bring})]


# --- what it shows ----------------------------------------------------------------------------


async def test_sides_tables_rows_and_the_gist_are_told():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        text = own(app)
        first = text.splitlines()[3]
        assert first.startswith(" A backup Aug 11 02:00 k7m2qd ")
        assert first.endswith("B live, read 03:14:09 · same schema, revision")
        assert "▸ gateways                       3        0        0  (11 rows: last_seen" in text
        assert "tool_metrics              21,455    4,212        0" in text
        assert "63 tables are the same" in text
        assert "─ gateways · 3 removed since A ─" in text
        assert "by primary key id" in text
        assert " - 5f1c0e9a… crm-mcp     https://crm.corp.example/mcp" in text
        assert "In words: 3 gateways removed with their 38 tools, 1 tool changed; the rest" in text
        assert message(app) == "compared 950,654 rows by key in 4.1 s"
        assert "s3cret" not in text


async def test_the_rows_follow_the_cursor_and_are_read_once():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot)
        await pilot.press("j")
        await at_rest(pilot)
        assert "─ tools · 38 removed, 1 changed since A ─" in own(app)
        assert "more · Enter shows all" in own(app)
        await pilot.press("k", "j")
        await at_rest(pilot)
        assert screen._reader.asked == ["start", "compare", "rows gateways", "rows tools"]


async def test_the_cursor_begins_on_the_table_that_was_meant():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, table="mcp_sessions")
        assert "─ mcp_sessions · 5 removed, 9 added since A ─" in own(app)


@pytest.mark.parametrize("asked", ["", "gateways", "not there"])
async def test_what_does_not_count_is_not_where_the_cursor_begins(asked):
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        seen_only = replace(GATEWAYS, removed=0)
        await opened(pilot, replace(FOUND, tables=(seen_only, TOOLS)), table=asked)
        assert "─ tools · 38 removed, 1 changed since A ─" in own(app)


async def test_no_difference_is_one_sentence():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, SAME)
        assert "No difference in 71 tables." in own(app)
        assert "In words" not in own(app)
        await pilot.press("T")
        await pilot.pause()
        assert message(app).startswith("There is nothing to bring back:")


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (table("old", only_in="first", rows_first=5), "only in A, 5 rows."),
        (table("new", only_in="second", rows_second=1), "only in B, 1 row."),
        (table("fts", problem="virtual table: not compared"), "virtual table: not compared."),
        (table("wide", columns_added=("x", "y")), "only in B: x, y."),
        (replace(GATEWAYS, removed=0), "No row counts as different: (11 rows: last_seen only)."),
    ],
    ids=["only in A", "only in B", "virtual", "columns", "ignored"],
)
async def test_a_table_without_rows_to_show_says_why(one, told):
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, replace(FOUND, tables=(one,)))
        assert told in own(app)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, CompareScreen)
        assert told in message(app)


async def test_other_revisions_are_named():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, replace(FOUND, second=replace(B, revision="7ab59991e017")))
        assert "Revision e198602c3c1e in A, 7ab59991e017 in B." in own(app)
        assert "same schema, other revision" in own(app).splitlines()[3]


async def test_two_backups_fit_a_narrow_title():
    app = shell()
    older = replace(A, word="w4n8rt", name="x.db")
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, replace(FOUND, first=older, second=A),
                     fake={"first": "w4n8rt", "second": "k7m2qd"})  # fmt: skip
        assert own(app).splitlines()[3].split("  ")[0] == " A Aug 10 02:14 w4n8rt"
        assert own(app).splitlines()[3].endswith(
            "B Aug 11 02:00 k7m2qd · same schema, revision"
        )  # fmt: skip


async def test_what_cannot_be_read_is_one_sentence_and_r_tries_again():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot, NotDone("x.db is damaged: its pages cannot be read."))
        assert "x.db is damaged: its pages cannot be read. R compares again." in own(app)
        await pilot.press("T")
        await pilot.pause()
        assert message(app) == "Nothing was compared."
        screen._reader.found = FOUND
        await pilot.press("R")
        await at_rest(pilot)
        assert "63 tables are the same" in own(app)


# --- while it runs ----------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["escape", "ctrl+c", "q"])
async def test_progress_is_told_and_each_of_three_keys_stops_it(key):
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot, None)
        assert message(app) == "» comparing … · Esc stops it"
        screen.post_message(Far(312_000, 950_654))
        await pilot.pause()
        assert message(app) == "» comparing 312,000 of 950,654 rows  32 % · Esc stops it"
        await pilot.press(key)
        await at_rest(pilot)
        assert app.screen is app.screen_stack[0]
        assert "stop" in screen._reader.asked
        assert screen._reader.ended
        assert "Stopped comparing." in own(app)


async def test_stopping_a_second_one_keeps_the_first():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot)
        screen._reader.found = None
        await pilot.press("R", "escape")
        await until(pilot, lambda: message(app) == "Stopped; this is the comparison of before.")
        assert "63 tables are the same" in own(app)


async def test_after_the_database_was_replaced_it_is_compared_anew():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot)
        await pilot.press("space")
        app.seen = replace(app.seen, released=True)
        await pilot.pause()
        assert screen._reader.asked.count("compare") == 1
        screen._reader.found = replace(FOUND, tables=(TOOLS,), same=70)
        app.seen = replace(app.seen, released=False)
        await at_rest(pilot)
        assert screen._reader.asked.count("compare") == 2
        assert "70 tables are the same" in own(app)
        assert not screen._ticks


# --- filter -----------------------------------------------------------------------------------


async def test_a_filter_narrows_the_tables_and_esc_clears_it():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot)
        await pilot.press("slash", *"metrics", "enter")
        await at_rest(pilot)
        assert [row.key for row in screen._list.rows] == ["tool_metrics", "tool_metrics_hourly"]
        assert "2 of 8 match" in own(app)
        await pilot.press("escape")
        await at_rest(pilot)
        assert "server_tool_association" in own(app)
        await pilot.press("slash", *"nothing/x")
        await at_rest(pilot)
        assert "None of 8 matches. Esc clears." in own(app)
        await pilot.press("escape", "escape")
        await at_rest(pilot)
        assert app.screen is app.screen_stack[0]


# --- rows, and both versions ------------------------------------------------------------------


async def test_enter_shows_every_row_page_by_page():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, fake={"page": 15}, table="tools")
        await pilot.press("enter")
        await at_rest(pilot)
        assert isinstance(app.screen, CompareRowsScreen)
        assert own(app).splitlines()[2].startswith(" tools · 38 removed, 1 changed since A")
        assert "of 39" in message(app)
        await pilot.press("G")
        await at_rest(pilot)
        await pilot.press("G")
        await at_rest(pilot)
        assert len(app.screen._rows) == 39
        await pilot.press("G")
        await pilot.pause()
        assert "~ changed 9a8b7c6d… weather-get-forecast" in own(app)
        assert message(app).endswith("-39 of 39")


async def test_enter_on_a_row_shows_both_versions_and_no_secret():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, table="tools")
        await pilot.press("enter")
        await at_rest(pilot)
        await pilot.press("G", "enter")
        await at_rest(pilot)
        assert isinstance(app.screen, VersionsScreen)
        lines = own(app).splitlines()
        assert lines[2].startswith(" tools  weather-get-forecast")
        assert lines[2].endswith("changed, in A and B")
        assert lines[4].split() == ["url", "https://old.example", "https://new.example"]
        assert lines[5].split() == ["auth_value", "••••", "8", "ch", "••••", "10", "ch"]
        assert lines[6].split()[0] == "last_seen"
        assert lines[7].strip() == "does not count"
        assert "s3cret" not in own(app)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, CompareRowsScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, CompareScreen)


def test_differing_columns_come_first_and_those_that_do_not_count_after_them():
    row = changed("k", "x", extra=b"\x00\x01")
    found = versions(table("t", 0, 0, 1), row, UNICODE)
    assert [(v.name, v.differs, v.counts) for v in found[:4]] == [
        ("url", True, True),
        ("auth_value", True, True),
        ("last_seen", True, False),
        ("extra", True, False),
    ]
    assert found[3].before is None


def test_a_type_alone_makes_a_value_another_one():
    before = {"id": 1, "n": 1}
    row = replace(changed("k", "x"), before=before, after={**before, "n": 1.0}, columns=("n",))
    assert versions(table("t", 0, 0, 1), row, UNICODE)[0].differs


def test_the_operators_own_secrets_are_masked_everywhere():
    row = gone("k1", "crm")
    mask = ("t.name", "url")
    columns, rows = grid(table("t", 1), [row], UNICODE, 70, mask=mask)
    assert [column.title for column in columns] == ["id", "enabled", "tools"]
    assert "crm" not in text_of(rows[0].cells)
    assert name_of(table("t", 1), row, mask) == "k1"
    assert name_of(table("t", 1), row, ("name", "url", "id")) == ""
    shown = {v.name: v.before for v in versions(table("t", 1), row, UNICODE, mask)}
    assert shown["name"] == "•••• 3 ch"


# --- marks, and what is done with them --------------------------------------------------------


async def test_marked_tables_and_rows_go_to_tables_or_rows_back():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("space")
        await at_rest(pilot)
        assert message(app) == "1 table marked · T brings them back · Esc unmarks"
        assert "▸ tools" in own(app)
        await pilot.press("enter")
        await at_rest(pilot)
        await pilot.press("space", "space")
        await at_rest(pilot)
        assert "1 table and 2 rows marked, T brings them back" in message(app)
        await pilot.press("T")
        await at_rest(pilot)
        assert isinstance(app.screen, BringBackScreen)
        assert app.screen._ticks.tables == {"gateways"}
        assert set(app.screen._ticks.rows) == {"tools"}
        assert "└ crm-tool-0" in own(app)
        await pilot.press("escape")
        await at_rest(pilot)
        assert isinstance(app.screen, CompareScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert message(app) == "compared 950,654 rows by key in 4.1 s"
        assert isinstance(app.screen, CompareScreen)


async def test_without_a_mark_t_means_what_the_cursor_stands_on():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot, table="tools")
        await pilot.press("T")
        await at_rest(pilot)
        assert app.screen._ticks == Ticks({"tools"})
        await pilot.press("escape")
        await at_rest(pilot)
        assert not screen._ticks
        await pilot.press("enter")
        await at_rest(pilot)
        await pilot.press("G", "T")
        await at_rest(pilot)
        (key,) = app.screen._ticks.rows["tools"]
        assert key == ROWS["tools"][-1].key


async def test_asked_for_from_the_backups_it_goes_on_by_itself():
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, bring=True)
        assert isinstance(app.screen, BringBackScreen)
        assert not app.screen._ticks


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (table("t", 0, 3), "The backup has nothing of t that live lacks or has otherwise."),
        (table("t", only_in="first"), "The live database has no table t: only a whole restore"),
        (table("t", problem="cut"), "t was not compared: cut."),
    ],
    ids=["added", "only in A", "problem"],
)
async def test_what_cannot_come_back_cannot_be_marked(one, told):
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, replace(FOUND, tables=(one,)))
        await pilot.press("space")
        await pilot.pause()
        assert message(app).startswith(told)


async def test_a_row_that_only_live_has_cannot_be_marked():
    app = shell()
    added = replace(gone("k", "new"), kind="added", before=None, after={"id": "k", "name": "new"})
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, replace(FOUND, tables=(table("tools", 1, 1),)),
                     fake={"rows": {"tools": (gone("g", "old"), added)}})  # fmt: skip
        await pilot.press("enter")
        await at_rest(pilot)
        await pilot.press("G", "space")
        await pilot.pause()
        assert message(app) == "Only live has this row; the backup has nothing to bring back."


async def test_between_two_backups_nothing_is_brought_back_or_restored(started):
    app = shell()
    found = replace(FOUND, second=replace(B, word="w4n8rt", name="x.db"))
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, found, fake={"second": "w4n8rt"})
        for key in ("T", "B", "space"):
            await pilot.press(key)
            await pilot.pause()
            assert "compare one backup with live (c)." in message(app)
        assert started == []


async def test_b_restores_the_whole_backup(started):
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await pilot.press("B")
        await pilot.pause()
        assert [(name, values["backup"]) for name, values in started] == [("restore", "k7m2qd")]


async def test_read_only_greys_what_changes_and_says_why(started):
    app = shell(seen_with(deployment=replace(DEPLOYMENT, read_only=True)))
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        assert "(T bring rows back…)  (B restore all…)" in own(app)
        for key, verb in (("T", "T bring rows back…"), ("B", "B restore all…")):
            await pilot.press(key)
            await pilot.pause()
            assert message(app) == f"{verb} is off: started with --read-only."
        assert started == []


def test_keys_of_rows_are_what_json_can_hold():
    ticks = Ticks()
    ticks.toggle_row("t", (b"\x01\xff", 2, "x|y"))
    assert json.loads(json.dumps(ticks.named())) == {"t": [[{"$blob": "01ff"}, 2, "x|y"]]}


def test_a_table_and_its_rows_are_not_ticked_both():
    ticks = Ticks()
    ticks.toggle_row("t", (1,))
    ticks.toggle_table("t")
    assert not ticks
    ticks.toggle_table("t")
    ticks.toggle_row("t", (2,))
    assert ticks == Ticks(rows={"t": {(2,): ""}})


# --- foreign text -----------------------------------------------------------------------------


async def test_hostile_names_and_values_reach_no_terminal_raw():
    hostile_row = replace(
        changed(HOSTILE, HOSTILE), before={HOSTILE: HOSTILE}, after={HOSTILE: HOSTILE + "b"},
        columns=(HOSTILE,),
    )  # fmt: skip
    rows = {HOSTILE_FOUND.tables[0].table: (hostile_row,)}
    catalogue = replace(SEEN.catalogue, backups=(backup("k7m2qd", before(hours=1), label=HOSTILE),))
    app = shell(seen_with(catalogue=catalogue))
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, HOSTILE_FOUND, fake={"rows": rows})
        texts = [own(app)]
        for key in ("enter", "enter"):
            await pilot.press(key)
            await at_rest(pilot)
            texts.append(own(app))
        await pilot.press("escape", "T")
        await at_rest(pilot)
        texts.append(own(app))
        await pilot.press("escape")
        app.screen.post_message(NotDone(HOSTILE))
        await at_rest(pilot)
        texts.append(own(app))
        for text in texts:
            assert not [mark for mark in FORBIDDEN if mark in text]
            assert "\\x1b" in text


async def test_wide_characters_keep_the_columns():
    wide = (gone("k1", "表表表"), gone("k2", "plain"))
    app = shell()
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(
            pilot,
            replace(FOUND, tables=(table("表格", 2), table("plain", 1))),
            fake={"rows": {"表格": wide}},
        )
        for listed in (screen._list, screen._detail):
            heading, *rows = (listed.content_line(line)[0] for line in range(3))
            assert {width_of(row) for row in rows} == {width_of(heading)}
        lines = own(app).splitlines()
        first, second = (line for line in lines if "https" in line)
        assert "表表表" in first
        assert cell_len(first[: first.index("https")]) == cell_len(second[: second.index("https")])


# --- pictures ---------------------------------------------------------------------------------


class Pictured:
    """A screen that is opened before the picture is taken."""

    def __init__(self, *keys, found=FOUND, **other):
        self.keys, self.found, self.other = keys, found, other

    async def __call__(self, pilot):
        await opened(pilot, self.found, **self.other)
        for key in self.keys:
            await pilot.press(key)
            await at_rest(pilot)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
@pytest.mark.parametrize(
    ("keys", "other"),
    [
        ((), {}),
        (("enter",), {"table": "tools"}),
        (("enter", "G", "enter"), {"table": "tools"}),
        ((), {"found": SAME}),
    ],
    ids=["tables", "rows", "versions", "no difference"],
)
def test_comparing_looks_right(snap_compare, size, keys, other):
    assert snap_compare(shell(), run_before=Pictured(*keys, **other), terminal_size=size)


@pytest.mark.parametrize(
    "settings", [{"glyphs": "ascii"}, {"theme": "mcpdb-light"}], ids=["ascii", "light"]
)
def test_comparing_looks_right_otherwise(snap_compare, settings):
    assert snap_compare(shell(**settings), run_before=Pictured("space"), terminal_size=SMALL)
