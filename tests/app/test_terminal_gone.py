"""A terminal that goes away ends the screen, and nothing else."""

import os
import signal
import sys
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
