"""Make the README's pictures from the real program on the demo: `python -m screenshots.make`.

All of them, or those of the visits that are named: `python -m screenshots.make migrating`.

Nothing is drawn by hand: the demo is created and started, keys are pressed, and what stands on
the screen is written as SVG beside this file. The host's name, the folder and the path of the
interpreter are fixed, so that two runs differ in times alone.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from tui.app.app import McpdbApp
from tui.demo import deployment as demo

HERE = Path(__file__).parent
WIDE, NARROW = (140, 45), (80, 24)
WAIT = 30.0


def screen_text(app: McpdbApp) -> str:
    """What stands on the screen, as plain text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)


async def wait_for(pilot: Pilot[int], ready: Callable[[str], bool]) -> None:
    """Wait until the screen says what is asked for."""
    deadline = time.monotonic() + WAIT
    while not ready(screen_text(pilot.app)):  # type: ignore[arg-type]
        if time.monotonic() > deadline:
            sys.exit(f"the screen never came:\n{screen_text(pilot.app)}")  # type: ignore[arg-type]
        await pilot.pause(0.1)
    await pilot.pause(0.3)


def shows(*words: str) -> Callable[[str], bool]:
    """Whether all the words stand on the screen."""
    return lambda text: all(word in text for word in words)


def save(app: McpdbApp, name: str) -> None:
    """Write the screen as it stands."""
    (HERE / f"{name}.svg").write_text(app.export_screenshot(title="mcpdb-tui"), encoding="utf-8")
    print(f"{name}.svg")


async def ready(pilot: Pilot[int]) -> None:
    """Past the welcome, with everything read."""
    await wait_for(pilot, lambda text: "WELCOME" in text or "Migrations" in text)
    if "WELCOME" in screen_text(pilot.app):  # type: ignore[arg-type]
        await pilot.press("escape")
    await wait_for(pilot, shows("healthy", "NEEDS YOU", "gateways"))
    await wait_for(pilot, lambda text: "Doctor !" in text or "Doctor!" in text)


async def confirm(pilot: Pilot[int]) -> None:
    """Type the deployment's name into the plan and go."""
    await wait_for(pilot, shows("type the name first"))
    await pilot.press("tab")
    await pilot.press(*"demo")
    await pilot.press("enter")
    await pilot.pause(0.2)
    await pilot.press("enter")


async def wide(folder: Path) -> None:
    """The pictures at 140 columns, in the order of a visit."""
    app = McpdbApp(demo.describe(folder))
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await wait_for(pilot, shows("3 gateways"))
        save(app, "dashboard")
        for key, name, words in (
            ("2", "backups", ("[2 Backups]", "sha256")),
            ("5", "logs", ("[5 Logs]", "gw")),
            ("9", "gateway", ("[9 Gateway]", "healthy")),
        ):
            await pilot.press(key)
            await wait_for(pilot, shows(*words))
            save(app, name)
        await pilot.press("question_mark")
        await wait_for(pilot, shows("Everywhere"))
        save(app, "help")
        await pilot.press("escape", "2")
        await wait_for(pilot, shows("[2 Backups]", "sha256"))
        await pilot.press("enter")
        await wait_for(pilot, shows("[BACKUP ", "crm-mcp"))
        save(app, "backup-opened")
        await pilot.press("escape", "2")
        await wait_for(pilot, shows("[2 Backups]", "sha256"))
        await pilot.press("c")
        await wait_for(pilot, shows("In words", "billing-mcp"))
        save(app, "compare")
        await pilot.press("space", "T")
        await wait_for(pilot, shows("TABLES OR ROWS BACK", "in all"))
        save(app, "tables-or-rows")
        await pilot.press("escape")
        await wait_for(pilot, shows("In words"))
        await pilot.press("q")
        await wait_for(pilot, shows("[2 Backups]", "sha256"))
        await pilot.press("B")
        await wait_for(pilot, shows("WHAT HAPPENS"))
        save(app, "restore-plan")
        await confirm(pilot)
        await wait_for(pilot, shows("RESTORED"))
        save(app, "restored")
        await pilot.press("q")
        demo.break_next_start(folder)
        await wait_for(pilot, shows("[2 Backups]", "sha256"))
        await pilot.press("B")
        await confirm(pilot)
        await wait_for(pilot, shows("ROLLED BACK"))
        save(app, "rolled-back")
        await pilot.press("q", "4")
        await wait_for(pilot, shows("[4 Activity]", "restore"))
        save(app, "activity")


