"""The whole way on a real gateway, by keys alone, in a real terminal."""

from __future__ import annotations

import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.docker.site import RealSite, ask, ask_finished
from tests.faults import wait_for
from tests.terminal import Terminal
from tui.operations.activity import read_activity, unfinished
from tui.operations.cataloguing.catalogue import safety_dir
from tui.services.processes import start_time

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

PROGRAM = [str(Path(sys.executable).parent / "mcpdb-tui")]
TAB, ENTER, ESCAPE = "\t", "\r", "\x1b"


def leave_welcome(screen: Terminal) -> None:
    """Esc, and wait until it was read: together with the next key it would be Alt and that key."""
    screen.wait_for("WELCOME", "just look", timeout=60)
    screen.send(ESCAPE)
    screen.wait_for("WELCOME", gone=True, timeout=60)


def restore_by_keys(screen: Terminal, name: str) -> None:
    """From the dashboard: backups, restore the newest, type the name, go."""
    screen.send("2")
    screen.wait_for("[2 Backups]", "sha256")
    screen.send("B")
    screen.wait_for("RESTORE", "Type " + name, "type the name first", timeout=60)
    screen.send(TAB + name)
    screen.wait_for("type the name first", gone=True)
    screen.send(ENTER)
    screen.wait_for("▸[ Restore ]◂")
    screen.send(ENTER)


@pytest.mark.parametrize("release", ["1.0.7", "0.3.1"])
def test_backup_and_restore_by_keys_alone(
    release: str, raise_site: Callable[..., RealSite]
) -> None:
    site = raise_site(release)
    name = site.deployment.name
    head = site.lab.health()["status"] and ask(
        site.lab.database, "SELECT version_num FROM alembic_version"
    )
    with Terminal(PROGRAM, cwd=site.lab.folder) as screen:
        # Found without a flag; the first start greets.
        screen.wait_for("WELCOME", "healthy", timeout=60)
        leave_welcome(screen)
        screen.wait_for("✓ healthy", f"{head[0][0]} = head", "tools", timeout=60)
        screen.send("b")
        screen.wait_for("backed up", timeout=60)
        site.lab.register_tool("after-the-backup")
        owner = site.owner_and_mode()
        restore_by_keys(screen, name)
        screen.wait_for("RESTORED", timeout=120)
        screen.send("q")
        # The shell has seen the end as well: it would ask before it leaves running work.
        screen.wait_for("[2 Backups]", "done, down")
        screen.send("qq")
        assert screen.wait_end() == 0
    assert site.lab.health()["status"] == "healthy"
    assert site.lab.tools() == []
    assert site.owner_and_mode() == owner
    assert ask(site.lab.database, "PRAGMA integrity_check") == [("ok",)]
    assert ask(site.lab.database, "SELECT version_num FROM alembic_version") == head
    assert site.left_overs() == []


def test_restore_by_keys_after_docker_kill_with_another_screen_looking_on(
    raise_site: Callable[..., RealSite],
) -> None:
    site = raise_site("1.0.7")
    name = site.deployment.name
    with (
        Terminal(PROGRAM, cwd=site.lab.folder) as onlooker,
        Terminal(PROGRAM, cwd=site.lab.folder, columns=80, rows=24) as screen,
    ):
        for terminal in (onlooker, screen):
            leave_welcome(terminal)
            terminal.wait_for("tools", timeout=60)
        screen.send("b")
        screen.wait_for("backed up", timeout=60)
        site.lab.register_tool("in-the-wal")
        site.lab.kill()
        assert site.lab.database.with_name("mcp.db-wal").stat().st_size > 0
        onlooker.send("1")
        onlooker.wait_for("[1 Tables]", "stopped", timeout=60)
        screen.wait_for("stopped", timeout=60)
        screen.send("2")
        screen.wait_for("[2Backups]", "sha256")
        screen.send("B")
        screen.wait_for("RESTORE", "type the name first", timeout=60)
        screen.send(TAB + name + ENTER)
        screen.wait_for("▸[ Restore ]◂")
        screen.send(ENTER)
        screen.wait_for("RESTORED", timeout=120)
        onlooker.wait_for("restore", ": done", timeout=30)
    entry = read_activity(site.deployment)[0]
    assert (entry.operation, entry.exit_code) == ("restore", 0)
    safety = safety_dir(site.deployment) / str(entry.result["safety"])
    assert ask_finished(safety, "SELECT original_name FROM tools") == [("in-the-wal",)]
    assert ask_finished(safety, "PRAGMA integrity_check") == [("ok",)]
    # Stopped by hand before: it stays stopped, and the restored file is sound all the same.
    assert ask_finished(site.lab.database, "PRAGMA integrity_check") == [("ok",)]
    assert ask_finished(site.lab.database, "SELECT count(*) FROM tools") == [(0,)]
    site.lab.compose("start")
    site.lab.wait_healthy(60)
    assert site.lab.tools() == []


def test_a_terminal_that_dies_in_the_middle_of_a_restore_harms_nothing(
    raise_site: Callable[..., RealSite],
) -> None:
    site = raise_site("1.0.7")
    name = site.deployment.name
    with Terminal(PROGRAM, cwd=site.lab.folder) as screen:
        leave_welcome(screen)
        screen.send("b")
        screen.wait_for("backed up", timeout=60)
        site.lab.register_tool("after-the-backup")
        restore_by_keys(screen, name)
        screen.wait_for("» running", timeout=60)
        screen.hang_up()
        assert screen.wait_end() in (129, -signal.SIGHUP)
    with Terminal(PROGRAM, cwd=site.lab.folder) as later:
        later.wait_for("restore", "✓ healthy", timeout=120)
        later.send("4")
        later.wait_for("[4 Activity]", "✓", "restore", "down", timeout=60)
    entry = read_activity(site.deployment)[0]
    assert (entry.operation, entry.exit_code) == ("restore", 0)
    # Its journal has an end before its process has.
    wait_for(lambda: not start_time(entry.pid), "the restore's process ends")
    assert unfinished(site.deployment) == ()
    assert site.lab.tools() == []
    assert site.lab.health()["status"] == "healthy"


def request(site: RealSite, path: str) -> float:
    """Send the gateway a request that its log will show; the moment it was answered."""
    with suppress(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://127.0.0.1:{site.lab.port}{path}", timeout=10).close()
    return time.monotonic()


def test_the_log_on_the_screen_shows_new_requests_also_after_a_restart(
    raise_site: Callable[..., RealSite],
) -> None:
    site = raise_site("1.0.7")
    with Terminal(PROGRAM, cwd=site.lab.folder) as screen:
        leave_welcome(screen)
        screen.send("5")
        screen.wait_for("[5 Logs]", "gw", timeout=60)
        answered = request(site, "/seen-before-the-restart")
        screen.wait_for("seen-before-the-restart", timeout=10)
        print(f"seen after {time.monotonic() - answered:.2f} s")
        site.lab.compose("restart")
        site.lab.wait_healthy(60)
        answered = request(site, "/seen-after-the-restart")
        screen.wait_for("seen-after-the-restart", timeout=30)
        print(f"after the restart seen after {time.monotonic() - answered:.2f} s")
