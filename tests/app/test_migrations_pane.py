"""3 Migrations: what it shows of frozen timelines, and what its keys do on a real deployment."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.app.migrations_story import (
    AHEAD,
    BRANCHING,
    LEFTOVER,
    REHEARSED,
    TIMELINE,
    branching,
    story,
)
from tests.app.shell_story import (
    DEPLOYMENT,
    FORBIDDEN,
    HEAD,
    HOSTILE,
    ROLLED_BACK,
    RUNNING,
    SEEN,
    ago,
    screen_text,
    shell,
)
from tests.app.test_shell_live import known, message, opened, saved, until  # noqa: F401
from tui.app import verbs
from tui.app.screens.menu import Menu
from tui.app.screens.plan import PlanScreen
from tui.app.seeing import Saw
from tui.core.models import (
    DatabaseFacts,
    GatewayState,
    MigrationFinding,
    Problem,
    ProcessRef,
)

SMALL, LARGE = (80, 24), (140, 45)
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])


# --- pictures -----------------------------------------------------------------------------


@SIZES
def test_a_timeline_with_another_image_ahead(snap_compare, size):
    assert snap_compare(shell(story()), press=["3"], terminal_size=size)


@SIZES
def test_a_graph_that_branches(snap_compare, size):
    assert snap_compare(shell(branching()), press=["3"], terminal_size=size)


def test_a_graph_that_branches_in_ascii(snap_compare):
    app = shell(branching(), glyphs="ascii")
    assert snap_compare(app, press=["3"], terminal_size=SMALL)


@pytest.mark.parametrize("theme", ["mcpdb-light", "mcpdb-16-dark"])
def test_the_source_in_other_themes(snap_compare, theme):
    app = shell(story(), theme=theme)
    assert snap_compare(app, press=["3", "g", "right_square_bracket"], terminal_size=LARGE)


def test_the_detail_below_the_list(snap_compare):
    assert snap_compare(shell(story()), press=["3", "g", "enter"], terminal_size=SMALL)


def test_a_finding_above_the_list(snap_compare):
    app = shell(story(findings=(LEFTOVER,)))
    assert snap_compare(app, press=["3"], terminal_size=SMALL)


def test_the_summary_says_what_is_ahead(snap_compare):
    assert snap_compare(shell(story()), terminal_size=LARGE)


# --- words --------------------------------------------------------------------------------


async def text_of(seen, *keys, size=SMALL, **settings):
    app = shell(seen, **settings)
    async with app.run_test(size=size) as pilot:
        await pilot.press("3", *keys)
        await pilot.pause()
        return screen_text(app)


async def message_after(seen, *keys):
    app = shell(seen)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("3", *keys)
        await pilot.pause()
        return message(app)


async def test_the_running_image_ends_where_the_other_one_goes_on():
    text = await text_of(story())
    border = "image 1.0.7 on this host is 4 ahead · the running image 1.0.5 ends here"
    lines = text.splitlines()
    (at,) = [number for number, line in enumerate(lines) if border in line]
    assert AHEAD[-1].revision in lines[at - 1]
    assert HEAD in lines[at + 1]


async def test_what_happened_stands_on_the_axis():
    text = await text_of(story())
    assert "since Jul 09 22:14 by upgrade op 24 (dana); rehearsed before, 0.3 s" in text
    assert "3 backups, newest Aug 11 02:00 ok · 3 files of the guide's script" in text
    assert "restore k7m2qd ROLLED BACK" in text
    assert 'Jul 09 22:14 pinned "before 1.0.5" ok' in text
    assert "safety copy" not in text, "what an operation kept is no backup that was made"
    assert "file mcp.db.bak-20260521, unknown" in text
    assert "Aug 10 17:31 rehearsed with image 1.0.7: ok" in text


async def test_marks_of_one_kind_take_one_line_and_tell_of_the_newest():
    reports = tuple(
        replace(REHEARSED, id=f"0000{n}-x-rehearse", taken=ago(hours=n)) for n in (1, 2, 3)
    )
    restores = tuple(replace(ROLLED_BACK, subject=name) for name in ("k7m2qd", "w4n8rt"))
    text = await text_of(replace(story(rehearsals=reports), activity=restores))
    (line,) = [line for line in text.splitlines() if "rehearsal" in line and "newest" in line]
    assert "3 rehearsals, newest Aug 11 02:14 ok" in line
    (line,) = [line for line in text.splitlines() if "restore" in line and "newest" in line]
    assert "2 restores, newest" in line
    assert "k7m2qd ROLLED BACK" in line


async def test_enter_on_a_rehearsal_opens_its_report(monkeypatch):
    asked = []
    monkeypatch.setattr("tui.app.panes.migrations.open_report", lambda _, name: asked.append(name))
    app = shell(story())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("3")
        await pilot.pause()
        assert app.pane._list.point_at(f"rehearsal:{REHEARSED.id}")
        await pilot.pause()
        assert app.pane.copied() == REHEARSED.id
        await pilot.press("enter")
        assert asked == [REHEARSED.id]


async def test_z_undoes_from_here_or_says_why_not(monkeypatch):
    done = []
    monkeypatch.setattr("tui.app.app.McpdbApp._do", lambda _, make, back=None: done.append(make))
    gone = "The safety copy x is gone; nothing to undo with."
    assert await message_after(replace(story(), undo=gone), "Z") == f"Z undo… is off. {gone}"
    assert done == []
    await message_after(replace(story(), undo=""), "Z")
    assert done == [verbs.undo]


async def test_before_our_log_nothing_is_guessed():
    text = await text_of(story())
    (line,) = [line for line in text.splitlines() if "e28cd485ad3c" in line]
    assert "not known" in line


async def test_an_older_image_is_told_where_it_ends():
    older = {"ahead": (), "ahead_release": "1.0.4", "ahead_heads": ("6c0e5f8a9b1d",)}
    text = await text_of(story(**older))
    assert "image 1.0.4 on this host ends here" in text
    assert "ahead" not in text


async def test_a_revision_that_no_image_knows_is_on_top_with_what_to_do():
    text = await text_of(
        story(
            ahead=(), ahead_heads=(), current=("e4f5a6b7c8d9",), unknown=("e4f5a6b7c8d9",),
            problem="This image does not know e4f5a6b7c8d9 (release 1.0.8). "
            "Start 1.0.8, or restore a backup of 1.0.5.",
        )
    )  # fmt: skip
    assert "✗ This image does not know e4f5a6b7c8d9 (release 1.0.8)." in text
    assert "Start 1.0.8, or restore a backup of 1.0.5: Aug 11 02:00." in text
    words = " ".join(text.split())
    assert "? e4f5a6b7c8d9 unknown in the database, in no image here" in words


async def test_a_database_that_was_never_migrated_is_told_how_to_begin():
    seen = story(current=(), ahead=())
    assert (
        "No alembic_version: this database was never migrated.\n"
        "   :bootstrap… makes a new one aside."
    ) in await text_of(seen)


async def test_a_gateway_that_is_down_is_asked_for_by_a_container_of_its_image():
    seen = replace(
        story(read_from="one-off container of forge:1.0.5"), gateway=GatewayState(running="stopped")
    )
    text = await text_of(seen)
    assert "database = head of image 1.0.5" in text
    assert "the gateway's image 1.0.5 ends here" in text
    assert "Gateway is down; read in a one-off container of the same image." in text


async def test_several_heads_are_named_as_the_packages_fault():
    text = await text_of(
        story(
            heads=("a", "b"),
            problem="Two heads: a and b. The image cannot "
            "upgrade; this is the package's fault, use another release.",
        )
    )
    assert "✗ Two heads: a and b." in text
    assert "this is the package's fault, use another release." in " ".join(text.split())
    assert "two heads" in text


async def test_a_remembered_timeline_says_so():
    text = await text_of(story(stale=True))
    assert "~4 applied" in text
    assert "remembered from an earlier start" in text


async def test_the_detail_says_what_it_does_and_what_a_downgrade_would():
    text = await text_of(story(), "g", "enter", "enter")
    assert "ahead: in image 1.0.7, not in this database" in text
    assert "1.0.7 (2026-08-05) · file dated 2026-06-12" in text
    assert "rebuilds table oauth_tokens (batch)" in text
    assert "+ unique uq_app_user (gateway_id, app_user_email)" in text
    words = " ".join(text.split())
    assert "! raises: two people hold a token of the same provider user (line 24)" in words
    last = await text_of(story(), "g", "enter", "enter", "G")
    assert "newest before it: Aug 11 02:00 k7m2qd ✓ ok" in last
    assert "image 1.0.7 migrates up again at its start" in " ".join(last.split())


async def test_the_source_is_scrolled_by_keys():
    first = await text_of(story(), "g", "right_square_bracket", "enter")
    assert '1 """fix oauth tokens unique constraint' in first
    last = await text_of(story(), "g", "right_square_bracket", "enter", "G")
    assert 'batch_op.drop_constraint("uq_app_user", type_="unique")' in last
    assert '1 """fix oauth' not in last


