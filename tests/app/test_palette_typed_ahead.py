"""What is typed in one piece, as it comes over a slow line, is what is done."""

from __future__ import annotations

from textual import events

from tests.app.screen_host import Host
from tui.app.screens.palette import Command, PaletteScreen

COMMANDS = (
    Command("restore", "Restore…", "B"),
    Command("row", "Row NUMBER", takes_value=True),
    Command("restart", "Restart the gateway"),
)


async def test_enter_behind_letters_that_wait_chooses_what_they_spell() -> None:
    app = Host(PaletteScreen(COMMANDS))
    async with app.run_test(size=(80, 24)) as pilot:
        for letter in "row 900000":
            app.post_message(events.Key("space" if letter == " " else letter, letter))
        app.post_message(events.Key("enter", "\r"))
        await pilot.pause()
        assert app.answers == ["row 900000"]
