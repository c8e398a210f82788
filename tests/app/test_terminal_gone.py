"""A terminal that goes away ends the screen, and nothing else."""

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from tests.terminal import Terminal
from tui.app.app import McpdbApp
from tui.app.terminal import HangUpSafeDriver

PROGRAM = [str(Path(sys.executable).parent / "mcpdb-tui")]


def test_the_app_draws_through_the_driver_that_outlives_its_terminal(site):
    assert McpdbApp(site.deployment).driver_class is HangUpSafeDriver


@pytest.mark.parametrize("attempt", range(3))
def test_a_dropped_line_ends_the_screen_with_129_also_when_it_is_continued(attempt, site):
    with Terminal(PROGRAM, cwd=site.folder) as screen:
        screen.wait_for("✓ healthy", timeout=60)
        screen.hang_up()
        # The kernel sends SIGCONT behind SIGHUP; taken for a resume it held the end for ever.
        with suppress(ProcessLookupError):
            os.kill(screen.pid, signal.SIGCONT)
        assert screen.wait_end() == 129
    assert site.healthy()


def test_a_terminal_that_goes_away_without_a_signal_ends_the_screen_with_129(site):
    """As one that is not the controlling terminal does: no SIGHUP comes."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environ = {**os.environ, "TERM": "xterm-256color"}
    screen = subprocess.Popen(
        PROGRAM, cwd=site.folder, env=environ, start_new_session=True,
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    try:
        said = b""
        while b"healthy" not in said:
            assert select.select([ours], [], [], 60)[0], "it draws"
            said += os.read(ours, 65536)
        os.close(ours)
        assert screen.wait(60) == 129
    finally:
        screen.kill()
        screen.wait()
    assert site.healthy()
