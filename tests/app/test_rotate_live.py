"""Rotation of logs and compose down, asked for on the screen."""

import gzip
import os
from dataclasses import replace

import pytest

from tests.app.shell_story import SEEN, changed, screen_text
from tests.app.test_shell_live import known, message, opened
from tests.app.waiting import until
from tui.app.screens.menu import Menu
from tui.app.screens.question import Question
from tui.core.models import ContainerRef


async def test_the_palette_rotates_the_logs_after_saying_what_happens_to_each(site):
    log = site.folder / "logs" / "app.log"
    log.write_text("a line\n" * 100)
    os.utime(log, (0, 0))
    app = opened(site)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.press("escape", "colon", *"rotate", "enter")
        await until(pilot, lambda: isinstance(app.screen, Question))
        text = screen_text(app)
        assert "app.log: compress, nobody has it open" in text
        assert "rotate-logs" in text
        await pilot.press("y")
        await until(pilot, lambda: not log.exists())
        await until(
            pilot, lambda: any(e.operation == "rotate-logs" for e in app.seen.activity or ())
        )
    (packed,) = log.parent.glob("app-*.log.gz")
    assert gzip.decompress(packed.read_bytes()).decode() == "a line\n" * 100


async def test_a_process_has_no_compose_and_the_menu_says_why(site):
    app = opened(site)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: known(app))
        await pilot.press("escape", "9", "a")
        await until(pilot, lambda: isinstance(app.screen, Menu))
        assert "(compose down…)" in screen_text(app)
        await pilot.press("escape")
        app.pane.action_compose_down()
        await until(pilot, lambda: "compose" in message(app))


@pytest.mark.parametrize("made", [True, False], ids=["compose", "by hand"])
def test_what_greys_compose_down(made, monkeypatch, tmp_path):
    from tui.app.verbs import why_not_compose

    ref = ContainerRef(container="c", project="forge" if made else "", service="gateway")
    seen = changed(deployment=replace(SEEN.deployment, gateway=ref))
    monkeypatch.setenv("PATH", str(tmp_path))
    why = why_not_compose(seen, "compose down…")
    wanted = (
        "compose down and up need the compose command; it is not here."
        if made
        else "the gateway was not made by Compose."
    )
    assert why == f"compose down… is off: {wanted}"
    if made:
        (tmp_path / "docker-compose").write_text("#!/bin/sh\n")
        (tmp_path / "docker-compose").chmod(0o755)
        assert why_not_compose(seen, "compose down…") == ""