async def test_the_filter_finds_states_risks_releases_and_words():
    for terms, expected in (("drops", 4), ("1.0.6", 1), ("oauth", 2), ("ahead -oauth", 2)):
        app = shell(story())
        async with app.run_test(size=SMALL) as pilot:
            await pilot.press("3")
            await app.action_filter_by(terms)
            await pilot.pause()
            assert len(app.pane._list.rows) == expected, terms


async def test_a_filter_looks_into_folded_branches():
    app = shell(branching())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("3")
        assert "d1d1d1d1d1d1" not in screen_text(app)
        await app.action_filter_by("another")
        await pilot.pause()
        assert "d2d2d2d2d2d2" in screen_text(app)


async def test_a_fold_opens_and_enter_shows_more_and_esc_steps_back():
    app = shell(branching())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("3", "g", "j", "j", "j", "j", "enter")
        await pilot.pause()
        assert BRANCHING[4].revision in screen_text(app)
        pane = app.pane
        await pilot.press("enter", "enter")
        assert pane.has_class("-whole")
        await pilot.press("escape")
        assert pane.has_class("-open") and not pane.has_class("-whole")
        await pilot.press("escape")
        assert not pane.has_class("-open")
        await pilot.press("escape")
        assert app.pane.NUMBER == 0


async def test_hostile_messages_are_cleaned_wherever_they_stand():
    bad = tuple(
        replace(item, message=HOSTILE, doc=HOSTILE, source=f'"""{HOSTILE}"""', release=HOSTILE[:4])
        for item in TIMELINE.revisions
    )
    finding = MigrationFinding(name="heads", verdict="warn", text=HOSTILE, remedy=HOSTILE)
    seen = story(revisions=bad, ahead_image=HOSTILE, ahead_release="", findings=(finding,))
    for keys in ((), ("enter",), ("right_square_bracket",)):
        app = shell(seen)
        async with app.run_test(size=LARGE) as pilot:
            await pilot.press("3", "G", *keys)
            await pilot.pause()
            text = screen_text(app)
            assert "[/x]" in text
            assert not [character for character in FORBIDDEN if character in text]


