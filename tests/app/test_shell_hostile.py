"""Foreign text cannot reach the terminal raw, nor be read as markup, on any surface."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.app.backups_story import described
from tests.app.shell_story import (
    DEPLOYMENT,
    FORBIDDEN,
    HOSTILE,
    NOW,
    RUNNING,
    SEEN,
    TIMELINE,
    ago,
    backup,
    changed,
    entry,
    manifest,
    screen_text,
    shell,
)
from tui.app.panes.logs import LogsPane
from tui.app.widgets.log_view import LogView
from tui.core.models import Catalogue, LockOwner, Need, TableInfo
from tui.core.operation import Verdict
from tui.operations.logs.shown import said
from tui.operations.logs.sources import LogSource


def hostile_backup():
    described = manifest("k7m2qd", HOSTILE, NOW, note=HOSTILE, who=HOSTILE, image=HOSTILE)
    return backup(
        "k7m2qd", ago(hours=1), path=Path("/srv") / HOSTILE, label=HOSTILE, revision=HOSTILE,
        manifest=described, release=HOSTILE,
    )  # fmt: skip


SURFACES = {
    "deployment": ("0", changed(deployment=replace(DEPLOYMENT, name=HOSTILE, production=HOSTILE,
                                database=Path("/srv") / HOSTILE)), None),
    "who and host": ("0", changed(who=HOSTILE, host=HOSTILE), None),
    "table name": ("1", changed(tables=(TableInfo(name=HOSTILE, kind="table", rows=3),)), None),
    "table glance": ("0", changed(tables=(TableInfo(name=HOSTILE, kind="table", rows=3),)), None),
    "backup": ("2", changed(catalogue=Catalogue(backups=(hostile_backup(),))), None),
    "strangers": ("2", changed(catalogue=Catalogue(backups=(), strangers=(HOSTILE,))), None),
    "drill and second place": ("2", changed(catalogue=Catalogue(backups=(described(
        "k7m2qd", ago(hours=1), drilled=NOW.isoformat(), drill_result=HOSTILE, second=HOSTILE,
        second_verified=HOSTILE, source=HOSTILE, neighbour=True),))), None),
    "revision": ("3", changed(timeline=replace(TIMELINE, read_from=HOSTILE, revisions=(
        replace(TIMELINE.revisions[0], message=HOSTILE, doc=HOSTILE, release=HOSTILE),))), None),
    "no migrations": ("3", changed(timeline=replace(TIMELINE, revisions=(), problem=HOSTILE)),
                      None),
    "activity": ("4", changed(activity=(entry(1, operation=HOSTILE, subject=HOSTILE, who=HOSTILE,
                 sentence=HOSTILE, command=HOSTILE, origin=HOSTILE),)), None),
    "running": ("0", changed(running=replace(RUNNING, subject=HOSTILE)), None),
    "lock": ("0", changed(lock=LockOwner(pid=1, who=HOSTILE, host="x", what=HOSTILE, since=NOW)),
             None),
    "gateway": ("9", changed(gateway=replace(SEEN.gateway, text=HOSTILE, image=HOSTILE,
                release=HOSTILE, details={HOSTILE: HOSTILE}),
                health=replace(SEEN.health, text=HOSTILE, address=HOSTILE)), None),
    "problems": ("2", changed(catalogue=None, problems={"catalogue": HOSTILE}), None),
}  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (140, 45)], ids=["80x24", "140x45"])
@pytest.mark.parametrize("surface", SURFACES)
async def test_hostile_text_is_shown_as_text(surface, size):
    key, seen, _ = SURFACES[surface]
    app = shell(seen)
    async with app.run_test(size=size) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert_clean(screen_text(app))


async def test_hostile_log_lines_are_shown_as_text():
    app = shell(changed(deployment=replace(DEPLOYMENT, gateway=None)))
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("5")
        view = app.query_one(LogsPane).query_one(LogView)
        raws = [
            f"2026-08-11 03:04:11,902 - {HOSTILE} - {level} - {HOSTILE}\n  {HOSTILE}".encode()
            for level in ("INFO", "ERROR", HOSTILE)
        ]
        raws.append(json.dumps({"message": HOSTILE, "level": HOSTILE, HOSTILE: HOSTILE}).encode())
        view.add([(LogSource("file", HOSTILE, "file"), raw) for raw in raws])
        view.add([said(HOSTILE, datetime.now(UTC))])
        await pilot.press("k", "enter", "k", "enter")
        await pilot.pause()
        assert_clean(screen_text(app))


async def test_hostile_sentences_are_shown_as_text():
    app = shell()
    async with app.run_test(size=(140, 45)) as pilot:
        app.say(HOSTILE)
        need = Need(verdict=Verdict.FAIL, text=HOSTILE, key="b", action=HOSTILE)
        app.seen = replace(app.seen, needs=(need, need))
        await pilot.pause()
        assert_clean(screen_text(app))


def assert_clean(text):
    assert not [character for character in text if character in FORBIDDEN]
    assert "\\x1b" in text, "the escape itself is to be seen"
    assert "[/x]" in text, "markup is text"
