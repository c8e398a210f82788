"""Pictures of the shell at both sizes, in dark, light, high contrast, 16 colours and ASCII."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.app.shell_story import DEPLOYMENT, RUNNING, changed, shell

SMALL, LARGE = (80, 24), (140, 45)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
@pytest.mark.parametrize("key", list("012349"))
def test_pane(snap_compare, key, size):
    assert snap_compare(shell(), press=[key], terminal_size=size)


@pytest.mark.parametrize("theme", ["mcpdb-light", "mcpdb-contrast", "mcpdb-16-dark"])
def test_home_in_theme(snap_compare, theme):
    assert snap_compare(shell(theme=theme), terminal_size=LARGE)


def test_home_in_ascii(snap_compare):
    assert snap_compare(shell(glyphs="ascii"), terminal_size=LARGE)


def test_a_running_operation_takes_the_message_line(snap_compare):
    seen = changed(running=RUNNING, activity=(RUNNING,))
    assert snap_compare(shell(seen), terminal_size=SMALL)


def test_nothing_is_known_yet(snap_compare):
    from tui.app.seen import Seen

    seen = Seen(deployment=DEPLOYMENT, host="ctx-01", who="dana")
    assert snap_compare(shell(seen), terminal_size=SMALL)


def test_read_only_without_production(snap_compare):
    deployment = replace(DEPLOYMENT, read_only=True, production="")
    assert snap_compare(shell(changed(deployment=deployment)), press=["2"], terminal_size=SMALL)


def test_too_small(snap_compare):
    assert snap_compare(shell(), terminal_size=(71, 20))