async def migrating(folder: Path) -> None:
    """The timeline, a rehearsal of what is pending, and the plan of the upgrade behind it."""
    app = McpdbApp(demo.describe(folder))
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await wait_for(pilot, shows("3 gateways"))
        await pilot.press("3")
        await wait_for(pilot, shows("[3 Migrations]", "2 pending", "rehearsed"))
        save(app, "migrations")
        await pilot.press("r")
        await wait_for(pilot, shows("Rehearse 2 revisions"))
        await pilot.press("y")
        await wait_for(pilot, shows("[Report]", "way back"))
        save(app, "rehearsal")
        await pilot.press("U")
        await wait_for(pilot, shows("WHAT HAPPENS", "type the name first"))
        save(app, "upgrade-plan")


async def examining(folder: Path) -> None:
    """The doctor's checks, and the question before the guide's cron line is commented out."""
    app = McpdbApp(demo.describe(folder))
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("6")
        await wait_for(pilot, shows("[6 Doctor", "cron", "by hand"))
        app.pane.point_at("cron")
        await wait_for(pilot, shows("before-mcpdb"))
        save(app, "doctor")
        await pilot.press("F")
        await wait_for(pilot, shows("y  Comment"))
        save(app, "doctor-fix")


async def measuring(folder: Path) -> None:
    """The size over time and by table, and the settings."""
    app = McpdbApp(demo.describe(folder))
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await pilot.press("7")
        await wait_for(pilot, shows("[Statistics]", "a day", "tool_metrics", "manifests"))
        save(app, "statistics")
        await pilot.press("right_square_bracket")
        await wait_for(pilot, shows("[Tuning]", "busy_timeout"))
        await pilot.press("j", "j", "j")
        await wait_for(pilot, shows("per connection"))
        save(app, "tuning")


async def browsing(folder: Path) -> None:
    """Rows under a filter, one row, a statement, and where its result goes."""
    app = McpdbApp(demo.describe(folder))
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        await wait_for(pilot, shows("3 gateways"))
        await pilot.press("1", "down", "down", "enter")
        await wait_for(pilot, shows("tools  [Rows]", "of 280"))
        await pilot.press("slash", *"enabled = true and name ~ search", "enter")
        await wait_for(pilot, shows("match", "grafana"))
        save(app, "tables")
        await pilot.press("enter")
        await wait_for(pilot, shows("[Fields]", "input_schema"))
        await pilot.press("right_square_bracket")
        await wait_for(pilot, shows("[JSON]"))
        save(app, "row")
        await pilot.press("escape", "8")
        await wait_for(pilot, shows("[8 SQL]", "Enter runs"))
        for key in (
            "SELECT g.name, count(*) AS tools, g.auth_value, max(t.updated_at) AS last "
            "FROM tools t JOIN gateways g ON g.id = t.gateway_id "
            "GROUP BY g.name ORDER BY tools DESC;"
        ):
            await pilot.press("space" if key == " " else key)
        await pilot.press("f5")
        await wait_for(pilot, shows("complete"))
        await pilot.press("escape")
        save(app, "sql")
        await pilot.press("x")
        await wait_for(pilot, shows("Export the result"))
        save(app, "export")


async def narrow(folder: Path) -> None:
    """The smallest screen, and a light one."""
    app = McpdbApp(demo.describe(folder))
    async with app.run_test(size=NARROW) as pilot:
        await ready(pilot)
        save(app, "home-80x24")
    app = McpdbApp(demo.describe(folder), settings={"theme": "mcpdb-light"})
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot)
        save(app, "dashboard-light")


VISITS = {
    "narrow": narrow,
    "browsing": browsing,
    "examining": examining,
    "measuring": measuring,
    "migrating": migrating,
    "wide": wide,
}


def main() -> None:
    """Create the demo, take the pictures, remove the demo."""
    asked = sys.argv[1:] or list(VISITS)
    if unknown := [name for name in asked if name not in VISITS]:
        sys.exit(f"there is no visit {unknown[0]}: {', '.join(VISITS)}")
    socket.gethostname = lambda: "ctx-01"
    folder = Path(tempfile.gettempdir()) / "mcpdb-demo"
    venv = folder.with_name("mcp-venv")
    venv.unlink(missing_ok=True)
    venv.symlink_to(sys.prefix)
    sys.executable = str(venv / "bin" / "python")
    if folder.exists():
        demo.destroy(folder)
    demo.create(folder)
    demo.start(folder)
    try:
        for name in asked:
            asyncio.run(VISITS[name](folder))
    finally:
        demo.destroy(folder)
        shutil.rmtree(folder, ignore_errors=True)
        venv.unlink()


if __name__ == "__main__":
    main()
