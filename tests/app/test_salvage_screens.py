"""A database that is gone or damaged: the walk through every way back, and a salvage's report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.app.screen_host import still
from tests.app.screen_plans import entry as operation_entry
from tests.app.shell_story import (
    DEPLOYMENT,
    FORBIDDEN,
    HOSTILE,
    NOW,
    SEEN,
    ago,
    backup,
    changed,
    screen_text,
    shell,
)
from tests.app.waiting import until
from tui.app.panes.base import Pane
from tui.app.screens.operation_calls import Calls
from tui.app.screens.plan import PlanScreen
from tui.app.screens.salvage_result import SalvageScreen
from tui.app.screens.walk import WalkScreen
from tui.core.models import Catalogue, DatabaseFacts, GatewayState, Health
from tui.core.operation import Plan, Tier, Verdict

SIZES = [(80, 24), (140, 45)]
PATH = DEPLOYMENT.database
SUSPECT = replace(
    backup("s3f9wd", ago(minutes=4), label=""),
    kind="salvage",
    verdict=Verdict.WARN,
    problem="suspect: salvaged from a damaged file: 17 rows lost, 3 doubtful",
)
BROKEN = replace(
    backup("b9kd2m", ago(days=3), label=""), verdict=Verdict.FAIL, problem="FAIL sha256: expected a"
)
COPIES = Catalogue(
    backups=(*([SUSPECT]), *(SEEN.catalogue.backups if SEEN.catalogue else ()), BROKEN)
)
GONE = changed(
    database=DatabaseFacts(
        path=PATH, exists=False, disk_free=9, problem=f"There is no database at {PATH}."
    ),
    catalogue=COPIES,
)
DAMAGED = changed(
    database=replace(SEEN.database, problem=f"{PATH} cannot be read as a database: malformed."),
    first_bytes="SQLite format 3",
    catalogue=COPIES,
)

TABLE = {
    "read": 280, "doubtful": 0, "lost": 0, "proof": "sqlite_autoindex_tools_1", "complete": True,
    "gaps": [], "gap_count": 0, "loose": 0, "definition": "file", "problem": "",
}  # fmt: skip
FOUND = {
    "complete": False, "rows_read": 1_806, "rows_lost": 17, "rows_doubtful": 3, "loss_unknown": 1,
    "strays": 0, "torn": False, "schema_whole": True, "pages": 330, "pages_damaged": 11,
    "unreadable_bytes": 0, "image": {"wal_frames": 0}, "left_out": [], "tables_left_out": 0,
    "tables": [
        {**TABLE, "name": "servers", "read": 133, "lost": 17, "complete": False, "gap_count": 2,
         "gaps": ["page 15: no page of a table or index; rowids up to 10",
                  "page 27: no page of a table or index; rowids after 73 up to 80"]},
        {**TABLE, "name": "metrics", "read": 969, "lost": None, "proof": "", "doubtful": 3,
         "complete": False, "gap_count": 1,
         "gaps": ["page 128: no page of a table or index; rowids after -444 up to -354"]},
        {**TABLE, "name": "tools"},
    ],
}  # fmt: skip
DONE = operation_entry(
    id="000033-20260811T011602Z-salvage-forge",
    operation="salvage",
    subject="forge",
    title="salvage the live database",
    state="failed",
    exit_code=15,
    outcome="partly salvaged",
    cancellable=False,
    seconds=2.4,
    steps=(),
    sentence="mcp_salvage_20260811_031602.db: 1,806 rows read; 17 rows lost, how many are lost is "
    "not known in 1 table, 3 doubtful.",
    result={
        "backup": "s3f9wd",
        "name": "mcp_salvage_20260811_031602.db",
        "path": "/srv/forge/data/backups/mcp_salvage_20260811_031602.db",
        "salvaged": FOUND,
    },
)


def result_of(entry: object) -> SalvageScreen:
    healthy = (GatewayState(running="stopped"), Health(verdict="unknown", text=""))
    calls = Calls(
        read=lambda _deployment, _ident: entry,  # type: ignore[arg-type,return-value]
        gateway=lambda _deployment: healthy,
        cancel=lambda _deployment, _ident: None,
        now=lambda: NOW,
    )
    return SalvageScreen(DEPLOYMENT, DONE.id, calls=calls)


@pytest.mark.parametrize(
    ("seen", "words", "not_there"),
    [
        (GONE, ["B   put the newest", "w   walk me through", ":   bootstrap…"], ["S   salvage"]),
        (DAMAGED, ["B   restores the backup", "S   salvage: what is left", "w   walk"], [": boo"]),
        (replace(GONE, catalogue=Catalogue(backups=())), ["▸ w   walk", ":   bootstrap…"], ["B "]),
    ],
    ids=["gone", "damaged", "no backup"],
)
async def test_the_page_of_trouble_offers_every_way_on(seen, words, not_there):
    app = shell(seen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        await pilot.pause()
        page = app.pane.trouble_page
        assert page is not None
        await until(pilot, lambda: all(word in screen_text(app) for word in words))
        assert not [key for key in not_there if f"{key}" in str(page.content)]


async def test_the_walk_tells_what_each_copy_would_lose_the_best_first(monkeypatch):
    asked = []
    app = shell(GONE)
    monkeypatch.setattr(app, "_do", lambda make, _back=None: asked.append(make(DEPLOYMENT)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1", "w")
        await until(pilot, lambda: isinstance(app.screen, WalkScreen))
        await until(pilot, lambda: "k7m2qd" in screen_text(app))
        text = screen_text(app)
        assert "nothing is done by looking" in text
        assert "writes of the last" in text
        assert text.index("Aug 11 02:00") < text.index("salvage")
        keys = [row.key for row in app.screen._list.rows]
        assert keys[0] == "k7m2qd" and keys.index("s3f9wd") < keys.index("b9kd2m")
        # A damaged copy is not restored from, and says what it is good for.
        app.screen._list.point_at("b9kd2m")
        await until(pilot, lambda: "damaged: sha256" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "S salvages what is left of it" in screen_text(app))
        assert isinstance(app.screen, WalkScreen)
        await pilot.press("S")
        await until(pilot, lambda: bool(asked))
        assert (asked[0].name, asked[0].source) == ("salvage", "b9kd2m")
        assert not isinstance(app.screen, WalkScreen)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, WalkScreen))
        await pilot.press("enter")
        await until(pilot, lambda: len(asked) == 2)
        assert (asked[1].name, asked[1].backup) == ("restore", "k7m2qd")


async def test_the_walk_without_a_copy_leads_to_a_new_database(monkeypatch):
    asked = []
    app = shell(replace(GONE, catalogue=Catalogue(backups=())))
    monkeypatch.setattr(app, "_do", lambda make, _back=None: asked.append(make(DEPLOYMENT).name))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1", "w")
        await until(pilot, lambda: "There is no copy at all" in screen_text(app))
        await pilot.press("n")
        await until(pilot, lambda: asked == ["bootstrap"])


async def test_the_result_shows_every_table_and_its_keys_lead_on(monkeypatch):
    asked = []
    app = shell(DAMAGED)
    monkeypatch.setattr(app, "_do", lambda make, _back=None: asked.append(make(DEPLOYMENT)))
    async with app.run_test(size=(140, 45)) as pilot:
        screen = result_of(DONE)
        await app.push_screen(screen)
        await until(pilot, lambda: "133 read, 17 lost" in screen_text(app))
        text = screen_text(app)
        for word in (
            "PARTLY DONE", "969 read, lost: not known, 3 doubtful", "11 pages of 330 damaged",
            "complete: by sqlite_autoindex_tools_1", "rowids after -444 up to -354",
            "v look into it", "B restore…", "x export…", "T tables or rows…",
        ):  # fmt: skip
            assert word in text, word
        assert text.index("servers") < text.index("tools")
        await pilot.press("B")
        await until(pilot, lambda: bool(asked))
        assert (asked[0].name, asked[0].backup) == ("restore", "s3f9wd")


@pytest.mark.parametrize(("key", "message"), [("v", Pane.Browse), ("T", Pane.Compare)])
async def test_looking_into_it_and_bringing_rows_back_start_from_the_result(key, message):
    app, sent = shell(DAMAGED), []
    async with app.run_test(size=(140, 45)) as pilot:
        screen = result_of(DONE)
        await app.push_screen(screen)
        await until(pilot, lambda: screen.made == "s3f9wd")
        post = app.post_message
        app.post_message = lambda each: (sent.append(each), post(each))[1]
        await pilot.press(key)
        await until(pilot, lambda: any(isinstance(each, message) for each in sent))


async def test_the_palette_finds_it_by_what_people_call_it():
    app = shell(SEEN)
    async with app.run_test(size=(80, 24)) as pilot:
        for word in ("corrupt", "damaged"):
            await pilot.press("colon", *word)
            await until(pilot, lambda: "Salvage the live database" in screen_text(app))
            await pilot.press("escape", "escape")
            await pilot.pause()


async def test_hostile_names_are_cleaned_on_the_result():
    tables = [{**FOUND["tables"][0], "name": HOSTILE, "gaps": [HOSTILE]}]
    found = {**FOUND, "tables": tables, "left_out": [HOSTILE]}
    app = shell(SEEN)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(result_of(replace(DONE, result={**DONE.result, "salvaged": found})))
        await until(pilot, lambda: "133 read" in screen_text(app))
        assert not [sign for sign in FORBIDDEN if sign in screen_text(app)]


def test_the_plan_of_a_restore_from_it_stands_on_the_screen_with_its_warning():
    plan = Plan(operation="restore", title="", tier=Tier.REPLACING, subject="forge", basis={})
    assert PlanScreen(plan) is not None
    assert SUSPECT.taken > NOW - timedelta(hours=1)


@pytest.mark.parametrize("size", SIZES, ids=["80", "140"])
@pytest.mark.parametrize("page", ["walk", "result", "trouble"])
def test_picture(page, size, snap_compare):
    app = shell(GONE if page == "walk" else DAMAGED)

    async def before(pilot):
        if page == "result":
            await app.push_screen(result_of(DONE))
            await until(pilot, lambda: "133 read" in screen_text(app))
        else:
            await pilot.press("1", *(["w"] if page == "walk" else []))
            await until(pilot, lambda: "writes of" in screen_text(app) or page == "trouble")
        await pilot.pause()
        still(pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)