# --- greyed keys --------------------------------------------------------------------------

NO_DOCKER = GatewayState(running="unknown", text="Docker does not answer: no socket.")


@pytest.mark.parametrize("key", ["r", "U", "D", "S"])
async def test_keys_that_change_say_why_they_are_off(key):
    read_only = replace(story(), deployment=replace(DEPLOYMENT, read_only=True))
    assert "started with --read-only" in await message_after(read_only, "G", key)
    busy = replace(story(), running=RUNNING)
    assert "waits: dana runs restore k7m2qd" in await message_after(busy, "G", key)
    down = replace(story(), gateway=NO_DOCKER)
    assert "is off. Docker does not answer" in await message_after(down, "G", key)
    block = Problem("single-file", "Only the file is mounted.", ("replace", "migrations"))
    blocked = replace(story(), deployment=replace(DEPLOYMENT, problems=(block,)))
    assert "is off. Only the file is mounted." in await message_after(blocked, "G", key)


async def test_with_nothing_to_migrate_r_and_u_say_so():
    alone = story(ahead=(), ahead_heads=())
    assert await message_after(alone, "r") == (
        "Nothing to rehearse: database = head of this image."
    )  # fmt: skip
    assert "database = head of this image" in await message_after(alone, "U")


async def test_d_goes_down_to_an_applied_revision_only():
    assert "the database stands here" in await message_after(story(), "D")
    assert "is not in the database; U goes up" in await message_after(branching(), "g", "D")
    assert "is only in ghcr.io" in await message_after(story(), "g", "D")


async def test_without_a_database_everything_waits_for_the_bootstrap():
    gone = DatabaseFacts(path=DEPLOYMENT.database, exists=False, problem="There is none.")
    assert ":bootstrap… makes one aside" in await message_after(
        replace(story(), database=gone), "r"
    )  # fmt: skip


