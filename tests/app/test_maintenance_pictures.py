"""Pictures of 7 Maintenance: its three tabs at both sizes, in light, 16 colours and ASCII."""

from __future__ import annotations

import pytest

from tests.app.maintenance_story import FIGURES, GROWTH, KNOWN, known, shell
from tests.app.shell_story import changed
from tui.core.models import Growth

SMALL, LARGE = (80, 24), (140, 45)
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])


@SIZES
def test_statistics(snap_compare, size):
    assert snap_compare(shell(KNOWN), press=["7"], terminal_size=size)


@SIZES
def test_routine(snap_compare, size):
    assert snap_compare(shell(KNOWN), press=["7", "left_square_bracket"], terminal_size=size)


@SIZES
def test_tuning(snap_compare, size):
    assert snap_compare(shell(KNOWN), press=["7", "right_square_bracket"], terminal_size=size)


def test_one_table_over_time(snap_compare):
    assert snap_compare(shell(KNOWN), press=["7", "enter"], terminal_size=SMALL)


def test_how_vacuum_is_asked(snap_compare):
    from tui.app.screens.vacuum_question import VacuumQuestion

    async def ask(pilot):
        await pilot.press("7")
        pilot.app.push_screen(
            VacuumQuestion(
                "forge",
                "38.6M of 412.6M are unused pages, which VACUUM gives back to the disk.",
                "about 16 s down, safe",
                "locks writers about 6 s; needs 825M",
            )
        )
        await pilot.pause()

    assert snap_compare(shell(KNOWN), run_before=ask, terminal_size=SMALL)


@pytest.mark.parametrize("theme", ["mcpdb-light", "mcpdb-16-dark"])
def test_statistics_in_theme(snap_compare, theme):
    assert snap_compare(shell(KNOWN, theme=theme), press=["7"], terminal_size=SMALL)


def test_statistics_in_ascii(snap_compare):
    assert snap_compare(shell(KNOWN, glyphs="ascii"), press=["7"], terminal_size=SMALL)


def test_nothing_was_measured_yet(snap_compare):
    assert snap_compare(shell(changed(counting=True)), press=["7"], terminal_size=SMALL)


def test_one_point_so_far(snap_compare):
    growth = Growth(points=GROWTH.points[-1:])
    assert snap_compare(shell(known(growth=growth)), press=["7"], terminal_size=SMALL)


def test_a_sqlite_that_cannot_tell_sizes(snap_compare):
    from dataclasses import replace

    tables = tuple(replace(t, data=None, indexes=None) for t in FIGURES.tables)
    figures = replace(FIGURES, tables=tables, slack=None, repeats=())
    assert snap_compare(shell(known(figures=figures)), press=["7"], terminal_size=SMALL)
