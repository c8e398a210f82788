"""The dialogs over the real shell: rows 1 and 2 are the shell's own and go on living."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.app.screen_host import NOW, SIZES, shown
from tests.app.screen_host import cest as cest
from tests.app.screen_host import text_of as text
from tests.app.screen_plans import entry, restore_plan, restored
from tests.app.test_screen_first import welcome
from tui.app.app import McpdbApp
from tui.app.screens.cut import CutScreen
from tui.app.screens.help import HelpScreen
from tui.app.screens.operation import OperationScreen
from tui.app.screens.operation_calls import Calls
from tui.app.screens.palette import Command, PaletteScreen
from tui.app.screens.plan import PlanScreen
from tui.app.screens.question import Question
from tui.app.seen import Seen
from tui.core.models import ContainerRef, Deployment, GatewayState, Health

pytestmark = pytest.mark.usefixtures("cest")

FORGE = Deployment(
    name="forge",
    database=Path("/srv/forge/data/mcp.db"),
    backup_dir=Path("/srv/forge/data/backups"),
    production="PROD",
    gateway=ContainerRef(container="forge-gateway-1"),
)
UP = (GatewayState(running="running", release="1.0.5"), Health(verdict="healthy", text=""))


def operation():
    calls = Calls(
        read=lambda *_: restored(), gateway=lambda _: UP, cancel=lambda *_: None, now=lambda: NOW
    )
    return OperationScreen(FORGE, entry().id, calls=calls)


SCREENS = {
    "plan": lambda: PlanScreen(restore_plan(), now=NOW),
    "question": lambda: Question("Restart?", ["Calls fail."], "mcpdb-tui", "Restart"),
    "operation": operation,
    "cut": lambda: CutScreen(entry(state="cut"), None),
    "help": lambda: HelpScreen("x", [], [], []),
    "palette": lambda: PaletteScreen([Command("x", "Do x")]),
    "welcome": welcome,
}


def shell(**settings):
    seen = Seen(host="ctx-01", who="dana via sudo", gateway=UP[0], health=UP[1])
    return McpdbApp(FORGE, first=seen, clock=NOW.astimezone, watch=False, settings=settings)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
async def test_identity_and_vitals_stay_in_sight_and_follow_what_is_seen(name, size):
    app = shell()
    async with app.run_test(size=size) as pilot:
        before = shown(app)[:2]
        assert "forge@ctx-01" in before[0]
        app.push_screen(SCREENS[name]())
        await pilot.pause()
        assert shown(app)[:2] == before
        assert "1 Tables" not in shown(app)[2]
        assert "1Tables" not in shown(app)[2]
        down = Health(verdict="unreachable", text="no answer")
        app.seen = replace(app.seen, health=down)
        await pilot.pause()
        assert shown(app)[0] != before[0]


async def test_leaving_a_running_operation_is_said_on_the_line_below():
    app = shell()
    calls = Calls(
        read=lambda *_: entry(), gateway=lambda _: UP, cancel=lambda *_: None, now=lambda: NOW
    )
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(OperationScreen(FORGE, entry().id, calls=calls))
        while "2 of 8" not in text(app):
            await pilot.pause(0.02)
        await pilot.press("q")
        assert "The restore goes on without this screen (pid 48113)." in text(app)


@pytest.mark.parametrize("name", SCREENS)
async def test_where_only_ascii_can_be_drawn_nothing_else_is(name):
    app = shell(glyphs="ascii")
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(SCREENS[name]())
        while name == "operation" and "RESTORED" not in text(app):
            await pilot.pause(0.02)
        await pilot.pause()
        page = "".join(shown(app))
        assert not {character for character in page if ord(character) > 126}