async def test_a_gateway_without_container_has_no_other_image():
    ref = ProcessRef(folder="/srv", start=("true",), stop=("true",))
    process = replace(story(ahead=()), deployment=replace(DEPLOYMENT, gateway=ref))
    assert "runs in no container" in await message_after(process, "i")


async def test_another_image_is_chosen_from_a_menu(monkeypatch):
    from tui.services.migrations.images import LocalImage

    listed = (LocalImage(id="sha256:7", name="x/forge:1.0.7", release="1.0.7"),)
    monkeypatch.setattr("tui.services.migrations.images.local_images", lambda *_: listed)
    wanted = []

    app = shell(story(ahead=(), ahead_image_id=""))
    async with app.run_test(size=SMALL) as pilot:
        app.model = SimpleNamespace(want_image=wanted.append, end=lambda: None)
        await pilot.press("3", "i")
        await until(pilot, lambda: isinstance(app.screen, Menu))
        assert "x/forge:1.0.7" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: wanted == ["sha256:7"])
        app.post_message(Saw(lambda seen: replace(seen, timeline=TIMELINE)))
        await until(pilot, lambda: message(app) == "image 1.0.7: 4 ahead.")


# --- on a real deployment -----------------------------------------------------------------


async def test_a_real_deployment_is_upgraded_by_keys_and_the_timeline_says_by_whom(make_site):
    site = make_site(running=False, revision="1b7da6c4980e")
    app = opened(site)
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: known(app))
        await until(pilot, lambda: app.seen.timeline.pending == 2)
        await pilot.press("escape", "3")
        await until(pilot, lambda: "2 pending" in screen_text(app))
        assert app.pane._list.cursor_key == "1b7da6c4980e"
        await pilot.press("U")
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        await pilot.press("tab", *site.deployment.name, "enter")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: app.seen.timeline.pending == 0 and app.seen.running is None)
        current = app.seen.timeline.revisions[0]
        assert current.state == "current"
        assert current.applied_by is not None and current.applied_by.operation == "upgrade"
        assert [r.revision for r in app.seen.timeline.revisions if r.applied is not None] == [
            "d45c8b39e07f",
            "6ea2f05bd913",
        ]
        await pilot.press("escape", "3")
        await until(pilot, lambda: "since " in screen_text(app))
        assert f"by upgrade op {current.applied_by.number}" in screen_text(app)


async def test_the_second_opening_shows_the_remembered_timeline_before_anybody_is_asked(
    make_site, monkeypatch
):
    from tui.app.timeline_look import TimelineLook
    from tui.operations.timelines.timeline import read_timeline

    site = make_site(running=False)
    state = GatewayState(running="stopped")
    current = ("d45c8b39e07f",)
    read_timeline(site.deployment, state, current)
    monkeypatch.setattr(
        "tui.services.migrations.probe.ask", lambda *_a, **_k: pytest.fail("somebody was asked")
    )
    shown = []
    look = TimelineLook(site.deployment, lambda change: shown.append(change(SEEN).timeline))
    facts = DatabaseFacts(path=site.database, exists=True, revisions=current)
    assert not look.look(facts, GatewayState(running="unknown"))
    assert [timeline.stale for timeline in shown] == [True]
    assert look.look(facts, state)
    assert [timeline.stale for timeline in shown] == [True, False, False]
    assert not look.look(facts, state)
    # A start of the gateway reads again.
    assert look.look(facts, replace(state, identity="another"))


async def test_what_a_cut_migration_left_is_named_first_and_enter_leads_to_the_repair(make_site):
    site = make_site(running=False, revision="1b7da6c4980e")
    with closing(sqlite3.connect(site.database)) as connection:
        connection.execute("CREATE TABLE _alembic_tmp_tools AS SELECT * FROM tools")
        connection.commit()
    app = opened(site)
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: known(app))
        await until(pilot, lambda: app.seen.timeline.findings)
        await pilot.press("escape", "3")
        await until(pilot, lambda: "✗ _alembic_tmp_tools is left" in screen_text(app))
        assert app.pane._list.cursor_key == "finding:0:leftover"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        assert app.screen.plan.operation == "upgrade"
        assert "--repair" in app.screen.plan.command
