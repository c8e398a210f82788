"""Pictures of 6 Doctor at both sizes, in light, 16 colours and ASCII."""

from __future__ import annotations

import pytest

from tests.app.doctor_story import CRON, DOCKER_LOG, DOCTOR, LOCK, OK, OWNER, examined, without
from tests.app.shell_story import SEEN, shell

SMALL, LARGE = (80, 24), (140, 45)
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
WRONG = examined(OWNER, CRON, DOCKER_LOG, LOCK, *without("owner", "lock"))
"""Everything that a check can say."""


@SIZES
def test_two_warnings_among_twenty_checks(snap_compare, size):
    assert snap_compare(shell(DOCTOR), press=["6"], terminal_size=size)


@pytest.mark.parametrize("theme", ["mcpdb-light", "mcpdb-16-dark", "mcpdb-contrast"])
def test_every_verdict_in_other_themes(snap_compare, theme):
    assert snap_compare(shell(WRONG, theme=theme), press=["6"], terminal_size=LARGE)


def test_every_verdict_in_ascii(snap_compare):
    assert snap_compare(shell(WRONG, glyphs="ascii"), press=["6"], terminal_size=SMALL)


def test_every_verdict_without_colours(snap_compare, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(shell(WRONG), press=["6"], terminal_size=SMALL)


def test_a_check_explained_over_the_whole_pane(snap_compare):
    assert snap_compare(shell(WRONG), press=["6", "enter"], terminal_size=SMALL)


def test_all_is_well(snap_compare):
    assert snap_compare(shell(examined(*OK)), press=["6"], terminal_size=SMALL)


def test_before_the_first_look(snap_compare):
    assert snap_compare(shell(SEEN), press=["6"], terminal_size=SMALL)


@SIZES
def test_needs_you_leads_to_the_doctor(snap_compare, size):
    assert snap_compare(shell(WRONG), terminal_size=size)
