"""Home shows the newest and the current first; a pane opens at its top until somebody moves."""

from __future__ import annotations

from dataclasses import replace

from tests.app.shell_story import (
    HEAD,
    SEEN,
    TIMELINE,
    ago,
    changed,
    entry,
    revision,
    screen_text,
    shell,
)
from tests.app.test_shell_troubles import MISSING
from tui.core.models import ProcessRef


def after_much(app):
    """As it is after twenty operations and an image that is five migrations ahead."""
    new = tuple(
        entry(
            number, operation="rehearse", sentence=f"new {number}", started=ago(seconds=60 - number)
        )
        for number in range(54, 34, -1)
    )
    ahead = [
        revision(f"{n:012}", f"{n + 1:012}", f"pending {n}", state="pending") for n in range(5)
    ]
    timeline = replace(TIMELINE, revisions=(*ahead, *TIMELINE.revisions), heads=("0" * 12,))
    return replace(app.seen, activity=(*new, *SEEN.activity), timeline=timeline)


async def test_home_shows_newest_activity_pending_and_current_however_many_came_in():
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.seen = after_much(app)
        await pilot.pause()
        text = screen_text(app)
        assert "new 54" in text
        assert "pending 4" in text
        assert HEAD in text


async def test_a_pane_that_nobody_moved_in_opens_at_its_top():
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4", "0")
        app.seen = after_much(app)
        await pilot.press("4")
        await pilot.pause()
        assert app.pane._list.cursor_key == app.seen.activity[0].id
        assert "new 54" in screen_text(app)


async def test_a_cursor_that_was_moved_stays_on_its_thing_but_home_shows_the_newest():
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4", "j")
        chosen = app.pane._list.cursor_key
        await pilot.press("0")
        app.seen = after_much(app)
        await pilot.pause()
        assert "new 54" in screen_text(app)
        await pilot.press("4")
        await pilot.pause()
        assert app.pane._list.cursor_key == chosen


async def test_a_part_of_home_that_was_left_shows_its_newest_again():
    app = shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("shift+tab", "j", "j")
        part = app.focused
        assert part.id == "home-activity"
        moved = part.cursor_key
        await pilot.press("tab")
        await pilot.pause()
        assert part.cursor_key == app.seen.activity[0].id != moved


async def test_home_claims_nothing_of_a_file_that_is_gone():
    app = shell(MISSING)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "There is no database file now." in text
        for words in ("752,640", "data changed", "counts ", "fewer than"):
            assert words not in text, words


async def test_only_a_gateway_that_migrates_at_its_start_would_make_an_empty_one():
    process = ProcessRef(folder="/srv", start=("x",), stop=("x",), migrates_at_start=False)
    quiet = replace(SEEN.deployment, gateway=process)
    for deployment, told in ((SEEN.deployment, True), (quiet, False)):
        app = shell(replace(MISSING, deployment=deployment))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("1")
            await pilot.pause()
            assert ("would make an empty one" in screen_text(app)) is told


def test_the_newest_copy_may_be_a_safety_copy():
    from tests.app.shell_story import NOW, backup
    from tui.app.troubles import of_database

    safety = backup("s3f9wd", ago(minutes=9), kind="safety")
    catalogue = replace(SEEN.catalogue, backups=(*SEEN.catalogue.backups, safety))
    found = of_database(changed(database=MISSING.database, catalogue=catalogue), NOW)
    assert found.choices[0][1].startswith("put the newest verified copy in place: safety copy of ")
    assert found.command.endswith("restore s3f9wd --confirm forge")
